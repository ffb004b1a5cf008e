"""A grasshopper auditory receptor: ten seconds of spikes and the sound that drove them.

One receptor cell of *Locusta migratoria* was played a 2.5 kHz tone whose amplitude was modulated
by Gaussian noise, with a cut-off of 200 Hz in recording 1 and 800 Hz in recording 2. The package
ships both recordings in bins of 0.5 ms (made by ``bin_grasshopper.py``); the full 20 kHz text
files come with the package nitime.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from .. import errors, showing
from ..typing import Array, FloatArray

CITATION = (
    "Rokem A, Watzl S, Gollisch T, Stemmler M, Herz AVM, Samengo I (2006). Spike-timing precision "
    "underlies the coding efficiency of auditory receptor neurons. J Neurophysiol 95:2541-2552. "
    "Data distributed with nitime (BSD-3 licence); see also CRCNS ia-1."
)
RECORDINGS = (1, 2)
CUTOFF_HZ = {1: 200, 2: 800}
REFERENCE_PRESSURE = 2e-5
"""What 0 dB means (as in dB of sound pressure); the recordings fix it only up to an offset."""
SAMPLE_US = 50


@dataclass(frozen=True)
class GrasshopperRecording:
    """Spikes and stimulus of one recording, row by row in time.

    Shapes: T bins, n spikes.

    Attributes
    ----------
    counts :
        (T,) uint8, spikes per bin (0 or 1: the shortest interval is over 3 ms).
    stimulus_db :
        (T,) float64, sound level averaged over the bin, in dB (up to a constant offset).
    bin_s :
        Width of a bin, seconds.
    spike_times_s :
        (n,) spike times in seconds, to 100 µs, as recorded.
    recording :
        1 (stimulus cut-off 200 Hz) or 2 (800 Hz).
    citation :
        The paper to cite and where the data come from.

    Examples
    --------
    >>> recording = load_grasshopper(1)
    >>> recording.bin_s, recording.counts.shape == recording.stimulus_db.shape
    (0.0005, True)
    """

    counts: Array
    stimulus_db: FloatArray
    bin_s: float
    spike_times_s: FloatArray
    recording: int
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

    @property
    def cutoff_hz(self) -> int:
        """Highest frequency of the amplitude modulation, Hz."""
        return CUTOFF_HZ[self.recording]


def load_grasshopper(recording: int = 1) -> GrasshopperRecording:
    """Load a recording in bins of 0.5 ms from the files that ship with the package.

    Parameters
    ----------
    recording :
        1 (929 spikes; modulation up to 200 Hz) or 2 (868 spikes; up to 800 Hz).

    Returns
    -------
    GrasshopperRecording
        20 000 bins of 0.5 ms.

    Raises
    ------
    ValueError
        If there is no such recording.

    References
    ----------
    Rokem et al. 2006, J Neurophysiol 95:2541-2552.

    Examples
    --------
    >>> recording = load_grasshopper(2)
    >>> recording.counts.shape, recording.bin_s, recording.spike_times_s.size
    ((20000,), 0.0005, 868)
    """
    _check_recording(recording)
    source = resources.files(__package__) / "data" / f"grasshopper{recording}.npz"
    with source.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        spike_us = stored["spike_100us"].astype(np.int64) * 100
        stimulus_db = stored["stimulus_db"].astype(float)
        bin_us = int(stored["bin_us"])
    return _binned(spike_us, stimulus_db, bin_us, recording)


def load_grasshopper_full(folder: str | Path, recording: int = 1) -> GrasshopperRecording:
    """Load a recording at its full resolution (20 kHz) from nitime's text files.

    Parameters
    ----------
    folder :
        The folder that holds ``grasshopper_spike_times1.txt`` and its siblings: ``nitime/data``
        of an installed nitime.
    recording :
        1 or 2, as in :func:`load_grasshopper`.

    Returns
    -------
    GrasshopperRecording
        200 000 bins of 50 µs.

    Raises
    ------
    ValueError
        If there is no such recording.
    FileNotFoundError
        If the folder lacks a file; the message says where to get it.

    References
    ----------
    Rokem et al. 2006, J Neurophysiol 95:2541-2552.

    Examples
    --------
    >>> recording = load_grasshopper_full(nitime_data, 1)         # doctest: +SKIP
    >>> recording.counts.shape                                    # doctest: +SKIP
    (200000,)
    """
    _check_recording(recording)
    spikes = _existing(Path(folder) / f"grasshopper_spike_times{recording}.txt")
    stimulus = _existing(Path(folder) / f"grasshopper_stimulus{recording}.txt")
    spike_us = np.loadtxt(spikes, comments="#", dtype=np.int64)
    voltage = np.loadtxt(stimulus, usecols=1)
    return _binned(spike_us, 20 * np.log10(voltage / REFERENCE_PRESSURE), SAMPLE_US, recording)


def _binned(
    spike_us: Array, stimulus_db: FloatArray, bin_us: int, recording: int
) -> GrasshopperRecording:
    counts = np.bincount(spike_us // bin_us, minlength=stimulus_db.size)
    return GrasshopperRecording(
        counts=counts.astype(np.uint8),
        stimulus_db=stimulus_db,
        bin_s=bin_us / 1e6,
        spike_times_s=spike_us / 1e6,
        recording=recording,
    )


def _check_recording(recording: int) -> None:
    if recording not in RECORDINGS:
        raise errors.value_error(
            "There is no such grasshopper recording.",
            given=repr(recording),
            expected="1 (modulation up to 200 Hz) or 2 (up to 800 Hz)",
        )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"The recording is not where it should be. Given: {path}. Expected: a text file of "
            "nitime. What to do: pip install nitime and pass the folder nitime/data of that "
            "installation, or use load_grasshopper() for the data in 0.5 ms bins."
        )
    return path
