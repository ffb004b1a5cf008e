"""Fit smooth terms with strengths that the data choose, and plainly with one for all."""

from __future__ import annotations

import time
import warnings
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds and passes of both, in turn.

    Arguments: ``n_rows``, ``n_terms`` (of 20 functions each), ``n_neurons``.
    """
    warnings.simplefilter("ignore")
    import numpy as np

    import spikeglm as nmo

    rng = np.random.default_rng(0)
    T, N = arguments["n_rows"], arguments["n_neurons"]
    places = rng.uniform(size=(arguments["n_terms"], T))
    basis = sum(
        (nmo.basis.BSplineEval(20, label=f"term{j}") for j in range(1, len(places))),
        nmo.basis.BSplineEval(20, label="term0"),
    )
    X = np.asarray(basis.design(*places))
    waves = np.sin(2 * np.pi * (places.T[:, :, None] + rng.uniform(size=N)))
    drive = np.einsum("tjn,jn->tn", waves, rng.uniform(0.0, 0.6, (len(places), N)))
    y = rng.poisson(np.exp(drive + np.log(rng.uniform(0.05, 0.5, N)))).astype(float)
    measured: dict[str, Any] = {"auto_s": [], "plain_s": []}
    for _ in range(3 if T * N < 10**6 else 1):
        begin = time.perf_counter()
        found = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
        found.fit(X, y, terms=basis)
        measured["auto_s"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        plain = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength=1e-3)
        plain.fit(X, y, terms=basis)
        measured["plain_s"].append(time.perf_counter() - begin)
    return measured | {
        "size": f"{T} × {X.shape[1]}, {N} neuron(s)",
        "auto_passes": found.fit_report_.n_passes,
        "plain_passes": plain.fit_report_.n_passes,
    }
