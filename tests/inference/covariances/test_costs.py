"""What robust covariances cost: one visit of the rows more, and no more memory."""

import tracemalloc
from functools import cache

import numpy as np
import pytest
from tests.counting_rows import CountingRows

import spikeglm as nmo

T, P, N = 3000, 4, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
COUNTS = RNG.poisson(0.5, (T, N))
TRIALS = np.arange(T) // 50
ASKED = {
    "HC0": {"cov_type": "HC0"},
    "HC3": {"cov_type": "HC3"},
    "trials": {"cov_type": "cluster", "groups": TRIALS},
    "scattered groups": {"cov_type": "cluster", "groups": RNG.permutation(TRIALS)},
    "HAC": {"cov_type": "HAC", "lags": 20},
}
of_kinds = pytest.mark.parametrize("kind", ASKED)


@cache
def wide():
    features, counts = RNG.normal(size=(300, 60)), RNG.poisson(0.5, (300, 60)).astype(float)
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=1.0)
    return features, counts, model.fit(features, counts)


def reads(rows, model, how):
    before = rows.reads.copy()
    with nmo.config_context(memory="200KiB", n_threads=1):  # several blocks
        model.standard_errors(rows, COUNTS, **how)
    return rows.reads - before


@of_kinds
def test_one_visit_more_whatever_the_number_of_neurons(kind):
    rows = CountingRows(X)
    model = nmo.PopulationGLM().fit(rows, COUNTS)
    more = reads(rows, model, ASKED[kind]) - reads(rows, model, {})
    assert np.median(more) == 1
    is_hac = kind == "HAC"  # which reads the rows around the starts of blocks twice
    assert more.max() <= 1 + is_hac and more.mean() < (1.3 if is_hac else 1.001)


@of_kinds
def test_memory_follows_the_budget_not_the_neurons(kind):
    features, counts, model = wide()
    p, n = model.coef_.shape
    how = ASKED[kind] | ({"groups": ASKED[kind]["groups"][:300]} if "groups" in ASKED[kind] else {})
    with nmo.config_context(memory="1MiB", n_threads=1):
        tracemalloc.start()
        coef, _ = model.standard_errors(features, counts, **how)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert np.isfinite(coef).all()
    assert peak < 8 * n * (p + 1) ** 2  # of the covariances alone
