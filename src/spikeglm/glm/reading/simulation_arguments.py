"""What a simulation is asked to do, in the words of ``GLM.simulate``: checked here, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...io.interop.timeseries import to_array
from ...rows import Rows
from ...rows.sampling import bins_in, is_duration
from ...rows.terms import Term
from ...simulation.feedback import RAISE, STOP, largest_rates
from ...simulation.network import Feedback, Network, read_feedback
from ...typing import ArrayLike, FloatArray

if TYPE_CHECKING:
    from ..hooks import Hooks


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a simulation is to do, in the words of ``GLM.simulate``."""

    n_bins: int | None = None
    duration: float | str | None = None
    inputs: Any = None
    offset: ArrayLike | None = None
    feedback: Any = None
    init_y: ArrayLike | None = None
    warm_up: int = 0
    n_repeats: int | None = None
    max_rate: ArrayLike | None = None
    on_runaway: str = RAISE

    __repr__ = showing.of_fields

    @property
    def is_with_feedback(self) -> bool:
        """Whether it is a simulation at all, and not a draw given all features."""
        return not (self.n_bins is None and self.duration is None and self.inputs is None)

    def check(self) -> None:
        """Raise ValueError for what cannot be."""
        if self.on_runaway not in (RAISE, STOP):
            raise errors.unknown_name("on_runaway", self.on_runaway, (RAISE, STOP))
        for name, least in (("n_bins", 1), ("n_repeats", 1), ("warm_up", 0)):
            value = getattr(self, name)
            is_count = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if value is not None and not (is_count and value >= least):
                raise errors.value_error(
                    f"{name} is a whole number.", given=repr(value), expected=f"{least} or more"
                )

    def check_no_features(self, features: Any) -> None:
        """Raise ValueError where features of all rows are given beside a simulation."""
        if features is not None:
            raise errors.value_error(
                "Features of every row leave nothing to feed back.",
                given="feedforward_input, and n_bins, duration or inputs",
                expected="features alone, which draws given the history in them; or inputs=...",
                todo="pass the design as inputs=X: of it only what is no history is used.",
            )

    def check_only_features(self, features: Any) -> None:
        """Raise ValueError where it is not said what to simulate."""
        idle = [
            name
            for name in ("feedback", "init_y", "warm_up", "n_repeats", "max_rate")
            if getattr(self, name) is not None and not (name == "warm_up" and self.warm_up == 0)
        ]
        if features is not None and idle:
            raise errors.value_error(
                "Given the features of every row there is no feedback.",
                given=f"{', '.join(idle)} beside feedforward_input",
                expected="n_bins, duration or inputs instead of features",
                todo="pass the design as inputs=X: of it only what is no history is used.",
            )
        if features is None:
            raise errors.value_error(
                "How long to simulate is not known.",
                given="neither features nor n_bins, duration or inputs",
                expected="n_bins=1000, duration='10 s', inputs=... or features (T, p)",
            )


def feedback_of(model: Hooks, given: Any, terms: Sequence[Term]) -> Feedback:
    """Return which terms see the responses: as the fit has found, or as the user says."""
    if given is None:
        return getattr(model, "feedback_", {})
    neurons = getattr(model, "neuron_columns_", None) or range(np.size(model.intercept_))
    return read_feedback(given, terms, neurons)


def by_name(inputs: Any, names: list[str]) -> dict[str, Any]:
    """Return signals by the name of the input that takes them."""
    if isinstance(inputs, Mapping):
        given = dict(inputs)
    elif isinstance(inputs, list | tuple) and len(names) != 1:
        given = dict(zip(names, inputs, strict=False)) if len(inputs) == len(names) else {}
    else:
        is_packed = isinstance(inputs, list | tuple) and len(inputs) == 1
        given = dict.fromkeys(names[:1], inputs[0] if is_packed else inputs)
    if set(given) != set(names):
        told = ", ".join(map(repr, given)) if isinstance(inputs, Mapping) else "others"
        raise errors.value_error(
            "These are not the inputs of the model beside the past of its own responses.",
            given=told,
            expected=f"a signal for each of {', '.join(map(repr, names)) or 'no input'}",
            todo="pass inputs={label: signal, ...}, or a design like that of the fit.",
        )
    return given


def n_bins_of(model: Hooks, wanted: Wanted, rows: Rows | None) -> int:
    """Return how many bins to simulate; ValueError where this is said in several ways."""
    found = {} if rows is None else {"inputs": rows.n_rows}
    if wanted.n_bins is not None:
        found["n_bins"] = int(wanted.n_bins)
    if wanted.duration is not None:
        found["duration"] = _bins_of(wanted.duration, getattr(model, "bin_s_", None))
    if len(set(found.values())) > 1:
        told = ", ".join(f"{name}: {n} bins" for name, n in found.items())
        raise errors.value_error(
            "It is said in several ways how long to simulate.",
            given=told,
            expected="one number of bins",
        )
    return next(iter(found.values()))


def _bins_of(duration: float | str, bin_s: float | None) -> int:
    if bin_s is None:
        raise errors.value_error(
            "The model does not know how long its bins are.",
            given=f"duration={duration!r}, and a fit to data without times",
            expected="n_bins",
            todo="pass n_bins=..., or fit to pynapple objects.",
        )
    if is_duration(duration):
        n_bins = bins_in(str(duration), bin_s, name="duration")
    else:
        n_bins = round(float(duration) / bin_s)
    if n_bins < 1:
        raise errors.value_error(
            "The duration is shorter than a bin.",
            given=f"duration={duration!r}",
            expected=f"seconds, at least {bin_s:g}",
        )
    return n_bins


def offset_of(offset: ArrayLike | None, n_bins: int, n_neurons: int) -> Any:
    """Return the offset (T, N), or zero; ValueError for another shape."""
    if offset is None:
        return 0.0
    values = to_array(offset, name="offset").astype(float)
    shaped = values[:, None] if values.ndim == 1 else values
    try:
        return np.broadcast_to(shaped, (n_bins, n_neurons))
    except ValueError:
        raise errors.value_error(
            "offset does not fit the bins that are simulated.",
            given=f"shape {values.shape}",
            expected=f"a number, ({n_bins},) or ({n_bins}, {n_neurons})",
        ) from None


def past_of(init_y: ArrayLike | None, n_neurons: int) -> FloatArray:
    """Return the responses (k, N) before the first bin; ValueError for what are none."""
    if init_y is None:
        return np.zeros((0, n_neurons))
    values = to_array(init_y, name="init_y").astype(float)
    shaped = values[:, None] if values.ndim == 1 and n_neurons == 1 else values
    if shaped.ndim != 2 or shaped.shape[1] != n_neurons or not np.isfinite(shaped).all():
        raise errors.value_error(
            "init_y are the responses before the first bin, the latest last.",
            given=f"shape {values.shape}{'' if np.isfinite(values).all() else ' with NaN or inf'}",
            expected=f"finite numbers (bins, {n_neurons})",
        )
    return shaped


def max_rate_of(given: ArrayLike | None, network: Network, drive: FloatArray) -> FloatArray:
    """Return the means (N,) from which on activity runs away; ValueError for what are none."""
    if given is None:
        return largest_rates(network, drive)
    values = np.asarray(given, dtype=float)
    if values.ndim > 1 or values.size not in (1, network.n_neurons) or not (values > 0).all():
        raise errors.value_error(
            "max_rate is the mean per bin from which on activity runs away.",
            given=repr(given),
            expected=f"a positive number, or ({network.n_neurons},)",
        )
    return np.broadcast_to(values, (network.n_neurons,))


def no_feedback(given: Mapping[str, Any]) -> ValueError:
    """Build the error for a classifier that is asked to feed its choices back."""
    return errors.value_error(
        "A classifier is simulated given all of its features.",
        given=", ".join(given) or "no features",
        expected="features (T, p)",
        todo="of two classes GLM('Bernoulli') can be simulated with feedback.",
    )
