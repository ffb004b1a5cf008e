"""The memory that a fit of many features takes is what the settings allow, measured."""

import tracemalloc
import warnings

import numpy as np
import pytest

import spikeglm as nmo

T, P = 2000, 1200
BUDGET = 48 * 2**20  # no room for a matrix of all features beside what is made from it


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Rows that are read a thousand at a time where the budget allows it."""
    path = tmp_path_factory.mktemp("rows") / "X.dat"
    X = np.random.default_rng(0).normal(size=(T, P)).astype(np.float32)
    X.tofile(path)
    return np.memmap(path, np.float32, "r", shape=(T, P))


def peak_of(fit):
    with warnings.catch_warnings(), nmo.config_context(memory=BUDGET, n_threads=2):
        warnings.simplefilter("ignore")  # of fits that end at their limit
        tracemalloc.start()
        fit()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("n_neurons", [1, 4])
def test_long_blocks_of_many_features_stay_within_the_budget(n_neurons, stored):
    """Copies that a kernel makes of a block of stored rows took twice the budget."""
    y = np.random.default_rng(1).poisson(0.5, (T, n_neurons)).astype(np.int8)
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=0.01, solver_kwargs={"maxiter": 3}
    )
    peak_of(lambda: model.fit(stored[:200, :5], y[:200]))  # imports are no memory of a fit
    assert peak_of(lambda: model.fit(stored, y)) < BUDGET
