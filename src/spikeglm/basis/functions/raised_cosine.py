"""Raised cosine bumps, equally spaced in the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ...typing import Array, FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family, checked_count
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter


@dataclass(frozen=True)
class RaisedCosineLinear(Family):
    """b bumps ``(1 + cos(clip(pi (u - p_j) / (d w), -pi, pi))) / 2``.

    The peaks p_j are equally spaced from 0 to 1, d apart; w is the width.
    """

    n_basis_funcs: int
    width: float = 2.0

    def __post_init__(self) -> None:
        b = checked_count("n_basis_funcs", self.n_basis_funcs, least=2)
        object.__setattr__(self, "n_basis_funcs", b)
        checked_width(self.width)

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        return cosine_bumps(u[0], np.linspace(0.0, 1.0, self.n_basis_funcs), self.width)

    def breaks(self) -> Array:
        """Return where bumps begin and end."""
        return ends_of_bumps(np.linspace(0.0, 1.0, self.n_basis_funcs), self.width)


def cosine_bumps(u: FloatArray, peaks: Array, width: float) -> FloatArray:
    """Return (..., b) bumps that reach zero ``width`` peak distances away from their peak."""
    angle = u[..., None] - peaks
    angle *= np.pi / ((peaks[1] - peaks[0]) * width)
    np.clip(angle, -np.pi, np.pi, out=angle)
    bumps = np.cos(angle, out=angle)
    bumps += 1.0
    bumps *= 0.5
    return bumps


def ends_of_bumps(peaks: Array, width: float) -> Array:
    """Return where bumps begin and end within [0, 1], and its ends."""
    reach = width * (peaks[1] - peaks[0])
    ends = np.concatenate(([0.0, 1.0], peaks - reach, peaks + reach)).clip(0.0, 1.0)
    return np.unique(ends.round(12))


def checked_width(width: float) -> None:
    """Raise ValueError unless the width is above 1 and a multiple of 1/2 (so that bumps tile)."""
    if not width > 1 or not np.isclose(2 * width, round(2 * width)):
        raise errors.value_error(
            "The width of raised cosines, in distances between peaks, cannot tile the range.",
            given=f"width={width!r}",
            expected="a number > 1 with 2 * width an integer, such as 1.5, 2 or 2.5",
        )


class RaisedCosineLinearEval(Basis):
    """Equally spaced raised cosines of the value of an input.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least 2.
    width :
        Half the support of a bump in distances between peaks: above 1, a multiple of 1/2. At 2 the
        bumps sum to a constant away from the ends.
    bounds : (low, high) or None
        Where the first and last peak lie, in units of the input; None: the range of each channel.
    fill_value :
        What ``compute_features`` writes for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b), between 0 and 1.
    Pillow et al., J. Neurosci. 25 (2005) 11003, without their log stretch.

    Raises
    ------
    ValueError
        Fewer than 2 functions; a width that does not tile; bounds that are not increasing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.RaisedCosineLinearEval(3, bounds=(0, 1))
    >>> basis.compute_features(np.array([0.0, 0.5, 1.0])).round(2)
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0.5],
           [0. , 0.5, 1. ]])
    """

    n_basis_funcs = Parameter()
    width = Parameter()
    bounds = Parameter()
    fill_value = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        width: float = 2.0,
        bounds: Any = None,
        fill_value: float = np.nan,
        label: str | None = "RaisedCosineLinearEval",
    ) -> None:
        self._begin(Eval(RaisedCosineLinear(n_basis_funcs, width), bounds, fill_value), label)


class RaisedCosineLinearConv(Basis):
    """Convolution of an input with equally spaced raised cosines over a window.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b, at least 2.
    window_size : int or str
        Length W of the window in bins, or in seconds, as ``"80 ms"``.
    width :
        Half the support of a bump in distances between peaks: above 1, a multiple of 1/2.
    label :
        Name in tables and in ``split_by_feature``.
    conv_kwargs : dict or None
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). Pillow et al.,
    J. Neurosci. 25 (2005) 11003, without their log stretch.

    Raises
    ------
    ValueError
        Fewer than 2 functions; a width that does not tile; a window that is not positive.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.RaisedCosineLinearConv(2, window_size=3)
    >>> basis.compute_features(np.array([0.0, 0.0, 1.0, 0.0])).round(2)[3]
    array([1. , 0.5])
    """

    n_basis_funcs = Parameter()
    window_size = Parameter()
    width = Parameter()
    conv_kwargs = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        window_size: int | str,
        width: float = 2.0,
        label: str | None = "RaisedCosineLinearConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._begin(Conv(RaisedCosineLinear(n_basis_funcs, width), window_size, conv_kwargs), label)
