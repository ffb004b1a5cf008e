"""B-splines: smooth bumps with local support that sum to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family, checked_count
from ..terms.roughness import integrated_curvature, second_differences
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from .local_polynomials import local_values, scattered


@dataclass(frozen=True)
class BSpline(Family):
    """b B-splines of order k (degree k - 1) on [0, 1], clamped, with equally spaced knots.

    Half-open cells, the last one closed; NaN outside of [0, 1].
    """

    n_basis_funcs: int
    order: int = 4

    def __post_init__(self) -> None:
        order, b = checked_spline(self.n_basis_funcs, self.order, least_order=1)
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "n_basis_funcs", b)

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        (x,) = u
        knots = clamped_knots(self.n_basis_funcs, self.order)
        outside = ~((x >= 0.0) & (x <= 1.0))
        x = np.where(outside, 0.0, x)
        degree = self.order - 1
        cell = np.searchsorted(knots, x, side="right") - 1
        cell = np.minimum(cell, self.n_basis_funcs - 1)  # u = 1 belongs to the last cell
        steps = np.arange(1, self.order).reshape(-1, *[1] * x.ndim)
        right = knots[cell + steps] - x
        left = x - knots[cell + 1 - steps]
        table = scattered(local_values(right, left, self.order), cell - degree, self.n_basis_funcs)
        table[outside] = np.nan
        return table

    def breaks(self) -> Array:
        """Return the knots: between them the functions are polynomials."""
        return np.linspace(0.0, 1.0, self.n_basis_funcs - self.order + 2)

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return ∫ f''², of steps and hats squared second differences; none of one or two."""
        if self.order <= 2:
            b = self.n_basis_funcs
            return (second_differences(np.ones(b)),) if b > 2 else ()
        return (integrated_curvature(self._on_line, self.breaks(), self.order),)


def clamped_knots(n_basis_funcs: int, order: int) -> Array:
    """Knots (b + k,): equally spaced in [0, 1], the ends repeated k times."""
    inner = np.linspace(0.0, 1.0, n_basis_funcs - order + 2)
    return np.concatenate((np.zeros(order - 1), inner, np.ones(order - 1)))


def checked_spline(n_basis_funcs: Any, order: Any, *, least_order: int) -> tuple[int, int]:
    """Return (k, b) as ints.

    Raises
    ------
    ValueError
        The order is too small or no whole number, or there are fewer functions than the order.
    """
    k = checked_count("order", order, least=least_order)
    b = checked_count("n_basis_funcs", n_basis_funcs, least=1)
    if b < k:
        raise errors.value_error(
            "A spline needs at least as many functions as its order.",
            given=f"n_basis_funcs={b} with order={k}",
            expected=f"n_basis_funcs >= {k}",
            todo="Ask for more functions, or lower the order.",
        )
    return k, b


class BSplineEval(Basis):
    """B-splines of the value of an input.

    Smooth bumps with local support: every sample is seen by ``order`` neighbouring functions, which
    sum to one. Knots are equally spaced over the bounds.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least ``order``.
    order :
        Order k of the polynomial pieces (degree k - 1): 4 is cubic, smooth in value, slope and
        curvature.
    bounds : (low, high) or None
        The range the functions cover, in units of the input. None: the range of each channel of
        the input.
    fill_value :
        What ``compute_features`` writes for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). NaN where the
    input is not finite. De Boor, A Practical Guide to Splines (1978), chapters IX-X.

    Raises
    ------
    ValueError
        Fewer functions than the order; bounds that are not increasing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.BSplineEval(5, order=2, bounds=(0, 1))
    >>> basis.compute_features(np.array([0.0, 0.1, 1.0])).round(2)
    array([[1. , 0. , 0. , 0. , 0. ],
           [0.6, 0.4, 0. , 0. , 0. ],
           [0. , 0. , 0. , 0. , 1. ]])
    """

    n_basis_funcs = Parameter()
    order = Parameter()
    bounds = Parameter()
    fill_value = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        order: int = 4,
        bounds: Any = None,
        fill_value: float = np.nan,
        label: str | None = "BSplineEval",
    ) -> None:
        self._begin(Eval(BSpline(n_basis_funcs, order), bounds, fill_value), label)


class BSplineConv(Basis):
    """Convolution of an input with B-splines over a window.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least ``order``.
    window_size : int or str
        Length W of the window in bins, or in seconds, as ``"80 ms"``.
    order :
        Order k of the polynomial pieces (degree k - 1).
    label :
        Name in tables and in ``split_by_feature``.
    conv_kwargs : dict or None
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`, such as
        ``predictor_causality`` (by default ``"causal"``: row t sees bins t-W .. t-1).

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b); NaN where the
    window leaves its epoch or holds a sample that is not finite. The kernel (W, b) is B-splines on
    ``linspace(0, 1, W)``; row 0 weighs the latest bin. De Boor (1978), chapters IX-X.

    Raises
    ------
    ValueError
        Fewer functions than the order; a window that is not positive.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.BSplineConv(2, window_size=3, order=2)
    >>> basis.compute_features(np.array([0.0, 2.0, 0.0, 0.0, 0.0]))
    array([[nan, nan],
           [nan, nan],
           [nan, nan],
           [ 1.,  1.],
           [ 0.,  2.]])
    """

    n_basis_funcs = Parameter()
    window_size = Parameter()
    order = Parameter()
    conv_kwargs = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        window_size: int | str,
        order: int = 4,
        label: str | None = "BSplineConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._begin(Conv(BSpline(n_basis_funcs, order), window_size, conv_kwargs), label)
