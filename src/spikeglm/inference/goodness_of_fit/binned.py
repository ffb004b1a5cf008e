"""Mean residuals in bins of a variable: fitted values, or what the model may lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...io.interop.frames import column_labels
from ...io.interop.row_labels import require_same_rows
from ...io.interop.timeseries import to_array
from ...typing import ArrayLike, FloatArray

if TYPE_CHECKING:
    import pandas as pd

_Z_95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class BinnedResiduals:
    """Residuals averaged over rows that are alike; B bins, N neurons (no axis of a single one).

    Attributes
    ----------
    position :
        (B, N) or (B,) mean of the variable in each bin.
    mean :
        (B, N) or (B,) mean residual; NaN in an empty bin.
    band_95 :
        (B, N) or (B,): 95 % of the means of a right model lie within about ± this, 1.96 standard
        deviations of the residuals of the bin over the root of their number.
    n_rows :
        (B, N) or (B,).
    neurons :
        Their names or numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = binned_residuals(rng.normal(size=1000), rng.random(1000), n_bins=5)
    >>> found.n_rows, found.band_95.round(1)
    (array([200., 200., 200., 200., 200.]), array([0.1, 0.1, 0.1, 0.1, 0.1]))
    """

    position: FloatArray
    mean: FloatArray
    band_95: FloatArray
    n_rows: FloatArray
    neurons: tuple[Any, ...]

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per neuron and bin.

        >>> found = binned_residuals(np.ones(10), np.arange(10.0), n_bins=2)
        >>> found.to_frame()[["bin", "position", "mean"]].values.tolist()
        [[0.0, 2.0, 1.0], [1.0, 7.0, 1.0]]
        """
        import pandas as pd

        n, n_bins = len(self.neurons), len(self.mean)
        columns: dict[str, Any] = {
            "neuron": np.repeat(np.array(self.neurons, dtype=object), n_bins),
            "bin": np.tile(np.arange(n_bins), n),
        }
        for name in ("position", "mean", "band_95", "n_rows"):
            columns[name] = getattr(self, name).reshape(n_bins, n).T.ravel()
        return pd.DataFrame(columns).infer_objects()


def binned_residuals(residuals: ArrayLike, by: ArrayLike, *, n_bins: int = 20) -> BinnedResiduals:
    """Average residuals over rows in which a variable is alike.

    Parameters
    ----------
    residuals :
        (T,) or (T, N), of :func:`~spikeglm.inference.residuals`; NaN is left out. Pearson's have
        one scale in all bins.
    by :
        What to bin by: fitted values, shaped like the residuals, or any variable (T,).
    n_bins :
        Bins of equally many rows.

    Returns
    -------
    BinnedResiduals
        On the rows of the fit, means are nearer to zero than those of a known model.

    Raises
    ------
    ValueError
        For shapes that do not fit each other, rows that disagree, or less than one bin.

    References
    ----------
    Gelman & Hill (2007), Data Analysis Using Regression, section 5.6.

    Examples
    --------
    A quadratic effect that the model takes for a linear one:

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).uniform(-1, 1, (5000, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(2 * X[:, 0] ** 2 - 1))
    >>> z = nmo.inference.residuals(nmo.GLM().fit(X, y), X, y, kind="pearson")
    >>> found = binned_residuals(z, X[:, 0], n_bins=5)
    >>> np.sign(np.where(abs(found.mean) > found.band_95, found.mean, 0))
    array([ 1., -1., -1., -1.,  1.])
    """
    require_same_rows(residuals=residuals, by=by)
    names = column_labels(residuals)
    z = to_array(residuals, name="residuals").astype(float)
    x = to_array(by, name="by").astype(float)
    is_single = z.ndim == 1
    z, x = (v[:, None] if v.ndim == 1 else v for v in (z, x))
    if z.ndim != 2 or x.shape not in (z.shape, (len(z), 1)) or n_bins < 1:
        raise errors.value_error(
            "Residuals cannot be binned so.",
            given=f"residuals of shape {np.shape(residuals)}, by of shape {np.shape(by)} and "
            f"n_bins={n_bins!r}",
            expected="(T,) or (T, N), by of that shape or (T,), and at least one bin",
        )
    x = np.broadcast_to(x, z.shape)
    columns = [_binned(z[:, n], x[:, n], int(n_bins)) for n in range(z.shape[1])]
    stacked = (np.column_stack(of_all) for of_all in zip(*columns, strict=True))
    position, mean, band, n_rows = (v[:, 0] if is_single else v for v in stacked)
    neurons = tuple(range(z.shape[1])) if names is None or is_single else tuple(names)
    return BinnedResiduals(position, mean, band, n_rows, neurons)


def _binned(z: FloatArray, x: FloatArray, n_bins: int) -> list[FloatArray]:
    """Return position, mean, band and number of rows of each bin of one neuron, (B,) each."""
    known = np.isfinite(z) & np.isfinite(x)
    order = np.argsort(x[known], kind="stable")
    bin_of = np.arange(len(order)) * n_bins // max(len(order), 1)
    values, places = z[known][order], x[known][order]
    n = np.bincount(bin_of, minlength=n_bins).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        position, mean, square = (
            np.bincount(bin_of, weights=v, minlength=n_bins) / n
            for v in (places, values, values**2)
        )
        spread = np.sqrt(np.maximum(square - mean**2, 0.0) / np.where(n > 1, n - 1, np.nan))
    return [position, mean, _Z_95 * spread, n]
