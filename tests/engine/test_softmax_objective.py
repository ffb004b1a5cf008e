"""The softmax over class columns: its sums, derivatives and balance, against loops and autodiff."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax

from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.features.survey import survey_features, survey_responses
from spikeglm.engine.kernels.softmax_kernels import Softmax
from spikeglm.engine.objective import Objective
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.softmax_objective import SoftmaxObjective
from spikeglm.engine.table import Table
from spikeglm.regularizer import Ridge, UnRegularized
from spikeglm.rows import ArrayRows
from spikeglm.settings import Settings

T, P, N = 300, 4, 2
rng = np.random.default_rng(0)
X = rng.normal(size=(T, P)) * [1.0, 20.0, 0.1, 1.0] + [0.0, 50.0, 0.0, -3.0]
every_k = pytest.mark.parametrize("K", [2, 3, 5])


def objective(K, *, penalty=None, weights=None, mask=None, rows=T):
    """N neurons of K classes; column k·N + n is class k of neuron n."""
    codes = np.random.default_rng(1).integers(0, K, (T, N))
    codes[:K] = np.arange(K)[:, None]
    hot = (codes[:, None] == np.arange(K)[:, None]).reshape(T, -1)
    if weights is not None:
        weights = Source(weights, np.tile(np.arange(N), K))
    columns = Columns(Softmax(K), Source.one_per_column(hot), weights, mask=mask)
    how = plan(ArrayRows(X), K * N, settings=Settings(n_threads=1))
    table = Table.cut(ArrayRows(X), np.ones(T, dtype=bool), rows)
    observed, survey = survey_responses(table, columns, how), survey_features(table, columns, how)
    no_penalty = UnRegularized().bind(None, (0, 0))
    classes = Objective(survey.table, columns, how, no_penalty, survey.features, observed.weight)
    bound = (penalty or UnRegularized()).bind(0.3, (P * K, N))
    return SoftmaxObjective(classes, bound, np.zeros((K, N), dtype=bool)), codes


def point(goal, seed=2):
    theta = 0.3 * np.random.default_rng(seed).normal(size=(goal.n_parameters, N))
    return goal.balanced(theta, np.arange(N))


def at_each_neuron(goal):
    return goal, np.arange(goal.n_columns)


@every_k
def test_value_slope_and_curvature_of_a_column_are_those_of_the_softmax(K):
    eta, y = rng.normal(size=(7, K * 3)), np.eye(K)[rng.integers(0, K, (7, 3))]
    y = y.transpose(0, 2, 1).reshape(7, -1)
    p = softmax(eta.reshape(7, K, 3), axis=1)
    value, slope = Softmax(K).value_and_slope(eta, y)
    assert_allclose(value, -y * np.log(p).reshape(7, -1), atol=1e-14)
    assert_allclose(value, Softmax(K).value(eta, y), atol=1e-15)
    assert_allclose(slope, p.reshape(7, -1) - y, atol=1e-15)
    assert_allclose(Softmax(K).fisher(eta), (p * (1 - p)).reshape(7, -1), atol=1e-15)


def test_numbers_far_apart_neither_overflow_nor_lose_the_loss():
    eta = np.array([[1e5, 0.0, -1e5], [-3e3, -4e3, -5e3]])
    y = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    value, slope = Softmax(3).value_and_slope(eta, y)
    assert_allclose(value.sum(axis=1), [2e5, 0.0])
    assert_allclose(slope, [[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]])


def test_the_same_in_jax():
    jnp = pytest.importorskip("jax.numpy")
    eta, y = rng.normal(size=(6, 6)), np.eye(3)[rng.integers(0, 3, (6, 2))]
    y = y.transpose(0, 2, 1).reshape(6, -1)
    mine = Softmax(3).value_and_slope(jnp.asarray(eta), jnp.asarray(y), jnp)
    for theirs, ours in zip(mine, Softmax(3).value_and_slope(eta, y), strict=True):
        assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)


@every_k
@pytest.mark.parametrize("penalty", [None, Ridge()])
@pytest.mark.parametrize("weighted", [False, True])
def test_derivatives_are_those_of_finite_differences(K, penalty, weighted):
    weights = rng.uniform(0, 2, (T, N)) if weighted else None
    goal, every = at_each_neuron(objective(K, penalty=penalty, weights=weights)[0])
    theta, step = point(goal), 1e-5
    evaluation, H = goal.evaluate_with_hessian(theta, every)
    slopes, bends = np.empty_like(theta), np.empty((N, goal.n_parameters, goal.n_parameters))
    for i in range(goal.n_parameters):
        move = np.zeros_like(theta)
        move[i] = step
        above, below = goal.evaluate(theta + move, every), goal.evaluate(theta - move, every)
        slopes[i] = (above.value - below.value) / (2 * step)
        bends[:, i] = ((above.gradient - below.gradient) / (2 * step)).T
    assert_allclose(evaluation.gradient, goal.balanced(slopes, every), atol=1e-8)
    for n in every:  # the Hessian has curvature of its own where parameters are balanced
        here = np.full(goal.n_parameters, n)
        seen = goal.balanced(goal.balanced(H[n], here).T.copy(), here)
        assert_allclose(seen, goal.balanced(bends[n].T.copy(), here), atol=1e-7)
        assert np.linalg.eigvalsh(H[n]).min() > 1e-6


@every_k
def test_the_hessian_on_a_set_is_a_part_of_the_whole(K):
    goal, every = at_each_neuron(objective(K)[0])
    last = goal.n_parameters - 1
    sets = [np.array([0, K, last - 1]), np.array([1])]
    whole = goal.hessian_on(point(goal), every, [np.arange(last)] * N)
    part = goal.hessian_on(point(goal), every, sets)
    theirs = np.append(sets[0], last)
    off = ~np.equal.outer(theirs // K, theirs // K)  # those together in a feature share a balance
    assert_allclose(part[0][off], whole[0][np.ix_(theirs, theirs)][off], atol=1e-12)
    assert_allclose(part[1][[0, 3], [3, 0]], whole[1][1, last], atol=1e-12)
    assert_allclose(part[1][1:3, 1:3], np.eye(2))


def test_blocks_of_rows_change_nothing():
    every = np.arange(N)
    one, many = objective(3)[0], objective(3, rows=37)[0]
    theta = point(one)
    assert_allclose(
        many.evaluate(theta, every).gradient, one.evaluate(theta, every).gradient, atol=1e-13
    )
    assert_allclose(
        many.hessian_on(theta, every, [np.arange(4)] * N),
        one.hessian_on(theta, every, [np.arange(4)] * N),
        atol=1e-13,
    )


def test_a_neuron_alone_is_the_neuron_in_company():
    goal, _ = objective(3)
    theta = point(goal)
    together = goal.evaluate(theta, np.arange(N))
    for n in range(N):
        alone = goal.evaluate(theta[:, [n]], np.array([n]))
        assert_allclose(alone.value[0], together.value[n], rtol=1e-14)
        assert_allclose(alone.gradient[:, 0], together.gradient[:, n], atol=1e-14)


@every_k
def test_balanced_parameters_sum_to_zero_and_predict_the_same(K):
    goal, every = at_each_neuron(objective(K)[0])
    theta = np.random.default_rng(3).normal(size=(goal.n_parameters, N))
    balanced = goal.balanced(theta, every)
    assert_allclose(balanced.reshape(P + 1, K, N).sum(axis=1), 0, atol=1e-12)
    assert_allclose(
        goal.evaluate(balanced, every).value, goal.evaluate(theta, every).value, rtol=1e-12
    )


def test_a_mask_or_a_strength_that_tells_classes_apart_unbalances_the_feature():
    K = 3
    mask = np.ones((P, K * N), dtype=bool)
    mask[1, 2 * N] = False  # feature 1 of class 2, neuron 0
    goal, _ = objective(K, mask=mask)
    strength = np.full((P * K, N), 0.3)
    strength[2 * K + 1, 1] = 0.5  # feature 2 of class 1, neuron 1
    goal.penalty = Ridge().bind(strength, strength.shape)
    ones = goal.balanced(np.ones((goal.n_parameters, N)), np.arange(N)).reshape(P + 1, K, N)
    unbalanced = {(1, 0), (2, 1)}
    for j in range(P + 1):
        for n in range(N):
            assert_allclose(ones[j, :, n], 1.0 if (j, n) in unbalanced else 0.0, atol=1e-15)
