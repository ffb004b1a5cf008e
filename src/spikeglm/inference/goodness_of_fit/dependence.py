r"""Do residuals know what comes next: a neuron's own past, that of the others, and slow drift.

Three questions to residuals z of N neurons, each answered by a p value per neuron, so that somebody
who did not think of history, coupling or drift is told that they matter.

*History and coupling.* With the mean of z over a window of lags just before (w: 1; 2 to 4; 5 to 16
bins) less what the straight line through the means over two windows farther back leads to expect
(17 to 32 and 33 to 64; a_w says how far that line is drawn on),

    u_w(t) = mean_w z(t - k) - (1 + a_w) mean_17-32 z(t - k) + a_w mean_33-64 z(t - k)
    S = sum z_n(t) u_w,m(t),    S / sqrt(sum z_n(t)² u_w,m(t)²) ~ N(0, 1)

is the score test of a regression of z_n on the last bins of neuron m, with errors that allow for
variances that change, and are not taken to be less than those of independent pairs: of few spikes
hardly any two fall on one pair. What is slow changes along a line over so few bins, and cancels.
History is m = n; coupling all others. P values of windows, and of neurons m, become one by Simes'
rule.

*Drift.* Powers of z at the Fourier frequencies j / T are independent and exponential, with means
S(j / T) that are flat at frequencies far below one per memory, whatever happens within some bins.
So the mean power of a band of slow waves (j from 1 to 4, 5 to 20, 21 to 60) divided by that of
faster ones (121 and more, periods of 20 bins and longer) has an F distribution, and a larger one
where the rate drifts. Of three bands, again by Simes.

References
----------
White (1980), Econometrica 48:817-38, and Wooldridge (1991), J Econometrics 47:5-46, for the score
test; Simes (1986), Biometrika 73:751-4; Brockwell & Davis (1991), Time Series: Theory and Methods,
theorem 10.3.2, for powers. Harris (2020), bioRxiv 2020.11.29.402719, for what drift does to
correlations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ... import errors, showing
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import time_axis_of, to_array
from ...numerics import quiet
from ...rows.sampling import Sampling, bin_size_of
from ...typing import ArrayLike, FloatArray, IntArray
from ..false_discovery import q_values

if TYPE_CHECKING:
    import pandas as pd

_NEAR = ((1, 1), (2, 4), (5, 16))  # lags in bins, first and last
_FAR, _FARTHER = (17, 32), (33, 64)
_CENTRES = (24.5, 48.5)  # of these two
_SLOW = ((1, 4), (5, 20), (21, 60))  # waves in the recording, first and last
_FASTER, _FEWEST_FASTER = 121, 120
_SHORTEST = 20  # bins: period of the fastest waves
_BLOCK_ROWS = 2**16


@dataclass(frozen=True, eq=False)
class ResidualDependence:
    """P values (N,) of three things that a model may lack; NaN where there is no answer.

    Attributes
    ----------
    history :
        Residuals do not go with the neuron's own ones just before.
    coupling :
        Nor with those of other neurons just before; NaN for a single neuron.
    drift :
        They do not vary slowly more than they vary otherwise.
    neurons :
        Their names or numbers.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.random.default_rng(2).normal(size=(3000, 2))
    >>> found = residual_dependence(z)
    >>> bool(min(found.history.min(), found.coupling.min(), found.drift.min()) > 0.01)
    True
    """

    history: FloatArray
    coupling: FloatArray
    drift: FloatArray
    neurons: tuple[Any, ...]

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per neuron: ``neuron``, ``history_p``, ``coupling_p``, ...

        >>> residual_dependence(np.zeros(10)).to_frame().columns.tolist()
        ['neuron', 'history_p', 'coupling_p', 'drift_p']
        """
        import pandas as pd

        columns = {
            "neuron": list(self.neurons),
            "history_p": self.history,
            "coupling_p": self.coupling,
            "drift_p": self.drift,
        }
        return pd.DataFrame(columns)


def residual_dependence(residuals: ArrayLike) -> ResidualDependence:
    """Test whether residuals go with those before them, with those of other neurons, and with time.

    Parameters
    ----------
    residuals :
        (T,) or (T, N), of :func:`~spikeglm.inference.residuals` with ``kind="pearson"``, in the
        order of time. NaN is a gap, and so are borders of epochs and missing bins where residuals
        have times (pynapple): no lag reaches over them. For drift they follow each other.

    Returns
    -------
    ResidualDependence
        An axis of neurons, also for one. Of rows that a model was fitted to, p values are a little
        too large where its terms could follow what is asked for.

    Raises
    ------
    ValueError
        For another shape.

    Notes
    -----
    Drift needs 480 rows and more. A variable that is missing from the model and changes within
    seconds shows as history, one that changes in minutes as drift: a small p value says that
    something is missing, and where to begin.

    References
    ----------
    White (1980), Econometrica 48:817-38; Brockwell & Davis (1991), theorem 10.3.2.

    Examples
    --------
    A gain that drifts, and nothing else:

    >>> rng = np.random.default_rng(1)
    >>> gain = np.exp(0.5 * np.sin(np.arange(5000) / 500))
    >>> z = rng.poisson(0.3 * gain) - 0.3
    >>> found = residual_dependence(z)
    >>> bool(found.drift[0] < 1e-6), bool(found.history[0] > 0.05)
    (True, True)
    """
    axis, names = time_axis_of(residuals), column_labels(residuals)
    z = to_array(residuals, name="residuals").astype(float)
    is_single = z.ndim == 1
    z = z[:, None] if is_single else z
    if z.ndim != 2:
        raise errors.value_error(
            "These are no residuals.",
            given=f"an array of shape {np.shape(residuals)}",
            expected="(T,) or (T, N)",
        )
    is_timed = bin_size_of(axis) is not None
    starts = Sampling.of(axis).starts if is_timed else getattr(axis, "epoch_starts", [0])
    z, is_empty = np.where(np.isfinite(z), z, 0.0), ~np.isfinite(z).any(axis=0)
    z = z / np.maximum(np.abs(z).max(axis=0, initial=0.0), np.finfo(float).tiny)  # whatever unit
    sums = _score_sums(z, np.asarray(starts))
    asked = (*_history_and_coupling(sums), _drift(z))
    history, coupling, drift = (np.where(is_empty, np.nan, p) for p in asked)
    neurons = tuple(range(z.shape[1])) if names is None or is_single else tuple(names)
    return ResidualDependence(history, coupling, drift, neurons)


class _Sums(NamedTuple):
    """Of residuals of neurons n and lagged ones of neurons m, (windows, n, m)."""

    score: FloatArray
    variance: FloatArray


def _score_sums(z: FloatArray, starts: IntArray) -> _Sums:
    """Add up scores and their variances, some rows at a time."""
    T, N = z.shape
    first = np.zeros(T, dtype=np.intp)  # of the stretch of each row
    first[starts[starts < T]] = starts[starts < T]
    first = np.maximum.accumulate(first)
    out = np.zeros((2, len(_NEAR), N, N))
    power = np.zeros((len(_NEAR), N))  # of lagged residuals
    for start in range(0, T, _BLOCK_ROWS):
        rows = slice(start, min(start + _BLOCK_ROWS, T))
        total = np.zeros((min(start, _FARTHER[1]) + rows.stop - start + 1, N))
        np.cumsum(z[max(start - _FARTHER[1], 0) : rows.stop], axis=0, out=total[1:])
        far, has_far = _mean_before(total, first[rows], rows, _FAR)
        farther, has_farther = _mean_before(total, first[rows], rows, _FARTHER)
        slope = np.where(has_farther, far - farther, 0.0) / (_CENTRES[1] - _CENTRES[0])
        for w, window in enumerate(_NEAR):
            near, _ = _mean_before(total, first[rows], rows, window)
            expected = far + slope * (_CENTRES[0] - sum(window) / 2)
            u = np.where(has_far, near - expected, 0.0)
            out[0, w] += z[rows].T @ u
            out[1, w] += np.square(z[rows]).T @ np.square(u)
            power[w] += np.square(u).sum(axis=0)
    of_independent = np.square(z).mean(axis=0)[:, None] * power[:, None]
    return _Sums(out[0], np.maximum(out[1], of_independent))


def _mean_before(
    total: FloatArray, first: IntArray, rows: slice, lags: tuple[int, int]
) -> tuple[FloatArray, Any]:
    """Return the mean (t, N) over the lags that lie in the same stretch, and whether there are any.

    ``total`` are running sums that end with these rows; ``first`` where the stretch of each begins.
    """
    t = np.arange(rows.start, rows.stop)
    begins_at = rows.stop - (len(total) - 1)
    stop = np.maximum(t - lags[0] + 1, first)
    start = np.maximum(t - lags[1], first)
    n = (stop - start)[:, None]
    summed = total[np.maximum(stop - begins_at, 0)] - total[np.maximum(start - begins_at, 0)]
    return summed / np.maximum(n, 1), n > 0


def _history_and_coupling(sums: _Sums) -> tuple[FloatArray, FloatArray]:
    """Return p values (N,) of the neuron's own past, and of that of all others."""
    from scipy.special import ndtr

    with quiet():
        p = 2.0 * ndtr(-np.abs(sums.score) / np.sqrt(sums.variance))
    N = p.shape[1]
    own = np.eye(N, dtype=bool)
    others = [each[~own].reshape(N, N - 1) for each in p]
    return simes(p[:, own].T), simes(np.concatenate(others, axis=1))


def _drift(z: FloatArray) -> FloatArray:
    """Return p values (N,) that slow waves have no more power than faster ones."""
    from scipy.special import fdtrc

    T, N = z.shape
    last = max(T // _SHORTEST, _FASTER + _FEWEST_FASTER - 1)
    if 2 * last > T:
        return np.full(N, np.nan)
    power = np.array([_powers(z[:, n], last) for n in range(N)])  # of waves 0 to last
    faster = power[:, _FASTER : last + 1]
    p = np.full((N, len(_SLOW)), np.nan)
    with quiet():
        for b, (low, high) in enumerate(_SLOW):
            slow = power[:, low : high + 1]
            ratio = slow.mean(axis=1) / faster.mean(axis=1)
            p[:, b] = fdtrc(2.0 * slow.shape[1], 2.0 * faster.shape[1], ratio)
    return simes(p)


def _powers(z: FloatArray, last: int) -> FloatArray:
    """Return the power of z (T,) at the Fourier frequencies j / T, j = 0 ... last."""
    return np.square(np.abs(np.fft.rfft(z)[: last + 1]))


def simes(p_values: FloatArray) -> FloatArray:
    """Return one p value (N,) of many (N, M): the smallest q value, min over j of M p_(j) / j.

    NaN is none.

    >>> simes(np.array([[0.01, 0.5, np.nan], [0.04, 0.03, 0.03]]))
    array([0.02, 0.04])
    """
    smallest = np.nan_to_num(q_values(p_values), nan=np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isfinite(smallest), smallest, np.nan)
