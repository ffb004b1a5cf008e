"""A link of one's own: any differentiable function from the linear predictor to the mean.

Its derivatives come from automatic differentiation, its inverse (the intercept of a model without
features) from a bracketed root search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np

from .. import errors, numerics
from ..io.interop.autodiff import (
    Derivatives,
    Elementwise,
    Fingerprint,
    in_double,
    name_of,
    traceable,
)
from ..typing import Array, ArrayLike, FloatArray, Namespace
from .inverse_link import Curve, Link

_PROBE = np.array([1.0, 2.0, 3.0])
# Where roots are searched: symmetric about zero, ever wider steps.
_POSITIVE = np.logspace(-4, 4, 200)
_GRID = np.concatenate([-_POSITIVE[::-1], [0.0], _POSITIVE])
_MOST_BRACKETS = 4  # solutions of link(x) = mean that are told apart
_MOST_STEPS = 200  # of bisection: more than any bracket of floats takes
_MOST_LINKS = 64  # of users, whose derivatives are kept
_CLOSE = 1e-8  # residual of a root relative to the mean


@dataclass(frozen=True)
class CustomLink(Link):
    """mean = function(eta), for a function that a user wrote.

    The function works element by element; any eta whose mean the observation model cannot have is
    outside the domain, where the training loss is +inf. Derivatives are exact and float64. A
    function is compiled once in a process, whatever the data; what it reads from elsewhere (global
    variables, a closure) must not change afterwards, but attributes of an object may.

    Parameters
    ----------
    function :
        Written with ``jax.numpy``; with an argument ``xp`` for the array module; or with those of
        NumPy's and SciPy's elementwise functions that JAX has too.

    Raises
    ------
    ImportError
        When it is used without JAX being installed.

    References
    ----------
    Derivatives: Griewank & Walther (2008), Evaluating Derivatives, 2nd ed., chapter 3. Starting
    intercepts: bisection safeguarding Newton steps, Press et al. (2007), Numerical Recipes, 3rd
    ed., section 9.4.

    Examples
    --------
    >>> import jax.numpy as jnp, numpy as np
    >>> link = CustomLink(lambda eta: 5.0 / (1.0 + jnp.exp(-eta)))
    >>> link(np.array([0.0, 100.0])), link.predictor(np.array([2.5])).round(6) + 0.0
    (array([2.5, 5. ]), array([0.]))
    """

    function: Callable[..., Any]
    range: ClassVar[tuple[float, float] | None] = None

    @property
    def name(self) -> str:  # type: ignore[override]  # the name of the function, not of the class
        """The module and the name of the function."""
        module = getattr(self.function, "__module__", None) or type(self.function).__module__
        return f"{module}.{name_of(self.function)}"

    @property
    def __name__(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __call__(self, eta: ArrayLike) -> Array:
        """Return the mean for eta, NumPy or JAX like eta."""
        xp = numerics.namespace(eta)
        return self.mean(np.asarray(eta, dtype=float) if xp is np else eta, xp)

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return function(eta).

        >>> import jax.numpy as jnp, numpy as np
        >>> CustomLink(lambda eta: jnp.exp(0.5 * eta)).mean(np.array([0.0, 2.0])).round(3)
        array([1.   , 2.718])
        """
        return self._at(eta, xp).value

    def predictor(self, mean: Array, xp: Namespace = np) -> Array:
        """Return an eta whose mean is ``mean``, of several one near zero; NaN where none is.

        >>> import jax.numpy as jnp, numpy as np
        >>> CustomLink(lambda eta: jnp.exp(0.5 * eta)).predictor(np.array([1.0, np.e])).round(3)
        array([0., 2.])
        """
        mean = np.asarray(mean, dtype=float)
        known, of = np.unique(mean, return_inverse=True)
        return _roots(self._differentiated, known)[of].reshape(mean.shape)

    def _log_curve(self, eta: Array, xp: Namespace) -> Curve:
        f = self._at(eta, xp)
        return Curve(f.value, xp.log(f.value), f.slope / f.value)

    def _log_bend(self, eta: Array, xp: Namespace) -> Array:
        f = self._at(eta, xp)
        return f.curvature / f.value - (f.slope / f.value) ** 2

    def _mean_curve(self, eta: Array, xp: Namespace) -> Curve:
        f = self._at(eta, xp)
        return Curve(f.value, f.value, f.slope)

    def _mean_bend(self, eta: Array, xp: Namespace) -> Array:
        return self._at(eta, xp).curvature

    def _at(self, eta: Array, xp: Namespace) -> Derivatives:
        if xp is not np:
            return self._differentiated.traced(eta)
        f = self._differentiated(eta)
        return Derivatives(*(part.astype(eta.dtype, copy=False) for part in f))

    @cached_property
    def _differentiated(self) -> Elementwise:
        return Elementwise(traceable(self.function))

    def __reduce__(self) -> tuple[Any, ...]:
        return CustomLink, (self.function,)


def checked_link(function: Callable[..., Any]) -> CustomLink:
    """Return the link of a user's function; it is checked once.

    Raises
    ------
    ValueError
        It cannot be differentiated, or does not map numbers to numbers one by one.
    """
    return _of_state(Fingerprint(function))


@lru_cache(maxsize=_MOST_LINKS)
def _of_state(fingerprint: Fingerprint) -> CustomLink:
    function = fingerprint.part
    link = CustomLink(function)
    together = link.mean(_PROBE)
    alone = [float(link.mean(_PROBE[i : i + 1])[0]) for i in range(len(_PROBE))]
    given = _called(link._differentiated.function)
    shape = np.shape(given)
    if shape == _PROBE.shape and np.allclose(given, together, rtol=1e-6, equal_nan=True):
        return link
    raise errors.value_error(
        "The inverse link function must map an array to an array of the same shape, element by "
        "element.",
        given=f"{name_of(function)}, which maps [1, 2, 3] to "
        + (f"{given}" if shape == _PROBE.shape else f"an array of shape {shape}")
        + f" and 1, 2, 3 alone to {alone}",
        expected="the same numbers for an array and for its entries",
    )


def _called(function: Callable[..., Any]) -> Any:
    try:
        return in_double(function, _PROBE)
    except Exception:  # it cannot be called with several numbers
        return None


def _roots(function: Elementwise, means: FloatArray) -> FloatArray:
    """Return for each of K means an eta with function(eta) = mean, or NaN.

    Sign changes on a grid give brackets; they are tried from the one nearest to zero outwards, as a
    pole changes sign too.
    """
    with numerics.quiet():
        heights = function(_GRID).value[:, None] - means
        exact = np.isfinite(means) & (heights == 0).any(axis=0)
        eta = np.where(exact, _GRID[np.argmax(heights == 0, axis=0)], np.nan)
        crosses = (heights[:-1] * heights[1:] < 0) & np.isfinite(heights[:-1] * heights[1:])
        nearness = np.argsort(np.minimum(np.abs(_GRID[:-1]), np.abs(_GRID[1:])), kind="stable")
        rank = np.cumsum(crosses[nearness], axis=0)  # (intervals, K), nearest first
        for tried in range(1, _MOST_BRACKETS + 1):
            which = np.flatnonzero(np.isnan(eta) & (rank[-1] >= tried))
            if len(which) == 0:
                break
            interval = nearness[np.argmax(rank[:, which] >= tried, axis=0)]
            found = _root_in(function, means[which], _GRID[interval], _GRID[interval + 1])
            residual = np.abs(function(found).value - means[which])
            close = residual <= _CLOSE * (1.0 + np.abs(means[which]))
            eta[which] = np.where(close, found, np.nan)
    return eta


def _root_in(
    function: Elementwise, means: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Shrink brackets [low, high] of K roots: Newton where it stays inside, else halving."""
    rises = function(high).value > means
    eta = 0.5 * (low + high)
    for _ in range(_MOST_STEPS):
        f = function(eta)
        above = (f.value > means) == rises
        low, high = np.where(above, low, eta), np.where(above, eta, high)
        newton = eta - (f.value - means) / f.slope
        # Halve where Newton leaves the bracket.
        proposal = np.where((newton > low) & (newton < high), newton, 0.5 * (low + high))
        done = np.abs(proposal - eta) <= 4 * np.finfo(float).eps * np.abs(eta)
        eta = proposal
        if done.all():
            break
    return eta
