"""Strengths of sparse penalties: zero, huge, per coefficient, per neuron; features of any size."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.reference import numpy_fista

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso

EACH = np.eye(8)
KINDS = {"Lasso": "Lasso", "ElasticNet": "ElasticNet", "GroupLasso": GroupLasso(EACH)}
of_kinds = pytest.mark.parametrize("kind", KINDS)


def data(n_neurons=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1000, 8))
    X[:, 1:] += 0.5 * X[:, :-1]
    return X, rng.poisson(np.exp(0.3 * X @ rng.normal(size=(8, n_neurons)) - 1)).astype(float)


def fitted(kind, strength, X, y, ratio=0.6):
    model = nmo.GLM if y.ndim == 1 else nmo.PopulationGLM
    strength = (strength, ratio) if kind == "ElasticNet" else strength
    model = model(regularizer=KINDS[kind], regularizer_strength=strength).fit(X, y)
    assert model.fit_report_.converged
    return model


def oracle(kind, strength, X, y, ratio=0.6):
    if kind == "ElasticNet":
        return numpy_fista.fit(X, y, numpy_fista.elastic_net(strength, ratio))
    return numpy_fista.fit(X, y, numpy_fista.lasso(strength))


@of_kinds
def test_one_per_coefficient_some_zero_some_huge(kind):
    X, y = data()
    strength = np.array([0.02, 0.0, 1e9, 0.05, 0.02, 0.0, 1e3, 0.01])
    model = fitted(kind, strength, X, y[:, 0])
    w, b, _ = oracle(kind, np.minimum(strength, 1e3), X, y[:, 0])
    assert_allclose(model.coef_, w, atol=1e-6)
    assert_allclose(model.intercept_, b, atol=1e-6)
    assert (model.coef_[[2, 6]] == 0).all()
    assert (model.coef_[[1, 5]] != 0).all()


@of_kinds
def test_strength_zero_is_no_penalty_and_a_huge_one_leaves_the_mean(kind):
    X, y = data()
    assert_allclose(fitted(kind, 0.0, X, y).coef_, nmo.PopulationGLM().fit(X, y).coef_, atol=1e-6)
    huge = fitted(kind, 1e12, X, y)
    assert (huge.coef_ == 0).all()
    assert_allclose(huge.intercept_, np.log(y.mean(axis=0)), rtol=1e-7)


@of_kinds
def test_neurons_of_very_different_strengths(kind):
    X, y = data()
    together = fitted(kind, np.array([[1e-5, 0.1]]), X, y)
    for n, strength in enumerate([1e-5, 0.1]):
        w, _, _ = oracle(kind, strength, X, y[:, n])
        assert_allclose(together.coef_[:, n], w, atol=1e-6)


@of_kinds
def test_features_of_very_different_size_are_each_held_to_their_strength(kind):
    """A feature in volts has a huge strength in units of its deviation; it must hide no other."""
    X, y = data(n_neurons=1)
    X[:, 0] *= 1e-6
    X[:, 1] *= 1e4
    model = fitted(kind, 0.02, X, y[:, 0])
    eta = X @ model.coef_ + model.intercept_
    slope = X.T @ (np.exp(eta) - y[:, 0]) / len(X)
    l1, l2 = (0.012, 0.008) if kind == "ElasticNet" else (0.02, 0.0)
    slope += l2 * model.coef_
    at_zero = np.maximum(np.abs(slope) - l1, 0.0)
    violation = np.where(model.coef_ == 0, at_zero, np.abs(slope + l1 * np.sign(model.coef_)))
    assert np.delete(violation, 1).max() <= 2e-7 * l1
    assert violation[1] <= 2e-6 * l1  # whose strength is next to none in units of its deviation
    assert np.count_nonzero(model.coef_) >= 3


def test_a_strength_per_group_and_neuron():
    X, y = data()
    groups = GroupLasso(np.kron(np.eye(4), np.ones((1, 2))))
    strength = np.array([[0.01, 0.1], [0.0, 0.02], [1e9, 0.0], [0.03, 0.03]])
    model = nmo.PopulationGLM(regularizer=groups, regularizer_strength=strength).fit(X, y)
    members = [[0, 1], [2, 3], [4, 5], [6, 7]]
    for n in range(2):
        penalty = numpy_fista.group_lasso(np.minimum(strength[:, n], 1e3), members)
        w, _, _ = numpy_fista.fit(X, y[:, n], penalty)
        assert_allclose(model.coef_[:, n], w, atol=1e-6)
