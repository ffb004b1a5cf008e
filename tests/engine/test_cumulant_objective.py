"""Losses whose part in y is known beforehand are the sums over the rows, whatever weighs them."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm.engine import columns as engine_columns
from spikeglm.engine import cumulant_objective
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.cumulant_objective import CumulantObjective, by_cumulants
from spikeglm.engine.features.survey import survey_features, survey_responses
from spikeglm.engine.objective import Objective
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.regularizer import Ridge
from spikeglm.rows import ArrayRows, StackedRows

T, P, N, K = 600, 5, 3, 4
C = N * K
EVERY = np.arange(C)
RNG = np.random.default_rng(3)
X = RNG.normal(size=(T, P)) * [1.0, 10.0, 0.1, 1.0, 1.0] + [0.0, 30.0, 0.0, 0.0, 1.0]
Y = (RNG.uniform(size=(T, N)) < [0.1, 0.5, 0.9]).astype(float)
FOLD = np.arange(T) * K // T
TRAINING = FOLD[:, None] != np.arange(K)
WEIGHT = RNG.uniform(0.0, 2.0, T) * (RNG.uniform(size=T) > 0.1)
CASES = {
    "folds": {},
    "folds of single rows": {"weights": np.arange(T)[:, None] % K != np.arange(K)},
    "folds of many runs": {"weights": (np.arange(T) // 20 % K)[:, None] != np.arange(K)},
    "row weights": {"weights": TRAINING * WEIGHT[:, None]},
    "rows that count twice": {"weights": TRAINING * (1 + (np.arange(T) % 2))[:, None]},
    "offset": {"offset": RNG.normal(size=(T, N))},
    "mask": {"mask": np.repeat(RNG.uniform(size=(P, K)) < 0.6, N, axis=1)},
    "no intercept": {"intercept": False},
    "some rows": {"keep": np.arange(T) % 7 != 0},
    "gaps": {"weights": TRAINING & (np.arange(T) % 30 > 2)[:, None]},
    "no weights": {"weights": None},
}


@pytest.fixture(autouse=True)
def always(monkeypatch):
    monkeypatch.setattr(cumulant_objective, "_PAYS_FROM", 0)
    monkeypatch.setattr(cumulant_objective, "_FEWEST_COLUMNS", 1)
    monkeypatch.setattr(cumulant_objective, "_FEWEST_ROWS", 8)
    monkeypatch.setattr(cumulant_objective, "_BLOCK_ROWS", 70)


def objectives(
    name="Poisson", link="exp", *, y=Y, weights=TRAINING, offset=None, mask=None, intercept=True,
    keep=None, rows=None,
):  # fmt: skip
    """Return the problems of N neurons in K folds, as they are and by cumulants."""
    neuron, fold = np.tile(np.arange(N), K), np.repeat(np.arange(K), N)
    keep, rows = np.ones(T, dtype=bool) if keep is None else keep, rows or ArrayRows(X)
    columns = Columns(
        Likelihood(model_named(name), link_named(link)),
        Source(y, neuron),
        None if weights is None else Source(weights, fold),
        None if offset is None else Source(offset, neuron),
        mask,
        intercept,
        is_solved=True,
    )
    how, table = plan(rows, C), Table.cut(rows, keep, 64)
    survey = survey_features(table, columns, how)
    total = survey_responses(table, columns, how).weight
    penalty = Ridge().bind(np.linspace(0.1, 2.0, C)[None], (P, C))
    plain = Objective(survey.table, columns, how, penalty, survey.features, total)
    return plain, by_cumulants(plain, keep)


def point(objective):
    theta = RNG.normal(0.0, 0.3, (P + 1, C))
    return np.where(objective.frozen(EVERY), 0.0, theta)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "pair", [("Poisson", "exp"), ("Bernoulli", "logistic"), ("QuasiPoisson", "exp")]
)
def test_value_and_gradient_are_those_of_the_rows(pair, case):
    plain, found = objectives(*pair, **CASES[case])
    assert isinstance(found, CumulantObjective)
    for theta in (point(plain), np.zeros((P + 1, C))):
        for active in (EVERY, np.array([7, 2, 2])):
            expected = plain.evaluate(theta[:, active], active)
            got = found.evaluate(theta[:, active], active)
            assert_allclose(got.value, expected.value, rtol=1e-12, atol=1e-13)
            assert_allclose(got.gradient, expected.gradient, rtol=1e-10, atol=1e-12)
    some = found.take(np.array([5, 1]))
    again = some.evaluate(theta[:, [1]], np.array([1]))
    assert_allclose(again.value, plain.evaluate(theta[:, [1]], np.array([1])).value, rtol=1e-12)


@pytest.mark.parametrize("idle", [0, 1, 6])
def test_columns_of_like_masks_that_lie_apart_are_multiplied_together(monkeypatch, idle):
    """However many neighbours join: 0 no one, 1 some, 6 all that pay."""
    monkeypatch.setattr(engine_columns, "_FEWEST_COLUMNS", 1)
    monkeypatch.setattr(engine_columns, "_IDLE", idle)
    seen, parts = [], Columns.parts.func
    spy = cached_property(lambda columns: seen.append(parts(columns)) or seen[-1])
    spy.__set_name__(Columns, "parts")
    monkeypatch.setattr(Columns, "parts", spy)
    plain, found = objectives(mask=np.arange(P)[:, None] < np.tile([1, 5, 2], K))
    theta = point(plain)
    for active in (EVERY, np.array([7, 2, 2, 0, 5])):
        expected = plain.evaluate(theta[:, active], active)
        seen.clear()
        got = found.evaluate(theta[:, active], active)
        assert_allclose(got.value, expected.value, rtol=1e-12, atol=1e-13)
        free = ~plain.frozen(active)
        assert_allclose(got.gradient[free], expected.gradient[free], rtol=1e-10, atol=1e-12)
        if idle == 0:
            assert max(len(part) for part in seen) == 3  # fewer where rows count for fewer


def test_each_row_is_visited_once_whatever_the_folds():
    for case in CASES.values():
        plain, found = objectives(**case)
        rows = np.concatenate([np.arange(T)[block.rows] for block in found.blocks])
        kept = np.concatenate([np.arange(T)[block.rows] for block in plain.table.blocks])
        counts = np.ones(T, dtype=bool)
        if plain.columns.weights is not None:
            counts = plain.columns.weights.values.max(axis=1) > 0
        assert_array_equal(np.unique(rows), np.sort(rows))
        assert set(kept[counts[kept]]) <= set(rows) <= set(kept)


def test_rows_that_are_not_arrays_are_read_in_runs():
    beside = StackedRows((ArrayRows(X[:, :2]), ArrayRows(X[:, 2:])), ("a", "b"))
    plain, found = objectives(rows=beside, **CASES["folds of many runs"])
    theta = point(plain)
    expected, got = plain.evaluate(theta, EVERY), found.evaluate(theta, EVERY)
    assert_allclose(got.gradient, expected.gradient, rtol=1e-10, atol=1e-12)


def test_responses_that_are_missing_where_nothing_counts_do_not_matter():
    y = np.where(TRAINING.all(axis=1)[:, None] | (FOLD != 0)[:, None], Y, np.nan)
    plain, found = objectives(y=y, weights=TRAINING & (FOLD != 0)[:, None])
    theta = point(plain)
    expected, got = plain.evaluate(theta, EVERY), found.evaluate(theta, EVERY)
    assert_allclose(got.value, expected.value, rtol=1e-12)
    assert np.isfinite(got.gradient).all()


def test_a_point_whose_rate_overflows_has_no_finite_value():
    plain, found = objectives()
    theta = np.zeros((P + 1, C))
    theta[-1] = 800.0
    with np.errstate(invalid="ignore"):
        assert not plain.evaluate(theta, EVERY).finite.any()
        assert not found.evaluate(theta, EVERY).finite.any()


def test_products_in_single_precision_are_near():
    plain, found = objectives()
    theta = point(plain)
    expected = plain.evaluate(theta, EVERY)
    single = replace(found, table=found.table.in_single()).evaluate(theta, EVERY)
    assert_allclose(single.value, expected.value, rtol=1e-5)
    assert_allclose(single.gradient, expected.gradient, atol=2e-5)
    assert not np.array_equal(single.gradient, expected.gradient)


def test_losses_that_are_not_canonical_stay_as_they_are():
    plain, found = objectives("Poisson", "softplus")
    assert found is plain
