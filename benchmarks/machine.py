"""On what the numbers were measured."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy
from threadpoolctl import threadpool_info

from .processes import ROOT, usable_cores

_QUIET = 0.3  # load per core from which timings are not to be trusted


def describe(n_threads: int) -> list[str]:
    """Return the lines that head the results."""
    return [
        f"* Machine: {cpu_model()}, {usable_cores()} core(s); every process limited to {n_threads} "
        f"core(s) and {n_threads} thread(s); {platform.system()} {platform.machine()}",
        f"* Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"{_blas()}",
        f"* Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; commit {commit()}",
    ]


def load_note() -> str:
    """Return a warning if something else was running, else an empty string."""
    if not hasattr(os, "getloadavg"):
        return ""
    load = os.getloadavg()[0]
    if load <= _QUIET * usable_cores():
        return ""
    return (
        f"**The machine was not quiet when this began (load {load:.1f}): do not trust the times.**"
    )


def cpu_model() -> str:
    """Return the processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """Return the short hash of the commit, marked where files under ``src`` differ from it."""
    head = _git("rev-parse", "--short", "HEAD")
    if not head:
        return "unknown"
    return head + (" + uncommitted changes" if _git("status", "--porcelain", "src") else "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _blas() -> str:
    for library in threadpool_info():
        if library["user_api"] == "blas":
            return f"{library['internal_api']} {library['version']}"
    return "BLAS unknown"
