"""I-splines: functions that rise from zero to one, of which monotone curves are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from ..terms.eval_term import Eval
from ..terms.family import Family, checked_count
from ..terms.roughness import integrated_curvature
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from .bspline import BSpline


@dataclass(frozen=True)
class ISpline(Family):
    """b I-splines on [0, 1]: ``I_j = B_{j+1} + ... + B_b``, of b + 1 B-splines of order k.

    Each is zero at 0 and one at 1, and rises in between: it is the integral of an M-spline of order
    k - 1. Ramsay, Monotone regression splines in action, Statistical Science 3 (1988), eq. 4 and 5.
    """

    n_basis_funcs: int
    order: int = 4

    def __post_init__(self) -> None:
        order = checked_count("order", self.order, least=2)
        b = checked_count("n_basis_funcs", self.n_basis_funcs, least=1)
        if b < order - 1:
            raise errors.value_error(
                "There are too few I-splines for their order.",
                given=f"n_basis_funcs={b}, order={order}",
                expected=f"n_basis_funcs >= {order - 1}",
            )
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "n_basis_funcs", b)

    @property
    def _steps(self) -> BSpline:
        """The B-splines that are added up."""
        return BSpline(self.n_basis_funcs + 1, self.order)

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        return _sums_from(self._steps.functions(*u))

    def breaks(self) -> Array:
        """Return the knots: between them the functions are polynomials."""
        return self._steps.breaks()

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return ∫ f''²; of hats, added up, squared second differences."""
        if self.order > 2:
            return (integrated_curvature(self._on_line, self.breaks(), self.order),)
        return tuple(_sums_from(_sums_from(S).T).T for S in self._steps.roughness())


def _sums_from(values: FloatArray) -> FloatArray:
    """Return (..., b): what comes after the first, second, ... of (..., b + 1), added up."""
    return np.cumsum(values[..., :0:-1], axis=-1)[..., ::-1]


class ISplineEval(Basis):
    """I-splines of the value of an input: each rises from zero to one over the bounds.

    Weights that are not negative make a curve that never falls, weights that are not positive one
    that never rises: ``regularizer.Bounded({label: (0, None)})``.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least ``order - 1``.
    order :
        Order k of the polynomial pieces (degree k - 1), at least 2.
    bounds : (low, high) or None
        The range the functions cover, in units of the input; None: the range of each channel.
    fill_value :
        What ``compute_features`` writes for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). A constant is not
    among the functions: that is the intercept's. Ramsay, Statistical Science 3 (1988), eq. 4 and 5.

    Raises
    ------
    ValueError
        Fewer functions than the order less one; bounds that are not increasing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> nmo.basis.ISplineEval(3, bounds=(0, 1)).compute_features(np.array([0.0, 0.5, 1.0]))
    array([[0.   , 0.   , 0.   ],
           [0.875, 0.5  , 0.125],
           [1.   , 1.   , 1.   ]])
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
        label: str | None = "ISplineEval",
    ) -> None:
        self._begin(Eval(ISpline(n_basis_funcs, order), bounds, fill_value), label)
