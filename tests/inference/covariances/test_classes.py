"""Classifiers: two classes are a Bernoulli model, several a sandwich of written-out matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning

T, P, K, L = 400, 2, 3, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P)) + np.array([0.0, 20.0])
ETA = np.column_stack([0.8 * X[:, 0], -0.5 * X[:, 0], 0.4 * (X[:, 1] - 20)])
LABELS = np.argmax(ETA + RNG.gumbel(size=ETA.shape), axis=1)
OTHERS = RNG.integers(0, K, T)
WEIGHTS = RNG.integers(0, 3, T).astype(float)
TRIALS = np.arange(T) // 16
ASKED = {
    "HC0": {"cov_type": "HC0", "small_sample": "none"},
    "HC1": {"cov_type": "HC1"},
    "cluster": {"cov_type": "cluster", "groups": TRIALS},
    "HAC": {"cov_type": "HAC", "lags": L},
}
PAIRS = {
    "HC0": np.diag(1 / np.maximum(WEIGHTS, 1)),  # a row of weight a is a rows: a u²
    "HC1": np.diag(1 / np.maximum(WEIGHTS, 1)),
    "cluster": (TRIALS[:, None] == TRIALS).astype(float),
    "HAC": np.clip(1 - np.abs(np.subtract.outer(np.arange(T), np.arange(T))) / (L + 1), 0, None),
}
FREE = {"regularizer": "UnRegularized", "solver_kwargs": {"tol": 1e-12}}
of_kinds = pytest.mark.parametrize("kind", ASKED)


@of_kinds
def test_two_classes_are_a_bernoulli_model(kind):
    y = (LABELS == 1).astype(int)
    one = nmo.GLM("Bernoulli", solver_kwargs={"tol": 1e-11}).fit(X, y)
    two = nmo.ClassifierGLM(2, **FREE).fit(X, y)
    expected, found = (fit.covariance(X, y, **ASKED[kind]) for fit in (one, two))
    # Parameter j of class k is at 2 j + k, and half the difference of the classes is that of one.
    J = np.kron(np.eye(P + 1), [-1.0, 1.0])
    assert_allclose(J @ found @ J.T, expected, rtol=1e-6)


def written_out(fit, kind, ridge=0.0):
    """B S' K S B with the generalised inverse of the whole curvature, (n, n), j·K + k."""
    p = fit.predict_proba(X)
    Z, onehot = np.column_stack([X, np.ones(T)]), np.eye(K)[LABELS]
    s = np.einsum("tj,tk->tjk", Z, WEIGHTS[:, None] * (p - onehot)).reshape(T, -1)
    V = np.einsum("tk,kl->tkl", p, np.eye(K)) - np.einsum("tk,tl->tkl", p, p)
    F = np.einsum("t,tj,ti,tkl->jkil", WEIGHTS, Z, Z, V).reshape(s.shape[1], -1)
    A = np.kron(np.diag([ridge] * P + [0.0]), np.eye(K)) * WEIGHTS.sum()
    size = np.sqrt(np.diag(F))
    B = np.linalg.pinv((F + A) / np.outer(size, size), rcond=1e-10, hermitian=True)
    # Whatever generalised inverse: parameters that add up to zero over classes are estimated.
    centred = np.eye(len(F)) - np.kron(np.eye(P + 1), np.full((K, K), 1 / K))
    B = centred @ (B / np.outer(size, size)) @ centred
    factor, n, k = 1.0, WEIGHTS.sum(), np.trace(B @ F)
    if kind in ("HC1", "HAC"):
        factor = n / (n - k)
    if kind == "cluster":
        factor = (G := len(np.unique(TRIALS[WEIGHTS > 0]))) / (G - 1)
    return B @ s.T @ PAIRS[kind] @ s @ B * factor


@of_kinds
@pytest.mark.parametrize("ridge", [0.0, 0.02])
def test_several_classes_are_the_sandwich_of_the_multinomial_score(kind, ridge):
    penalised = {"regularizer": "Ridge", "regularizer_strength": ridge} if ridge else {}
    fit = nmo.ClassifierGLM(K, **FREE | penalised).fit(X, LABELS, sample_weight=WEIGHTS)
    found = fit.covariance(X, LABELS, sample_weight=WEIGHTS, **ASKED[kind])
    expected = written_out(fit, kind, ridge)
    sd = np.sqrt(np.diag(expected))
    assert_allclose(found / np.outer(sd, sd), expected / np.outer(sd, sd), atol=1e-6)


@of_kinds
def test_neurons_of_a_population_have_what_each_has_alone(kind):
    y = np.column_stack([LABELS, OTHERS])
    fit = nmo.ClassifierPopulationGLM(K, **FREE).fit(X, y)
    together = fit.covariance(X, y, **ASKED[kind])
    with nmo.config_context(memory="64KiB"):
        assert_allclose(fit.covariance(X, y, **ASKED[kind]), together, rtol=1e-7, atol=1e-12)
    for n in range(2):
        alone = nmo.ClassifierGLM(K, **FREE).fit(X, y[:, n])
        expected = alone.covariance(X, y[:, n], **ASKED[kind])
        assert_allclose(together[n], expected, rtol=1e-5, atol=1e-9)


def test_leverages_are_refused_with_advice():
    fit = nmo.ClassifierGLM(K).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"no single leverage.*Bernoulli"):
        fit.covariance(X, LABELS, cov_type="HC3")


def test_a_separated_feature_leaves_the_others_their_errors():
    apart = np.column_stack([X[:, 0], LABELS == 2])
    with pytest.warns(ConvergenceWarning):
        fit = nmo.ClassifierGLM(K, **FREE).fit(apart, LABELS)
    coef, _ = fit.standard_errors(apart, LABELS, cov_type="HC0")
    own, _ = fit.standard_errors(apart, LABELS)
    assert_allclose(np.isnan(coef), np.isnan(own))
    assert np.isfinite(coef).any() == np.isfinite(own).any()
