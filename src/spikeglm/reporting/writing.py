"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import errors

Writer = Callable[[Path], object]


def write_folder(folder: Path, writers: Mapping[str, Writer]) -> None:
    """Write files to a folder: all are made beside it first, and take their places at the end.

    Parameters
    ----------
    folder :
        Is made if it is not there. Other files in it stay.
    writers :
        By the name of a file: what writes it to the path that it is given. The last one takes its
        place last.

    Raises
    ------
    ValueError
        If no folder can be made there, or it cannot be written to; nothing has changed then.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "new"
    >>> write_folder(folder, {"a.txt": lambda path: path.write_text("whole")})
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".report-{secrets.token_hex(8)}"
        scratch.mkdir()
    except OSError as problem:
        raise errors.value_error(
            "The folder of the report cannot be written to.",
            given=f"{folder} ({problem.strerror})",
            expected="a folder, or a path where one can be made",
            todo="choose another folder.",
        ) from None
    try:
        for name, write in writers.items():
            write(scratch / name)
        for name in writers:
            os.replace(scratch / name, folder / name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
