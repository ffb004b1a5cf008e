"""Fourier features of one or more circular variables."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ... import showing
from ...notices import warn
from ...typing import Array, FloatArray
from ..terms.eval_term import Eval
from ..terms.family import Family, checked_count
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter
from .fourier_frequencies import frequencies_per_dimension, selected


@dataclass(frozen=True, eq=False)
class Fourier(Family):
    """Cosines, then sines, of ``2 pi (f . u)`` for K frequency tuples f.

    The sine of the zero frequency is left out, so b is 2 K, or 2 K - 1 if f = 0 is selected.
    """

    frequencies: Any
    ndim: int = 1
    frequency_mask: Any = "no-intercept"
    masked_frequencies: Array = field(init=False)
    wraps: ClassVar[bool] = True
    is_complex: ClassVar[bool] = True

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        ndim = checked_count("ndim", self.ndim, least=1)
        object.__setattr__(self, "ndim", ndim)
        frequencies = frequencies_per_dimension(self.frequencies, ndim)
        object.__setattr__(self, "frequencies", frequencies)
        mask, chosen = selected(frequencies, self.frequency_mask)
        object.__setattr__(self, "frequency_mask", mask)
        object.__setattr__(self, "masked_frequencies", chosen)

    @property
    def n_inputs(self) -> int:
        """One per dimension."""
        return self.ndim

    @property
    def n_basis_funcs(self) -> int:
        """b."""
        return 2 * self.masked_frequencies.shape[1] - self._has_constant

    @property
    def _has_constant(self) -> bool:
        return self.masked_frequencies.shape[1] > 0 and not self.masked_frequencies[:, 0].any()

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b) from ndim arrays (m, S)."""
        phase = np.zeros((*u[0].shape, self.masked_frequencies.shape[1]))
        for x, frequency in zip(u, self.masked_frequencies, strict=True):
            phase += x[..., None] * (2.0 * np.pi * frequency)
        sines = np.sin(phase[..., 1:] if self._has_constant else phase)
        return np.concatenate((np.cos(phase), sines), axis=-1)

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return (2π f_i)⁴ / 2 of each function, per variable i: over a period they are orthogonal.

        The mean over all variables of the squared second derivative along one.
        """
        each = self.masked_frequencies.astype(np.float64)
        sines = each[:, 1:] if self._has_constant else each
        per_function = np.concatenate((each, sines), axis=1)
        return tuple(np.diag((2 * np.pi * f) ** 4 / 2) for f in per_function) if each.size else ()

    def as_data(self) -> Fourier:
        """Return the same functions; a mask that is a function as the array that it chooses."""
        if not callable(self.frequency_mask):
            return self
        axes = self.frequencies
        chosen = set(map(tuple, self.masked_frequencies.T))
        tuples = zip(*(axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")), strict=True)
        mask = np.array([each in chosen for each in tuples], dtype=np.float64)
        return dataclasses.replace(self, frequency_mask=mask.reshape([len(axis) for axis in axes]))

    def replaced(self, **changes: Any) -> Fourier:
        """Return the family with other parameters; a mask made for other frequencies is dropped."""
        if "frequencies" in changes and "frequency_mask" not in changes:
            old, ndim = self.frequencies, changes.get("ndim", self.ndim)
            new = frequencies_per_dimension(changes["frequencies"], ndim)
            same = len(old) == len(new) and all(map(np.array_equal, old, new))
            if not same and not isinstance(self.frequency_mask, str):
                changes["frequency_mask"] = "no-intercept"
                warn(
                    "The frequency mask was made for the frequencies before: it is reset to "
                    "'no-intercept'. To keep one, set frequencies and mask in one set_params."
                )
        return dataclasses.replace(self, **changes)


class FourierEval(Basis):
    """Cosines and sines of one or more circular variables.

    Parameters
    ----------
    frequencies : int, (low, high), array, or a list of ``ndim`` of these
        Cycles per period: ``k`` stands for 0 .. k-1, a tuple for low .. high-1, an array for
        itself; one for all dimensions, or a list with one per dimension.
    ndim :
        Number of input variables d; ``compute_features`` takes d arrays of one shape.
    bounds : (low, high), list of ``ndim`` pairs, or None
        One period, in units of the input; samples outside wrap into it. None: the range of each
        channel is taken as the period.
    frequency_mask : "no-intercept", "all", None, array or callable
        Which tuples of the grid of frequencies to use: all but the zero tuple, all (None too),
        where an array of the grid's shape is 1, or where a function of d frequencies says True.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    d inputs (T,) or (T, ...) with S numbers per time bin give features (T, S * b): for each channel
    the cosines of all selected tuples (last dimension fastest), then their sines. Stein &
    Shakarchi, Fourier Analysis, chapter 2.

    Raises
    ------
    TypeError
        Frequencies that are no integers, or of an unknown kind; a mask function that fails.
    ValueError
        Negative frequencies; a mask or list of another shape than the grid; unsuitable bounds.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> nmo.basis.FourierEval(3, bounds=(0, 1)).compute_features([0.25, 1.25]).round(3) + 0.0
    array([[ 0., -1.,  1.,  0.],
           [ 0., -1.,  1.,  0.]])
    """

    frequencies = Parameter()
    ndim = Parameter()
    bounds = Parameter()
    frequency_mask = Parameter()

    def __init__(
        self,
        frequencies: Any,
        ndim: int = 1,
        bounds: Any = None,
        frequency_mask: Any = "no-intercept",
        label: str | None = "FourierEval",
    ) -> None:
        self._begin(Eval(Fourier(frequencies, ndim, frequency_mask), bounds), label)

    @property
    def masked_frequencies(self) -> Array:
        """The selected frequency tuples, one per column: (ndim, K)."""
        return self.node.formula.parameter("masked_frequencies")
