"""Fit a whole population on a lazy design: seconds, and all memory that was ever resident."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo

from ..memory import current_bytes, peak_bytes


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Fit every neuron on the history of all.

    Arguments: ``counts`` (.npy, (T, N)), ``n_functions``, ``window``.
    """
    counts = np.load(arguments["counts"])
    before = current_bytes()
    begin = time.perf_counter()
    basis = nmo.basis.RaisedCosineLogConv(arguments["n_functions"], window_size=arguments["window"])
    model = nmo.PopulationGLM().fit(basis.design(counts), counts)
    seconds = time.perf_counter() - begin
    np.savez(Path(folder) / "fitted.npz", coef=model.coef_, intercept=model.intercept_)
    return {
        "fit_s": seconds,
        "all_s": time.monotonic() - started,
        "peak_bytes": peak_bytes(),
        "before_bytes": before,
        "n_passes": model.fit_report_.n_passes,
        "status": sorted(set(model.fit_report_.status)),
    }
