"""A path of strengths of a group lasso for many neurons and folds, in one call."""

from __future__ import annotations

import time
import warnings
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds of the call, and how many of its fits are certified.

    Arguments: ``model``, ``n_rows``, ``n_groups``, ``group_size``, ``n_neurons``, ``n_strengths``,
    ``n_folds``.
    """
    warnings.simplefilter("ignore")
    import numpy as np

    import spikeglm as nmo
    from benchmarks.problems import grouped_population

    X, y, mask = grouped_population(
        arguments["n_rows"],
        arguments["n_groups"],
        arguments["group_size"],
        arguments["n_neurons"],
        counts=arguments["model"] == "Poisson",
    )
    model = nmo.PopulationGLM(arguments["model"], regularizer=nmo.regularizer.GroupLasso(mask))
    begin = time.perf_counter()
    choice = nmo.selection.select_strength(
        model, X, y, folds=arguments["n_folds"], strengths=arguments["n_strengths"], smallest=0.01
    )
    seconds = time.perf_counter() - begin
    status = choice.searches[0].status
    used = mask @ np.abs(choice.model.coef_) > 0
    return {
        "seconds": seconds,
        "n_fits": int(status.size),
        "n_certified": int((status == "converged").sum()),
        "n_groups_used": float(used.sum(axis=0).mean()),
    }
