"""Saved models: arrays and a JSON header in one ``.npz`` file. Nothing in it can run.

The entry ``header`` holds UTF-8 JSON ``{"format": "spikeglm-model", "version": 2, ...}``; every
other entry is an array of numbers or text. The layout is described in ``docs/file_format.md``.

A file may have been damaged, or made to do harm. It is read with these limits: it is a regular file
(a device never ends, a pipe never begins); entries unpack to at most :data:`MOST_BYTES`, or
:data:`MOST_TIMES` the size of the file, where that is more; the header has at most
:data:`MOST_HEADER_BYTES` and :data:`MOST_NODES` lists and dicts; and an entry must be exactly as
long as its shape says. Nothing is unpickled, and no entry becomes a file.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import re
import secrets
import stat
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ... import errors
from ...typing import Array

VERSION = 2
_READ_BY = {"model": "nmo.load_model", "encoding": "nmo.load_encoding"}
MOST_BYTES = 2**26
MOST_TIMES = 20
MOST_HEADER_BYTES = 2**22
MOST_NODES = 2**17
"""Lists and dicts in a header: each takes up to two hundred times the memory of its text."""
ARRAY_KINDS = "biufcUSmM"
"""NumPy's letters for what an entry may hold: numbers, text, dates."""
_MOST_CHARACTERS = 300
_NPY_HEADER_BYTES = 2**16
_FORMAT = "spikeglm-model"
_ENTRY = re.compile(r"[A-Za-z_][\w.]{0,200}\.npy", re.ASCII)
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NOT_THERE = (FileNotFoundError, IsADirectoryError, PermissionError)


def write(path: Any, header: dict[str, Any], arrays: dict[str, Array]) -> Path:
    """Write a header and arrays; ``.npz`` is added to the name if it is missing.

    The file appears whole or not at all. Entries are not compressed: a file never unpacks to more
    than its own size. A file that was there keeps its mode and its owner, where that can be, and
    where it is a link what it leads to is written.

    Raises
    ------
    OSError
        If the file cannot be written, or is none: a device or a pipe.
    ValueError
        If the header is too large to be read again.
    """
    target = Path(path)
    if target.suffix != ".npz":
        target = target.with_name(target.name + ".npz")
    text = json.dumps({"format": _FORMAT, "version": VERSION, **header}, allow_nan=False).encode()
    if len(text) > MOST_HEADER_BYTES or _count_nodes(text) > MOST_NODES:
        raise errors.value_error(
            "This model has too much in lists and dicts to be saved.",
            given=f"{len(text)} bytes of header, {_count_nodes(text)} lists and dicts",
            expected=f"at most {MOST_HEADER_BYTES} bytes and {MOST_NODES} lists and dicts",
            todo="give long lists of numbers as NumPy arrays.",
        )
    content = BytesIO()
    np.savez(content, allow_pickle=False, header=np.frombuffer(text, np.uint8), **arrays)
    _write_whole(target, content.getbuffer())
    return target


def read(path: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read what :func:`write` wrote, in this version of the format or an older one.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If there is no such file, or it may not be read.
    ValueError
        If it is no saved model, damaged, over the limits, or of a newer version.
    """
    try:
        with _regular_file(_named(path)) as file, zipfile.ZipFile(file) as archive:
            entries = _checked_entries(archive, os.fstat(file.fileno()).st_size)
            arrays = {name: _array(_content(archive, entry)) for name, entry in entries.items()}
        header = _header(arrays.pop("header"))
    except _NOT_THERE:
        raise
    except Exception as error:  # whatever a damaged file makes zipfile, NumPy or json raise
        raise unreadable(path, f"{type(error).__name__}: {error}") from error
    return header, arrays


def _named(path: Any) -> str:
    """Return the path of a file; with ``.npz``, which saving adds, where there is only that."""
    name = os.fspath(path)
    return f"{name}.npz" if not os.path.exists(name) and os.path.exists(f"{name}.npz") else name


def part_of(header: dict[str, Any], kind: str, path: Any) -> Any:
    """Return what a header says of a ``"model"`` or an ``"encoding"``.

    Raises
    ------
    ValueError
        If the file is of another kind, then with the call that reads it, or of none.
    """
    other = next((each for each in _READ_BY if each in header), None)
    if kind not in header and other is not None:
        raise errors.value_error(
            f"{path} is a saved {other}, no {kind}.",
            given=f"{_READ_BY[kind]}({os.fspath(path)!r})",
            expected=f"a file that holds a {kind}",
            todo=f"call {_READ_BY[other]}({os.fspath(path)!r}).",
        )
    if kind not in header:
        raise unreadable(path, f"a header without {kind!r}")
    return header[kind]


def unreadable(path: Any, given: str) -> ValueError:
    """Build the error for a file that is no saved model; ``given`` says what is wrong with it."""
    return errors.value_error(
        f"{path} could not be read as a saved model.",
        given=given[:_MOST_CHARACTERS],  # a damaged file may put anything into an error's text
        expected=f"a file written by save_params, version {VERSION} or older",
        todo="save the model again, or update spikeglm if it was saved by a newer version.",
    )


def _regular_file(path: str) -> BinaryIO:
    """Open a file to read; refuse what is none before a byte is asked of it."""
    _check_regular(os.stat(path))
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check_regular(os.fstat(handle))  # it may have been exchanged in between
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _check_regular(there: os.stat_result) -> None:
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(errno.EISDIR, "This is a folder, not a saved model")
    if not stat.S_ISREG(there.st_mode):
        raise ValueError("a device, pipe or socket, which is no file")


def _write_whole(target: Path, content: Any) -> None:
    """Write to a neighbour first: an interrupted save leaves the old file as it was."""
    target = Path(os.path.realpath(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(target.parent))
    old = target.stat() if target.exists() else None
    if old is not None:
        _check_replaceable(target, old)
    name = target.with_name(f".{target.name[:200]}.{secrets.token_hex(8)}")
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # Of a new file the system masks the mode; nobody else sees what replaces a private one.
    handle = os.open(name, new, 0o666 if old is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if old is not None:
            _as_it_was(name, old)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _check_replaceable(target: Path, old: os.stat_result) -> None:
    if stat.S_ISREG(old.st_mode) and os.access(target, os.W_OK):
        return
    raise errors.storage_error(
        f"{target} cannot be written.",
        given="a file that may not be written, or a folder, device or pipe",
        expected="a file that may be written, or a name that is free",
        todo="save under another name, or change its mode.",
    )


def _as_it_was(name: Path, old: os.stat_result) -> None:
    """Give a file the owner and the mode of another one; the owner only where that is allowed."""
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(name, old.st_uid, old.st_gid)
    os.chmod(name, stat.S_IMODE(old.st_mode))


def _checked_entries(archive: zipfile.ZipFile, file_bytes: int) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by name, once their names and declared sizes are within bounds."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if strange := [name for name in names if not _ENTRY.fullmatch(name)]:
        raise ValueError(f"an entry named {strange[0][:80]!r}")
    if len(set(names)) < len(names):
        raise ValueError("two entries of the same name")
    unpacked, limit = sum(e.file_size for e in entries), max(MOST_BYTES, MOST_TIMES * file_bytes)
    if unpacked > limit:
        raise ValueError(f"{unpacked} bytes when unpacked, more than the limit of {limit}")
    headers = [entry.file_size for entry in entries if entry.filename == "header.npy"]
    if headers and headers[0] > MOST_HEADER_BYTES + _NPY_HEADER_BYTES:
        raise ValueError(f"a header of {headers[0]} bytes, more than {MOST_HEADER_BYTES}")
    return {entry.filename.removesuffix(".npy"): entry for entry in entries}


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack an entry; an entry that declares less than it holds is not unpacked further."""
    if entry.compress_type not in _PACKINGS:  # the others unpack without a bound
        raise ValueError("an entry packed with another method than deflate")
    with archive.open(entry) as file:
        content = file.read(entry.file_size)
    if len(content) < entry.file_size:
        raise ValueError("an entry shorter than it declares")
    return content


def _array(content: bytes) -> Array:
    """Read the bytes of a ``.npy`` file; its length must be what its shape says."""
    stream = BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array in an unknown version of the npy format")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind not in ARRAY_KINDS or not dtype.itemsize:
        raise ValueError(f"an array of {dtype}, which is neither numbers nor text")
    data = memoryview(content)[stream.tell() :]
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{len(data)} bytes for an array of {dtype} and shape {shape}")
    flat = np.frombuffer(data, dtype=dtype) if len(data) else np.empty(0, dtype)
    _check_values(flat)
    return flat.reshape(shape, order="F" if is_fortran else "C").copy(order="K")


def _check_values(flat: Array) -> None:
    """Refuse bytes that are no value of their type: NumPy itself never looks."""
    if flat.dtype.kind == "b" and (flat.view(np.uint8) > 1).any():
        raise ValueError("a truth value that is neither 0 nor 1")
    if flat.dtype.kind == "U":
        characters = flat.view(np.dtype("u4").newbyteorder(flat.dtype.byteorder))
        if (characters > sys.maxunicode).any():
            raise ValueError("a number that stands for no character")


def _header(content: Array) -> dict[str, Any]:
    text = content.tobytes()
    if len(text) > MOST_HEADER_BYTES:
        raise ValueError(f"a header of {len(text)} bytes, more than {MOST_HEADER_BYTES}")
    if _count_nodes(text) > MOST_NODES:
        raise ValueError(f"a header of {_count_nodes(text)} lists and dicts, too many")
    header = json.loads(text.decode(), parse_constant=_refuse_constant)
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise ValueError("a file of another format")
    if header.get("version") not in range(1, VERSION + 1):
        raise ValueError(f"version {header.get('version')} of the format")
    return header


def _count_nodes(text: bytes) -> int:
    """Return the lists and dicts of a JSON text, or more: what stands within strings counts too."""
    return text.count(b"[") + text.count(b"{")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} in the header, where a number belongs")
