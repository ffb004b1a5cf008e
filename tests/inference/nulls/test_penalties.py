"""Nulls of fits under Firth's penalty, and of features that are not those of the fit."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.inference import block_bootstrap, null_test

T = 200
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 3))
Y = RNG.poisson(np.exp(X[:, [0, 1]] * 0.5 - 1.5)).astype(float)
ASK = {
    "null": lambda model, X: null_test(model, X, Y, term="x2", max_shift=20, n_shifts=9),
    "bootstrap": lambda model, X: block_bootstrap(model, X, Y, block=20, n_draws=9),
}


@pytest.mark.parametrize("question", ASK)
@pytest.mark.parametrize("penalty", [None, "Firth", "Ridge"])
def test_other_features_than_those_of_the_fit_are_refused(question, penalty):
    """Only responses were looked at, and tests of other models came out."""
    model = nmo.PopulationGLM(regularizer=penalty).fit(X, Y)
    ASK[question](model, X)
    for other in (X[::-1], 2 * X):
        with pytest.raises(ValueError, match="not the data of the fit"):
            ASK[question](model, other)


def neyman(y, rest, term):
    """Return Neyman's C(alpha) at Firth's estimates without the term, by dense algebra."""
    without = nmo.GLM(regularizer="Firth").fit(rest, y)
    Z = sm.add_constant(np.column_stack([rest, term]), has_constant="add")
    mu = without.predict(rest)
    U, F = Z.T @ (y - mu), Z.T @ (mu[:, None] * Z)
    r = rest.shape[1] + 1
    across = np.linalg.solve(F[:r, :r], F[:r, r:]).T
    left = U[r:] - across @ U[:r]
    assert np.abs(U[:r]).max() > 0.1  # the likelihood is not largest there
    return left @ np.linalg.solve(F[r:, r:] - across @ F[:r, r:], left)


@pytest.mark.parametrize("moves", ["term", "response"])
def test_the_score_under_firths_penalty(moves):
    model = nmo.PopulationGLM(regularizer="Firth").fit(X, Y)
    how = {"max_shift": 20, "n_shifts": 4, "moves": moves}
    test = null_test(model, X, Y, term="x2", **how)
    centre = np.arange(20, T - 20)
    by_hand = [neyman(y[centre], X[centre, :2], X[centre, 2:]) for y in Y.T]
    assert_allclose(test.statistic, by_hand, rtol=1e-6)
    for d, k in enumerate(test.lags):
        there = centre + k
        if moves == "term":
            expected = [neyman(y[centre], X[centre, :2], X[there, 2:]) for y in Y.T]
        else:
            expected = [neyman(y[there], X[there, :2], X[centre, 2:]) for y in Y.T]
        assert_allclose(test.null_statistics[d], expected, rtol=1e-6)
    assert np.isfinite(test.independent_p_value).all()
