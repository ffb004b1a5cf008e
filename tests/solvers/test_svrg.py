"""The theory of SVRG in numbers, and minibatches whose mean is the whole."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import simulated

from spikeglm.engine.coordinates.feature_facts import Features
from spikeglm.engine.minibatches import minibatches
from spikeglm.engine.objective import Objective
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.glm import PopulationGLM
from spikeglm.rows import ArrayRows
from spikeglm.solvers import glm_softplus_poisson_l_max_and_l, svrg_optimal_batch_and_stepsize

# X = default_rng(3).normal(size=(300, 4)) * [1, 2, 3, 4], y = the same generator's poisson(2, 300):
# strong convexity, batch size and step length as NeMoS 0.2.9 computes them in float32.
BY_NEMOS = [
    (0.001, 4, 0.00633149598),
    (0.2, 4, 0.00633149598),
    (0.5, 2, 0.00331610543),
    (1.0, 1, 0.00169838518),
    (5.0, 1, 0.00169838518),
]


def data():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 4)) * [1, 2, 3, 4]
    return X, rng.poisson(2.0, 300)


def test_smoothness_by_its_definition():
    X, y = data()
    bend = 0.17 * y + 0.25
    l_max, l_mean = glm_softplus_poisson_l_max_and_l(X, y, n_power_iters=None)
    assert_allclose(l_max, max((x @ x) * d for x, d in zip(X, bend, strict=True)))
    assert_allclose(l_mean, np.linalg.norm(X.T @ np.diag(bend) @ X / 300, 2))
    assert_allclose(glm_softplus_poisson_l_max_and_l(X, y), (l_max, l_mean), rtol=1e-4)
    tree = {"a": X[:, :1], "b": X[:, 1:]}
    assert glm_softplus_poisson_l_max_and_l(tree, y, n_power_iters=None) == (l_max, l_mean)


def test_the_bound_is_one():
    """The second derivative of the loss of softplus, at any predictor, is below 0.17 y + 0.25."""
    eta = np.linspace(-30, 30, 2001)
    s = 1 / (1 + np.exp(-eta))
    mean = np.logaddexp(0, eta)
    for y in (0, 1, 3, 20):
        curvature = s * (1 - s) * (1 - y / mean) + y * s**2 / mean**2
        assert curvature.max() <= 0.17 * y + 0.25 + 1e-9


@pytest.mark.parametrize(("mu", "batch_size", "stepsize"), BY_NEMOS)
def test_the_numbers_of_nemos(mu, batch_size, stepsize):
    found = svrg_optimal_batch_and_stepsize(
        glm_softplus_poisson_l_max_and_l, *data(), strong_convexity=mu
    )
    assert found["batch_size"] == batch_size
    assert_allclose(found["stepsize"], stepsize, rtol=1e-5)


def test_what_is_given_is_kept_and_without_convexity_there_is_one_row():
    found = svrg_optimal_batch_and_stepsize(
        glm_softplus_poisson_l_max_and_l, *data(), batch_size=7, stepsize=0.5
    )
    assert found == {"batch_size": 7, "stepsize": 0.5}
    one = svrg_optimal_batch_and_stepsize(glm_softplus_poisson_l_max_and_l, *data())
    assert one["batch_size"] == 1


def test_where_theory_gives_no_number_the_default_is_announced():
    X, y = data()
    with pytest.warns(UserWarning, match="stepsize"):
        found = svrg_optimal_batch_and_stepsize(
            glm_softplus_poisson_l_max_and_l, 0 * X, y, default_stepsize=0.25
        )
    assert found["stepsize"] == 0.25
    with pytest.raises(ValueError, match="same number of samples"):
        svrg_optimal_batch_and_stepsize(glm_softplus_poisson_l_max_and_l, X, y[:-1])


def test_theory_can_be_passed_on():
    X, y = simulated("Poisson", "softplus", 400, 2)
    settings = svrg_optimal_batch_and_stepsize(
        glm_softplus_poisson_l_max_and_l, X, y[:, 0], strong_convexity=0.5
    )
    arguments = {"regularizer": "Ridge", "regularizer_strength": 0.5}
    model = PopulationGLM(
        "Poisson", "softplus", **arguments, solver_name="SVRG", solver_kwargs=settings
    ).fit(X, y)
    assert model.fit_report_.converged
    best = PopulationGLM("Poisson", "softplus", **arguments).fit(X, y)
    assert_allclose(model.coef_, best.coef_, atol=1e-6)


def objective_of(X, y, **data):
    model = PopulationGLM(regularizer="Ridge", regularizer_strength=0.1)
    inputs = model.read_inputs(X, y, **data)
    p, n_columns = X.shape[1], y.shape[1]
    keep, columns = inputs.keep, inputs.columns
    total = np.full(n_columns, float(keep.sum()))
    if columns.weights is not None:
        total = np.broadcast_to(columns.weights.block(slice(None))[keep].sum(axis=0), n_columns)
    how = plan(ArrayRows(X), n_columns)
    penalty = model.read_penalty(inputs.shapes)
    features = Features.as_they_come(p)
    return Objective(Table.cut(ArrayRows(X), keep, 90), columns, how, penalty, features, total)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_mean_over_minibatches_is_the_whole(weighted):
    X, y = simulated("Poisson", "exp", 400, 2)
    y = y.copy()
    y[[3, 100], 0] = np.nan
    rng = np.random.default_rng(0)
    data = {"sample_weight": rng.uniform(0, 2, 400), "offset": rng.normal(size=400)}
    whole = objective_of(X, y, **(data if weighted else {}))
    theta, columns = rng.normal(0, 0.1, (4, 2)), np.arange(2)
    n_rows, value, gradient = 0, 0.0, 0.0
    for batch in minibatches(whole, rng, batch_size=32):
        part = batch.evaluate(theta, columns)
        share = batch.table.n_kept / whole.table.n_kept
        assert batch.table.n_kept <= 32
        n_rows += batch.table.n_kept
        value, gradient = value + share * part.value, gradient + share * part.gradient
    assert n_rows == whole.table.n_kept
    assert whole.n_passes == 1
    expected = whole.evaluate(theta, columns)
    assert_allclose(value, expected.value, rtol=1e-12)
    assert_allclose(gradient, expected.gradient, rtol=1e-12, atol=1e-14)


def test_the_order_of_rows_is_the_seeds():
    X, y = simulated("Poisson", "exp", 400, 2)
    whole = objective_of(X, y)

    def first(seed):
        return next(minibatches(whole, np.random.default_rng(seed), batch_size=8)).table.rows

    assert (first(0).read(0, 8) == first(0).read(0, 8)).all()
    assert (first(0).read(0, 8) != first(1).read(0, 8)).any()
