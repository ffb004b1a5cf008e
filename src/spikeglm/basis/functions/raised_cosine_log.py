"""Raised cosine bumps on a log-stretched axis: narrow at first, wider later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...typing import Array, FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family, checked_count
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from .raised_cosine import checked_width, cosine_bumps, ends_of_bumps

_TIME_SCALING = 50.0  # NeMoS's default


@dataclass(frozen=True)
class RaisedCosineLog(Family):
    """b raised cosines of ``v = log(1 + s u) / log(1 + s)``.

    The peaks are equally spaced in v from 0 to 1, or to ``1 - w / (b + w - 1)`` so that the last
    bump, of width w, reaches zero at u = 1. NaN where ``1 + s u < 0``.
    """

    n_basis_funcs: int
    width: float = 2.0
    time_scaling: Any = None
    enforce_decay_to_zero: bool = True

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        b = checked_count("n_basis_funcs", self.n_basis_funcs, least=2)
        object.__setattr__(self, "n_basis_funcs", b)
        checked_width(self.width)
        if self.time_scaling is None:
            object.__setattr__(self, "time_scaling", _TIME_SCALING)
        elif not self.time_scaling > 0:
            raise errors.value_error(
                "time_scaling says how strongly the axis is stretched.",
                given=f"time_scaling={self.time_scaling!r}",
                expected="a positive number (50 if None; near 0 is hardly stretched)",
            )

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            stretched = np.log1p(self.time_scaling * u[0]) / np.log1p(self.time_scaling)
        return cosine_bumps(stretched, self._peaks, self.width)

    @property
    def _peaks(self) -> Array:
        """(b,) where the peaks are, in v."""
        b, w = self.n_basis_funcs, self.width
        last_peak = 1.0 - w / (b + w - 1.0) if self.enforce_decay_to_zero else 1.0
        return np.linspace(0.0, last_peak, b)

    def breaks(self) -> Array:
        """Return where bumps begin and end, and points between which 1 + s u at most doubles."""
        reach = np.log1p(self.time_scaling)
        doublings = np.linspace(0.0, 1.0, 1 + int(np.ceil(reach / np.log(2))))
        ends = np.union1d(ends_of_bumps(self._peaks, self.width), doublings.round(12))
        return np.expm1(ends * reach) / self.time_scaling


class RaisedCosineLogEval(Basis):
    """Log-stretched raised cosines of the value of an input: finest resolution at the lower bound.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least 2.
    width :
        Half the support of a bump in distances between peaks: above 1, a multiple of 1/2.
    time_scaling :
        Strength s of the stretch, positive; None means 50.
    enforce_decay_to_zero :
        Whether the last bump reaches zero at the upper bound.
    bounds : (low, high) or None
        The range the functions cover, in units of the input; None: the range of each channel.
    fill_value :
        What ``compute_features`` writes for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b), between 0 and 1.
    Pillow et al., J. Neurosci. 25 (2005) 11003, Methods.

    Raises
    ------
    ValueError
        Fewer than 2 functions; a width that does not tile; a stretch or bounds that cannot be used.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.RaisedCosineLogEval(3, bounds=(0, 1))
    >>> basis.compute_features(np.array([0.0, 1.0])).round(2)
    array([[1. , 0.5, 0. ],
           [0. , 0. , 0. ]])
    """

    n_basis_funcs = Parameter()
    width = Parameter()
    time_scaling = Parameter()
    enforce_decay_to_zero = Parameter()
    bounds = Parameter()
    fill_value = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        width: float = 2.0,
        time_scaling: float | None = None,
        enforce_decay_to_zero: bool = True,
        bounds: Any = None,
        fill_value: float = np.nan,
        label: str | None = "RaisedCosineLogEval",
    ) -> None:
        family = RaisedCosineLog(n_basis_funcs, width, time_scaling, enforce_decay_to_zero)
        self._begin(Eval(family, bounds, fill_value), label)


class RaisedCosineLogConv(Basis):
    """Convolution of an input with log-stretched raised cosines: the basis of spike history.

    The first functions are narrow and close to the present, the last ones broad and far: a
    refractory period of a few bins and an effect over the whole window fit in a few functions.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least 2.
    window_size : int or str
        Length W of the window in bins, or in seconds, as ``"80 ms"``.
    width :
        Half the support of a bump in distances between peaks: above 1, a multiple of 1/2.
    time_scaling :
        Strength s of the stretch, positive; None means 50.
    enforce_decay_to_zero :
        Whether the last bump reaches zero at the end of the window.
    label :
        Name in tables and in ``split_by_feature``.
    conv_kwargs : dict or None
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). Pillow et al.,
    J. Neurosci. 25 (2005) 11003, Methods; Pillow et al., Nature 454 (2008) 995.

    Raises
    ------
    ValueError
        Fewer than 2 functions; a width that does not tile; a stretch or window that cannot be used.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.RaisedCosineLogConv(3, window_size=6)
    >>> spike = np.zeros(9); spike[2] = 1
    >>> basis.compute_features(spike).round(2)[6:]
    array([[0.  , 0.  , 0.15],
           [0.  , 0.  , 0.03],
           [0.  , 0.  , 0.  ]])
    """

    n_basis_funcs = Parameter()
    window_size = Parameter()
    width = Parameter()
    time_scaling = Parameter()
    enforce_decay_to_zero = Parameter()
    conv_kwargs = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        window_size: int | str,
        width: float = 2.0,
        time_scaling: float | None = None,
        enforce_decay_to_zero: bool = True,
        label: str | None = "RaisedCosineLogConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        family = RaisedCosineLog(n_basis_funcs, width, time_scaling, enforce_decay_to_zero)
        self._begin(Conv(family, window_size, conv_kwargs), label)
