"""Twenty starts of hidden states, and a grid of states, starts and folds."""

from __future__ import annotations

import time
import warnings
from typing import Any

from benchmarks.hidden_states import made


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return the seconds of both, and the log-likelihood of the best start.

    Arguments: ``n_trials``, ``n_of_grid`` (trials), ``n_restarts``, ``most_states``.
    """
    warnings.simplefilter("ignore")
    import spikeglm as nmo

    X, y, starts = made(arguments["n_trials"])
    n_restarts, n = arguments["n_restarts"], arguments["n_of_grid"]
    begin = time.perf_counter()
    model = nmo.GLMHMM(3, n_restarts=n_restarts).fit(X, y, session_starts=starts)
    restarts_s = time.perf_counter() - begin
    begin = time.perf_counter()
    nmo.glm_hmm.select_states(
        X[:n],
        y[:n],
        starts[starts < n],
        n_states=range(1, arguments["most_states"] + 1),
        n_restarts=n_restarts,
    )
    return {
        "restarts_s": restarts_s,
        "grid_s": time.perf_counter() - begin,
        "log_likelihood": float(model.log_likelihood_),
    }
