"""A place cell of a rat that runs to and fro on a linear track.

One neuron of CA1 and where the rat was, three minutes of it, from the companion repository of
Kramer & Eden (2016), who fit it step by step. The package ships the spike times, the position every
20 ms, between which a cubic spline gives that of each millisecond as recorded (to 1e-5 cm), and
when the rat turned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import errors, showing
from ..recordings import Intervals, Recording, Series, Units
from ..typing import Array, BoolArray, FloatArray
from .shipped import stored

CITATION = (
    "Kramer MA, Eden UT (2016). Case Studies in Neural Data Analysis: A Guide for the Practicing "
    "Neuroscientist. MIT Press. Data: github.com/Mark-Kramer/Case-Studies-Kramer-Eden (MIT)."
)
FILE = "place_cell.npz"
_MS = 1000


@dataclass(frozen=True)
class PlaceCellRecording:
    """Spikes of one place cell and the position of the rat, row by row in time; T bins.

    Attributes
    ----------
    times_s :
        (T,) the centre of each bin, seconds.
    counts :
        (T,) uint8, spikes per bin.
    position_cm :
        (T,) where on the track the rat was, the mean over the bin, cm.
    is_running_up :
        (T,) whether the position rises (to the next millisecond) during most of the bin.
    runs_up_s :
        (k, 2) from when to when it rises, seconds.
    spike_times_s :
        (220,) seconds, to the millisecond, as recorded.
    bin_s :
        Width of a bin, seconds.
    citation :
        What to cite.

    Examples
    --------
    >>> cell = load_place_cell()
    >>> cell.counts.shape == cell.position_cm.shape, int(cell.counts.sum()), cell.bin_s
    (True, 220, 0.02)
    """

    times_s: FloatArray
    counts: Array
    position_cm: FloatArray
    is_running_up: BoolArray
    runs_up_s: FloatArray
    spike_times_s: FloatArray
    bin_s: float
    citation: str = CITATION

    __repr__ = showing.of_fields

    @property
    def duration_s(self) -> float:
        """Length of the recording, seconds."""
        return round(self.counts.size * self.bin_s, 9)

    @property
    def rate_hz(self) -> float:
        """Mean firing rate, spikes per second."""
        return self.spike_times_s.size / self.duration_s

    def recording(self) -> Recording:
        """Return it with names for a description file: units, position, speed, and runs upwards.

        Examples
        --------
        >>> load_place_cell().recording().names[:4]
        ('units', 'series/position', 'series/speed', 'epochs/session')
        """
        half = self.bin_s / 2
        ends = self.times_s[0] - half, self.times_s[-1] + half
        speed = np.abs(np.gradient(self.position_cm, self.times_s))
        return Recording(
            units=Units.of({0: self.spike_times_s}, support=np.array([ends])),
            series={
                "position": Series("position", self.times_s, self.position_cm, unit="cm"),
                "speed": Series("speed", self.times_s, speed, unit="cm/s"),
            },
            epochs={"runs_up": Intervals.of("runs_up", *self.runs_up_s.T)},
            source="datasets.load_place_cell()",
        )


def load_place_cell(bin_s: float = 0.02) -> PlaceCellRecording:
    """Load a place cell of CA1, in bins of 20 ms or another number of milliseconds.

    Parameters
    ----------
    bin_s :
        Width of bins, seconds: a whole number of milliseconds. With 0.001 rows are those of the
        published models.

    Returns
    -------
    PlaceCellRecording
        8888 bins of 20 ms, 220 spikes; what does not fill a bin at the end is left out.

    Raises
    ------
    ValueError
        If a bin is no whole number of milliseconds.

    References
    ----------
    Kramer & Eden (2016), Case Studies in Neural Data Analysis. MIT Press.

    Examples
    --------
    A Gaussian place field: the logarithm of the rate is a parabola of the position.

    >>> import spikeglm as nmo
    >>> cell = load_place_cell()
    >>> x = cell.position_cm
    >>> model = nmo.GLM().fit(np.column_stack([x, x**2]), cell.counts)
    >>> linear, square = model.coef_
    >>> print(f"{-linear / (2 * square):.0f} cm, width {(-2 * square) ** -0.5:.1f} cm")
    63 cm, width 9.6 cm
    """
    n = round(bin_s * _MS)
    if n < 1 or abs(n - bin_s * _MS) > 1e-6:
        raise errors.value_error(
            "Position and spikes are known to the millisecond.",
            given=f"bin_s={bin_s!r}",
            expected="a whole number of milliseconds: 0.001, 0.02, ...",
        )
    files = stored(FILE)
    n_samples, spike_ms = int(files["n_ms"]), files["spike_ms"].astype(np.intp)
    position = _each_ms(files["position_cm"], files["position_at_ms"], n_samples)
    rises = _alternating(files["turns_at_ms"], n_samples, starts_with=bool(files["rises_at_start"]))
    T = n_samples // n
    of_samples = np.bincount(spike_ms - 1, minlength=n_samples)  # sample k is at k + 1 ms
    return PlaceCellRecording(
        times_s=(np.arange(T) * n + (n + 1) / 2) / _MS,
        counts=_bins(of_samples, n).sum(axis=1).astype(np.uint8),
        position_cm=_bins(position, n).mean(axis=1),
        is_running_up=_bins(rises, n).mean(axis=1) > 0.5,
        runs_up_s=_spans(rises),
        spike_times_s=spike_ms / _MS,
        bin_s=n / _MS,
    )


def _each_ms(position: Array, at: Array, n_samples: int) -> FloatArray:
    from scipy.interpolate import CubicSpline

    whole: FloatArray = CubicSpline(at, position.astype(np.float64))(np.arange(n_samples))
    return whole


def _alternating(turns: Array, n: int, *, starts_with: bool) -> BoolArray:
    """Return (n,) truths that change after each of the samples ``turns``."""
    changes = np.zeros(n, dtype=np.intp)
    changes[turns + 1] = 1
    return (np.cumsum(changes) % 2 == 0) == starts_with


def _bins(samples: Array, n: int) -> Array:
    T = len(samples) // n
    return samples[: T * n].reshape(T, n)


def _spans(rises: BoolArray) -> FloatArray:
    """Return (k, 2) seconds from half a sample before each run of True to half a one after it."""
    padded = np.concatenate([[False], rises, [False]]).astype(int)
    edges = np.flatnonzero(np.diff(padded)).reshape(-1, 2)
    return (edges + 0.5) / _MS
