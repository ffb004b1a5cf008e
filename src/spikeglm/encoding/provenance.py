"""Where an analysis comes from: versions, settings, folds, and a hash of the data."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import numpy as np

from ..glm.reading.fit_inputs import read_rows
from ..glm.saving.persistence import installed_versions
from .inputs import Inputs

PACKAGES = ("scipy", "pandas")
_BLOCK_BYTES = 2**24


def provenance(inputs: Inputs, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what to know of an analysis in order to repeat it, as text and numbers."""
    tested_by = inputs.folds.tested_by
    tested = [int(n) for n in np.bincount(tested_by[tested_by >= 0])]
    return {
        "versions": installed_versions() | {name: version(name) for name in PACKAGES},
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "settings": {name: repr(value) for name, value in asked.items()}
        | {"model": repr(inputs.model), "folds": inputs.splitter},
        "data": data_hash(inputs),
        "rows": int(np.shape(inputs.y)[0]),
        "tested_rows": tested,
    }


def data_hash(inputs: Inputs) -> str:
    """Return a hash of features, responses, offsets and folds."""
    folds = inputs.folds
    return hash_of(inputs.X, inputs.y, inputs.offset, folds.tested_by, folds.training)


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
