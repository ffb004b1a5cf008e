"""M-splines: B-splines scaled to integrate to one, like densities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...typing import Array, FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from .bspline import BSpline, checked_spline, clamped_knots


@dataclass(frozen=True)
class MSpline(Family):
    """b M-splines of order k on [0, 1]: ``M_j = k / (t[j+k] - t[j]) B_j``, 0 outside of [0, 1].

    Ramsay, Monotone regression splines in action, Statistical Science 3 (1988), eq. 2.
    """

    n_basis_funcs: int
    order: int = 4
    is_density: ClassVar[bool] = True

    def __post_init__(self) -> None:
        order, b = checked_spline(self.n_basis_funcs, self.order, least_order=1)
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "n_basis_funcs", b)

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        (x,) = u
        table = BSpline(self.n_basis_funcs, self.order).functions(x) * self._height
        table[(x < 0.0) | (x > 1.0)] = 0.0
        return table

    @property
    def _height(self) -> Array:
        """(b,) how many times the B-spline each function is."""
        k = self.order
        knots = clamped_knots(self.n_basis_funcs, k)
        return k / (knots[k:] - knots[:-k])

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return that of B-splines of these heights."""
        parts = BSpline(self.n_basis_funcs, self.order).roughness()
        return tuple(S * np.outer(self._height, self._height) for S in parts)


class MSplineEval(Basis):
    """M-splines of the value of an input: bumps that each integrate to one over the bounds.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least ``order``.
    order :
        Order k of the polynomial pieces (degree k - 1).
    bounds : (low, high) or None
        The range the functions cover, in units of the input; None: the range of each channel.
    fill_value :
        What ``compute_features`` writes for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b), in units of one
    over the units of the input. Ramsay, Statistical Science 3 (1988), eq. 2.

    Raises
    ------
    ValueError
        Fewer functions than the order; bounds that are not increasing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> nmo.basis.MSplineEval(4, bounds=(0, 1)).compute_features(np.array([0.0, 0.5, 1.0]))
    array([[4. , 0. , 0. , 0. ],
           [0.5, 1.5, 1.5, 0.5],
           [0. , 0. , 0. , 4. ]])
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
        label: str | None = "MSplineEval",
    ) -> None:
        self._begin(Eval(MSpline(n_basis_funcs, order), bounds, fill_value), label)


class MSplineConv(Basis):
    """Convolution of an input with M-splines over a window.

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
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). The kernel (W, b)
    is M-splines on ``linspace(0, 1, W)``. Ramsay, Statistical Science 3 (1988), eq. 2.

    Raises
    ------
    ValueError
        Fewer functions than the order; a window that is not positive.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.MSplineConv(2, window_size=2, order=2)
    >>> basis.compute_features(np.array([1.0, 0.0, 3.0]))
    array([[nan, nan],
           [nan, nan],
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
        label: str | None = "MSplineConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._begin(Conv(MSpline(n_basis_funcs, order), window_size, conv_kwargs), label)
