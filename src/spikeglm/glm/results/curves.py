"""From coefficients of a term to the curve that they describe, with its band."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...inference import fisher
from ...inference.curve_bands import error_of, quantile
from ...inference.curves import Curve
from ...inference.fit_on_data import mean_features
from ...io.interop.trees import flatten, is_tree
from ...rows.given_terms import are_labelled
from ...rows.terms import Term
from ...typing import Array, ArrayLike, FloatArray
from . import fitted

if TYPE_CHECKING:
    from ..hooks import Hooks

_UNITS = {"effect": "", "gain": "", "mean": "per bin", "rate": "Hz"}
_OF_Y = "units of y"
_EFFECTS = {"exp": "nats", "identity": _OF_Y}
_LAGS = ("s", "bins")
_SAME_BIN = 1e-6  # of a bin: times are kept to nanoseconds


@dataclass(frozen=True)
class Asked:
    """What is asked of a term; see :meth:`spikeglm.GLM.curve`."""

    at: Any = None
    n_points: int = 100
    scale: str = "effect"
    bin_s: float | None = None
    level: float = 0.95

    def check(self) -> None:
        """Raise ValueError for what cannot be asked."""
        if self.scale not in _UNITS:
            raise errors.unknown_name("scale", self.scale, list(_UNITS))
        if not 0 < self.level < 1:
            raise errors.value_error(
                "level must be a fraction.", given=self.level, expected="0 < level < 1"
            )


@dataclass(frozen=True, eq=False)
class _Estimates:
    """Parameters (p + 1, N), means of the features (p,), and what is known of their errors."""

    parameters: FloatArray
    mean: FloatArray | None
    has_intercept: bool
    optimum: fisher.Optimum | None = None

    __repr__ = showing.of_fields


@dataclass(frozen=True, eq=False)
class _Combinations:
    """Combinations (W, p + 1) of parameters, made as they are needed: some columns, and the rest.

    ``values`` (W, b) are those of ``columns``, ``base`` (p + 1,) those of all others or None for 0.
    """

    columns: slice
    values: FloatArray
    base: FloatArray | None

    __repr__ = showing.of_fields

    def of(self, parameters: FloatArray) -> FloatArray:
        """Return the values (W, N) of combinations of parameters (p + 1, N)."""
        used, K = self._in_use()
        return K @ parameters[used]

    def errors(self, sure: fisher.Uncertainty) -> FloatArray:
        """Return the standard errors (W,); only parameters that take part are looked at."""
        used, K = self._in_use()
        void = None if sure.void is None else sure.void[used]
        part = fisher.Uncertainty(sure.covariance[used, used], sure.undetermined[used], void)
        return error_of(K, part)

    def _in_use(self) -> tuple[slice, FloatArray]:
        if self.base is None:
            return self.columns, self.values
        K = np.tile(self.base, (len(self.values), 1))
        K[:, self.columns] = self.values
        return slice(None), K


def curve(
    model: Hooks, label: str, X: Any, y: ArrayLike | None, asked: Asked, **data: Any
) -> Curve:
    """Return the curve of a term, with its band if the data of the fit are given.

    Raises
    ------
    ValueError, TypeError
        If the model has no such term, the scale is not known, or data are needed.
    """
    asked.check()
    if hasattr(model, "n_classes"):
        raise fitted.no_classes_here("Curves")
    if (X is None) != (y is None):
        raise errors.value_error(
            "A band needs the data of the fit, both X and y.",
            given="one of them",
            expected="both, or none for estimates without a band",
        )
    term = _term(model, label)
    found = _without_data(model) if X is None else _with_data(model, X, y, **data)
    bin_s = _bin_s(model, asked)
    units = tuple("s" if unit == "bins" and bin_s else unit for unit in term.units)
    in_units = [bin_s if a != b else None for a, b in zip(units, term.units, strict=True)]
    axes = _axes(term, asked, in_units)
    points = [a if s is None else a / s for a, s in zip(axes, in_units, strict=True)]
    combinations = _combinations(term, points, found, asked.scale)
    eta = np.stack([K.of(found.parameters) for K in combinations], axis=1)  # (W, S, N)
    shown, unit = _shown(model, asked.scale, bin_s)
    has_channels, neurons = len(term.shape) > 1, _neurons(model)

    def shaped(values: FloatArray) -> FloatArray:
        grid = values.reshape(*map(len, axes), *eta.shape[1:])
        grid = grid if has_channels else grid[..., 0, :]
        return grid if neurons is not None else grid[..., 0]

    channels = tuple(term.channels) if has_channels else None
    known: dict[str, Any] = {"scale": asked.scale, "level": asked.level}
    known |= {"channels": channels, "neurons": neurons}
    if found.optimum is not None:
        error = _errors(combinations, found.optimum)
        half = quantile(asked.level, fitted.dof_of(model, found.optimum)) * error
        ends = np.sort([shown(eta - half), shown(eta + half)], axis=0)  # a link may fall
        known |= {"low": shaped(ends[0]), "high": shaped(ends[1])}
        known["standard_error"] = shaped(error)
    return Curve(label, axes, units, shaped(shown(eta)), unit, **known)


def _term(model: Hooks, label: str) -> Term:
    if not model.__sklearn_is_fitted__():
        raise errors.not_fitted(type(model).__name__)
    terms = getattr(model, "terms_", ())
    if not are_labelled(terms):
        raise errors.value_error(
            "A curve belongs to a labelled term, and the columns of this fit have none.",
            given="a model fitted to a plain array, or by an older version",
            expected="a fit that knows what its columns mean",
            todo="fit to basis.design(...), or with fit(X, y, terms=basis).",
        )
    by_label = {term.label: term for term in terms}
    if label not in by_label:
        raise errors.unknown_name("term", label, list(by_label))
    return by_label[label]


def _neurons(model: Hooks) -> tuple[Any, ...] | None:
    if model._response_ndim == 1:
        return None
    return getattr(model, "neuron_columns_", None) or tuple(range(np.size(model.intercept_)))


def _without_data(model: Hooks) -> _Estimates:
    coef: Any = model.coef_
    coef = np.concatenate(flatten(coef, name="coef")[0]) if is_tree(coef) else np.asarray(coef)
    parameters = np.vstack([coef.reshape(len(coef), -1), np.reshape(model.intercept_, (1, -1))])
    record = model.fit_report_.result if hasattr(model, "fit_report_") else None
    mean = None if record is None else record.feature_mean
    return _Estimates(parameters, mean, model._has_intercept)


def _with_data(model: Hooks, X: Any, y: Any, **data: Any) -> _Estimates:
    optimum, shapes = fitted.optimum_of(model, X, y, **data)
    fitted.tell_of_selection(model, shapes)
    record = optimum.record
    mean = None if record is None else record.feature_mean
    return _Estimates(
        np.vstack([optimum.coef, optimum.intercept]),
        mean_features(optimum) if mean is None else mean,
        optimum.columns.has_intercept,
        optimum,
    )


def _bin_s(model: Hooks, asked: Asked) -> float | None:
    """Return the seconds of a bin, as the data of the fit or the user say."""
    known: float | None = getattr(model, "bin_s_", None)
    if asked.bin_s is not None and known is not None and abs(asked.bin_s / known - 1) > _SAME_BIN:
        raise errors.value_error(
            "bin_s is not that of the fit.",
            given=f"bin_s={asked.bin_s:g}",
            expected=f"{known:g} s, as the times of its data say, or nothing",
        )
    return known if asked.bin_s is None else asked.bin_s


def _axes(term: Term, asked: Asked, seconds: Sequence[float | None]) -> tuple[Array, ...]:
    """Return the points of each variable, in seconds per step; over what all channels covered."""
    if asked.at is not None:
        given = asked.at if isinstance(asked.at, tuple) else (asked.at,)
        if len(given) != term.n_variables:
            raise errors.value_error(
                f"at has an array for each variable of {term.label!r}.",
                given=f"{len(given)} of them",
                expected=f"{term.n_variables}",
                todo="several points of one variable are an array or a list: at=[2.0, 5.0].",
            )
        return tuple(np.atleast_1d(np.asarray(points)) for points in given)
    per_channel = [term.axes(asked.n_points, channel=c) for c in range(max(term.n_channels, 1))]
    first, axes = per_channel[0], list[Array]()
    for i, axis in enumerate(first):
        others = [each[i] for each in per_channel]
        if all(np.array_equal(axis, other) for other in others):
            axes.append(axis)
        else:
            low, high = min(o.min() for o in others), max(o.max() for o in others)
            axes.append(np.linspace(low, high, len(axis)))
    return tuple(a if s is None else a * s for a, s in zip(axes, seconds, strict=True))


def _combinations(
    term: Term, axes: Sequence[Array], found: _Estimates, scale: str
) -> list[_Combinations]:
    """Return, for each channel, the combinations (W, p + 1) of parameters that its curve is.

    An effect over lags is what one unit of input adds; one of values is what they add beyond their
    mean, since the intercept has a share in that. A level (mean, rate) has all other features at
    their means, and the intercept: of lags, one more unit of input than in the mean.
    """
    points = tuple(part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    over_lags = any(unit in _LAGS for unit in term.units)
    is_level = scale in ("mean", "rate")
    mean: Any = found.mean
    if mean is None and (is_level or not over_lags):
        raise errors.value_error(
            "The means of the features are not known, and this curve is seen from them.",
            given="a model without a record of them (fit_intercept=False, estimates set by hand, "
            "or an older file)",
            expected="the data of the fit",
            todo=f"pass them: model.curve({term.label!r}, X, y).",
        )
    b = term.n_functions
    base = np.append(mean, float(found.has_intercept)) if is_level else None
    of_channels: list[_Combinations] = []
    for c in range(max(term.n_channels, 1)):
        columns = slice(term.start + c * b, term.start + (c + 1) * b)
        functions = term.functions(*points, channel=c)
        if over_lags and base is not None:
            functions = functions + base[columns]
        if not over_lags and base is None:
            functions = functions - mean[columns]
        of_channels.append(_Combinations(columns, functions, base))
    return of_channels


def _errors(of_channels: list[_Combinations], optimum: fisher.Optimum) -> FloatArray:
    """Return standard errors (W, S, N)."""
    found = [
        np.stack([K.errors(sure) for K in of_channels], axis=1)
        for sure in fisher.uncertainties(optimum, keep_void=True)
    ]
    return np.stack(found, axis=-1)


def _shown(
    model: Hooks, scale: str, bin_s: float | None
) -> tuple[Callable[[FloatArray], FloatArray], str]:
    """Return what turns linear predictors into values of a scale, and their unit."""
    likelihood = model._likelihood
    if scale == "effect":
        return lambda eta: eta, _EFFECTS.get(likelihood.link.name, "linear predictor")
    if scale == "gain":
        if likelihood.link.name != "exp":
            raise errors.value_error(
                "A gain is a factor of the mean, which this link has none of.",
                given=f"the link {likelihood.link.name}",
                expected="the link 'exp'",
                todo="ask for scale='mean', or for the effect.",
            )
        return np.exp, "times"
    counts = likelihood.model.gives_probabilities
    if scale == "mean":
        return likelihood.mean, _UNITS[scale] if counts else _OF_Y
    if not counts:
        raise errors.value_error(
            "A rate is of events, and this is a model of a signal.",
            given=f"scale='rate' for {likelihood.model.name}",
            expected="a model of counts",
            todo="ask for scale='mean', in the units of y.",
        )
    if bin_s is None:
        raise errors.value_error(
            "A rate needs to know how long bins are.",
            given="data without times",
            expected="bin_s, the seconds of a bin, or pynapple objects in the fit",
            todo="pass bin_s=0.01, or ask for scale='mean', per bin.",
        )
    return lambda eta: likelihood.mean(eta) / bin_s, _UNITS[scale]
