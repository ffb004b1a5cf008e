"""Make the shipped files ``data/grasshopper{1,2}.npz`` from nitime's text files.

Run it as::

    python -m spikeglm.datasets.bin_grasshopper SITE-PACKAGES/nitime/data [FOLDER]

Spike times are kept as recorded (whole multiples of 100 µs); the stimulus is the mean level in dB
of the ten samples in each bin of 0.5 ms, in float32.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from .grasshopper import RECORDINGS, load_grasshopper_full

BIN_US = 500
_SHIPPED = Path(__file__).parent / "data"


def bin_recording(source: Path, recording: int, *, target: Path = _SHIPPED) -> Path:
    """Read one recording in the folder ``source``, write its npz into ``target``, return the path.

    Raises FileNotFoundError if nitime's files are not in ``source``. Source of the data: Rokem et
    al. 2006, J Neurophysiol 95:2541-2552.
    """
    full = load_grasshopper_full(source, recording)
    samples_per_bin = round(BIN_US * 1e-6 / full.bin_s)
    path = target / f"grasshopper{recording}.npz"
    np.savez_compressed(
        path,
        spike_100us=np.round(full.spike_times_s * 1e4).astype(np.int32),
        stimulus_db=full.stimulus_db.reshape(-1, samples_per_bin).mean(axis=1).astype(np.float32),
        bin_us=np.int32(BIN_US),
    )
    return path


def main(arguments: list[str]) -> None:
    """Bin both recordings: ``arguments`` is the source folder and, optionally, the target."""
    if len(arguments) not in (1, 2):
        raise SystemExit(__doc__)
    target = Path(arguments[1]) if len(arguments) == 2 else _SHIPPED
    for recording in RECORDINGS:
        path = bin_recording(Path(arguments[0]), recording, target=target)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
