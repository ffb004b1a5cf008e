"""Nested sets x strengths x folds x neurons of an elastic net: one call of ``select_strength``."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return the seconds of the call, how many of its fits are certified, and save a path.

    Arguments: ``problem`` (folder), ``sizes`` of nested sets, ``strengths``, ``n_folds``,
    ``measured``: the set whose path is saved for comparison, not timed.
    """
    warnings.simplefilter("ignore")
    import numpy as np

    import spikeglm as nmo
    from benchmarks.problems import Problem

    problem = Problem.load(Path(arguments["problem"]))
    sizes, strengths = np.array(arguments["sizes"]), np.array(arguments["strengths"])
    size = np.repeat(sizes, problem.n_neurons)
    mask = (np.arange(problem.n_features)[:, None] < size).astype(float)
    settings = {
        "regularizer": "ElasticNet",
        "regularizer_strength": (1.0, problem.l1_ratio),
    }
    begin = time.perf_counter()
    choice = nmo.selection.select_strength(
        nmo.PopulationGLM(feature_mask=mask, **settings),
        problem.X,
        np.tile(problem.y, (1, len(sizes))),
        folds=arguments["n_folds"],
        strengths=strengths,
    )
    seconds = time.perf_counter() - begin
    status = choice.searches[0].status
    used = problem.X[:, : sizes[arguments["measured"]]]
    path = nmo.selection.regularization_path(
        nmo.PopulationGLM(**settings), used, problem.y, strengths=strengths
    )
    np.savez(Path(folder) / "path.npz", coef=path.coef, intercept=path.intercept)
    return {
        "seconds": seconds,
        "n_fits": int(status.size),
        "n_certified": int((status == "converged").sum()),
        "chosen_are_certified": bool(choice.model.fit_report_.converged),
    }
