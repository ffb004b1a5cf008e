"""From coefficients on basis functions to a filter in physical units, with its uncertainty.

A filter is a linear function of the coefficients, ``log_gain = kernel @ coef``, so its standard
error follows exactly from their covariance, ``kernel @ covariance @ kernelᵀ``: no delta method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..typing import ArrayLike, FloatArray, IntArray
from .curve_bands import quantile


@dataclass(frozen=True)
class Filter:
    """A filter over lags with its confidence band; W lags.

    Attributes
    ----------
    lag_ms :
        (W,) how long before the predicted bin the input was, in milliseconds; negative where it
        came after.
    log_gain :
        (W,) what one unit of input at that lag adds to the log rate (nats per unit).
    standard_error :
        (W,) of ``log_gain``.
    level :
        Pointwise coverage of the band, 0.95 for 95 %.
    dof :
        Degrees of freedom that the dispersion was estimated from; None where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.inference.filters import Filter
    >>> refractory = Filter(np.array([1.0, 2.0]), np.log([0.1, 0.5]), np.array([0.3, 0.2]))
    >>> refractory.rate_gain.round(2), refractory.rate_gain_high.round(2)
    (array([0.1, 0.5]), array([0.18, 0.74]))
    """

    lag_ms: FloatArray
    log_gain: FloatArray
    standard_error: FloatArray
    level: float = 0.95
    dof: float | None = None

    __repr__ = showing.of_fields

    @property
    def low(self) -> FloatArray:
        """(W,) lower end of the band of ``log_gain``."""
        return self.log_gain - self._half_width

    @property
    def high(self) -> FloatArray:
        """(W,) upper end of the band of ``log_gain``."""
        return self.log_gain + self._half_width

    @property
    def rate_gain(self) -> FloatArray:
        """(W,) the factor by which one unit of input at that lag multiplies the rate."""
        return np.exp(self.log_gain)

    @property
    def rate_gain_low(self) -> FloatArray:
        """(W,) lower end of the band of ``rate_gain``."""
        return np.exp(self.low)

    @property
    def rate_gain_high(self) -> FloatArray:
        """(W,) upper end of the band of ``rate_gain``."""
        return np.exp(self.high)

    @property
    def _half_width(self) -> FloatArray:
        return quantile(self.level, self.dof) * self.standard_error


def filter_band(
    kernel: Any,
    coef: ArrayLike,
    *,
    covariance: ArrayLike,
    bin_s: float,
    first_lag: int | None = None,
    level: float = 0.95,
    dof: float | None = None,
) -> Filter:
    """Return the filter that ``coef`` describes on the basis ``kernel``, with its band.

    Parameters
    ----------
    kernel :
        A convolution basis that has seen its input, which knows its lags; or the (W, b) basis
        functions at W lags.
    coef :
        (b,) coefficients of this input.
    covariance :
        (b, b) covariance of those coefficients: the block of the whole matrix that belongs to them.
    bin_s :
        Width of a bin, seconds.
    first_lag :
        Lag, in bins, of the first row of an array ``kernel``: 1 (None) where the features end with
        the bin before the predicted one, 0 where they include it, negative where they lie after.
        A basis says it by itself.
    level :
        Pointwise coverage of the band, between 0 and 1.
    dof :
        Degrees of freedom that the dispersion of a Gaussian or Gamma model was estimated from: the
        band is then that of Student's t. The sum of the row weights less ``model.edf_``; under a
        penalty that is on the safe side, and ``model.curve(...).dof`` says how many there are. None
        where the model has no dispersion to estimate (counts, choices).

    Returns
    -------
    Filter
        Lags in milliseconds; log gain per unit of input with standard error and band; rate gain.

    Raises
    ------
    ValueError
        If the shapes do not fit, a variance is negative, ``level`` is not between 0 and 1, ``dof``
        is not positive, the basis has not seen an input, or ``first_lag`` contradicts it.

    References
    ----------
    Fahrmeir & Tutz 2001, Multivariate Statistical Modelling Based on GLMs, §2.2 (normal
    approximation of the estimate); Pillow et al. 2008, Nature 454:995-999 (spike train filters).

    Examples
    --------
    >>> kernel = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    >>> found = filter_band(kernel, [0.2, -0.4], covariance=0.01 * np.eye(2), bin_s=0.002)
    >>> found.lag_ms.tolist(), found.log_gain.round(2).tolist()
    ([2.0, 4.0, 6.0], [0.2, -0.1, -0.4])
    >>> found.standard_error.round(4).tolist()
    [0.1, 0.0707, 0.1]

    >>> import spikeglm as nmo
    >>> basis = nmo.basis.HistoryConv(3, conv_kwargs={"predictor_causality": "anti-causal"})
    >>> basis = basis.setup_basis(np.zeros(9))
    >>> filter_band(basis, np.zeros(3), covariance=np.eye(3), bin_s=0.002).lag_ms.tolist()
    [-6.0, -4.0, -2.0]
    """
    kernel, lags = _kernel_and_lags(kernel, first_lag)
    coef, covariance = (np.asarray(a, dtype=float) for a in (coef, covariance))
    _check_shapes(kernel, coef, covariance)
    if not 0 < level < 1:
        raise errors.value_error("level must be a fraction.", given=level, expected="0 < level < 1")
    if dof is not None and not dof > 0:
        raise errors.value_error(
            "dof must be positive.", given=dof, expected="what the fit leaves of the observations"
        )
    variance = np.einsum("wb,bc,wc->w", kernel, covariance, kernel)
    return Filter(
        lag_ms=1e3 * bin_s * lags,
        log_gain=kernel @ coef,
        standard_error=np.sqrt(_without_rounding_errors(variance, kernel, covariance)),
        level=level,
        dof=None if dof is None else float(dof),
    )


def _kernel_and_lags(kernel: Any, first_lag: int | None) -> tuple[FloatArray, IntArray]:
    """Return a kernel (W, b) and the lags (W,) of its rows, in bins; of a basis, its own."""
    if not hasattr(kernel, "lags_"):
        table = np.asarray(kernel, dtype=float)
        return table, np.arange(len(table) if table.ndim else 0) + (
            1 if first_lag is None else first_lag
        )
    if kernel.lags_ is None:
        raise errors.value_error(
            "The basis has not seen its input, so its lags are not known.",
            given=f"{kernel!r}",
            expected="a basis that made features",
            todo="call compute_features, design or setup_basis first.",
        )
    if first_lag not in (None, kernel.lags_[0]):
        raise errors.value_error(
            "first_lag is not that of the basis.",
            given=f"first_lag={first_lag}",
            expected=f"{kernel.lags_[0]}, as the basis has it, or nothing",
        )
    return kernel.kernel_, kernel.lags_


def _check_shapes(kernel: FloatArray, coef: FloatArray, covariance: FloatArray) -> None:
    b = kernel.shape[-1] if kernel.ndim else 0
    if kernel.ndim != 2 or coef.shape != (b,) or covariance.shape != (b, b):
        raise errors.value_error(
            "kernel, coef and covariance do not fit together.",
            given=f"kernel {kernel.shape}, coef {coef.shape}, covariance {covariance.shape}",
            expected="(W, b), (b,) and (b, b) with the same b",
            todo="take the coefficients of one input and the matching block of the covariance.",
        )


def _without_rounding_errors(
    variance: FloatArray, kernel: FloatArray, covariance: FloatArray
) -> FloatArray:
    """Return the variances, with those that are zero up to rounding set to zero."""
    rounding = 1e-10 * np.einsum("wb,bc,wc->w", abs(kernel), abs(covariance), abs(kernel))
    if np.any(variance < -rounding):
        raise errors.value_error(
            "The covariance gives a negative variance.",
            given=f"a variance of {variance.min():.3g}",
            expected="a symmetric matrix without negative eigenvalues",
        )
    return np.maximum(variance, 0.0)
