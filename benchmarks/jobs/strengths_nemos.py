"""NeMoS's way to choose a strength, for one set of features: scikit-learn's GridSearchCV."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return the seconds of one grid search over a population, which has one strength for all.

    Arguments: as for the job ``strengths``; only set ``measured`` is searched.
    """
    warnings.simplefilter("ignore")
    import jax
    import numpy as np
    from sklearn.model_selection import GridSearchCV, KFold

    jax.config.update("jax_enable_x64", True)
    import nemos as nmo

    from benchmarks.problems import Problem

    problem = Problem.load(Path(arguments["problem"]))
    X = problem.X[:, : arguments["sizes"][arguments["measured"]]]
    model = nmo.glm.PopulationGLM(
        inverse_link_function=jax.numpy.exp,
        regularizer="ElasticNet",
        regularizer_strength=(1.0, problem.l1_ratio),
    )
    grid = [(float(s), problem.l1_ratio) for s in arguments["strengths"]]
    search = GridSearchCV(
        model, {"regularizer_strength": grid}, cv=KFold(arguments["n_folds"]), refit=True
    )
    begin = time.perf_counter()
    search.fit(X, problem.y)
    np.asarray(search.best_estimator_.coef_)
    return {"seconds": time.perf_counter() - begin, "version": nmo.__version__}
