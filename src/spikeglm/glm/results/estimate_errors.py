"""Covariances and standard errors of the estimates, in the shapes that the user knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notices
from ...inference.covariances import Requested, RowsInTime
from ...inference.information import fisher
from ...inference.information.memory import check_size
from ...typing import ArrayLike, FloatArray
from ..reading.read_arguments import is_automatic
from .fitted import Uncertainties, optimum_of, tell_of_selection

if TYPE_CHECKING:
    from ..hooks import Hooks

_SHOWN = 5  # neurons that a warning names


def uncertainties(
    model: Hooks, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
) -> Uncertainties:
    """Return how sure the estimates of each neuron are, given the data of their fit.

    Raises what :func:`optimum_of` raises, and what the covariance that is wanted does.
    """
    optimum, shapes = optimum_of(model, X, y, **more)
    bin_s = getattr(model, "bin_s_", None)
    are_chosen = is_automatic(model.regularizer_strength)
    wanted = wanted.resolved(optimum.penalty, are_chosen=are_chosen)
    filler = wanted.filler(RowsInTime(optimum.rows, optimum.keep, optimum.time_axis, bin_s))
    return Uncertainties(fisher.uncertainties(optimum, filler=filler), shapes)


def covariances(
    model: Hooks, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
) -> FloatArray:
    """Return the covariances of all neurons, (N, n, n), or (n, n) of the only one.

    Raises
    ------
    ValueError
        If they are larger than the memory budget.
    """
    found, shapes = model._uncertainties(X, y, wanted, **more)
    selects = tell_of_selection(model, shapes)
    n_neurons = shapes.n_neurons or 1
    n = shapes.n_parameters
    check_size(n_neurons, n)
    out = np.empty((n_neurons, n, n))
    reasons, has_none = [], np.zeros(n_neurons, dtype=bool)
    for neuron, sure in enumerate(found):
        # An intercept that is none comes last.
        out[neuron] = np.nan if sure.reason or sure.has_none else sure.covariance[:n, :n]
        has_none[neuron] = sure.has_none
        reasons.append(sure.reason)
    _tell_of_none(reasons, wanted)
    if has_none.any() and not selects:
        _tell_of_no_optimum(np.flatnonzero(has_none).tolist())
    return out[0] if shapes.n_neurons is None else out


def standard_errors(
    model: Hooks, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
) -> tuple[Any, FloatArray]:
    """Return the standard errors of coefficients and intercepts, in the user's shapes."""
    found, shapes = model._uncertainties(X, y, wanted, **more)
    each, reasons = zip(*((sure.standard_errors, sure.reason) for sure in found), strict=True)
    errors_of = np.stack(each, axis=1)
    _tell_of_none(reasons, wanted)
    by_column = errors_of.reshape(shapes.features.n_features + 1, -1)
    if not tell_of_selection(model, shapes):
        _point_to_curves(model, by_column[:-1])
    return shapes.user_coef(by_column[:-1]), shapes.user_intercept(by_column[-1])


def _tell_of_none(reasons: Sequence[str], wanted: Requested) -> None:
    """Say which neurons have no covariance of the kind that is wanted, and why."""
    for reason in sorted(set(reasons) - {""}):
        which = [neuron for neuron, why in enumerate(reasons) if why == reason]
        notices.warn(
            f"There is no {wanted.cov_type} covariance (NaN) of {len(which)} neurons: {reason}. "
            f"Given: neurons {errors.listed(which, _SHOWN)}. What to do: take another cov_type."
        )


def _tell_of_no_optimum(which: Sequence[int]) -> None:
    """Say which neurons have no covariance since their fit has no optimum."""
    notices.warn(
        f"There is no covariance (NaN) of {len(which)} neurons, whose fit has no finite optimum. "
        f"Given: neurons {errors.listed(which, _SHOWN)}. What to do: fit_report_ says why, such as "
        "silence."
    )


def _point_to_curves(model: Hooks, errors_of: FloatArray) -> None:
    """Say what to ask for instead, where coefficients of a term have no errors of their own.

    Parameters
    ----------
    model :
        The estimator, whose terms are those of its fit.
    errors_of :
        (p, C) standard errors of coefficients.
    """
    report = getattr(model, "fit_report_", None)
    if report is None or hasattr(model, "n_classes"):  # of classes there are no curves
        return
    aliased = np.isin(np.arange(len(errors_of)), report.result.aliased)
    unsure = aliased & np.isnan(errors_of).any(axis=1)
    terms = [
        t for t in getattr(model, "terms_", ()) if t.meaning is not None and unsure[t.columns].any()
    ]
    if terms:
        names = ", ".join(repr(term.label) for term in terms)
        notices.warn(
            f"Coefficients of {names} have no standard errors of their own (NaN): what their "
            "functions have in common may as well be in the intercept or in another coefficient. "
            f"What to do: ask for the curve, model.curve({terms[0].label!r}, X, y), which "
            "has a band.",
        )
