"""Make the shipped files ``data/{place_cell,stn,rat_choices}.npz`` from their sources.

Run it as::

    python -m spikeglm.datasets.pack_recordings FOLDER [TARGET]

FOLDER holds ``place_cell_spikes-1.mat`` and ``stn_spikes-1.mat`` of the companion repository of
Kramer & Eden (2016), and ``sampleRatData.npz`` of the package psytrack. Nothing is filtered: the
place cell's position, which is smooth, is kept every 20 ms and found again in between by a spline.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..typing import Array
from . import place_cell, rat_choices, stn
from .shipped import FOLDER

_EVERY_MS = 20


def pack_place_cell(source: Path, target: Path = FOLDER) -> Path:
    """Write the place cell, return the path."""
    from scipy.io import loadmat

    found = {name: np.ravel(values) for name, values in loadmat(source).items()}
    position, spikes = found["X"], found["spiketimes"]
    n = len(position)
    at = np.unique(np.append(np.arange(0, n, _EVERY_MS), n - 1))
    rises = np.append(np.diff(position) > 0, False)
    return _written(
        target / place_cell.FILE,
        n_ms=np.int32(n),
        spike_ms=np.round(1000 * spikes).astype(np.int32),
        position_at_ms=at.astype(np.int32),
        position_cm=position[at].astype(np.float32),
        turns_at_ms=np.flatnonzero(np.diff(rises.astype(int))).astype(np.int32),
        rises_at_start=rises[0],
    )


def pack_stn(source: Path, target: Path = FOLDER) -> Path:
    """Write the trials of the subthalamic neuron, return the path."""
    from scipy.io import loadmat

    found = loadmat(source)
    return _written(
        target / stn.FILE,
        spikes=np.packbits(found["train"].astype(bool)),
        shape=np.array(found["train"].shape, dtype=np.int32),
        is_right=found["direction"].ravel() == 1,
    )


def pack_rat_choices(source: Path, target: Path = FOLDER) -> Path:
    """Write the choices, return the path; the file is unpickled, so it must be psytrack's own."""
    with np.load(source, allow_pickle=True) as file:
        found = file["D"].item()
    arrays: dict[str, Array] = {}
    for name in rat_choices.INPUTS:
        levels, level = np.unique(found["inputs"][name], return_inverse=True)
        arrays[f"levels_{name}"] = levels
        arrays[f"level_{name}"] = level.reshape(-1, 2).astype(np.uint8)
    return _written(
        target / rat_choices.FILE,
        choice=(found["y"] == 2).astype(np.uint8),
        answer=(found["answer"] == 2).astype(np.uint8),
        day_length=found["dayLength"].astype(np.int32),
        **arrays,
    )


PACKED = {
    "place_cell_spikes-1.mat": pack_place_cell,
    "stn_spikes-1.mat": pack_stn,
    "sampleRatData.npz": pack_rat_choices,
}


def main(arguments: list[str]) -> None:
    """Pack what is in a folder: ``arguments`` is that folder and, optionally, the target."""
    if len(arguments) not in (1, 2):
        raise SystemExit(__doc__)
    target = Path(arguments[1]) if len(arguments) == 2 else FOLDER
    for name, pack in PACKED.items():
        source = Path(arguments[0]) / name
        if source.exists():
            path = pack(source, target)
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def _written(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
