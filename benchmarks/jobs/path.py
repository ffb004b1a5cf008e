"""One cold fit at the smallest strength, and the whole path of strengths, in turn."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds and passes of cold fits and of paths, and how far their last points differ.

    Arguments: ``problem`` (folder), ``n_strengths``, ``smallest``, ``n_repeats``.
    """
    warnings.simplefilter("ignore")
    import numpy as np

    import spikeglm as nmo
    from benchmarks.problems import Problem

    problem = Problem.load(Path(arguments["problem"]))
    measured: dict[str, Any] = {"cold_s": [], "path_s": []}
    for _ in range(arguments["n_repeats"]):
        begin = time.perf_counter()
        path = nmo.selection.regularization_path(
            nmo.PopulationGLM(regularizer="Lasso"),
            problem.X,
            problem.y,
            strengths=arguments["n_strengths"],
            smallest=arguments["smallest"],
        )
        measured["path_s"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        model = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=path.strengths[-1:])
        model.fit(problem.X, problem.y)
        measured["cold_s"].append(time.perf_counter() - begin)
    return measured | {
        "path_passes": path.n_passes,
        "cold_passes": model.fit_report_.n_passes,
        "difference": float(np.abs(path.coef[-1] - model.coef_).max()),
        "largest_violation": float(path.certificate.max()),
        "n_nonzero": float(np.mean(path.n_nonzero[-1])),
    }
