"""What holds of tests against nulls for every model, penalty and runner."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.catalogue import LINKS
from tests.models import MODELS

import spikeglm as nmo
from spikeglm.inference import null_test

T = 800
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 4))
SHIFT = {"max_shift": 100, "n_shifts": 38}
of_models = pytest.mark.parametrize("name", MODELS)


MEANS = {
    "exp": np.exp,
    "identity": lambda eta: eta,
    "logistic": lambda eta: 1 / (1 + np.exp(-eta)),
    "one_over_x": lambda eta: 1 / eta,
    "one_over_sqrt_x": lambda eta: eta**-0.5,
}


def drawn(name, effect=0.1):
    """Return a model and responses of two neurons, of which the first feels the first feature."""
    row = MODELS[name]
    link = row.canonical
    level, reach = LINKS[link]
    eta = level + effect * reach * np.clip(X[:, :1], -3, 3) * [1.0, 0.0]
    mean = MEANS[link](eta)
    y = row.possible(np.asarray(row.draw(np.random.default_rng(1), mean), dtype=float))
    return nmo.PopulationGLM(row.given, inverse_link_function=link), y


@of_models
def test_the_score_is_the_deviance_to_second_order(name):
    model, y = drawn(name)
    model.fit(X, y)
    score = null_test(model, X, y, **SHIFT)
    gain = null_test(model, X, y, statistic="deviance", **SHIFT)
    assert_allclose(score.statistic, gain.statistic, rtol=0.15, atol=0.3)
    assert_allclose(score.null_statistics, gain.null_statistics, rtol=0.15, atol=0.3)
    assert_allclose(score.null_statistics.mean(), 4, rtol=0.5)  # of χ² with as many parameters


@of_models
def test_how_a_term_is_written_does_not_matter(name):
    model, y = drawn(name)
    mixed = X @ np.array([[2.0, 1.0, 0, 0], [0.0, -3.0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    term = ["x0", "x1"]
    plain = null_test(model.fit(X, y), X, y, term=term, **SHIFT)
    other = null_test(model.fit(mixed + 7.0, y), mixed + 7.0, y, term=term, **SHIFT)
    assert_allclose(plain.null_statistics, other.null_statistics, rtol=1e-5, atol=1e-7)
    # copies add nothing
    double = np.hstack([X, X[:, :1]])
    other = null_test(model.fit(double, y), double, y, term=["x0", "x1", "x4"], **SHIFT)
    assert_allclose(plain.null_statistics, other.null_statistics, rtol=1e-5, atol=1e-7)
    assert_allclose(plain.independent_p_value, other.independent_p_value, rtol=1e-5)


@pytest.mark.slow
def test_every_runner_gives_the_same():
    model, y = drawn("Poisson")
    model.fit(X, y)
    plain = null_test(model, X, y, **SHIFT)
    with nmo.config_context(runner="jax"):
        on_jax = null_test(model, X, y, **SHIFT)
    assert_allclose(plain.null_statistics, on_jax.null_statistics, rtol=1e-6, atol=1e-8)


@pytest.mark.slow
def test_rows_on_dask_give_the_same():
    import dask.array as da

    model, y = drawn("Poisson")
    model.fit(X, y)
    rows = da.from_array(X, chunks=(500, 4))
    plain = null_test(model, X, y, **SHIFT)
    there = null_test(model, rows, y, **SHIFT)
    assert_allclose(plain.null_statistics, there.null_statistics, rtol=1e-6, atol=1e-8)


def test_a_penalty_counts_in_the_score():
    model, y = drawn("Poisson")
    strength = 0.05
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=strength).fit(X, y)
    test = null_test(model, X, y, **SHIFT)
    K = test.lags[-1]
    inside = slice(K, T - K)
    Z, n = X[inside], T - 2 * K
    for c in range(2):  # without features the penalised fit is the mean
        mu = y[inside, c].mean()
        slope = Z.T @ (y[inside, c] - mu)
        centred = Z - Z.mean(axis=0)
        information = mu * centred.T @ centred + n * strength * np.eye(4)
        assert_allclose(test.statistic[c], slope @ np.linalg.solve(information, slope), rtol=1e-6)
    assert np.isnan(test.independent_p_value).all()


def test_strengths_that_the_data_chose_do_not_help_them():
    _, y = drawn("Poisson")
    design = nmo.basis.BSplineEval(6, label="x").design(X[:, 0])
    auto = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
    auto.fit(design, y)
    test = null_test(auto, design, y, **SHIFT)
    plain = null_test(nmo.PopulationGLM().fit(design, y), design, y, **SHIFT)
    assert_allclose(test.null_statistics, plain.null_statistics, rtol=1e-6)
    with pytest.raises(ValueError, match="suit them better"):
        null_test(auto, design, y, statistic="deviance", **SHIFT)


def test_a_penalty_that_selects_has_no_score_but_a_gain():
    _, y = drawn("Poisson", effect=0.4)
    model = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.01).fit(X, y)
    with pytest.raises(ValueError, match="no score"):
        null_test(model, X, y, term="x0", **SHIFT)
    test = null_test(model, X, y, term="x0", statistic="deviance", **SHIFT)
    assert test.p_value[0] == test.smallest_p < test.p_value[1]


def test_masks_of_neurons_are_kept():
    _, y = drawn("Poisson")
    mask = np.ones((4, 2))
    mask[0, 0] = 0
    model = nmo.PopulationGLM(feature_mask=mask).fit(X, y)
    masked = null_test(model, X, y, term=["x0", "x1"], **SHIFT)
    alone = nmo.GLM().fit(X[:, 1:], y[:, 0])
    by_hand = null_test(alone, X[:, 1:], y[:, 0], term="x0", **SHIFT)
    assert_allclose(masked.null_statistics[:, 0], by_hand.null_statistics[:, 0], rtol=1e-6)
    nothing = null_test(model, X, y, term="x0", **SHIFT)
    assert_array_equal(nothing.null_statistics[:, 0], 0)
    assert np.isnan(nothing.independent_p_value[0])


def test_bits_per_spike_are_for_counts():
    model, y = drawn("Gaussian")
    with pytest.raises(ValueError, match="without spikes"):
        null_test(model.fit(X, y), X, y, statistic="bits_per_spike", **SHIFT)


def test_inputs_and_model_stay_as_they_are():
    model, y = drawn("Poisson")
    model.fit(X, y)
    before = X.copy(), y.copy(), model.coef_.copy()
    null_test(model, X, y, term="x0", statistic="deviance", **SHIFT)
    for then, now in zip(before, (X, y, model.coef_), strict=True):
        assert_array_equal(then, now)
