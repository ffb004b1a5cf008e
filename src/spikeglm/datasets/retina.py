"""Retinal ganglion cells and the flicker that drove them: read from the user's own copy.

The file ``RGCdata.mat`` comes with well-known tutorials on spike train models. It may not be passed
on, so spikeglm does not ship it: ask for it where the tutorial says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors, showing
from ..typing import Array, FloatArray

CITATION = (
    "Uzzell VJ, Chichilnisky EJ (2004). Precision of spike trains in primate retinal ganglion "
    "cells. J Neurophysiol 92:780-789. Used as in Pillow JW, Paninski L, Uzzell VJ, Simoncelli EP, "
    "Chichilnisky EJ (2005). J Neurosci 25:11003-11013."
)
STIMULUS, COUNTS, BIN = "Stim", "SpCounts", "dtStim"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_HDF5_AT = 512  # MATLAB puts a text of its own before it


@dataclass(frozen=True)
class RetinaRecording:
    """Spikes of N ganglion cells and a full-field flicker, frame by frame; T frames.

    Attributes
    ----------
    stimulus :
        (T,) contrast of the flicker in each frame, in units of the file.
    counts :
        (T, N) spikes of each cell in each frame.
    bin_s :
        Length of a frame, seconds.
    citation :
        What to cite.

    Examples
    --------
    >>> recording = load_retina("RGCdata.mat")           # doctest: +SKIP
    >>> recording.stimulus.shape, recording.counts.shape  # doctest: +SKIP
    ((144051,), (144051, 4))
    """

    stimulus: FloatArray
    counts: Array
    bin_s: float
    citation: str = CITATION

    __repr__ = showing.of_fields

    @property
    def duration_s(self) -> float:
        """Length of the recording, seconds."""
        return len(self.stimulus) * self.bin_s

    @property
    def rates_hz(self) -> FloatArray:
        """(N,) mean firing rates, spikes per second."""
        return self.counts.sum(axis=0) / self.duration_s


def load_retina(path: str | Path) -> RetinaRecording:
    """Read your own copy of ``RGCdata.mat``, as MATLAB saved it: version 7.3 or older.

    Parameters
    ----------
    path :
        The file: ``Stim`` (T, 1), ``SpCounts`` (T, N), ``dtStim`` (a number, seconds).

    Returns
    -------
    RetinaRecording
        Of the known file: 144 051 frames and four cells.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If it is damaged, or no MATLAB file.
    ValueError
        If it holds something else.
    ImportError
        If it is of version 7.3 and h5py is not installed.

    References
    ----------
    Uzzell & Chichilnisky (2004), J Neurophysiol 92:780-789.

    Examples
    --------
    >>> import os, tempfile
    >>> from scipy.io import savemat
    >>> path = os.path.join(tempfile.mkdtemp(), "RGCdata.mat")
    >>> savemat(path, {"Stim": np.zeros((6, 1)), "SpCounts": np.ones((6, 4)), "dtStim": 1 / 120})
    >>> load_retina(path).rates_hz.round()
    array([120., 120., 120., 120.])
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise errors.missing_file(
            "There is no such file.",
            path=path,
            expected="your copy of RGCdata.mat",
            todo="ask for it where the tutorial that uses it says; it may not be passed on.",
        )
    stored = _of_hdf5(path) if _is_hdf5(path) else _of_older(path)
    missing = [name for name in (STIMULUS, COUNTS, BIN) if name not in stored]
    if missing:
        raise errors.value_error(
            f"{path} holds something else.",
            given=", ".join(sorted(stored)) or "nothing",
            expected=f"{STIMULUS}, {COUNTS} and {BIN}",
            todo="look whether this is RGCdata.mat.",
        )
    stimulus = np.ravel(stored[STIMULUS]).astype(np.float64)
    counts = np.asarray(stored[COUNTS])
    if counts.ndim != 2 or len(counts) != len(stimulus):
        raise errors.value_error(
            f"{path} holds something else.",
            given=f"{STIMULUS} {np.shape(stored[STIMULUS])} and {COUNTS} {counts.shape}",
            expected="(T, 1) and (T, N): a row per frame in both",
        )
    whole = counts.astype(np.uint8)
    return RetinaRecording(
        stimulus=stimulus,
        counts=whole if (whole == counts).all() else counts,
        bin_s=float(np.ravel(stored[BIN])[0]),
    )


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HDF5_AT + len(_HDF5))
    return head.startswith(_HDF5) or head[_HDF5_AT:] == _HDF5


def _of_hdf5(path: Path) -> dict[str, Any]:
    """Return the variables of a file of version 7.3, whose axes are stored in reverse."""
    try:
        import h5py
    except ImportError:
        raise errors.missing_package("h5py", purpose="MATLAB 7.3", extra="storage") from None
    try:
        with h5py.File(path, "r") as file:
            return {
                name: np.asarray(file[name][()]).T
                for name in (STIMULUS, COUNTS, BIN)
                if name in file
            }
    except OSError as error:
        raise _damaged(path, error) from error


def _of_older(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        return {k: v for k, v in loadmat(path).items() if not k.startswith("__")}
    except Exception as error:  # SciPy has many for what is no MATLAB file
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> OSError:
    return errors.storage_error(
        f"{path} cannot be read.",
        given=f"{type(error).__name__}: {error}",
        expected="a whole MATLAB file",
        todo="copy it again.",
    )
