"""A mouse that chooses in three states, engaged or biased to either side; and where fits begin.

Three inputs, sessions of 500 trials. All libraries begin at the same parameters and are compared at
the same log-likelihood: ``python -m benchmarks --only hidden_states``.
"""

from __future__ import annotations

import numpy as np

COEF = np.array([[5.0, 1.0, 1.5], [0.5, 0.3, -0.3], [0.2, 0.4, 0.1]])
INTERCEPT = np.array([0.0, 2.0, -2.5])
INITIAL = np.array([0.6, 0.2, 0.2])
TRANSITION = np.array([[0.98, 0.01, 0.01], [0.03, 0.96, 0.01], [0.02, 0.02, 0.96]])
SESSION = 500


def made(n_trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs (T, 3), choices (T,) and where sessions begin."""
    import spikeglm as nmo

    truth = nmo.GLMHMM(3)
    truth.coef_, truth.intercept_, truth.scale_ = COEF, INTERCEPT, np.ones(3)
    truth.initial_prob_, truth.transition_prob_ = INITIAL, TRANSITION
    X = np.random.default_rng(0).normal(size=(n_trials, 3))
    starts = np.arange(0, n_trials, SESSION)
    return X, truth.simulate(1, X, session_starts=starts).y.astype(float), starts


def first(K: int = 3) -> tuple[np.ndarray, ...]:
    """Return parameters to begin with: weights near those of one GLM, apart."""
    rng = np.random.default_rng(5)
    stay = np.full((K, K), 0.05 / (K - 1)) + (0.95 - 0.05 / (K - 1)) * np.eye(K)
    coef, intercept = 1.0 + rng.normal(size=(3, K)), rng.normal(size=K)
    return coef, intercept, np.ones(K), np.full(K, 1 / K), stay
