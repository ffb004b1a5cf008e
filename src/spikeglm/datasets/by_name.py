"""The recordings that come with the package, by name, as they would come from a file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import errors
from ..recordings import Recording, Series, Units
from .grasshopper import load_grasshopper
from .place_cell import load_place_cell
from .rat_choices import load_rat_choices
from .stn import load_stn


def load_recording(name: str) -> Recording:
    """Load a recording that comes along, with the names that a description takes.

    A description file has it by ``path = "datasets://NAME"``.

    Parameters
    ----------
    name :
        ``"grasshopper/1"``, ``"grasshopper/2"``, ``"place_cell"``, ``"stn"`` or ``"rat_choices"``.

    Raises
    ------
    ValueError
        If there is no such recording.

    Examples
    --------
    >>> load_recording("grasshopper/1").names
    ('units', 'series/sound', 'epochs/session')
    """
    if name not in _NAMED:
        raise errors.unknown_name("recording that comes along", name, list(_NAMED))
    return _NAMED[name]()


def _grasshopper(number: int) -> Recording:
    """Return spikes, and the sound in dB around its mean: its offset is not known."""
    found = load_grasshopper(number)
    when = (np.arange(len(found.counts)) + 0.5) * found.bin_s
    sound = found.stimulus_db - found.stimulus_db.mean()
    about = "level above its mean over the recording"
    return Recording(
        units=Units.of({0: found.spike_times_s}, support=np.array([[0.0, found.duration_s]])),
        series={"sound": Series("sound", when, sound, unit="dB", description=about)},
        source=f"datasets.load_grasshopper({number})",
    )


_NAMED: dict[str, Callable[[], Recording]] = {
    "grasshopper/1": lambda: _grasshopper(1),
    "grasshopper/2": lambda: _grasshopper(2),
    "place_cell": lambda: load_place_cell().recording(),
    "stn": lambda: load_stn().recording(),
    "rat_choices": lambda: load_rat_choices().recording(),
}
