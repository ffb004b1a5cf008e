"""Write out history features of many channels: seconds, and memory beyond what was there before."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..memory import current_bytes, peak_bytes


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Compute the features, then again; save some rows of them for comparison.

    Arguments: ``library`` (spikeglm or nemos), ``signals`` (.npy), ``n_functions``, ``window``,
    ``n_repeats``.
    """
    nmo = _library(arguments["library"])
    basis = nmo.basis.RaisedCosineLogConv(arguments["n_functions"], window_size=arguments["window"])
    signals = np.load(arguments["signals"])
    before = current_bytes()
    first, features = _timed(basis, signals)
    first_s = time.monotonic() - started
    above = peak_bytes() - before
    seconds = [first]
    sample = np.linspace(0, len(signals) - 1, 1000).astype(int)
    np.save(Path(folder) / "rows.npy", np.asarray(features)[sample])
    for _ in range(arguments["n_repeats"]):
        del features
        again, features = _timed(basis, signals)
        seconds.append(again)
    return {
        "first_s": first_s,
        "refits_s": seconds[1:],
        "above_bytes": above,
        "table_bytes": int(features.nbytes),
    }


def _library(name: str) -> Any:
    if name == "nemos":
        import jax

        jax.config.update("jax_enable_x64", True)
    nmo = importlib.import_module(name)
    nmo.basis.RaisedCosineLogConv(2, window_size=3)  # both load their parts when first used
    return nmo


def _timed(basis: Any, signals: np.ndarray) -> tuple[float, Any]:
    begin = time.perf_counter()
    features = basis.compute_features(signals)
    if hasattr(features, "block_until_ready"):
        features.block_until_ready()
    return time.perf_counter() - begin, features
