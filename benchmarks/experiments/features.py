"""History features of ten channels over a million bins: how long, and how much memory?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..contestants import OURS
from ..lab import Lab
from ..processes import Job, Runs
from ..report import Section, Table, Target, mebibytes, seconds, times

_NEMOS_RATIO = 5.0
_AGREE = 1e-9


def run(lab: Lab) -> Section:
    """Compare ``RaisedCosineLogConv(8, window_size=100).compute_features`` with NeMoS's."""
    n_rows, n_channels = lab.size((1_000_000, 10), (5_000, 2))
    counts = np.random.default_rng(2).poisson(0.1, (n_rows, n_channels)).astype(np.float64)
    all_, few = lab.folder / "signals.npy", lab.folder / "few.npy"
    np.save(all_, counts)
    np.save(few, counts[:1000])
    jobs = {
        name: replace(_job(lab, name, all_), rehearsal=_job(lab, name, few))
        for name in lab.present("nemos")
    }
    runs = lab.measure(jobs, rounds=min(lab.rounds, 3))
    table_bytes = runs[OURS].measured[0]["table_bytes"]
    return Section(
        "Features",
        f"`RaisedCosineLogConv(8, window_size=100).compute_features` of {n_rows} × {n_channels} "
        f"counts. The table that is asked for takes {mebibytes(table_bytes)}; memory is the peak "
        "above what was resident before the call, the table included.",
        (_table(lab, runs),),
        _agreement(runs),
        _targets(runs, f"{n_rows} × {n_channels} channels"),
    )


def _job(lab: Lab, library: str, signals: Path) -> Job:
    arguments = {"library": library, "signals": str(signals), "n_functions": 8, "window": 100}
    return Job("features", {**arguments, "n_repeats": lab.size(3, 1)})


def _table(lab: Lab, runs: dict[str, Runs]) -> Table:
    lines = []
    for name, r in runs.items():
        label = f"{lab.contestants[name].distribution} {lab.contestants[name].version}"
        if r.failure:
            lines.append((label, f"FAILED: {r.failure}", *[""] * 4))
            continue
        again = r.least("refits_s") / runs[OURS].least("refits_s")
        least = runs[OURS].least("above_bytes") or float("nan")  # of a toy, none
        lines.append(
            (
                label,
                seconds(r.least("first_s"), r.median("first_s")),
                seconds(r.least("refits_s"), r.median("refits_s")),
                times(again),
                mebibytes(r.least("above_bytes")),
                times(r.least("above_bytes") / least),
            )
        )
    titles = ("Library", "Fresh process (s)", "Again (s)", "ratio", "Peak memory", "ratio")
    return Table(titles, tuple(lines))


def _agreement(runs: dict[str, Runs]) -> tuple[str, ...]:
    ours = runs[OURS].arrays["rows"]
    notes = []
    for name, r in runs.items():
        if name == OURS or not r.measured:
            continue
        theirs = r.arrays["rows"]
        same_nan = bool((np.isnan(ours) == np.isnan(theirs)).all())
        gap = float(np.nanmax(np.abs(ours - theirs)))
        word = "agrees" if same_nan and gap < _AGREE else "**DIFFERS**"
        notes.append(f"{name} {word}: largest difference over 1000 rows {gap:.0e}.")
    return tuple(notes)


def _targets(runs: dict[str, Runs], size: str) -> tuple[Target, ...]:
    nan = float("nan")
    ours, nemos = runs[OURS], runs.get("nemos", Runs())
    ratio = nemos.least("refits_s") / ours.least("refits_s")
    memory = nemos.least("above_bytes") / ours.least("above_bytes") if nemos.measured else nan
    return (
        Target(
            f"Features, {size}: ≥ {_NEMOS_RATIO:.0f}× NeMoS",
            times(ratio),
            None if ratio != ratio else ratio >= _NEMOS_RATIO,
        ),
        Target(
            f"Features, {size}: less memory than NeMoS",
            f"{times(memory)} less" if memory == memory else "–",
            None if memory != memory else memory > 1,
        ),
    )
