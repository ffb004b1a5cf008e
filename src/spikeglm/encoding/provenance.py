"""Where an analysis comes from: versions, settings, folds, and a hash of the data."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from ..glm.saving.finished_parts import hash_of
from ..glm.saving.persistence import installed_versions
from .inputs import Inputs

PACKAGES = ("scipy", "pandas")


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
