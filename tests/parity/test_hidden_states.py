"""GLM-HMM: posteriors, scores and fits of both libraries from the same parameters.

Not compared: models with a dispersion, whose scale NeMoS 0.2.9 takes for its logarithm.
"""

import nemos
import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

T = 600
STARTS = np.isin(np.arange(T), [0, 200, 450])
FIRST = (
    np.array([[2.0, 0.2], [0.1, 0.4]]), np.array([0.1, 0.8]), np.ones(2),
    np.array([0.6, 0.4]), np.array([[0.95, 0.05], [0.1, 0.9]]),
)  # fmt: skip


def data(model):
    rng = np.random.default_rng(0)
    X, state = rng.normal(size=(T, 2)), np.arange(T) // 60 % 2
    eta = np.where(state, 0.3 * X[:, 0] + 1.0, 1.5 * X[:, 0])
    if model == "Poisson":
        return X, rng.poisson(np.exp(0.5 * eta)).astype(float)
    return X, (rng.random(T) < 1 / (1 + np.exp(-eta))).astype(float)


@pytest.mark.parametrize("model", ["Bernoulli", "Poisson"])
def test_fits_from_the_same_parameters_agree(model):
    X, y = data(model)
    theirs = nemos.glm_hmm.GLMHMM(2, model, maxiter=500, tol=1e-12)
    theirs.fit(X, y, init_params=FIRST, session_starts=STARTS)
    ours = nmo.GLMHMM(2, model, tol=1e-12).fit(X, y, FIRST, STARTS)
    assert_allclose(ours.coef_, np.asarray(theirs.coef_), atol=2e-3)
    assert_allclose(ours.intercept_, np.asarray(theirs.intercept_), atol=2e-3)
    assert_allclose(ours.transition_prob_, np.asarray(theirs.transition_prob_), atol=2e-3)
    assert_allclose(ours.score(X, y, STARTS), float(theirs.score(X, y, STARTS)), rtol=1e-5)
    smooth = np.asarray(theirs.smooth_proba(X, y, STARTS))
    assert_allclose(ours.smooth_proba(X, y, STARTS), smooth, atol=5e-3)
