"""All sets of four variables x folds x neurons: one call of ``fit_term_sets``."""

from __future__ import annotations

import time
import warnings
from itertools import combinations
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds of the call, and how its scores differ from those of fits one by one.

    Arguments: ``n_rows``, ``n_neurons``, ``n_folds``, ``n_bins`` of position to a side,
    ``n_checked`` fits that are done again.
    """
    warnings.simplefilter("ignore")
    import numpy as np

    import spikeglm as nmo
    from benchmarks.problems import navigating_population

    X, y, terms = navigating_population(
        arguments["n_rows"], arguments["n_neurons"], arguments["n_bins"]
    )
    sets = [list(some) for k in range(1, 5) for some in combinations(terms, k)]
    penalty = {"regularizer": "Ridge", "regularizer_strength": 1e-4}
    splitter = nmo.selection.InterleavedBlocks(arguments["n_folds"])
    folds = nmo.selection.fixed_folds(splitter, X)
    begin = time.perf_counter()
    found = nmo.selection.fit_term_sets(
        nmo.PopulationGLM(**penalty), X, y, sets, folds=folds, terms=terms
    )
    seconds = time.perf_counter() - begin
    rng, gap = np.random.default_rng(0), 0.0
    pairs = list(folds.split())
    for _ in range(arguments["n_checked"]):
        m, k, n = rng.integers([len(sets), len(pairs), y.shape[1]])
        (train, test), used = pairs[k], np.concatenate([terms[label] for label in sets[m]])
        alone = nmo.GLM(**penalty, solver_name="Newton").fit(X[np.ix_(train, used)], y[train, n])
        rate = alone.predict(X[np.ix_(test, used)])
        deviance = nmo.observation_models.PoissonObservations().deviance(y[test, n], rate)
        gap = max(gap, abs(found.sums.deviance[m, k, n] / np.sum(deviance) - 1.0))
    return {
        "seconds": seconds,
        "n_features": X.shape[1],
        "n_fits": int(found.status.size),
        "n_certified": int((found.status == "converged").sum()),
        "gap": float(gap),
    }
