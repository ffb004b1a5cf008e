"""Folders whose files are parts of one recording: pynapple's, tables, arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ... import errors
from .parts import Part, merged

_ZARR = (".zgroup", ".zattrs", "zarr.json")
SUFFIXES = (".npz", ".parquet", ".pqt", ".csv", ".tsv")


def read_folder(path: Path, read_file: Callable[[Path], Part]) -> Part:
    """Return what the files of a folder hold together; a lone NWB file is all of it.

    Raises
    ------
    ValueError
        If nothing of it can be read, or there are several NWB files.
    OSError
        If a file is damaged.
    """
    files = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    nwb = [p for p in files if p.suffix.lower() == ".nwb"]
    parts = [p for p in files if p.suffix.lower() in SUFFIXES]
    if len(nwb) == 1:
        found = read_file(nwb[0])
        others = tuple(f"{p.name} lies beside {nwb[0].name} and is left out" for p in parts)
        return replace(found, remarks=(*found.remarks, *others))
    if not parts or nwb:
        raise _no_recording(path, nwb, files)
    readable, remarks = {}, []
    for file in parts:
        try:
            readable[file.name] = read_file(file)
        except ValueError as error:  # of something else: it is said, and the others are read
            remarks.append(f"{file.name} is left out: {error}")
    if not readable:
        raise _no_recording(path, nwb, files)
    whole = merged(readable.items())
    return replace(whole, format=f"folder of {whole.format}", remarks=(*whole.remarks, *remarks))


def _no_recording(path: Path, nwb: list[Path], files: list[Path]) -> ValueError:
    folders = sorted(p.name for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    if any((path / name).exists() for name in _ZARR):
        given, todo = f"{path}, a Zarr store", "convert NWB Zarr to HDF5 with hdmf-zarr."
    elif nwb:
        given = f"{path} with {len(nwb)} NWB files: {errors.listed(p.name for p in nwb)}"
        todo = f"name one of them: {nwb[0]}"
    else:
        given = f"{path} with {errors.listed(p.name for p in files) or 'no files'}"
        todo = "check the path."
        if folders:
            todo = f"name one of its folders: {errors.listed(folders)}"
    return errors.value_error(
        "This folder is no recording.",
        given=given,
        expected="an NWB file; npz, parquet or csv files; or ALF files such as spikes.times.npy",
        todo=todo,
    )
