"""Ridge strengths: a number, one per coefficient, per feature or per neuron."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CANONICAL, SOLVERS, Case

import spikeglm as nmo

of_cases = pytest.mark.parametrize(
    "case", [Case(*pair, "Ridge", solver) for pair in CANONICAL for solver in SOLVERS], ids=str
)


@of_cases
@pytest.mark.parametrize("shape", [(), (1, 2), (3, 1), (3, 2)])
def test_a_number_is_an_array_of_that_number(case, shape):
    X, y = case.data()
    expected = case.population().fit(X, y)
    model = case.population(regularizer_strength=np.full(shape, case.penalty.l2)).fit(X, y)
    assert_allclose(model.coef_, expected.coef_, rtol=1e-6, atol=1e-7)


@of_cases
def test_a_number_is_an_array_for_one_neuron_too(case):
    X, y = case.data()
    expected = case.glm().fit(X, y[:, 0])
    for strength in (np.full(3, case.penalty.l2), [case.penalty.l2] * 3):
        model = case.glm(regularizer_strength=strength).fit(X, y[:, 0])
        assert_allclose(model.coef_, expected.coef_, rtol=1e-6, atol=1e-7)


@of_cases
@pytest.mark.parametrize("strengths", [(0.01, 1.0), (0.0, 100.0)])
def test_a_strength_per_neuron_is_separate_fits(case, strengths):
    X, y = case.data()
    together = case.population(regularizer_strength=np.array([strengths])).fit(X, y)
    for n, strength in enumerate(strengths):
        alone = case.glm(regularizer_strength=strength).fit(X, y[:, n])
        assert_allclose(together.coef_[:, n], alone.coef_, rtol=1e-6, atol=1e-7)


@of_cases
def test_a_strength_per_coefficient_is_the_oracles(case):
    X, y = case.data()
    strength = np.array([[0.0, 1.0], [0.5, 0.0], [3.0, 0.1]])
    model = case.population(regularizer_strength=strength).fit(X, y)
    for n in range(2):
        oracle = case.oracle(X, y[:, n], ridge=strength[:, n])
        assert_allclose(model.coef_[:, n], oracle.coef, rtol=1e-6, atol=1e-7)


@of_cases
def test_strength_zero_is_no_penalty_and_a_huge_one_leaves_the_mean(case):
    X, y = case.data()
    none = case.population(regularizer_strength=0.0).fit(X, y)
    plain = case.population(regularizer="UnRegularized", regularizer_strength=None).fit(X, y)
    assert_allclose(none.coef_, plain.coef_, rtol=1e-6, atol=1e-7)
    huge = case.population(regularizer_strength=1e12).fit(X, y)
    assert np.abs(huge.coef_).max() < 1e-9
    assert_allclose(huge.predict(X), np.broadcast_to(y.mean(axis=0), y.shape), rtol=1e-6)


def test_the_default_strength_is_one():
    case = Case("Poisson", "exp", "Ridge")
    X, y = case.data()
    default = nmo.GLM(regularizer="Ridge").fit(X, y[:, 0])
    one = nmo.GLM(regularizer="Ridge", regularizer_strength=1).fit(X, y[:, 0])
    assert (default.coef_ == one.coef_).all()


def test_no_penalty_ignores_any_strength():
    X, y = Case("Poisson", "exp").data()
    plain = nmo.GLM().fit(X, y[:, 0])
    with pytest.warns(UserWarning, match="no effect: there is no penalty"):
        ignored = nmo.GLM(regularizer_strength=5.0).fit(X, y[:, 0])
    assert (plain.coef_ == ignored.coef_).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_penalty_refers_to_the_users_units(solver):
    X, y = Case("Poisson", "exp").data()
    rescaled = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1 * 7**2, solver_name=solver)
    plain = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1, solver_name=solver)
    assert_allclose(
        rescaled.fit(7 * X, y[:, 0]).coef_ * 7, plain.fit(X, y[:, 0]).coef_, rtol=1e-6, atol=1e-8
    )


def test_the_penalty_does_not_depend_on_the_length_of_the_recording():
    X, y = Case("Poisson", "exp").data()
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=0.2)
    once = model.fit(X, y[:, 0]).coef_
    assert_allclose(model.fit(np.tile(X, (3, 1)), np.tile(y[:, 0], 3)).coef_, once, rtol=1e-6)
