"""Bounds of coefficients, beside a smooth penalty, and the penalty object of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import errors, showing
from ..typing import ArrayLike, FloatArray, IntArray
from .base import Penalty, Regularizer, numbers_of
from .bounded_problem import minimise_within
from .box import Box
from .firth import is_of_information
from .named import regularizer_of
from .squares import Squares, squares_of


@dataclass(frozen=True, eq=False)
class Bounded(Regularizer):
    """Coefficients within bounds: low <= w <= high, beside any smooth penalty.

    Excitation that cannot be negative, inhibition that cannot be positive, a gain between zero and
    one. Where a bound holds, the coefficient is exactly on it. The certificate is the violation of
    the optimality (KKT) conditions: the slope is zero within the bounds, and on a bound it points
    outwards. An estimate on a bound has no standard error: ``model.summary`` has intervals and p
    values that hold there.

    ``regularizer_strength`` is that of the penalty beside the bounds.

    Parameters
    ----------
    bounds :
        A pair (low, high) of numbers, or of arrays that broadcast to ``coef_``; None is no bound,
        so that ``(0, None)`` makes all coefficients non-negative. For a design a dict with such
        pairs by the labels of its terms; terms that are not mentioned have no bounds.
    regularizer :
        ``"Ridge"``, ``"Smoothness"``, a ``Quadratic``, or None for no penalty.

    Raises
    ------
    TypeError
        If bounds are no pair, or not numeric.
    ValueError
        If a lower bound is above the upper one.

    References
    ----------
    Lawson & Hanson (1974), Solving Least Squares Problems, chapter 23, for the conditions.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 3))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 0.5 * X[:, 1] - 1))
    >>> bounds = nmo.regularizer.Bounded((0, 0.4))
    >>> nmo.GLM(regularizer=bounds).fit(X, y).coef_.round(2)
    array([0.4, 0. , 0. ])
    """

    bounds: Any
    regularizer: Any = None

    __repr__ = showing.of_fields
    default_solver = "ProximalNewton"
    allowed_solvers = ("ProximalNewton",)
    has_own_strengths = True
    has_bounds = True

    def __post_init__(self) -> None:
        pairs = self.bounds.values() if isinstance(self.bounds, Mapping) else [self.bounds]
        for pair in pairs:
            low, high = checked_pair(pair)
            if np.any(low > high):
                raise errors.value_error(
                    "A lower bound is above the upper one.",
                    given=repr(pair)[:200],
                    expected="(low, high) with low <= high",
                )

    @property
    def default_strength(self) -> Any:
        """That of the penalty beside the bounds."""
        return getattr(self._inner, "default_strength", 1.0)

    @property
    def _inner(self) -> Any:
        return regularizer_of(self.regularizer)

    def replaced(self, **changes: Any) -> Bounded:
        """Return a copy with some arguments changed.

        >>> Bounded((0, None)).replaced(regularizer="Ridge")
        Bounded(bounds=(0, None), regularizer='Ridge')
        """
        return type(self)(**(self.get_params() | changes))

    def around(self, penalty: Penalty, low: FloatArray, high: FloatArray) -> BoundedPenalty:
        """Return a penalty on coefficients (p, C) with bounds (p, C) around it.

        Raises
        ------
        ValueError
            If the penalty is not smooth.

        >>> from spikeglm.regularizer import Ridge
        >>> ridge = Ridge().bind(1.0, (2, 1))
        >>> penalty = Bounded((0, None), "Ridge").around(ridge, np.zeros((2, 1)), np.ones((2, 1)))
        >>> penalty.value(np.array([[1.0], [1.0]])), penalty.value(np.array([[-1.0], [1.0]]))
        (array([1.]), array([inf]))
        """
        if not penalty.is_smooth or is_of_information(penalty):
            raise errors.value_error(
                "Bounds stand beside smooth penalties only.",
                given=f"Bounded(..., regularizer={self.regularizer!r})",
                expected="'Ridge', 'Smoothness', a Quadratic, or None",
            )
        return BoundedPenalty(penalty, low, high)

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> BoundedPenalty:
        """Return the penalty for coefficients (p, C), where bounds are a pair.

        Raises
        ------
        ValueError
            If bounds are by term, or do not fit.
        """
        if isinstance(self.bounds, Mapping):
            raise errors.value_error(
                "The terms that have bounds are not known yet.",
                given=f"bounds of {', '.join(map(repr, self.bounds))}",
                expected="terms",
                todo="fit a model with it to basis.design(...), which knows its terms.",
            )
        low, high = (fitted(bound, shape) for bound in checked_pair(self.bounds))
        return self.around(self._inner.bind(strength, shape), low, high)

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return that of the penalty beside the bounds."""
        found: FloatArray = self._inner.n_parameters(coef, rank)
        return found

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"bounds": self.bounds, "regularizer": self.regularizer}


@dataclass(frozen=True, eq=False)
class BoundedPenalty:
    """A smooth penalty, and bounds (p, C) of the coefficients."""

    smooth: Penalty
    low: FloatArray
    high: FloatArray

    __repr__ = showing.of_fields
    is_smooth = False
    has_bounds = True
    cause = "where coefficients have bounds; of single ones ask model.summary(X, y)"
    no_errors = (
        "There are no standard errors, and no band (NaN): none are valid where coefficients have "
        "bounds, since an estimate that a bound may hold is not normal. What to do: "
        "model.summary(X, y) has intervals and p values within the bounds for each coefficient; "
        "for a band or the test of a term, fit without bounds."
    )

    def take(self, columns: IntArray) -> BoundedPenalty:
        """Keep only some columns."""
        return BoundedPenalty(
            self.smooth.take(columns), self.low[:, columns], self.high[:, columns]
        )

    def times(self, factor: FloatArray) -> BoundedPenalty:
        """Return the penalty with each column's strengths multiplied, (C,); bounds stay."""
        return replace(self, smooth=self.smooth.times(factor))

    def value(self, W: FloatArray) -> FloatArray:
        """Return the smooth penalty of each column, infinite outside of the bounds, (C,)."""
        return self.smooth.value(W) + Box(self.low.T, self.high.T).value(W.T)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return the derivative of the smooth penalty, (p, C)."""
        return self.smooth.gradient(W)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return its second derivative, or the diagonal of that, (p, C)."""
        return self.smooth.curvature(shape)

    def squares(self, n_columns: int) -> Squares | None:
        """Return the smooth penalty as squares; None where its second derivative is a diagonal."""
        return squares_of(self.smooth, n_columns)

    def kinks(self, unit: FloatArray, n_columns: int) -> Box:
        """Return the bounds as those of z with w = unit z; unit is (p,)."""
        known = unit > 0
        low, high = (
            np.where(known, bound.T / np.where(known, unit, 1.0), none)
            for bound, none in ((self.low, -np.inf), (self.high, np.inf))
        )
        free = np.full((n_columns, 1), np.inf)
        return Box(np.hstack([low, -free]), np.hstack([high, free]))

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return argmin_V value(V) + |V - W|² / (2 step), (p, C)."""
        box, n_columns = Box(self.low.T, self.high.T), W.shape[1]
        squares = self.squares(n_columns)
        if squares is None:  # coefficients by themselves
            return np.clip(self.smooth.prox(W, step), self.low, self.high)
        steps = np.broadcast_to(step, (1, n_columns))[0]
        H = np.tile(np.eye(len(W)), (n_columns, 1, 1))
        squares.times(steps).add_to(H)
        return minimise_within(H, W.T, box, np.clip(W.T, box.low, box.high)).T


def checked_pair(pair: Any) -> tuple[FloatArray, FloatArray]:
    """Return (low, high) as arrays; None is infinite.

    Raises
    ------
    TypeError
        If there are not two, or they are no numbers.
    ValueError
        If one is NaN.
    """
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise errors.type_error(
            "Bounds are no pair.", given=repr(pair)[:200], expected="(low, high), such as (0, None)"
        )
    found = []
    for bound, none in zip(pair, (-np.inf, np.inf), strict=True):
        values = numbers_of(none if bound is None else bound, name="A bound", expected="numbers")
        if np.isnan(values).any():
            raise errors.value_error("A bound is NaN.", given=repr(bound), expected="a number")
        found.append(values)
    return found[0], found[1]


def fitted(bound: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Return a bound for each of the coefficients (p, C)."""
    if bound.ndim == 1 and shape[1] == 1:
        bound = bound[:, None]
    if bound.ndim and bound.shape not in {shape, (shape[0], 1), (1, shape[1])}:
        raise errors.value_error(
            "A bound does not fit the coefficients.",
            given=f"shape {bound.shape}",
            expected=f"a number or an array of shape {shape}",
        )
    return np.array(np.broadcast_to(bound, shape))
