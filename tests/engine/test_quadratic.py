"""Losses by their moments are the sums over the rows, whatever weighs them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.coordinates.whitening import Whitening
from spikeglm.engine.features.survey import survey_features, survey_responses
from spikeglm.engine.group_moments import Groups
from spikeglm.engine.objective import Objective
from spikeglm.engine.quadratic import QuadraticObjective, by_moments
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.regularizer import Ridge
from spikeglm.rows import ArrayRows

T, P, N, K = 90, 4, 3, 3
C = N * K
EVERY = np.arange(C)
RNG = np.random.default_rng(3)
X = RNG.normal(size=(T, P)) * [1.0, 100.0, 0.01, 1.0] + [0.0, 50.0, 0.0, 0.0]
Y = X @ RNG.normal(size=(P, N)) + 7.0 + RNG.normal(size=(T, N))
FOLD = np.arange(T) * K // T
TRAINING = FOLD[:, None] != np.arange(K)
WEIGHT = RNG.uniform(0.0, 2.0, T) * (RNG.uniform(size=T) > 0.1)


def objective(*, weights=TRAINING, offset=None, mask=None, intercept=True, keep=None):
    """Return the problems of N neurons in K folds over the rows, and which rows take part."""
    neuron, fold = np.tile(np.arange(N), K), np.repeat(np.arange(K), N)
    keep = np.ones(T, dtype=bool) if keep is None else keep
    columns = Columns(
        Likelihood(model_named("Gaussian"), link_named("identity")),
        Source(Y, neuron),
        Source(weights, fold),
        None if offset is None else Source(offset, neuron),
        mask,
        intercept,
    )
    how, table = plan(ArrayRows(X), C), Table.cut(ArrayRows(X), keep, 16)
    survey = survey_features(table, columns, how)
    total = survey_responses(table, columns, how).weight
    penalty = Ridge().bind(np.linspace(0.1, 2.0, C)[None], (P, C))
    return Objective(survey.table, columns, how, penalty, survey.features, total), keep


CASES = {
    "folds": {},
    "row weights": {"weights": TRAINING * WEIGHT[:, None]},
    "rows that count twice": {"weights": TRAINING * (1 + (np.arange(T) % 2))[:, None]},
    "offset": {"offset": RNG.normal(size=(T, N))},
    "mask": {"mask": RNG.uniform(size=(P, C)) < 0.7},
    "no intercept": {"intercept": False},
    "some rows": {"keep": np.arange(T) % 7 != 0},
    "gaps": {"weights": TRAINING & (np.arange(T) % 30 > 2)[:, None]},
}
of_cases = pytest.mark.parametrize("case", CASES)


def both(case):
    over_rows, keep = objective(**CASES[case])
    found = by_moments(over_rows, keep, np.full(C, 7.0 * over_rows.columns.has_intercept))
    assert isinstance(found, QuadraticObjective) and found.n_passes == over_rows.n_passes + 1
    theta = RNG.normal(size=(P + 1, C))
    return over_rows, found, np.where(over_rows.frozen(EVERY), 0.0, theta)


@of_cases
def test_values_slopes_and_curvatures_are_those_of_the_rows(case):
    over_rows, found, theta = both(case)
    some = np.array([4, 0, 8])
    for active in (EVERY, some):
        expected, H = over_rows.evaluate_with_hessian(theta[:, active], active)
        got, H_got = found.evaluate_with_hessian(theta[:, active], active)
        assert_allclose(got.value, expected.value, rtol=1e-12)
        assert_allclose(got.gradient, expected.gradient, rtol=1e-9, atol=1e-9)
        assert_allclose(H_got, H, rtol=1e-9, atol=1e-9)
    sets = [np.array([0, 2]), np.array([1]), np.array([0, 1, 3])]
    assert_allclose(
        found.hessian_on(theta[:, some], some, sets),
        over_rows.hessian_on(theta[:, some], some, sets),
        rtol=1e-9,
        atol=1e-9,
    )
    taken = found.take(some)
    assert_allclose(taken.evaluate(theta[:, some], np.arange(3)).value, got.value, rtol=1e-12)


@of_cases
def test_moments_of_the_features_are_those_of_the_rows(case):
    over_rows, found, theta = both(case)
    still = np.zeros(P, dtype=bool)
    ridges = np.zeros(P), np.ones(P)
    R = over_rows.features.correlation
    bases = [Whitening.of(R, 1.0, ridge, still) for ridge in ridges]
    basis_of = EVERY % 2
    _, expected = over_rows.evaluate_with_moments(theta, EVERY, bases, basis_of)
    _, got = found.evaluate_with_moments(theta, EVERY, bases, basis_of)
    for name in ("h", "mean", "variance"):
        assert_allclose(getattr(got, name), getattr(expected, name), rtol=1e-8, atol=1e-9)


def test_columns_that_have_the_same_curvature_are_alike():
    over_rows, keep = objective()
    same = replace(over_rows, penalty=Ridge().bind(0.5, (P, C)))
    number = by_moments(same, keep, np.zeros(C)).alike(EVERY)
    assert_array_equal(number, np.repeat(np.arange(K), N))
    other = by_moments(over_rows, keep, np.zeros(C)).alike(EVERY)
    assert_array_equal(other, EVERY)  # a strength each


def test_what_has_no_moments_stays_as_it_is():
    over_rows, keep = objective()
    holes = Y.copy()
    holes[5, 1] = np.nan
    missing = replace(over_rows.columns, responses=Source(holes, over_rows.columns.responses.of))
    poisson = Likelihood(model_named("Poisson"), link_named("exp"))
    for columns in (missing, replace(over_rows.columns, likelihood=poisson)):
        plain = replace(over_rows, columns=columns)
        assert by_moments(plain, keep, np.zeros(C)) is plain


def test_rows_go_together_if_their_weights_differ_by_a_factor():
    weights = np.array([[1, 2], [2, 4], [0, 0], [3, 3], [0, 5], [9, 9]], dtype=float)
    groups = Groups.of(Source(weights, np.arange(2)), np.arange(2), np.arange(6) != 5)
    assert groups.of_row[2] == groups.of_row[5] == -1
    assert groups.of_row[0] == groups.of_row[1]
    assert len({groups.of_row[k] for k in (0, 3, 4)}) == 3 == len(groups.share)
    rows = groups.of_row >= 0
    assert_allclose(groups.factor[rows, None] * groups.share[groups.of_row[rows]], weights[rows])
