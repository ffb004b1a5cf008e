"""Saved models: arrays and a JSON header in one ``.npz`` file. Nothing in it can run.

Layout: the entry ``header`` holds UTF-8 JSON ``{"format": "spikeglm-model", "version": 1, ...}``;
every other entry is a numeric array. Loading never unpickles.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors
from ..typing import Array

_FORMAT = "spikeglm-model"
_VERSION = 1
_DAMAGE = (  # what reading a file that is no archive of arrays, or a damaged one, can end in
    OSError,
    ValueError,
    LookupError,
    EOFError,
    AttributeError,
    TypeError,
    MemoryError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def write(path: Any, header: dict[str, Any], arrays: dict[str, Array]) -> Path:
    """Write a header and arrays; ``.npz`` is added to the name if it is missing.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    if target.suffix != ".npz":
        target = target.with_name(target.name + ".npz")
    text = json.dumps({"format": _FORMAT, "version": _VERSION, **header})
    np.savez_compressed(
        target, allow_pickle=False, header=np.frombuffer(text.encode(), np.uint8), **arrays
    )
    return target


def read(path: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read what :func:`write` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no saved model, damaged, or of a newer version.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop("header").tobytes().decode())
        is_ours = isinstance(header, dict) and header.get("format") == _FORMAT
    except FileNotFoundError:
        raise
    except _DAMAGE as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error
    if not is_ours:
        raise _unreadable(path, "a file of another format")
    if header.get("version") != _VERSION:
        raise _unreadable(path, f"version {header.get('version')} of the format")
    return header, arrays


def _unreadable(path: Any, given: str) -> ValueError:
    return errors.value_error(
        f"{path} could not be read as a saved model.",
        given=given,
        expected=f"a file written by save_params, version {_VERSION}",
        todo="save the model again, with this version of spikeglm.",
    )
