"""Resident memory of this process."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Return the most memory that was ever resident.

    On Linux from the memory map's own high-water mark: ``ru_maxrss`` of a new process starts at
    the value of the process that made it.
    """
    if _STATUS.exists():
        return _from_status("VmHWM")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def current_bytes() -> int:
    """Return the memory resident now; where that is not known, the peak so far."""
    return _from_status("VmRSS") if _STATUS.exists() else peak_bytes()


def _from_status(key: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"{_STATUS} has no line {key}")
