"""Finished parts of long work in a folder: where they are kept, and of which data they are."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from ... import errors
from ..reading.fit_inputs import read_rows

_BLOCK_BYTES = 2**24


def folder_of_parts(folder: Any) -> Path | None:
    """Return the folder where parts are kept, which is made if it is not there; None keeps none.

    Raises
    ------
    ValueError
        If it is a file.
    """
    if folder is None:
        return None
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise errors.value_error(
            "folder= is where finished parts are kept.",
            given=f"the file {place}",
            expected="a folder, there or not",
        )
    place.mkdir(parents=True, exist_ok=True)
    return place


def hash_of(X: Any, *others: Any) -> str:
    """Return a hash of features, read block by block, and of other numbers; None is none.

    >>> hash_of(np.ones((2, 3)), None) == hash_of(np.ones((2, 3)), [])
    True
    """
    digest = blake2b(digest_size=16)
    rows = read_rows(X)
    step = max(1, _BLOCK_BYTES // (8 * max(rows.n_features, 1)))
    for start in range(0, rows.n_rows, step):
        block = rows.read(start, min(start + step, rows.n_rows))
        digest.update(_bytes(block))
    for values in others:
        digest.update(_bytes([] if values is None else values))
    return digest.hexdigest()


def _bytes(values: Any) -> memoryview:
    return np.ascontiguousarray(values, dtype=np.float64).data.cast("B")
