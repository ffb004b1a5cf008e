"""Quadratic approximations of a loss, and their mean over rows known by their moments alone.

All built-in losses are affine in the response, l(eta, y) = A(eta) - y B(eta) + c(y). Where A and B
are replaced by quadratics, their sums over rows need no more than the mean m and the variance v of
eta, over the rows for A and over the events for B:

    mean of  c0 + c1 eta + c2 eta²  =  c0 + c1 m + c2 (m² + v)

Which quadratic is best depends on where it has to be: on an interval (:class:`Interval`), or where
eta is, if it is spread like a normal distribution (:class:`NormalSpread`).
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from ... import errors
from ...observation_models.likelihood import Likelihood
from ...typing import FloatArray

Function: TypeAlias = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Value and slope, elementwise in eta."""

_GRID = np.linspace(-30.0, 30.0, 61)  # where to look how a loss behaves; zero is among them
_NEARBY = np.linspace(-2.5, 2.5, 11)  # deviations of the predictor within which 99 % of rows lie
_OTHER_RESPONSES = (0.0, 2.0, 3.0)  # is the loss of every response a shift of that of one?
_AFFINE = 1e-6  # relative error of slopes that are affine in y
_NODES, _INNER_NODES = 41, 3  # Gauss-Hermite; few where only the middle is defined
_SMALLEST_DEVIATION = 1e-8  # of a predictor that hardly varies
_CHEBYSHEV_NODES = 64  # of the fit on an interval; far more than a parabola needs


class Parts(NamedTuple):
    """A loss that is affine in the response, l = A - y B + c(y)."""

    of_rows: Function  # A
    of_events: Function  # B
    event_slope: float | None  # of B where it is a straight line, else None
    is_everywhere: bool  # whether all linear predictors are allowed


def parts_of(likelihood: Likelihood) -> Parts:
    """Take a loss apart.

    Raises
    ------
    ValueError
        If it is not affine in the response.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> parts = parts_of(Likelihood(PoissonObservations(), Exp()))
    >>> parts.event_slope, parts.of_rows(np.zeros(1))
    (1.0, (array([1.]), array([1.])))
    """

    if likelihood.by_column is not None:
        raise errors.value_error(
            "PolynomialApproximation approximates one loss for all columns.",
            given=f"{likelihood.model.name} with a scale for each",
            expected="a scale that is fixed",
            todo="leave solver_name=None, or give the observation model a number as its scale.",
        )

    def at(eta: FloatArray, y: float) -> tuple[FloatArray, FloatArray]:
        value, slope = likelihood.value_and_slope(eta, np.full(eta.shape, y))
        return np.asarray(value, dtype=np.float64), np.asarray(slope, dtype=np.float64)

    def of_events(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        (half, half_slope), (one, one_slope) = at(eta, 0.5), at(eta, 1.0)
        return 2 * (half - one), 2 * (half_slope - one_slope)

    def of_rows(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        (half, half_slope), (one, one_slope) = at(eta, 0.5), at(eta, 1.0)
        return 2 * half - one, 2 * half_slope - one_slope

    near = _NEARBY[np.isfinite(at(_NEARBY, 1.0)[0])]
    rows, events = of_rows(near)[1], of_events(near)[1]
    for y in _OTHER_RESPONSES:
        given, expected = at(near, y)[1], rows - y * events
        known = np.isfinite(given)
        size = 1.0 + np.abs(rows) + np.abs(y * events)
        if (np.abs(given - expected) > _AFFINE * size)[known].any():
            raise _not_affine(likelihood, y)
    return Parts(of_rows, of_events, _common(events), bool(np.isfinite(at(_GRID, 1.0)[0]).all()))


def _common(slopes: FloatArray) -> float | None:
    """Return the one value of all slopes, or None if they differ."""
    middle = float(np.median(slopes)) if len(slopes) else np.nan
    is_straight = bool((np.abs(slopes - middle) <= 1e-12 * abs(middle)).all())
    return middle if len(slopes) and is_straight else None


def _not_affine(likelihood: Likelihood, y: float) -> ValueError:
    return errors.value_error(
        "PolynomialApproximation needs a loss that is affine in the response.",
        given=f"{type(likelihood.model).__name__}, whose slope at y={y:g} does not follow from "
        "those at y=0.5 and y=1",
        expected="a loss A(eta) - y B(eta) + c(y), as of all built-in models",
        todo="leave solver_name=None.",
    )


class Expected(NamedTuple):
    """The mean of an approximated function, (C,), and its derivatives by the mean and variance."""

    value: FloatArray
    by_mean: FloatArray
    by_variance: FloatArray


class Quadratic(Protocol):
    """A way to choose the quadratic that stands for a function."""

    def expected(self, function: Function, mean: FloatArray, variance: FloatArray) -> Expected:
        """Return the mean of the function where eta has these moments, (C,) each."""
        ...


@dataclass(frozen=True)
class Interval:
    """The Chebyshev expansion of degree two on an interval of linear predictors.

    Attributes
    ----------
    low, high :
        Its ends.

    References
    ----------
    Zoltowski & Pillow (2018), NeurIPS 31. Trefethen (2019), Approximation Theory and
    Approximation Practice, chapter 3.

    Examples
    --------
    Means are exact for a function that is quadratic:

    >>> import numpy as np
    >>> square = lambda eta: (eta**2, 2 * eta)
    >>> Interval(-1, 3).expected(square, np.array([2.0]), np.array([1.0])).value.round(12)
    array([5.])
    """

    low: float
    high: float

    def expected(self, function: Function, mean: FloatArray, variance: FloatArray) -> Expected:
        """Return the mean of the quadratic; it does not depend on the moments which one it is."""
        c0, c1, c2 = self.coefficients(function)
        value = c0 + c1 * mean + c2 * (mean**2 + variance)
        return Expected(value, c1 + 2 * c2 * mean, np.full_like(mean, c2))

    def coefficients(self, function: Function) -> FloatArray:
        """Return c0, c1, c2 of  c0 + c1 eta + c2 eta².

        Raises
        ------
        ValueError
            If the function is infinite somewhere on the interval.
        """
        angle = (np.arange(_CHEBYSHEV_NODES) + 0.5) * np.pi / _CHEBYSHEV_NODES
        centre, half = 0.5 * (self.low + self.high), 0.5 * (self.high - self.low)
        value = function(centre + half * np.cos(angle))[0]
        if not np.isfinite(value).all():
            raise errors.value_error(
                "interval holds linear predictors that the link or the model does not allow.",
                given=f"({self.low:g}, {self.high:g})",
                expected="an interval on which the loss is finite",
            )
        t0, t1, t2 = (2 * np.mean(value * np.cos(k * angle)) for k in range(3))
        # c0/2 T0 + c1 T1 + c2 T2 of z = (eta - centre) / half, written out in powers of eta
        by_z = np.polynomial.Polynomial([0.5 * t0 - t2, t1, 2 * t2])
        by_eta = by_z(np.polynomial.Polynomial([-centre / half, 1 / half]))
        return np.asarray(by_eta.coef)

    @classmethod
    def read(cls, interval: Any) -> Interval:
        """Read what a user gave.

        Raises
        ------
        TypeError, ValueError
            If it is not two finite numbers in order.
        """
        is_pair = isinstance(interval, (tuple, list, np.ndarray)) and len(interval) == 2
        if not is_pair or not all(isinstance(end, numbers.Real) for end in interval):
            raise errors.type_error(
                "interval cannot be used.", given=repr(interval), expected="(low, high), or None"
            )
        low, high = map(float, interval)
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise errors.value_error(
                "interval is empty or not finite.",
                given=repr(interval),
                expected="(low, high) with low < high, in units of the linear predictor",
            )
        return cls(low, high)


@dataclass(frozen=True)
class NormalSpread:
    """Least squares where eta is normal: the quadratic that is best at N(m, v), for each m and v.

    Its slope at m and its curvature are the means of the function's own (Stein's lemma), so the
    mean of the function is that under N(m, v), by Gauss-Hermite quadrature: with it one minimises
    the expected log-likelihood.

    Attributes
    ----------
    is_everywhere :
        Whether the function is finite everywhere; if not, only points near the mean are used.

    References
    ----------
    Ramirez & Paninski (2014), J Comput Neurosci 36:215-34. Stein (1981), Ann Stat 9:1135-51,
    lemma 1.

    Examples
    --------
    >>> import numpy as np
    >>> exp = lambda eta: (np.exp(eta), np.exp(eta))
    >>> NormalSpread().expected(exp, np.zeros(1), np.ones(1)).value, np.exp([0.5])
    (array([1.64872127]), array([1.64872127]))
    """

    is_everywhere: bool = True

    def expected(self, function: Function, mean: FloatArray, variance: FloatArray) -> Expected:
        """Return the mean of the function under N(mean, variance)."""
        nodes, weights = self._rule
        deviation = np.maximum(np.sqrt(np.maximum(variance, 0.0)), _SMALLEST_DEVIATION)
        value, slope = function(mean + nodes[:, None] * deviation)
        # d/dv of f(m + sqrt(v) x) is f'(m + sqrt(v) x) x / (2 sqrt(v)).
        by_variance = (weights * nodes) @ slope / (2 * deviation)
        return Expected(weights @ value, weights @ slope, by_variance)

    @cached_property
    def _rule(self) -> tuple[FloatArray, FloatArray]:
        n_nodes = _NODES if self.is_everywhere else _INNER_NODES
        nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
        return nodes, weights / weights.sum()
