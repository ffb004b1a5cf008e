"""Exponential decays, made orthonormal over the samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import errors, showing
from ...typing import Array, FloatArray
from ..terms.conv_term import Conv
from ..terms.eval_term import Eval
from ..terms.family import Family, checked_count
from ..tree.basis import Basis
from ..tree.checked_attribute import Parameter


@dataclass(frozen=True, eq=False)
class OrthExponential(Family):
    """b orthonormal mixtures of ``exp(-r_j u)``: the left singular vectors of the decays.

    ``mixing`` (S, b, b) turns the decays of each channel into them; it is found by :meth:`given` on
    the samples the functions are to be orthonormal over, and then fixed, so that new samples see
    the same functions.
    """

    n_basis_funcs: int
    decay_rates: Any
    mixing: Array | None = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        b = checked_count("n_basis_funcs", self.n_basis_funcs, least=1)
        rates = np.array(self.decay_rates, dtype=np.float64)
        if rates.shape != (b,):
            raise errors.value_error(
                "There must be one decay rate per function.",
                given=f"n_basis_funcs={b} with decay_rates of shape {rates.shape}",
                expected=f"{b} decay rates",
                todo="To change both, use set_params(n_basis_funcs=..., decay_rates=...).",
            )
        if not np.isfinite(rates).all():
            raise errors.value_error(
                "A decay rate is no number.",
                given=f"decay_rates={rates.tolist()}",
                expected="finite numbers",
            )
        if len(set(rates.tolist())) < b:
            raise errors.value_error(
                "Two decay rates are equal, so two functions would be the same.",
                given=f"decay_rates={rates.tolist()}",
                expected="distinct numbers",
            )
        object.__setattr__(self, "n_basis_funcs", b)
        object.__setattr__(self, "decay_rates", rates)

    def functions(self, *u: FloatArray) -> FloatArray:
        """Return (m, S, b)."""
        if self.mixing is None:
            return self.given(*u).functions(*u)
        return (self._decays(u[0])[:, :, None, :] @ self.mixing)[:, :, 0, :]

    def given(self, *u: FloatArray) -> OrthExponential:
        """Return the family that is orthonormal over the samples u (n, S), channel by channel."""
        mixing = [self._orthonormalising(column) for column in u[0].T]
        return replace(self, mixing=np.array(mixing))

    def of_channel(self, channel: int) -> OrthExponential:
        """Return the functions that are orthonormal over one channel."""
        if self.mixing is None or len(self.mixing) == 1:
            return self
        return replace(self, mixing=self.mixing[channel : channel + 1])

    def for_window(self, n_bins: int | None) -> OrthExponential:
        """Return itself, ValueError if the window has fewer bins than there are functions."""
        if n_bins is not None and n_bins < self.n_basis_funcs:
            raise errors.value_error(
                "A window cannot hold more orthogonal functions than it has bins.",
                given=f"a window of {n_bins} bins with {self.n_basis_funcs} functions",
                expected=f"window_size >= {self.n_basis_funcs}",
            )
        return self

    def replaced(self, **changes: Any) -> OrthExponential:
        """Return the family with other parameters; what was found on samples is forgotten."""
        return replace(self, mixing=None, **changes)

    def _decays(self, u: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):  # infinite decays are refused by name
            return np.exp(-u[..., None] * self.decay_rates)

    def _orthonormalising(self, u: Array) -> Array:
        """Return (b, b) M with decays @ M orthonormal: ``E = L diag(s) R'`` gives ``M = R / s``."""
        b = self.n_basis_funcs
        decays = self._decays(u[np.isfinite(u)])
        if decays.size == 0:
            return np.full((b, b), np.nan)
        if len(decays) < b:
            raise errors.value_error(
                "There are fewer samples than orthogonal functions.",
                given=f"{len(decays)} samples for {b} functions",
                expected=f"at least {b} samples",
            )
        if not np.isfinite(decays).all():
            raise errors.value_error(
                "These decays are too large for double precision.",
                given=f"a decay rate of {self.decay_rates.min()}",
                expected="decay rates that are positive, or at least not below -700",
            )
        _, s, right = np.linalg.svd(decays, full_matrices=False)
        rank = int(np.sum(s > np.finfo(float).eps * max(decays.shape) * s[0]))
        if rank < b:
            raise errors.value_error(
                "These decays are too much alike to be told apart in double precision.",
                given=f"{b} decay rates from {self.decay_rates.min()} to {self.decay_rates.max()},"
                f" of which only {rank} combinations differ on these samples",
                expected=f"decays of rank {b}",
                todo="Spread the decay rates (each about twice the one before), or take fewer.",
            )
        return right.T / s


class OrthExponentialEval(Basis):
    """Orthonormal exponential decays of the value of an input.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b.
    decay_rates : sequence of b distinct numbers
        Rates r_j of ``exp(-r_j u)``, per range of the input (u runs from 0 to 1 over the bounds).
    bounds : (low, high) or None
        The range that u covers, in units of the input; None: the range of each channel.
    fill_value :
        What ``compute_features`` writes for samples outside of the bounds.
    label :
        Name in tables and in ``split_by_feature``.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). The functions are
    orthonormal over the finite samples of each channel, most important first, so they depend on
    the samples; a design keeps those it was made with. The signs are those of LAPACK's singular
    vectors. Golub & Van Loan, Matrix Computations, section 2.4.

    Raises
    ------
    ValueError
        Not one distinct rate per function; fewer samples than functions; decays too much alike.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.OrthExponentialEval(2, decay_rates=[1.0, 4.0])
    >>> X = basis.compute_features(np.linspace(0, 1, 50))
    >>> np.allclose(X.T @ X, np.eye(2))
    True
    """

    n_basis_funcs = Parameter()
    decay_rates = Parameter()
    bounds = Parameter()
    fill_value = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        decay_rates: Any,
        bounds: Any = None,
        fill_value: float = np.nan,
        label: str | None = "OrthExponentialEval",
    ) -> None:
        self._begin(Eval(OrthExponential(n_basis_funcs, decay_rates), bounds, fill_value), label)


class OrthExponentialConv(Basis):
    """Convolution of an input with orthonormal exponential decays over a window.

    Parameters
    ----------
    n_basis_funcs :
        Number of functions b.
    window_size : int or str
        Length W of the window in bins, or in seconds, as ``"80 ms"``; at least b.
    decay_rates : sequence of b distinct numbers
        Rates r_j of ``exp(-r_j u)``, per window (u runs from 0 to 1 over the window).
    label :
        Name in tables and in ``split_by_feature``.
    conv_kwargs : dict or None
        Options of :func:`spikeglm.convolve.create_convolutional_predictor`.

    Notes
    -----
    Input (T,) or (T, ...) with S numbers per time bin gives features (T, S * b). The kernel (W, b)
    has orthonormal columns, most important first; signs are those of LAPACK's singular vectors.
    Golub & Van Loan, Matrix Computations, section 2.4.

    Raises
    ------
    ValueError
        Not one distinct rate per function; a window too short; decays too much alike.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> basis = nmo.basis.OrthExponentialConv(2, window_size=10, decay_rates=[1.0, 4.0])
    >>> kernel = basis.setup_basis(np.zeros(20)).kernel_
    >>> np.allclose(kernel.T @ kernel, np.eye(2))
    True
    """

    n_basis_funcs = Parameter()
    window_size = Parameter()
    decay_rates = Parameter()
    conv_kwargs = Parameter()

    def __init__(
        self,
        n_basis_funcs: int,
        window_size: int | str,
        decay_rates: Any,
        label: str | None = "OrthExponentialConv",
        conv_kwargs: dict[str, Any] | None = None,
    ) -> None:
        family = OrthExponential(n_basis_funcs, decay_rates)
        self._begin(Conv(family, window_size, conv_kwargs), label)
