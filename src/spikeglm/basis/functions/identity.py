"""The simplest features: the input itself, its past, and nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ... import errors
from ...typing import FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family
from ..terms.roughness import second_differences
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter


@dataclass(frozen=True)
class Identity(Family):
    """The one function u -> u, of samples as they are."""

    n_basis_funcs: int = 1
    scales: ClassVar[bool] = False

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, 1)."""
        return u[0][..., None].astype(np.float64)


@dataclass(frozen=True)
class Nothing(Family):
    """No function at all."""

    n_basis_funcs: int = 0
    scales: ClassVar[bool] = False

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, 0)."""
        return np.zeros((*u[0].shape, 0))


@dataclass(frozen=True)
class Lags(Family):
    """One function per bin of the window: function j is one at bin j and zero elsewhere."""

    n_basis_funcs: int | None = 1

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, 1, W), the first m unit vectors whatever the samples are."""
        if self.n_basis_funcs is None:
            raise errors.value_error(
                "There is one function per bin, and it is not known how many bins there are.",
                given="a window in seconds, before any signal",
                expected="the length of a bin",
                todo="Call setup_basis with a pynapple object, or give window_size in bins.",
            )
        if u[0].shape[1] != 1:
            raise errors.value_error(
                "The functions of HistoryConv are the bins of a window, not of several channels.",
                given=f"samples of {u[0].shape[1]} channels",
                expected="one channel: an array with at most one axis longer than 1",
            )
        return np.eye(len(u[0]), self.n_basis_funcs)[:, None, :]

    def roughness(self) -> tuple[FloatArray, ...]:
        """Return the squared second differences from lag to lag, if there are any."""
        b = self.n_basis_funcs or 0
        return (second_differences(np.ones(b)),) if b > 2 else ()

    def kernel_between(self, window_size: int, steps: FloatArray) -> FloatArray:
        """Return (n, W): one for the nearest bin."""
        nearest = np.floor(steps + 0.5)
        return (nearest[:, None] == np.arange(window_size)).astype(np.float64)

    def for_window(self, n_bins: int | None) -> Lags:
        """Return one function per bin."""
        return Lags(n_bins)


class IdentityEval(Basis):
    """The input itself, in its own units.

    Parameters
    ----------
    bounds : (low, high) or None
        Samples outside get ``fill_value``.
    fill_value :
        What is written for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S).

    Raises
    ------
    ValueError
        Bounds that are not increasing.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> nmo.basis.IdentityEval().compute_features(np.array([1.0, 5.0]))
    array([[1.],
           [5.]])
    """

    bounds = Parameter()
    fill_value = Parameter()

    def __init__(
        self, bounds: Any = None, fill_value: float = np.nan, label: str | None = "IdentityEval"
    ) -> None:
        self._begin(Eval(Identity(), bounds, fill_value), label)


class HistoryConv(Basis):
    """The last ``window_size`` samples of the input, most recent first: one feature per lag.

    Parameters
    ----------
    window_size : int or str
        Number of lags W, in bins; or how far they reach in seconds, as ``"80 ms"``.
    label :
        Name in tables and in ``split_by_feature``.
    conv_kwargs : dict or None
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * W); feature j of row t
    is the sample t - 1 - j. Without smoothing, one coefficient per lag: Truccolo et al., J.
    Neurophysiol. 93 (2005) 1074.

    Raises
    ------
    ValueError
        A window that is not positive.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> nmo.basis.HistoryConv(2).compute_features(np.array([1.0, 2.0, 3.0, 4.0]))
    array([[nan, nan],
           [nan, nan],
           [ 2.,  1.],
           [ 3.,  2.]])
    """

    window_size = Parameter()
    conv_kwargs = Parameter()

    def __init__(
        self,
        window_size: int | str,
        label: str | None = "HistoryConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._begin(Conv(Lags(), window_size, conv_kwargs), label)


class Zero(Basis):
    """No features: takes an input and leaves it out, to switch off a part of a larger basis.

    Parameters
    ----------
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) gives features (T, 0).

    Raises
    ------
    TypeError
        The label is not a string.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> (nmo.basis.Zero() + nmo.basis.IdentityEval()).compute_features([1.0, 2.0], [3.0, 4.0])
    array([[3.],
           [4.]])
    """

    def __init__(self, label: str | None = "Zero") -> None:
        self._begin(Eval(Nothing()), label)

    @property
    def bounds(self) -> None:
        """None: there is nothing to bound."""
        return None
