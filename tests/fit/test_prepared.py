"""Rows are looked at once: whatever is fitted over them afterwards is what a fit alone gives."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.counting_rows import CountingRows

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.fit.fitting import SolverChoice, fit_columns, fit_prepared
from spikeglm.fit.prepared import prepare
from spikeglm.observation_models import PoissonObservations
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.links import Exp
from spikeglm.regularizer import Lasso, Ridge, UnRegularized
from spikeglm.rows import ArrayRows
from spikeglm.solvers import LBFGS, Newton

RNG = np.random.default_rng(0)
T, P, N = 400, 4, 3
X = RNG.normal(size=(T, P)) * [1, 100, 1e-3, 1] + [0, 0, 0, 50]
Y = RNG.poisson(np.exp((X - X.mean(axis=0)) / X.std(axis=0) @ RNG.normal(0, 0.3, (P, N)) - 1))
KEEP = np.ones(T, dtype=bool)
POISSON = Likelihood(PoissonObservations(), Exp())
FIRST = Columns(POISSON, Source.one_per_column(Y[:, :1]))
RIDGE = Ridge().bind(0.1, (P, N))
SHUFFLED = RNG.permutation(Y)
WEIGHTS = RNG.uniform(0.1, 3, (T, N))
MASK = RNG.random((P, N)) < 0.6
FREE = UnRegularized().bind(None, (P, N))
ALL = Columns(POISSON, Source.one_per_column(Y))
NEXT = {
    "another response": (replace(ALL, responses=Source.one_per_column(SHUFFLED)), RIDGE),
    "row weights": (replace(ALL, weights=Source.one_per_column(WEIGHTS)), FREE),
    "folds": (
        replace(ALL, weights=Source(np.arange(T)[:, None] % 2 == [0, 1], np.array([0, 1, 0]))),
        FREE,
    ),
    "an offset": (replace(ALL, offsets=Source(WEIGHTS, np.arange(N))), FREE),
    "masks": (replace(ALL, mask=MASK), FREE),
    "a penalty with kinks": (ALL, Lasso().bind(0.05, (P, N))),
}


def alone(columns, penalty, n, solver):
    """Fit one column by itself, to the rows that it has alone."""
    one = np.array([n])
    column = columns.take(one)
    return fit_columns(ArrayRows(X), column, penalty=penalty.take(one), keep=KEEP, solver=solver)


@pytest.mark.parametrize("what", NEXT)
@pytest.mark.parametrize("method", [Newton(), LBFGS()], ids=["Newton", "LBFGS"])
def test_a_fit_over_prepared_rows_is_the_fit_alone(what, method):
    columns, penalty = NEXT[what]
    solver = SolverChoice(method=method if penalty.is_smooth else SolverChoice().method)
    ready = prepare(ArrayRows(X), FIRST, keep=KEEP)
    together = fit_prepared(ready, columns, penalty=penalty, solver=solver)
    assert {str(status) for status in together.status} == {"converged"}
    for n in range(N):
        expected = alone(columns, penalty, n, solver)
        size = np.abs(expected.coef).max(axis=1) + 1e-9
        assert_allclose(together.coef[:, n] / size, expected.coef[:, 0] / size, atol=2e-5)
        assert_allclose(together.objective[n], expected.objective[0], rtol=1e-9)


def test_only_the_first_fit_surveys_the_features():
    rows = CountingRows(X)
    fit = partial(fit_prepared, penalty=RIDGE.take(np.array([0])), solver=SolverChoice())
    ready = prepare(rows, FIRST, keep=KEEP)
    surveyed = rows.reads.max()
    assert surveyed >= 1
    passes = [fit(ready, FIRST.take(np.zeros(1, dtype=int))).n_passes for _ in range(3)]
    assert rows.reads.max() - surveyed <= sum(passes) - 3  # responses are no visit of the features
    whole = fit_columns(
        ArrayRows(X), FIRST, penalty=RIDGE.take(np.array([0])), keep=KEEP, solver=SolverChoice()
    )
    assert whole.n_passes == passes[0] + ready.survey.n_passes


def test_a_start_at_the_optimum_takes_few_passes():
    ready = prepare(ArrayRows(X), FIRST, keep=KEEP)
    fit = partial(fit_prepared, ready, ALL, penalty=RIDGE, solver=SolverChoice())
    cold = fit()
    warm = fit(start=(cold.coef, cold.intercept))
    assert warm.n_passes <= 4 < cold.n_passes
    assert_allclose(warm.coef, cold.coef, rtol=1e-6, atol=1e-9)


def test_more_columns_than_were_planned_for_stay_within_the_memory_budget():
    with nmo.config_context(memory="1MiB"):
        ready = prepare(ArrayRows(X), FIRST, keep=KEEP)
        many = ALL.take(np.arange(300) % N)
        wide = ready.for_columns(many)
        assert wide.how.block_rows < ready.how.block_rows
        assert len(wide.survey.table.blocks) > len(ready.survey.table.blocks)
        penalty = Ridge().bind(0.1, (P, 300))
        fits = fit_prepared(ready, many, penalty=penalty, solver=SolverChoice())
    narrow = fit_prepared(ready, ALL, penalty=RIDGE, solver=SolverChoice())
    assert_allclose(fits.coef[:, :N], narrow.coef, rtol=1e-5, atol=1e-8)
