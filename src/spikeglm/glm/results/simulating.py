"""``model.simulate`` with feedback: what is drawn is the history of what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notices
from ...io.interop.labelled_rows import labelled
from ...io.interop.random_keys import RandomKey, as_generator
from ...io.interop.row_labels import RowLabels
from ...io.interop.timeseries import regular_time_axis
from ...rows import ArrayRows, Rows
from ...rows.given_terms import are_labelled, with_known_terms
from ...rows.terms import Term
from ...simulation.feedback import Course, simulated
from ...simulation.network import Feedback, Network, filters_of, outside
from ...simulation.responses import Simulated
from ...simulation.stability import Stability
from ...typing import Array, FloatArray, IntArray
from ..reading.fit_inputs import read_rows
from ..reading.own_past import parts_of
from ..reading.simulation_arguments import (
    Wanted,
    by_name,
    feedback_of,
    max_rate_of,
    n_bins_of,
    offset_of,
    past_of,
)
from . import fitted

if TYPE_CHECKING:
    from ..hooks import Hooks

_READ_AT_ONCE = 2**13  # rows
_SETTLED_ELSEWHERE = 10.0  # times the mean response of the fit
_RESPONSES = 50.0  # at least, before it is said


def with_feedback(model: Hooks, random_key: RandomKey, wanted: Wanted) -> Simulated:
    """Return simulated responses and their means, as ``GLM.simulate`` says.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    ValueError, TypeError
        If inputs are missing or do not fit, or the activity runs away.

    Warns
    -----
    UserWarning
        If the mean field says that activity will run away.
    """
    wanted.check()
    if not model.__sklearn_is_fitted__():
        raise errors.not_fitted(type(model).__name__)
    terms: tuple[Term, ...] = getattr(model, "terms_", ())
    feedback = feedback_of(model, wanted.feedback, terms)
    rows = _rows(model, wanted.inputs, terms, feedback)
    coef, intercept = _parameters(model, rows, terms)
    n_bins = n_bins_of(model, wanted, rows)
    drive = _drive(rows, outside(terms, feedback), coef, intercept, n_bins, terms)
    drive = drive + offset_of(wanted.offset, *drive.shape)
    network = _network(model, filters_of(terms, feedback, coef))
    _warn_of_instability(network)
    course = Course(
        drive,
        _starts(rows, feedback),
        past_of(wanted.init_y, network.n_neurons),
        wanted.n_repeats or 1,
        int(wanted.warm_up) if network.filters.size else 0,
        max_rate_of(wanted.max_rate, network, drive),
        wanted.on_runaway,
    )
    found = simulated(network, course, as_generator(random_key))
    _warn_if_settled_elsewhere(network, found.y)
    return Simulated(*(_as_user_has_it(model, part, rows, wanted) for part in found))


def _rows(model: Hooks, inputs: Any, terms: Sequence[Term], feedback: Feedback) -> Rows | None:
    """Return a table with the features of the fit, in which those of responses are of no use."""
    if inputs is None:
        return None
    basis = getattr(model, "basis_", None)
    if basis is None or hasattr(inputs, "feature_names"):
        rows = read_rows(inputs)
        fitted.check_fitted(model, rows)
        return rows
    if hasattr(basis, "unseen"):
        return _by_the_names_of_data(basis, inputs)
    names = [name for term in terms for name in term.inputs]
    is_fed = {
        name: min(feedback.get(term.label, (-1,))) >= 0 for term in terms for name in term.inputs
    }
    signals = by_name(inputs, [name for name in names if not is_fed[name]])
    n_bins = len(next(iter(signals.values()))) if signals else 0
    shapes = dict(zip(names, basis.input_shape, strict=True))
    nothing = {name: np.zeros((n_bins, *(shapes[name] or ()))) for name in names if is_fed[name]}
    everything = signals | nothing
    found: Rows = basis.design(*(everything[name] for name in names))
    return found


def _by_the_names_of_data(plan: Any, inputs: Any) -> Rows:
    """Return the rows of a design that was built of events, signals and spikes."""
    if not isinstance(inputs, Mapping):
        raise errors.type_error(
            "The inputs of this model are data by their names.",
            given=type(inputs).__name__,
            expected="inputs={name: data, ...} but for spikes, or a design like that of the fit",
            todo="see the names in model.basis_.to_toml().",
        )
    rows: Rows = plan.unseen(inputs)
    return rows


def _parameters(
    model: Hooks, rows: Rows | None, terms: tuple[Term, ...]
) -> tuple[FloatArray, FloatArray]:
    if rows is None:
        n_features = terms[-1].stop if terms else np.shape(model.coef_)[0]
        rows = with_known_terms(ArrayRows(np.zeros((1, n_features))), terms)
    _, coef, intercept = fitted.estimates(model, rows)
    return coef, intercept


def _starts(rows: Rows | None, feedback: Feedback) -> IntArray:
    """Return the first row of each stretch that the past of the responses does not leave."""
    axis = None if rows is None else rows.time_axis
    of_epochs = np.zeros(1, np.intp) if axis is None else axis.epoch_starts
    fed = [part.starts for term, part in parts_of(rows) if term.label in feedback]
    return np.unique(np.concatenate(fed)) if fed else of_epochs


def _drive(
    rows: Rows | None,
    outer: Array,
    coef: FloatArray,
    intercept: FloatArray,
    n_bins: int,
    terms: Sequence[Term],
) -> FloatArray:
    """Return the linear predictor (T, N) of all that is no feedback; NaN where it is not known."""
    drive = np.tile(np.asarray(intercept, dtype=float), (n_bins, 1))
    if not outer.any():
        return drive
    if rows is None:
        missing = [t.label for t in terms if outer[t.columns].any()] if are_labelled(terms) else []
        raise errors.value_error(
            "The model has inputs beside the past of its own responses.",
            given=f"no inputs for {', '.join(map(repr, missing)) or 'its features'}",
            expected="inputs={label: signal, ...}, or a design like that of the fit",
            todo="if one of these is the past of the responses, say so: feedback='its label'; a "
            "fit finds it out where X is a design of the very y.",
        )
    for start in range(0, n_bins, _READ_AT_ONCE):
        part = slice(start, min(start + _READ_AT_ONCE, n_bins))
        drive[part] += np.asarray(rows.read(part.start, part.stop)[:, outer], float) @ coef[outer]
    return drive


def _network(model: Hooks, filters: FloatArray) -> Network:
    n_neurons = filters.shape[1]
    record = model.fit_report_.result if hasattr(model, "fit_report_") else None
    scale = getattr(model, "scale_", None)
    return Network(
        model._likelihood,
        filters,
        getattr(model, "neuron_columns_", None) or tuple(range(n_neurons)),
        1.0 if scale is None else scale,
        None if record is None else record.mean_response,
        getattr(model, "bin_s_", None),
    )


def _warn_of_instability(network: Network) -> None:
    stability = Stability.of(network) if network.filters.any() else None
    if stability is None or (stability.is_stable and not stability.is_fragile):
        return
    notices.warn(
        f"Simulations of this model may explode: it {'is ' if stability.is_stable else ''}"
        f"{stability}. Given: the filters of history and coupling, at the mean responses of the "
        "fit. Expected: a growth below 1, and a headroom of more than 3 times these. What to do: "
        "bound or shrink these coefficients, or shorten their window; see docs/coupling.md."
    )


def _warn_if_settled_elsewhere(network: Network, y: FloatArray) -> None:
    """Tell of neurons that end far above the data of the fit, where the link lets none explode."""
    mean = network.mean_response
    if mean is None or not network.filters.any():
        return
    late = y[:, y.shape[1] // 2 :]
    n_known = np.maximum(np.isfinite(late).sum(axis=(0, 1)), 1)
    total = np.where(np.isfinite(late), late, 0).sum(axis=(0, 1))
    high = (total > _RESPONSES) & (mean > 0) & (total / n_known > _SETTLED_ELSEWHERE * mean)
    if high.any():
        n = int(np.argmax(high * total / n_known))
        notices.warn(
            f"The simulated activity is far above that of the fit, of {int(high.sum())} neuron(s). "
            f"Given: neuron {network.neurons[n]!r} with {total[n] / n_known[n]:.3g} per bin in "
            f"the second half. Expected: about {mean[n]:.3g}, unless other inputs say more. What "
            "to do: compare inference.coupling(...).stability; start from the recorded activity "
            "(init_y), bound or shrink the coefficients of history and coupling."
        )


def _as_user_has_it(model: Hooks, values: Array, rows: Rows | None, wanted: Wanted) -> Any:
    """Return (R, T, N) values in the shape of y, with the labels of rows and neurons."""
    mine = values[..., 0] if model._response_ndim == 1 else values
    if wanted.n_repeats is None:
        return _labelled(model, mine[0], rows)
    parts = [_labelled(model, part, rows) for part in mine]
    return mine if all(isinstance(part, np.ndarray) for part in parts) else parts


def _labelled(model: Hooks, values: Array, rows: Rows | None) -> Any:
    if rows is not None:
        return model._wrapped(values, rows)
    bin_s = getattr(model, "bin_s_", None)
    if bin_s is None:
        return values
    labels = RowLabels("the simulation", time_axis=regular_time_axis(len(values), bin_s))
    names = getattr(model, "neuron_columns_", None)
    metadata = getattr(model, "neuron_metadata_", None)
    return labelled(values, labels, columns=names, metadata=metadata)
