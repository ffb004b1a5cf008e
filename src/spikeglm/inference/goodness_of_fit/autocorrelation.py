r"""Do residuals remember the past? Their autocorrelation, with the band of independent ones.

With z the residuals less their mean, over the n_k pairs of rows that lie k bins apart without a gap
or a border of an epoch between them,

    r_k = mean z_t z_t+k / mean z_t²       se_k² = mean z_t² z_t+k² / (n_k (mean z_t²)²)

The errors are those of residuals that are uncorrelated given the past, and may vary more in some
stretches than in others, as counts do with their mean. Where residuals vary alike, errors are
1 / sqrt(n_k); they are not taken to be less, since of few spikes hardly any two fall on one pair.

References
----------
Romano & Thombs (1996), J Am Stat Assoc 91:590-600, and Lobato, Nankervis & Savin (2001), Int Econ
Rev 42:187-205, for errors and the portmanteau test; Box & Pierce (1970), J Am Stat Assoc
65:1509-26, for what a fit does to both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import time_axis_of, to_array
from ...rows.sampling import Sampling, bin_size_of
from ...typing import ArrayLike, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

_Z_95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class ResidualAutocorrelation:
    """How residuals go with those before them; L lags, N neurons (no axis of a single one).

    Attributes
    ----------
    lags :
        (L,) in bins: 1, 2, ...
    autocorrelation :
        (L, N) or (L,); NaN where there are no pairs, or residuals that do not vary.
    band_95 :
        (L, N) or (L,): 95 % of the autocorrelations of independent residuals lie within ± this.
    p_value :
        (N,) or a number: of all lags together, sum (r_k / se_k)² against chi-squared of L.
    bin_s :
        Seconds of a bin, where the data said so.
    neurons :
        Their names or numbers.

    Examples
    --------
    >>> z = np.random.default_rng(0).normal(size=3000)
    >>> found = residual_autocorrelation(z, n_lags=10)
    >>> found.autocorrelation.shape, bool(found.band_95.max() < 0.04), found.p_value > 0.05
    ((10,), True, True)
    """

    lags: IntArray
    autocorrelation: FloatArray
    band_95: FloatArray
    p_value: Any
    bin_s: float | None
    neurons: tuple[Any, ...]

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per neuron and lag.

        >>> found = residual_autocorrelation(np.arange(50.0) % 2, n_lags=2)
        >>> found.to_frame()[["neuron", "lag", "autocorrelation"]].round(2).values.tolist()
        [[0.0, 1.0, -1.0], [0.0, 2.0, 1.0]]
        """
        import pandas as pd

        n, L = len(self.neurons), len(self.lags)
        columns: dict[str, Any] = {
            "neuron": np.repeat(np.array(self.neurons, dtype=object), L),
            "lag": np.tile(self.lags, n),
            "autocorrelation": self.autocorrelation.reshape(L, n).T.ravel(),
            "band_95": self.band_95.reshape(L, n).T.ravel(),
        }
        if self.bin_s is not None:
            columns["lag_s"] = columns["lag"] * self.bin_s
        return pd.DataFrame(columns).infer_objects()


def residual_autocorrelation(residuals: ArrayLike, *, n_lags: int = 50) -> ResidualAutocorrelation:
    """Return the autocorrelation of residuals, with its band.

    Parameters
    ----------
    residuals :
        (T,) or (T, N), of :func:`~spikeglm.inference.residuals`, in the order of time. NaN is a
        gap, and so are borders of epochs and missing bins where residuals have times (pynapple).
    n_lags :
        L, in bins.

    Returns
    -------
    ResidualAutocorrelation
        The p value is that of residuals of a known model. Of a model that was fitted to the same
        rows, with its own past among the features, it is too large: such a fit takes the
        correlation out at lags that these features reach.

    Raises
    ------
    ValueError
        For another shape, or fewer than two rows more than lags.

    References
    ----------
    Romano & Thombs (1996), J Am Stat Assoc 91:590-600.

    Examples
    --------
    A model that does not know a slow gain leaves correlated residuals:

    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(3000, 1))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] + np.sin(np.arange(3000) / 100)))
    >>> z = nmo.inference.residuals(nmo.GLM().fit(X, y), X, y, kind="pearson")
    >>> found = residual_autocorrelation(z, n_lags=20)
    >>> bool((found.autocorrelation > 3 * found.band_95).all())
    True
    """
    axis, names = time_axis_of(residuals), column_labels(residuals)
    z = to_array(residuals, name="residuals").astype(float)
    is_single = z.ndim == 1
    z = z[:, None] if is_single else z
    if z.ndim != 2 or not isinstance(n_lags, (int, np.integer)) or not 0 < n_lags < len(z) - 1:
        raise errors.value_error(
            "The autocorrelation cannot be computed.",
            given=f"residuals of shape {np.shape(residuals)} and n_lags={n_lags!r}",
            expected="(T,) or (T, N), and an int from 1 to T - 2",
        )
    bin_s = bin_size_of(axis)
    starts = Sampling.of(axis).starts if bin_s is not None else getattr(axis, "epoch_starts", [0])
    r, error = _at_lags(z, int(n_lags), _stretch_of_rows(len(z), np.asarray(starts)))
    p_value = _portmanteau(r / error)
    band = _Z_95 * error
    lags = np.arange(1, n_lags + 1)
    neurons = tuple(range(z.shape[1])) if names is None or is_single else tuple(names)
    if is_single:
        return ResidualAutocorrelation(lags, r[:, 0], band[:, 0], float(p_value[0]), bin_s, neurons)
    return ResidualAutocorrelation(lags, r, band, p_value, bin_s, neurons)


def _stretch_of_rows(n_rows: int, starts: IntArray) -> IntArray:
    """Return (T,) which stretch of time each row lies in.

    >>> _stretch_of_rows(4, np.array([0, 3]))
    array([1, 1, 1, 2])
    """
    return np.searchsorted(starts, np.arange(n_rows), side="right")


def _at_lags(z: FloatArray, n_lags: int, stretch: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return autocorrelations and their standard errors, (L, N)."""
    known: BoolArray = np.isfinite(z)
    out = np.full((2, n_lags, z.shape[1]), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = known.sum(axis=0)
        centred = np.where(known, z - np.where(known, z, 0.0).sum(axis=0) / n, 0.0)
        power = (centred**2).sum(axis=0) / n
        power = np.where(power > 0, power, np.nan)
        for k in range(1, n_lags + 1):
            pairs = known[:-k] & known[k:] & (stretch[:-k] == stretch[k:])[:, None]
            n_pairs = pairs.sum(axis=0)
            products = np.where(pairs, centred[:-k] * centred[k:], 0.0)
            out[0, k - 1] = products.sum(axis=0) / n_pairs / power
            error = np.sqrt((products**2).sum(axis=0)) / n_pairs / power
            out[1, k - 1] = np.maximum(error, 1.0 / np.sqrt(n_pairs))
    return out[0], np.where(np.isfinite(out[1]), out[1], np.nan)


def _portmanteau(z: FloatArray) -> FloatArray:
    """Return the p values (N,) of z values (L, N) of all lags together."""
    from scipy.special import chdtrc

    known = np.isfinite(z)
    degrees = known.sum(axis=0)
    total = np.where(known, z, 0.0)
    p = chdtrc(np.maximum(degrees, 1), (total**2).sum(axis=0))
    return np.asarray(np.where(degrees > 0, p, np.nan))
