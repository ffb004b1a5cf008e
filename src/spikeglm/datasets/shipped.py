"""Files that come with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from ..typing import Array

FOLDER = Path(__file__).parent / "data"
"""Where scripts that make these files write them."""


def stored(name: str) -> dict[str, Array]:
    """Return the arrays of a file in ``datasets/data``, fresh ones each time.

    >>> sorted(stored("grasshopper1.npz"))
    ['bin_us', 'spike_100us', 'stimulus_db']
    """
    source = resources.files(__package__) / "data" / name
    with source.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}
