"""Folds x strengths x neurons are one fit, and give what one fit for each gives."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.fit.prepared import prepare
from spikeglm.glm.weightings import fit_weightings
from spikeglm.observation_models import PoissonObservations
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.links import Exp
from spikeglm.rows import ArrayRows

RNG = np.random.default_rng(0)
T, P, N = 600, 4, 2
X = RNG.normal(size=(T, P))
Y = RNG.poisson(np.exp(X @ RNG.normal(0, 0.3, (P, N)) - 1))
TRAINING = np.arange(T)[:, None] // 50 % 3 != np.arange(3)
FACTORS = [10.0, 1.0, 0.1]
PENALTIES = {
    "Ridge": 0.1,
    "Lasso": 0.02,
    "ElasticNet": (0.02, 0.5),
}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("kind", ["numbers", "classes"])
def test_each_is_as_a_fit_of_that_strength_to_that_fold(penalty, kind):
    strength = PENALTIES[penalty]

    def model(factor):
        first = (
            (strength[0] * factor, strength[1]) if penalty == "ElasticNet" else strength * factor
        )
        make = {"regularizer": penalty, "regularizer_strength": first}
        if kind == "classes":
            return nmo.ClassifierPopulationGLM(3, **make)
        return nmo.PopulationGLM(**make)

    y = np.minimum(Y, 2) if kind == "classes" else Y
    fits = fit_weightings(model(1.0), X, y, TRAINING, factors=FACTORS)
    coef = fits.by_weighting(fits.result.coef)  # (p, K, S V, N)
    assert {str(status) for status in fits.result.status} == {"converged"}
    for s, factor in enumerate(FACTORS):
        for v, rows in enumerate(TRAINING.T):
            alone = model(factor).fit(X[rows], y[rows])
            found = coef[:, :, 3 * s + v]
            expected = alone.coef_.reshape(P, N, -1).swapaxes(1, 2)
            assert_allclose(found, expected, atol=2e-5 * (1 + np.abs(expected).max()))


def columns(training):
    likelihood = Likelihood(PoissonObservations(), Exp())
    of = np.tile(np.arange(training.shape[1]), 4)
    return Columns(likelihood, Source(Y, of % N), Source(training, of))


@pytest.mark.parametrize("run", [70, 5000])
def test_blocks_end_where_folds_of_long_runs_do(run):
    n_rows = 20_000
    training = np.arange(n_rows)[:, None] // run % 4 != np.arange(4)
    rows, keep = ArrayRows(RNG.normal(size=(n_rows, 100))), np.ones(n_rows, dtype=bool)
    with nmo.config_context(n_threads=1):
        ready = prepare(rows, columns(training), keep=keep)
    blocks = ready.survey.table.blocks
    assert np.array_equal(
        np.concatenate([np.r_[block.rows] for block in blocks]), np.arange(n_rows)
    )
    is_of_one = [len(set(np.arange(block.start, block.stop) // run % 4)) == 1 for block in blocks]
    assert all(is_of_one) if run == 5000 else not any(is_of_one[:-1])
    assert len(blocks) <= 2 * n_rows / ready.how.block_rows + 1


def test_what_differs_only_in_strength_is_summed_up_once():
    with nmo.config_context(n_threads=1):
        some = columns(TRAINING)
        ready = prepare(ArrayRows(X), some, keep=np.ones(T, dtype=bool))
        observed = ready.responses(some)
    for c in range(some.n_columns):
        y, rows = Y[:, some.responses.of[c]], TRAINING[:, some.weights.of[c]]
        assert_allclose(observed.mean[c], y[rows].mean(), rtol=1e-12)
        assert_allclose(observed.n_rows[c], rows.sum())
