"""A neuron of the human subthalamic nucleus: planning, movement, direction, history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

import spikeglm as nmo
from spikeglm.encoding import Encoding

from .study import HERE, Claim, Study, curve, existing, ks, near, same_set, slope

FILE = "stn_spikes-1.mat"
EVERY_S, PLAN_S, TRIAL_S = 3.0, 1.0, 2.0  # trials were cut out: they are put on a clock again
MOVEMENT, DIRECTION, KS = 0.344, -0.509, 0.099  # of the book's model of both


def read(path: Path) -> tuple[dict[str, NDArray[Any]], list[NDArray[np.float64]]]:
    """Return a table of trials, and spike times."""
    recording = loadmat(path)
    begin = EVERY_S * np.arange(len(recording["train"]))
    trial, millisecond = np.nonzero(recording["train"])
    side = np.where(recording["direction"].ravel() == 1, "right", "left")
    trials = {"start": begin, "go": begin + PLAN_S, "end": begin + TRIAL_S, "direction": side}
    return trials, [begin[trial] + (millisecond + 0.5) / 1000]


def encodings(path: Path) -> dict[str, Encoding]:
    """Return what the neuron encodes in all rows, in those of planning, and of movement."""
    trials, spikes = read(path)
    data = {"trials": trials, "spikes": spikes}
    parts = {"planning": ("start", "go"), "movement": ("go", "end")}
    found = {"stn.toml": nmo.encode(spikes, HERE / "stn.toml", data=data)}
    for name, (start, end) in parts.items():
        part = np.column_stack([trials[start], trials[end]])
        found[f"stn_part.toml {name}"] = nmo.encode(
            spikes, HERE / "stn_part.toml", data=data | {"part": part}
        )
    return found


def told(found: Encoding) -> str:
    """Return the history at both lags in words."""
    lag, value = curve(found, "history")
    trough, peak = (value[np.abs(lag - at).argmin()] for at in (0.025, 0.055))
    return f"log gain {trough:.2f} at 25 ms, {peak:.2f} at 55 ms"


def study(folder: Path) -> Study:
    """Analyse the neuron, and compare with the book."""
    found = encodings(existing(folder, FILE))
    both = found["stn.toml"]
    plan, move = found["stn_part.toml planning"], found["stn_part.toml movement"]
    distance, bound = ks(both)
    directions = [slope(part, "direction") for part in (plan, move)]
    rates = [float(part.neurons()["rate_hz"].iloc[0]) for part in (plan, move)]
    claims = (
        same_set(both, "movement, direction and history", {"movement", "direction", "history"}),
        Claim(f"fires more in movement ({MOVEMENT} without history)",
              f"{slope(both, 'movement'):.2f}, beside history",
              0 < slope(both, "movement") <= MOVEMENT + 0.1),
        Claim(f"fires less for the right ({DIRECTION} without history)",
              f"{slope(both, 'direction'):.2f}, beside history",
              DIRECTION - 0.1 <= slope(both, "direction") < 0),
        near("39.0 spikes/s in planning", 38.96, rates[0], 0.5),
        near("55.0 spikes/s in movement", 54.96, rates[1], 0.5),
        Claim(f"rescaled intervals: movement and direction leave {KS}", f"{distance:.3f} with "
              f"history, bound {bound:.3f}", bool(distance < KS / 2)),
        Claim("planning has a beta rhythm: less likely 20 to 30 ms after a spike, more 45 to 65 ms",
              told(plan), None),
        Claim("movement has none", told(move), None),
        Claim("the side matters in both periods",
              f"{directions[0]:.2f} and {directions[1]:.2f}", bool(max(directions) < 0)),
    )  # fmt: skip
    return Study(
        title="Neuron of the subthalamic nucleus",
        source="Kramer & Eden (2016), Case Studies in Neural Data Analysis, and its repository.",
        encodings=found,
        claims=claims,
        remarks=(
            "That planning is rhythmic in the beta band is the book's; the lags at which bands are "
            "asked were chosen from the curves found here, so these two lines describe and test "
            "nothing. How much history tells does not differ: 0.10 ± 0.012 and 0.094 ± 0.011.",
        ),
    )
