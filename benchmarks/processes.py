"""Fresh processes, one at a time, in turn: A B A B.

Each measured thing runs in a process of its own, so no contestant profits from what another has
imported, compiled or allocated. All see the same cores and the same number of threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .problems import Array

ROOT = Path(__file__).resolve().parent.parent
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True)
class Job:
    """What a process runs: the name of a file in ``jobs/``, and its arguments.

    The ``rehearsal``, a small job of the same kind, runs before anything is counted: it writes
    bytecode and brings the library's files into the disk cache.
    """

    name: str
    arguments: dict[str, Any]
    rehearsal: Job | None = None


@dataclass
class Runs:
    """What the processes of one contestant measured, in order; or why there is nothing."""

    measured: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)  # saved by the last process
    failure: str = ""

    def all(self, key: str) -> list[float]:
        """Return the numbers under a key from all processes, lists joined."""
        values = [run[key] for run in self.measured]
        return [x for v in values for x in (v if isinstance(v, list) else [v])]

    def least(self, key: str) -> float:
        """Return the minimum over all processes: the least disturbed measurement; NaN if none."""
        return min(self.all(key), default=float("nan"))

    def median(self, key: str) -> float:
        """Return the median over all processes; NaN if none."""
        values = self.all(key)
        return float(np.median(values)) if values else float("nan")


def in_turn(
    jobs: Mapping[str, Job], *, rounds: int, n_threads: int, timeout_s: float
) -> dict[str, Runs]:
    """Rehearse, then run every job once per round, in order, each in a fresh process.

    A job that fails or exceeds ``timeout_s`` is not run again.
    """
    runs = {name: Runs() for name in jobs}
    rehearsed: list[Job] = []
    for name, job in jobs.items():
        if job.rehearsal and job.rehearsal not in rehearsed:
            _take_turn(job.rehearsal, f"{name}, rehearsal", Runs(), n_threads, timeout_s)
            rehearsed.append(job.rehearsal)
    for turn in range(rounds):
        for name, job in jobs.items():
            if not runs[name].failure:
                _take_turn(job, f"{name}, round {turn + 1}", runs[name], n_threads, timeout_s)
    return runs


def _take_turn(job: Job, label: str, runs: Runs, n_threads: int, timeout_s: float) -> None:
    _say(f"  {job.name}: {label}")
    with tempfile.TemporaryDirectory(prefix="spikeglm-bench-") as name:
        folder = Path(name)
        measured, runs.failure = _run(job, folder, n_threads, timeout_s)
        if runs.failure:
            _say(f"  {label} FAILED: {runs.failure}")
        else:
            runs.measured.append(measured)
            runs.arrays = _saved_arrays(folder)


def limited_environment(n_threads: int) -> dict[str, str]:
    """Return this environment with threads limited, and bytecode written so imports are fair."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.update(dict.fromkeys(_THREAD_VARIABLES, str(n_threads)))
    environment["PYTHONPATH"] = os.pathsep.join(
        str(Path(p).resolve()) for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p
    )
    return environment


def usable_cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def on_cores(n_cores: int) -> Iterator[None]:
    """Keep this process and those it makes on the first ``n_cores`` cores, where the OS can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:n_cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _run(job: Job, folder: Path, n_threads: int, timeout_s: float) -> tuple[dict[str, Any], str]:
    arguments = folder / "arguments.json"
    arguments.write_text(json.dumps(job.arguments))
    command = [sys.executable, "-m", "benchmarks.worker", job.name, str(arguments), str(folder)]
    try:
        with on_cores(n_threads):
            done = subprocess.run(
                [*command, repr(time.monotonic())],
                cwd=ROOT,
                env=limited_environment(n_threads),
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return {}, f"not done after {timeout_s:.0f} s"
    if done.returncode:
        last = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        return {}, last
    return json.loads((folder / "measured.json").read_text()), ""


def _saved_arrays(folder: Path) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for path in folder.glob("*.npz"):
        with np.load(path) as saved:
            arrays.update(saved)
    for path in folder.glob("*.npy"):
        arrays[path.stem] = np.load(path)
    return arrays


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
