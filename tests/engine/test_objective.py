"""The objective in the solver's coordinates: derivatives, and what is learned of the features."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.coordinates.block_diagonal import BlockDiagonal
from spikeglm.engine.coordinates.whitening import Whitening
from spikeglm.engine.features.survey import survey_features, survey_responses
from spikeglm.engine.objective import Objective
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.regularizer import Ridge, UnRegularized
from spikeglm.rows import ArrayRows

T, P, C = 80, 3, 2
EVERY = np.arange(C)


def objective(*, mask=None, strength=None, offset_of_mean=0.0, model="Poisson", link="softplus"):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(T, P)) * [1.0, 100.0, 0.01] + [offset_of_mean, 50.0, 0.0]
    y = rng.poisson(1.0, (T, C)).astype(float)
    pair = Likelihood(model_named(model), link_named(link))
    weights = Source.one_per_column(rng.uniform(0, 2, (T, C)))
    columns = Columns(pair, Source.one_per_column(y), weights, mask=mask)
    rows = ArrayRows(X)
    how = plan(rows, C)
    table = Table.cut(rows, np.ones(T, bool), 16)
    survey = survey_features(table, columns, how)
    kind = UnRegularized() if strength is None else Ridge()
    total = survey_responses(table, columns, how).weight
    penalty = kind.bind(strength, (P, C))
    return Objective(survey.table, columns, how, penalty, survey.features, total)


CASES = {
    "plain": {},
    "ridge": {"strength": np.array([[0.1, 0.0], [2.0, 1.0], [0.3, 5.0]])},
    "mask": {"mask": np.array([[True, False], [True, True], [False, True]])},
    "far": {"offset_of_mean": 1e6},
}
of_cases = pytest.mark.parametrize("case", CASES)


@of_cases
def test_the_gradient_is_the_derivative_of_the_value(case):
    goal = objective(**CASES[case])
    theta = np.where(goal.frozen(EVERY), 0.0, np.random.default_rng(1).normal(0, 0.3, (P + 1, C)))
    gradient = goal.evaluate(theta, EVERY).gradient
    for j in range(P + 1):
        step = np.zeros((P + 1, C))
        step[j] = 1e-6 * ~goal.frozen(EVERY)[j]
        up, down = goal.evaluate(theta + step, EVERY), goal.evaluate(theta - step, EVERY)
        assert_allclose((up.value - down.value) / 2e-6, gradient[j], rtol=1e-5, atol=1e-8)
    assert (gradient[goal.frozen(EVERY)] == 0).all()


@of_cases
def test_the_hessian_is_the_derivative_of_the_gradient(case):
    goal = objective(**CASES[case])
    theta = np.where(goal.frozen(EVERY), 0.0, np.random.default_rng(1).normal(0, 0.3, (P + 1, C)))
    evaluation, hessian = goal.evaluate_with_hessian(theta, EVERY)
    plain = goal.evaluate(theta, EVERY)
    assert_allclose(evaluation.value, plain.value, rtol=1e-12)
    assert_allclose(evaluation.gradient, plain.gradient, rtol=1e-9, atol=1e-12)
    for c in range(C):
        free = ~goal.frozen(EVERY)[:, c]
        for j in np.flatnonzero(free):
            step = np.zeros((P + 1, C))
            step[j, c] = 1e-6
            up, down = goal.evaluate(theta + step, EVERY), goal.evaluate(theta - step, EVERY)
            numeric = (up.gradient - down.gradient)[:, c] / 2e-6
            assert_allclose(hessian[c][j][free], numeric[free], rtol=1e-5, atol=1e-6)
        assert_array_equal(hessian[c][~free][:, ~free], np.eye((~free).sum()))


@of_cases
def test_moments_are_those_of_the_features_under_the_curvature(case):
    goal = objective(**CASES[case])
    theta = np.zeros((P + 1, C))
    bases = [Whitening(BlockDiagonal.identity(P)), Whitening(BlockDiagonal((np.tri(P),)))]
    evaluation, moments = goal.evaluate_with_moments(theta, EVERY, bases, np.array([1, 0]))
    assert_allclose(evaluation.value, goal.evaluate(theta, EVERY).value, rtol=1e-12)
    assert (moments.h > 0).all()
    # At theta = 0 the curvature is the same in every row, so these are moments under the weights.
    block = goal.columns.block(slice(0, T))
    X = goal.table.rows.values
    shift = 0.0 if goal.table.shift is None else goal.table.shift
    scaled = (X - shift - goal.features.mean) / goal.features.scale
    for c in range(C):
        a = block.weights[:, c] / block.weights[:, c].sum()
        z = scaled @ bases[1 - c].blocks.dense.T
        assert_allclose(moments.mean[:, c], a @ z, atol=1e-6)
        assert_allclose(moments.variance[:, c], a @ z**2 - (a @ z) ** 2, rtol=1e-4)


@pytest.mark.parametrize("rows_sampled", [1, 5, 30, 1000])
def test_the_mean_curvature_does_not_depend_on_how_many_rows_are_sampled(rows_sampled, monkeypatch):
    monkeypatch.setattr("spikeglm.engine.objective._ROWS_FOR_MOMENTS", rows_sampled)
    goal = objective()
    _, moments = goal.evaluate_with_moments(
        np.zeros((P + 1, C)), EVERY, [Whitening(BlockDiagonal.identity(P))], np.zeros(C, dtype=int)
    )
    assert_allclose(moments.h, goal.columns.likelihood.fisher(np.zeros(C)))


@of_cases
def test_coordinates_go_forth_and_back(case):
    goal = objective(**CASES[case])
    theta = np.random.default_rng(0).normal(size=(P + 1, C))
    assert_allclose(goal.from_user(*goal.to_user(theta)), theta, rtol=1e-8, atol=1e-8)


def test_subsets_of_columns_are_evaluated_alike():
    goal = objective(**CASES["ridge"])
    theta = np.random.default_rng(0).normal(0, 0.1, (P + 1, C))
    both, one = goal.evaluate(theta, EVERY), goal.evaluate(theta[:, 1:], np.array([1]))
    assert_allclose(one.value, both.value[1:], rtol=1e-12)
    assert_allclose(one.gradient, both.gradient[:, 1:], rtol=1e-10, atol=1e-14)
    assert goal.n_passes == 2


class TestSurvey:
    """Location, scale and correlation."""

    @pytest.mark.parametrize("far", [0.0, 1e3, 1e7, 1e9])
    def test_scale_and_correlation_survive_a_far_mean(self, far):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(500, 3)) @ [[1.0, 0.5, 0], [0, 1, 0], [0, 0, 1]]
        columns = Columns(
            Likelihood(model_named("Poisson"), link_named("exp")),
            Source.one_per_column(np.ones((500, 1))),
        )
        table = Table.cut(ArrayRows(X + np.array([far, 0.0, -far])), np.ones(500, bool), 64)
        features = survey_features(table, columns, plan(table.rows, C)).features
        assert_allclose(features.scale, X.std(axis=0), rtol=1e-6)
        assert_allclose(features.correlation.dense, np.corrcoef(X.T), atol=1e-6)

    def test_constant_features_have_scale_zero(self):
        X = np.column_stack([np.full(50, 0.1), np.full(50, 1e8), np.zeros(50), np.arange(50.0)])
        columns = Columns(
            Likelihood(model_named("Poisson"), link_named("exp")),
            Source.one_per_column(np.ones((50, 1))),
        )
        table = Table.cut(ArrayRows(X), np.ones(50, bool), 7)
        features = survey_features(table, columns, plan(table.rows, C)).features
        assert list(features.scale > 0) == [False, False, False, True]
        assert np.isfinite(features.correlation.dense).all()
