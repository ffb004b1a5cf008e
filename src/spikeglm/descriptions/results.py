"""A folder of results, whatever it holds: what neurons encode, or hidden states."""

from __future__ import annotations

from pathlib import Path

from .description import Description
from .result_folder import DESCRIPTION, STATES
from .reuse import Result
from .states.files import read_states
from .states.reuse import StatesResult


def read_result(folder: str | Path) -> Result | StatesResult:
    """Read a folder that an analysis has written.

    Raises
    ------
    ValueError
        If it is none.
    OSError
        If it cannot be read.
    """
    folder = Path(folder)
    if not all((folder / name).is_file() for name in (STATES, DESCRIPTION)):
        return Result.read(folder)
    return StatesResult(folder, Description.read(folder / DESCRIPTION), *read_states(folder))
