"""Who takes part, which version, and why a rival is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from . import r_packages

OURS, R = "spikeglm", "R"
_DISTRIBUTIONS = {
    OURS: "spikeglm",
    "nemos": "nemos",
    "sklearn": "scikit-learn",
    "glum": "glum",
    "statsmodels": "statsmodels",
    "dynamax": "dynamax",  # of hidden states only; ``make bench`` does not install it
}
REASONS_FILE = "not-installable.json"  # in the environment's folder; see environment.py


@dataclass(frozen=True)
class Contestant:
    """A library: its adapter's name, its name on PyPI, and its version, or why it is missing."""

    name: str
    distribution: str
    version: str | None
    why_missing: str = ""


def contestants() -> dict[str, Contestant]:
    """Look for all libraries in this environment, and for R; spikeglm is first."""
    reasons = _reasons()
    found = {}
    for name, distribution in _DISTRIBUTIONS.items():
        version = _version(name, distribution)
        why = "" if version else reasons.get(distribution, "not installed in this environment")
        found[name] = Contestant(name, distribution, version, why)
    version = r_packages.versions().get(R)
    found[R] = Contestant(R, R, version, "" if version else r_packages.NO_R)
    return found


def _version(module: str, distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        pass
    if importlib.util.find_spec(module) is None:
        return None
    return str(getattr(importlib.import_module(module), "__version__", "source tree"))


def _reasons() -> dict[str, str]:
    path = Path(sys.prefix) / REASONS_FILE
    return json.loads(path.read_text()) if path.exists() else {}
