"""How long does an import take, and what does it bring along?"""

from __future__ import annotations

from dataclasses import replace

from ..contestants import OURS
from ..lab import Lab
from ..processes import Job
from ..report import Section, Table, Target, seconds

_MOST_SECONDS = 0.3
_HEAVY = ("jax", "pynapple")
_WATCHED = (*_HEAVY, "pandas", "matplotlib", "scipy.stats", "scipy.signal", "sklearn")
_FIT = "spikeglm.glm"  # with it all that a fit imports; spikeglm itself opens its doors when asked
_MODULES = {"spikeglm": OURS, _FIT: OURS, "nemos.glm": "nemos"}


def run(lab: Lab) -> Section:
    """Import in fresh processes."""
    wanted = [module for module, owner in _MODULES.items() if owner in lab.contestants]
    jobs = {module: Job("importing", {"module": module, "watched": _WATCHED}) for module in wanted}
    jobs = {module: replace(job, rehearsal=job) for module, job in jobs.items()}
    runs = lab.measure(jobs, rounds=lab.size(10, 2))
    lines = tuple(
        (
            f"`import {module}`",
            seconds(r.least("import_s"), r.median("import_s")),
            seconds(r.least("all_s"), r.median("all_s")),
            str(r.measured[0]["n_modules"]),
            ", ".join(r.measured[0]["pulled_in"]) or "none",
        )
        for module, r in runs.items()
        if r.measured
    )
    titles = (
        "Import",
        "alone (s)",
        "from process start (s)",
        "modules",
        f"of {', '.join(_WATCHED)}",
    )
    ours = runs[_FIT]
    heavy = [name for name in _HEAVY if name in ours.measured[0]["pulled_in"]]
    return Section(
        "Import",
        "Each import in fresh processes.",
        (Table(titles, lines),),
        targets=(
            Target(
                f"`import {_FIT}` takes < {_MOST_SECONDS} s",
                f"{ours.least('import_s'):.3f} s ({ours.median('import_s'):.3f} s)",
                ours.median("import_s") < _MOST_SECONDS,
            ),
            Target(
                f"`import {_FIT}` pulls in neither jax nor pynapple",
                ", ".join(heavy) or "neither",
                not heavy,
            ),
        ),
    )
