"""A recording with known truth as an NWB file: 30 neurons, position, trials, written by pynwb.

From the shell, to try the command line on: ``python -m tests.nwb_fixture session.nwb``.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

N_UNITS, N_TRIALS, TRIAL_S, RATE_HZ = 30, 60, 4.0, 50.0
PLACE, CHOICE, NOTHING = "place", "choice", "nothing"
SILENT = 29
"""The id of a unit without a spike."""


@dataclass(frozen=True)
class Session:
    """What is in the file: spike times by id, position (cm) and running speed, trials."""

    spikes: dict
    kinds: dict
    t: np.ndarray
    xy: np.ndarray
    speed_t: np.ndarray
    speed: np.ndarray
    trials: dict


def session(seed=0, n_units=N_UNITS, n_trials=N_TRIALS):
    """Simulate it: a third of the units has a place field in x, a third prefers a choice."""
    rng = np.random.default_rng(seed)
    start = TRIAL_S * np.arange(n_trials)
    t = np.arange(0, TRIAL_S * n_trials, 1 / RATE_HZ)
    x = 50 + 45 * np.sin(2 * np.pi * t / 11.3)
    y = 50 + 45 * np.cos(2 * np.pi * t / 7.7)
    cue = start + rng.uniform(0.5, 1.0, n_trials)
    choice = rng.choice(["left", "right"], n_trials)
    reward = np.where(rng.random(n_trials) < 0.7, cue + 1.2, np.nan)
    trials = {
        "start": start, "end": start + TRIAL_S - 0.2, "cue_time": cue, "choice": choice,
        "reward_time": reward, "contrast": rng.choice([0.25, 0.5, 1.0], n_trials),
    }  # fmt: skip
    went_left = np.zeros(len(t))
    for time in cue[choice == "left"]:
        went_left += np.exp(-(((t - time - 0.3) / 0.15) ** 2))
    spikes, kinds = {}, {}
    for i in range(n_units):
        kind = (PLACE, CHOICE, NOTHING)[i % 3]
        eta = np.full(len(t), np.log(4.0))
        if kind == PLACE:
            eta += 1.8 * np.exp(-(((x - 100 * rng.uniform(0.2, 0.8)) / 12) ** 2)) - 0.5
        elif kind == CHOICE:
            eta += 1.5 * went_left
        n = rng.poisson(np.exp(eta) / RATE_HZ) if i != SILENT else np.zeros(len(t), int)
        spikes[i] = np.sort(np.repeat(t, n) + rng.uniform(0, 1 / RATE_HZ, n.sum()))
        kinds[i] = kind
    speed = np.hypot(np.gradient(x, t), np.gradient(y, t))
    late = t + rng.uniform(0, 1e-3, len(t))  # another clock
    return Session(spikes, kinds, t, np.column_stack([x, y]), late, speed, trials)


def write_nwb(path, found=None, *, observed=False):
    """Write a session to an NWB file, as best practices have it; return what is in it."""
    import pynwb
    from pynwb.behavior import Position, SpatialSeries

    found = session() if found is None else found
    file = pynwb.NWBFile(
        session_description="A simulated rat forages and chooses between two sides.",
        identifier="simulated-session-1",
        session_start_time=datetime(2026, 1, 5, 12, 0, tzinfo=UTC),
        experimenter=["Doe, Jane"],
        institution="Simulation",
        lab="Simulation",
        keywords=["simulation"],
        experiment_description="Thirty simulated neurons of the hippocampus.",
        session_id="1",
    )
    file.subject = pynwb.file.Subject(
        subject_id="rat1", species="Rattus norvegicus", sex="F", age="P90D",
        description="A rat that was never born.",
    )  # fmt: skip
    _add_units(file, found, observed)
    behavior = file.create_processing_module("behavior", "Where the animal was.")
    position = SpatialSeries(
        name="position", description="Position of the head.", data=found.xy / 100,
        unit="centimeters", conversion=100.0, rate=RATE_HZ, starting_time=0.0,
        reference_frame="The south-west corner of the arena is (0, 0).",
    )  # fmt: skip
    behavior.add(Position(spatial_series=position))
    behavior.add(
        pynwb.TimeSeries(
            name="speed", description="Running speed.", data=found.speed, unit="cm/s",
            timestamps=found.speed_t,
        )
    )  # fmt: skip
    _add_trials(file, found.trials)
    file.add_epoch(0.0, TRIAL_S * 30, ["run"])
    file.add_epoch(TRIAL_S * 30, float(found.t[-1]), ["rest", "late"])
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return found


def _add_units(file, found, observed):
    import pynwb

    device = file.create_device(name="probe", description="A silicon probe.")
    groups = {
        area: file.create_electrode_group(
            name=f"shank_{area}", description=f"In {area}.", location=area, device=device
        )
        for area in ("CA1", "CA3")
    }
    for area, group in groups.items():
        file.add_electrode(group=group, location=area)
    file.units = pynwb.misc.Units(
        name="units", description="Simulated units.", resolution=1 / 30_000
    )
    file.add_unit_column("quality", "How well it is isolated.")
    areas = {i: "CA1" if i < len(found.spikes) // 2 else "CA3" for i in found.spikes}
    whole = [[0.0, float(found.t[-1]) + 0.02]]
    for i, times in found.spikes.items():
        file.add_unit(
            id=i, spike_times=times, electrode_group=groups[areas[i]],
            electrodes=[int(areas[i] == "CA3")], quality="good" if i % 4 else "mua",
            **({"obs_intervals": whole} if observed else {}),
        )  # fmt: skip


def _add_trials(file, trials):
    about = {
        "cue_time": "When the cue came on, seconds.",
        "choice": "Which side was chosen.",
        "reward_time": "When the reward came, seconds; NaN for none.",
        "contrast": "Contrast of the cue.",
    }
    for name, text in about.items():
        file.add_trial_column(name, text)
    for i in range(len(trials["start"])):
        row = {name: trials[name][i] for name in about}
        file.add_trial(start_time=trials["start"][i], stop_time=trials["end"][i], **row)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "session.nwb")
    write_nwb(target)
    print(f"{target}: {N_UNITS} units, {N_TRIALS} trials")
