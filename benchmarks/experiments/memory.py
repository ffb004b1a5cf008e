"""A hundred neurons on the history of all, 300 000 bins: does it fit in one gibibyte?"""

from __future__ import annotations

import numpy as np

from ..lab import Lab
from ..problems import N_BUMPS, WINDOW, population_counts
from ..processes import Job
from ..report import Section, Table, Target, mebibytes, seconds

_MOST_BYTES = 2**30


def run(lab: Lab) -> Section:
    """Fit a lazy design in a fresh process and read its high-water mark."""
    n_rows, n_neurons = lab.size((300_000, 100), (3_000, 3))
    counts = lab.folder / "counts.npy"
    np.save(counts, population_counts(n_rows, n_neurons).astype(np.float64))
    job = Job("design", {"counts": str(counts), "n_functions": N_BUMPS, "window": WINDOW})
    runs = lab.measure({"design": job}, rounds=1)["design"]
    if runs.failure:
        raise RuntimeError(runs.failure)
    got = runs.measured[0]
    written_out = 8 * n_rows * n_neurons * N_BUMPS
    line = (
        f"{n_rows} × ({n_neurons} × {N_BUMPS}), {n_neurons} neurons",
        mebibytes(written_out),
        mebibytes(got["before_bytes"]),
        mebibytes(got["peak_bytes"]),
        seconds(got["fit_s"], got["fit_s"]),
        str(got["n_passes"]),
        ", ".join(got["status"]),
    )
    titles = (
        "Design",
        "written out it would take",
        "resident before the fit",
        "resident at most",
        "fit (s)",
        "passes",
        "status",
    )
    return Section(
        "Memory",
        "`PopulationGLM().fit(basis.design(counts), counts)` in a process of its own. Resident "
        "memory is that of the whole process: Python, libraries, float64 counts and the fit.",
        (Table(titles, (line,)),),
        targets=(
            Target(
                f"{line[0]}: under 1 GiB resident in all",
                mebibytes(got["peak_bytes"]),
                got["peak_bytes"] < _MOST_BYTES and got["status"] == ["converged"],
            ),
        ),
    )
