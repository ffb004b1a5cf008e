"""Fit hidden states with one library: from process start, then again, from the same parameters."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hidden_states import first, made


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds of the first fit and of each refit; save the parameters of the last.

    Arguments: ``rival``, ``n_trials``, ``n_refits``.
    """
    warnings.simplefilter("ignore")
    import numpy as np

    X, y, starts = made(arguments["n_trials"])
    fit = _FITS[arguments["rival"]]
    found = fit(X, y, starts)  # what is drawn is drawn by ours, and took time
    first_s = time.monotonic() - started
    refits = []
    for _ in range(arguments["n_refits"]):
        begin = time.perf_counter()
        found = fit(X, y, starts)
        refits.append(time.perf_counter() - begin)
    np.savez(Path(folder) / "found.npz", **found)
    return {"first_s": first_s, "refits_s": refits}


def _ours(X: Any, y: Any, starts: Any) -> dict[str, Any]:
    import spikeglm as nmo

    model = nmo.GLMHMM(3, regularizer="UnRegularized").fit(X, y, first(), starts)
    return _named(model)


def _nemos(X: Any, y: Any, starts: Any) -> dict[str, Any]:
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    import nemos

    model = nemos.glm_hmm.GLMHMM(3, "Bernoulli", regularizer="UnRegularized", maxiter=1000)
    model.fit(X, y, init_params=first(), session_starts=np.isin(np.arange(len(y)), starts))
    return _named(model)


def _dynamax(X: Any, y: Any, starts: Any) -> dict[str, Any]:
    """Turns as many as bring the log-likelihood to a standstill: 20 at a time.

    Its sessions have one length. Priors of states are flat, those of weights are wide by default.
    """
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    from dynamax.hidden_markov_model import LogisticRegressionHMM

    coef, intercept, _, initial, transition = first()
    model = LogisticRegressionHMM(
        3, X.shape[1], initial_probs_concentration=1.0, transition_matrix_concentration=1.0
    )
    params, properties = model.initialize(
        initial_probs=initial,
        transition_matrix=transition,
        emission_weights=coef.T,
        emission_biases=intercept,
    )
    sessions = len(starts), -1
    reached = -np.inf
    for _ in range(_MOST_TURNS // _TURNS):
        params, values = model.fit_em(
            params,
            properties,
            y.reshape(sessions),
            X.reshape(*sessions, X.shape[1]),
            num_iters=_TURNS,
            verbose=False,
        )
        if float(values[-1]) - reached < _STANDSTILL * len(y):
            break
        reached = float(values[-1])
    return {
        "coef": np.asarray(params.emissions.weights).T,
        "intercept": np.asarray(params.emissions.biases),
        "initial": np.asarray(params.initial.probs),
        "transition": np.asarray(params.transitions.transition_matrix),
    }


def _named(model: Any) -> dict[str, Any]:
    import numpy as np

    return {
        "coef": np.asarray(model.coef_),
        "intercept": np.asarray(model.intercept_),
        "initial": np.asarray(model.initial_prob_),
        "transition": np.asarray(model.transition_prob_),
    }


_TURNS, _MOST_TURNS = 20, 1000
_STANDSTILL = 1e-9  # nats a trial in that many turns
_FITS: dict[str, Callable[..., dict[str, Any]]] = {
    "spikeglm": _ours,
    "nemos": _nemos,
    "dynamax": _dynamax,
}
