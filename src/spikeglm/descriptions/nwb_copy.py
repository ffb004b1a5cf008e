"""Results in a copy of the recording: checked before anything is fitted, written at the end."""

from __future__ import annotations

from pathlib import Path

from .. import errors
from ..encoding import Encoding
from ..recordings import Recording
from ..recordings.results import has_results, require_pynwb, write_results
from .description import Description
from .session import UNITS

_NWB = "NWB"  # what the format of such a recording begins with


def check_copy(description: Description, recording: Recording) -> None:
    """Raise if the copy that ``output.nwb`` asks for cannot be made of this recording.

    Raises
    ------
    ValueError
        If the recording is no NWB file here, or the copy would replace something else.
    FileNotFoundError
        If there is no folder for it.
    ImportError
        If pynwb is not installed.

    Examples
    --------
    >>> check_copy(Description(), Recording())  # none is asked for
    """
    source, target = description.path, description.nwb
    if target is None:
        return
    if not (isinstance(source, Path) and source.is_file() and recording.format.startswith(_NWB)):
        raise errors.value_error(
            "Results go into a copy of the recording, which is no NWB file on this computer.",
            given=f"output.nwb, and {source or 'no path'} ({recording.format or 'in memory'})",
            expected="a path that ends in .nwb, below [recording]",
            todo="leave output.nwb out; tables and the report are written all the same.",
        )
    if has_results(source):
        raise errors.value_error(
            "The recording holds results already.",
            given=str(source),
            expected="the recording as it was",
            todo="name that one in recording.path, or leave output.nwb out.",
        )
    if target.exists() and (target.resolve() == source.resolve() or not has_results(target)):
        raise errors.value_error(
            "The copy of the recording would replace another file.",
            given=str(target),
            expected="a file that is not there, or an older copy with results",
            todo="choose another name for output.nwb.",
        )
    if not target.parent.is_dir():
        raise errors.missing_file(
            "There is no folder for the copy.",
            path=target,
            expected="a folder that is there",
            todo="make it first, or choose another name for output.nwb.",
        )
    require_pynwb()


def write_copy(description: Description, recording: Recording, encoding: Encoding) -> None:
    """Write the copy, if one is asked for; it appears whole.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    source, target = description.path, description.nwb
    if target is None or not isinstance(source, Path):
        return
    are_units = description.recording.units == UNITS and recording.units is not None
    ids = list(encoding.sets) if are_units else []
    is_known = bool(ids) and recording.units is not None and set(ids) <= set(recording.units.names)
    is_own_name = recording.units is not None and "id" not in recording.units.metadata
    write_results(encoding, source, target, units=ids if is_known and is_own_name else None)
