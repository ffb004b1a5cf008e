"""A path or an address in, a recording out: what is there decides, not what it is called."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import errors
from .contract import Recording
from .readers import alf, folders, npz, remote, tables
from .readers.nwb import read_nwb
from .readers.parts import Part
from .sessions import remarks_on

KNOWN = (
    "NWB (.nwb), pynapple files (.npz) or a folder of them, an ALF folder (spikes.times.npy ...), "
    "npz of arrays, parquet or csv"
)
_HDF5, _ZIP, _PARQUET = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"PAR1"
_HDF5_STARTS = (0, 512, 1024, 2048)  # where an HDF5 file may begin: others may have put text before
_LOOK_BYTES = 4096


def read(path: Any, **options: Any) -> Recording:
    """Read a recording, or as much of it as is needed to say what is in it.

    Spike times and signals of NWB files are read when they are asked for.

    Parameters
    ----------
    path :
        A file or a folder: NWB, pynapple, ALF (IBL), npz, parquet, csv; or the address of an NWB
        file: ``https://...``, ``s3://...``, ``dandi://000582/sub-10073/....nwb``.
    **options :
        For addresses that fsspec reads, its options: ``anon=True``.

    Returns
    -------
    Recording
        ``print(recording.describe())`` says what there is.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message names those that are called almost so.
    OSError
        If it is damaged.
    ValueError
        If it is nothing that can be read.
    ImportError
        If a package is missing that reads it.

    References
    ----------
    Rübel et al. (2022), eLife 11:e78362 (NWB). Viejo et al. (2023), eLife 12:RP85786 (pynapple).
    International Brain Laboratory (2023), Nat Methods 20:403 (ALF).

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "spikes.csv")
    >>> _ = open(path, "w").write("unit,time\\nca1_1,0.5\\nca1_1,0.1\\nca1_2,0.7\\n")
    >>> read(path).units["ca1_1"]
    array([0.1, 0.5])
    """
    if remote.is_address(path):
        part = read_nwb(str(path), remote.opener_of(str(path), options))
    else:
        part = _local(Path(path).expanduser())
    found = part.recording(str(path))
    return replace(found, warnings=(*found.warnings, *remarks_on(found)))


def _local(path: Path) -> Part:
    if not path.exists():
        raise _missing(path)
    if path.is_dir():
        return alf.read_alf(path) if alf.is_alf(path) else folders.read_folder(path, _read_file)
    return _read_file(path)


def _read_file(path: Path) -> Part:
    reader = _reader_of(path)
    if reader is None:
        raise errors.value_error(
            f"{path} is nothing that can be read as a recording.",
            given=f"a file of {path.stat().st_size} bytes that begins with {_head(path)[:8]!r}",
            expected=KNOWN,
            todo=_advice(path),
        )
    return reader(path)


def _reader_of(path: Path) -> Callable[[Path], Part] | None:
    """Return what reads a file, by its first bytes; of text, by its name."""
    head = _head(path)
    if any(head[start:].startswith(_HDF5) for start in _HDF5_STARTS):
        return _read_hdf5
    if head.startswith(_ZIP):
        return npz.read_npz
    if head.startswith(_PARQUET):
        return tables.read_parquet
    is_text = b"\x00" not in head and path.suffix.lower() in tables.TEXTS
    if is_text:
        return tables.read_csv
    return _read_hdf5 if path.suffix.lower() == ".nwb" else None  # which says what is wrong


def _read_hdf5(path: Path) -> Part:
    return read_nwb(str(path), partial(_opened, path))


def _opened(path: Path) -> Any:
    import h5py

    return h5py.File(path, "r")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LOOK_BYTES)


def _advice(path: Path) -> str:
    if path.suffix.lower() == ".mat":
        return "scipy.io.loadmat reads it; save its spike times and signals as npz."
    if path.suffix.lower() == ".npy":
        return "read the folder that it is in, or save arrays with names: np.savez(...)."
    return "save it as one of these."


def _missing(path: Path) -> FileNotFoundError:
    folder = path.parent
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    if not folder.is_dir():
        todo = f"check the path: there is no folder {folder} either."
    elif close:
        todo = f"did you mean {' or '.join(map(repr, close))}?"
    else:
        todo = f"check the path; {folder.resolve()} has {len(names)} entries, none called like it."
    return errors.missing_file(
        "There is no such recording.", path=path, expected="a file or a folder", todo=todo
    )
