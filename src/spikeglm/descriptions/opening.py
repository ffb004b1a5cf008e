"""Which recording a path means: a file, an address, or one that comes with the package."""

from __future__ import annotations

from pathlib import Path

from ..datasets import load_recording
from ..recordings import Recording, read

SHIPPED = "datasets://"


def open_recording(path: str | Path) -> Recording:
    """Return what a path, or an address such as ``"datasets://place_cell"``, stands for.

    Raises
    ------
    OSError, ValueError, ImportError
        As :func:`spikeglm.recordings.read`; ValueError if no such recording comes along.

    Examples
    --------
    >>> open_recording("datasets://place_cell").units.n_spikes
    array([220])
    """
    address = str(path)
    if address.startswith(SHIPPED):
        return load_recording(address.removeprefix(SHIPPED))
    return read(path)
