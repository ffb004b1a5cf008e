"""The result of asking what a term looks like: a filter over lags, a tuning curve, a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from ..filters import Filter
from .printing import of_curve

if TYPE_CHECKING:
    import pandas as pd


_ARRAYS = (
    "value",
    "low",
    "high",
    "standard_error",
    "critical_value",
    "pointwise_low",
    "pointwise_high",
    "dof",
)
_COLUMNS_OF_TABLES = (
    "channel", "neuron", "class", "value", "low", "high", "standard_error", "status",
    "predictor_standard_error", "pointwise_low", "pointwise_high", "what", "n_rows",
    "x_drawn", "y_drawn",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Curve:
    """A term as a function of its lag, of its variable, or of several: on a grid of all points.

    Shapes: ``value``, ``low``, ``high`` and ``standard_error`` have one axis per variable, (W,) or
    (W, V); then one of S channels, where the input has channels; then one of N neurons for a
    population; then one of K classes for a classifier. For coupling filters that is (lags, sources,
    targets).

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
        Ends of the band that was asked for; None without the data of the fit. NaN where these say
        nothing. Zero, as ``value``, is the effect of channels that a ``feature_mask`` leaves out:
        it is no estimate.
    standard_error :
        That of the linear predictor behind the values, on which the band is symmetric.
    scale :
        ``"effect"``, ``"link"``, ``"gain"``, ``"mean"`` or ``"rate"``, see
        :func:`spikeglm.inference.partial_effect`.
    channels, neurons, classes :
        What the last axes are called; None where there is no such axis.
    level :
        Coverage of the band: pointwise, or where ``is_simultaneous`` at all points at once.
    names :
        What each variable is called; () where nobody said so.
    is_simultaneous :
        Whether the band holds at all points of a curve at once.
    critical_value :
        How many standard errors the band reaches, for each channel, neuron and class.
    pointwise_low, pointwise_high :
        Ends of the pointwise band beside a simultaneous one; else None.
    dof :
        Degrees of freedom of an estimated dispersion, shaped like ``critical_value``; None or inf
        where there is none.
    derivative :
        The variable that this is the slope with respect to; ``""`` for the term itself.
    predictor_unit :
        That of the linear predictor and of ``standard_error``: ``"nats"`` for the link exp; ``""``
        where nobody said so.
    status :
        (N,) how the fit of each neuron ended, which says why a band is NaN (``"silent"``); None
        without the data of the fit. Of one neuron as well.

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
    names: tuple[str, ...] = ()
    classes: tuple[Any, ...] | None = None
    is_simultaneous: bool = False
    critical_value: FloatArray | None = None
    pointwise_low: FloatArray | None = None
    pointwise_high: FloatArray | None = None
    dof: FloatArray | None = None
    derivative: str = ""
    predictor_unit: str = ""
    status: tuple[str, ...] | None = None

    __repr__ = __str__ = of_curve

    @property
    def axis(self) -> Array:
        """The points (W,) of the only variable; ValueError where there are several."""
        if len(self.at) != 1:
            raise errors.value_error(
                f"{self.label!r} has several variables.",
                given=f"{len(self.at)} of them",
                expected="one",
                todo="take the arrays of curve.at, one for each variable.",
            )
        return self.at[0]

    def of(self, *, channel: Any = None, neuron: Any = None, class_name: Any = None) -> Curve:
        """Return the curve of one channel, of one neuron, of one class, or of several of these.

        Parameters
        ----------
        channel, neuron :
            Their names, or numbers.
        class_name :
            One of the ``classes``, of the curve of a classifier.

        Raises
        ------
        ValueError
            If there is no such channel, neuron or class.

        >>> lags, value = (np.array([1, 2]),), np.array([[0.5, -0.5], [0.1, 0.0]])
        >>> curve = Curve("past", lags, ("bins",), value, "nats", channels=("a", "b"))
        >>> curve.of(channel="b").value
        array([-0.5,  0. ])
        """
        curve, wanted = self, {"classes": class_name, "neurons": neuron, "channels": channel}
        for field, name in wanted.items():
            if name is None:
                continue
            last = ("channels", "neurons", "classes")  # axes, of those that are there
            there = [other for other in last if getattr(curve, other) is not None]
            kind = {"classes": "class", "neurons": "neuron", "channels": "channel"}[field]
            place = _place(getattr(curve, field), name, f"{kind} of {self.label!r}")
            gone: dict[str, Any] = {field: None}
            if field == "neurons" and curve.status is not None:
                gone["status"] = (curve.status[place],)
            curve = replace(curve._cut(there.index(field) - len(there), place), **gone)
        return curve

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per point (and channel, and neuron).

        Lags are called ``"lag (s)"`` or ``"lag (bins)"``, other variables as their inputs; the
        standard error of a gain, a mean or a rate, which is that of the linear predictor behind it,
        ``"predictor_standard_error"``. Beside a simultaneous band stands the pointwise one, and
        with the data of the fit the ``status`` of each neuron.

        >>> at = np.array([1, 2])
        >>> curve = Curve("past", (at,), ("bins",), np.array([0.5, 0.1]), "nats")
        >>> curve.to_frame()["value"].to_dict()
        {1: 0.5, 2: 0.1}
        """
        import pandas as pd

        names = list(self.variable_names)
        axes: list[Any] = list(self.at)
        last = {"channel": self.channels, "neuron": self.neurons, "class": self.classes}
        for name, labels in last.items():
            axes += [] if labels is None else [list(labels)]
            names += [] if labels is None else [name]
        parts = {"value": self.value, "low": self.low, "high": self.high}
        of = "" if self.scale in ("effect", "link") else "predictor_"
        parts[f"{of}standard_error"] = self.standard_error
        parts |= {"pointwise_low": self.pointwise_low, "pointwise_high": self.pointwise_high}
        index = (
            pd.Index(axes[0], name=names[0])
            if len(axes) == 1
            else pd.MultiIndex.from_product(axes, names=names)
        )
        columns = {name: part.ravel() for name, part in parts.items() if part is not None}
        if self.status is not None:
            columns["status"] = self._by_value(np.array(self.status, dtype=object))
        return pd.DataFrame(columns, index=index)

    def _by_value(self, of_neurons: Array) -> Array:
        """Return what neurons (N,) have for each of all values, in a row."""
        after = 0 if self.classes is None else 1
        shape = np.shape(of_neurons) if self.neurons is not None else ()
        each = np.reshape(of_neurons, shape + (1,) * after)
        return np.broadcast_to(each, self.value.shape).ravel()

    @property
    def variable_names(self) -> tuple[str, ...]:
        """What the variables are called in tables and on axes, lags with their unit.

        A variable that is called as another column of these tables is told apart from it:

        >>> at, value = (np.arange(2.0),), np.zeros(2)
        >>> Curve("value", at, ("",), value, "nats").to_frame().reset_index().columns.tolist()
        ['value (input)', 'value']
        """
        n = len(self.at)
        alone = (self.label,) if n == 1 else tuple(f"{self.label}_{i}" for i in range(n))
        own = self.names or alone
        is_only_lag = sum(map(bool, self.units)) < 2
        pairs = zip(self.units, own, strict=True)
        return tuple(
            (f"lag ({u})" if is_only_lag else f"{name} ({u})") if u else _told_apart(name)
            for u, name in pairs
        )

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
        is_log_gain = self.scale == "effect" and self.unit == "nats" and self.classes is None
        is_log_gain = is_log_gain and not self.is_simultaneous
        if not is_one or self.units != ("s",) or not is_log_gain or self.low is None:
            given = f"units {self.units}, scale {self.scale!r} in {self.unit}, channels "
            given += f"{self.channels}, "
            raise errors.value_error(
                "This curve is no filter.",
                given=given + f"neurons {self.neurons}, {self._kind_of_band} band",
                expected="an effect in nats (of the link 'exp') over lags in seconds of one "
                "channel and one neuron, with a pointwise band",
                todo="pass X and y to curve(...), signals as pynapple objects, and take "
                "curve.of(channel=..., neuron=...); plotting.plot_curve draws any other curve.",
            )
        error: Any = self.standard_error
        dof = None if self.dof is None or np.isinf(self.dof) else float(self.dof)
        return Filter(1e3 * self.at[0], self.value, error, self.level, dof)

    @property
    def _kind_of_band(self) -> str:
        return "no" if self.low is None else "a simultaneous" if self.is_simultaneous else "a"

    def _cut(self, axis: int, place: int) -> Curve:
        changes: dict[str, Any] = {
            name: None if part is None else np.take(part, place, axis=axis)
            for name in _ARRAYS
            for part in [getattr(self, name)]
        }
        return replace(self, **changes)


def _told_apart(name: str) -> str:
    """Return the name of a variable, with a word more where a column of our tables has it."""
    return f"{name} (input)" if name in _COLUMNS_OF_TABLES else name


def _place(names: Sequence[Any] | None, name: Any, kind: str) -> int:
    if names is None:
        raise errors.value_error(
            f"There is only one {kind}.", given=repr(name), expected="None", todo="leave it out."
        )
    known = list(names)
    if name not in known:
        raise errors.unknown_name(kind, name, known)
    return known.index(name)
