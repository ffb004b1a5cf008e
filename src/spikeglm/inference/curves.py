"""What a term of a model looks like: a filter over lags, a tuning curve, a map, with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..typing import Array, FloatArray
from .filters import Filter

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Curve:
    """A term as a function of its lag, of its variable, or of several: on a grid of all points.

    Shapes: ``value``, ``low``, ``high`` and ``standard_error`` have one axis per variable, (W,) or
    (W, V); then one of S channels, where the input has channels; then one of N neurons for a
    population. For coupling filters that is (lags, sources, targets).

    Attributes
    ----------
    label :
        The term.
    at :
        The points of each variable, an array for each: lags in seconds or bins, positive for the
        past, values in the units of the input, categories.
    units :
        The unit of each variable: ``"s"`` or ``"bins"`` of lags, ``""`` for that of an input.
    value, unit :
        On the ``scale``, and what it is measured in.
    low, high :
        Ends of the band; None without the data of the fit. NaN where these say nothing. Zero, as
        ``value``, is the effect of channels that a ``feature_mask`` leaves out: it is no estimate.
    standard_error :
        That of the linear predictor behind the values, on which the band is symmetric.
    scale :
        ``"effect"``, ``"gain"``, ``"mean"`` or ``"rate"``, see :meth:`spikeglm.GLM.curve`.
    channels, neurons :
        What the two last axes are called; None where there is no such axis.
    level :
        Pointwise coverage of the band.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.5, (1000, 2))
    >>> X = nmo.basis.RaisedCosineLogConv(3, 10, label="coupling").design(counts)
    >>> model = nmo.PopulationGLM().fit(X, counts)
    >>> curve = model.curve("coupling", X, counts)
    >>> curve.value.shape, curve.of(channel=0, neuron=1).value.shape
    ((10, 2, 2), (10,))
    """

    label: str
    at: tuple[Array, ...]
    units: tuple[str, ...]
    value: FloatArray
    unit: str
    low: FloatArray | None = None
    high: FloatArray | None = None
    standard_error: FloatArray | None = None
    scale: str = "effect"
    channels: tuple[Any, ...] | None = None
    neurons: tuple[Any, ...] | None = None
    level: float = 0.95

    __repr__ = showing.of_fields

    def of(self, *, channel: Any = None, neuron: Any = None) -> Curve:
        """Return the curve of one channel, of one neuron, or of one channel for one neuron.

        Raises
        ------
        ValueError
            If there is no such channel or neuron.

        >>> lags, value = (np.array([1, 2]),), np.array([[0.5, -0.5], [0.1, 0.0]])
        >>> curve = Curve("past", lags, ("bins",), value, "nats", channels=("a", "b"))
        >>> curve.of(channel="b").value
        array([-0.5,  0. ])
        """
        curve = self
        if neuron is not None:
            n = _place(curve.neurons, neuron, f"neuron of {self.label!r}")
            curve = replace(curve._cut(-1, n), neurons=None)
        if channel is not None:
            c = _place(curve.channels, channel, f"channel of {self.label!r}")
            curve = replace(curve._cut(-1 if curve.neurons is None else -2, c), channels=None)
        return curve

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per point (and channel, and neuron).

        Lags are called ``"lag (s)"`` or ``"lag (bins)"``; the standard error of a gain, a mean or
        a rate, which is that of the linear predictor behind it, ``"predictor_standard_error"``.

        >>> at = np.array([1, 2])
        >>> curve = Curve("past", (at,), ("bins",), np.array([0.5, 0.1]), "nats")
        >>> curve.to_frame()["value"].to_dict()
        {1: 0.5, 2: 0.1}
        """
        import pandas as pd

        names = [f"lag ({u})" if u else f"{self.label}_{i}" for i, u in enumerate(self.units)]
        if len(names) == 1 and not self.units[0]:
            names = [self.label]
        axes: list[Any] = list(self.at)
        for name, labels in (("channel", self.channels), ("neuron", self.neurons)):
            axes += [] if labels is None else [list(labels)]
            names += [] if labels is None else [name]
        parts = {"value": self.value, "low": self.low, "high": self.high}
        of = "" if self.scale == "effect" else "predictor_"
        parts[f"{of}standard_error"] = self.standard_error
        index = (
            pd.Index(axes[0], name=names[0])
            if len(axes) == 1
            else pd.MultiIndex.from_product(axes, names=names)
        )
        columns = {name: part.ravel() for name, part in parts.items() if part is not None}
        return pd.DataFrame(columns, index=index)

    def as_filter(self) -> Filter:
        """Return a curve over lags in seconds as a :class:`Filter`, in milliseconds.

        Raises
        ------
        ValueError
            If it is of several channels or neurons, not over lags in seconds, has no band,
            another scale than ``"effect"``, or a link whose effect is no log gain.

        >>> ends = {"low": np.zeros(2), "high": np.ones(2), "standard_error": np.full(2, 0.3)}
        >>> at, value = np.array([0.01, 0.02]), np.array([0.5, 0.1])
        >>> Curve("past", (at,), ("s",), value, "nats", **ends).as_filter().lag_ms
        array([10., 20.])
        """
        is_one = self.channels is None and self.neurons is None
        is_log_gain = self.scale == "effect" and self.unit == "nats"
        if not is_one or self.units != ("s",) or not is_log_gain or self.low is None:
            given = f"units {self.units}, scale {self.scale!r} in {self.unit}, channels "
            given += f"{self.channels}, "
            raise errors.value_error(
                "This curve is no filter.",
                given=given + f"neurons {self.neurons}, {'no ' * (self.low is None)}band",
                expected="an effect in nats (of the link 'exp') over lags in seconds of one "
                "channel and one neuron, with band",
                todo="pass X and y to curve(...), signals as pynapple objects, and take "
                "curve.of(channel=..., neuron=...); plotting.plot_curve draws any other curve.",
            )
        error: Any = self.standard_error
        return Filter(1e3 * self.at[0], self.value, error, self.level)

    def _cut(self, axis: int, place: int) -> Curve:
        changes: dict[str, Any] = {
            name: None if part is None else np.take(part, place, axis=axis)
            for name in ("value", "low", "high", "standard_error")
            for part in [getattr(self, name)]
        }
        return replace(self, **changes)


def _place(names: Sequence[Any] | None, name: Any, kind: str) -> int:
    if names is None:
        raise errors.value_error(
            f"There is only one {kind}.", given=repr(name), expected="None", todo="leave it out."
        )
    known = list(names)
    if name not in known:
        raise errors.unknown_name(kind, name, known)
    return known.index(name)
