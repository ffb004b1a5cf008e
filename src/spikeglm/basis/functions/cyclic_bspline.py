"""Cyclic B-splines: bumps on a circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...typing import FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family
from ..terms.roughness import integrated_curvature, second_differences
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from .bspline import checked_spline
from .local_polynomials import local_values, scattered


@dataclass(frozen=True)
class CyclicBSpline(Family):
    """b B-splines of order k on a circle of length 1 with b equally spaced knots.

    With N the cardinal B-spline of order k on [0, k],
    ``C_j(u) = sum over integers m of N(b u + m b - (j - k + 1))``.
    """

    n_basis_funcs: int
    order: int = 4
    wraps: ClassVar[bool] = True

    def __post_init__(self) -> None:
        order, b = checked_spline(self.n_basis_funcs, self.order, least_order=2)
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "n_basis_funcs", b)

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        b = self.n_basis_funcs
        missing = ~np.isfinite(u[0])
        x = b * np.mod(np.where(missing, 0.0, u[0]), 1.0)
        cell = np.floor(x)
        past = x - cell
        steps = np.arange(self.order - 1).reshape(-1, *[1] * x.ndim)
        values = local_values(steps + 1 - past, past + steps, self.order)
        table = scattered(values, cell.astype(np.intp), b)
        table[missing] = np.nan
        return table

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return ∫ f''² around the circle, of hats squared second differences; none of two."""
        b = self.n_basis_funcs
        if self.order == 2:
            return (second_differences(np.ones(b), is_cyclic=True),) if b > 2 else ()
        return (integrated_curvature(self._on_line, np.linspace(0.0, 1.0, b + 1), self.order),)


class CyclicBSplineEval(Basis):
    """B-splines of a circular variable: a phase, a heading, the time of day.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least ``order``.
    order :
        Order k of the polynomial pieces (degree k - 1), at least 2.
    bounds : (low, high) or None
        One period, in units of the input, e.g. ``(0, 2 * np.pi)``. Samples outside of it are
        wrapped into it. None: the range of each channel is taken as the period.
    fill_value :
        Accepted for the sake of one signature; no sample is ever outside of a circle.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b), which sum to one
    over the functions. De Boor, A Practical Guide to Splines (1978), chapter VIII (cardinal
    splines).

    Raises
    ------
    ValueError
        Fewer functions than the order; order below 2; bounds that are not increasing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.CyclicBSplineEval(5, order=2, bounds=(0, 1))
    >>> basis.compute_features(np.array([0.1, 1.1])).round(2)
    array([[0.5, 0.5, 0. , 0. , 0. ],
           [0.5, 0.5, 0. , 0. , 0. ]])
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
        label: str | None = "CyclicBSplineEval",
    ) -> None:
        self._begin(Eval(CyclicBSpline(n_basis_funcs, order), bounds, fill_value), label)


class CyclicBSplineConv(Basis):
    """Convolution of an input with cyclic B-splines over a window.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least ``order``.
    window_size : int or str
        Length W of the window in bins, or in seconds, as ``"80 ms"``; the first and
        the last bin are the same point.
    order :
        Order k of the polynomial pieces (degree k - 1), at least 2.
    label :
        Name in tables and in ``split_by_feature``.
    conv_kwargs : dict or None
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). De Boor (1978),
    chapter VIII.

    Raises
    ------
    ValueError
        Fewer functions than the order; order below 2; a window that is not positive.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.CyclicBSplineConv(2, window_size=3, order=2)
    >>> basis.compute_features(np.array([1.0, 2.0, 3.0, 0.0]))[3]
    array([4., 2.])
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
        label: str | None = "CyclicBSplineConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._begin(Conv(CyclicBSpline(n_basis_funcs, order), window_size, conv_kwargs), label)
