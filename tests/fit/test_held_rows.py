"""Designs that are visited often are computed once, where memory allows it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.fit.held_rows import in_memory
from spikeglm.rows import ArrayRows

B = nmo.basis
RNG = np.random.default_rng(0)
T = 3000
PLACE = RNG.uniform(size=T)
Y = RNG.poisson(np.exp(np.sin(6 * PLACE)[:, None] * [1.0, 0.3] - 1)).astype(float)


def design():
    return (B.BSplineEval(8, label="place") + B.HistoryConv(3, label="past")).design(PLACE, Y[:, 0])


def test_the_same_rows_names_and_terms():
    X = design()
    held = in_memory(X)
    assert isinstance(held, ArrayRows)
    assert_array_equal(held.values, X.to_array())
    assert held.feature_names == X.feature_names and held.terms == X.terms
    assert_array_equal(held.valid_rows(), X.valid_rows())


def test_what_is_large_or_an_array_stays():
    X, array = design(), ArrayRows(np.zeros((5, 2)))
    assert in_memory(array) is array
    with nmo.config_context(memory="1MiB"):
        assert in_memory(X) is X


@pytest.mark.parametrize("memory", ["1MiB", "1GiB"])
def test_chosen_strengths_compute_functions_once_if_they_fit(memory, monkeypatch):
    X, read = design(), []
    how = {"regularizer": "Smoothness", "regularizer_strength": "auto"}
    cls, original = type(X), type(X).read_as
    monkeypatch.setattr(
        cls, "read_as", lambda self, a, b, **how: read.append(b - a) or original(self, a, b, **how)
    )
    with nmo.config_context(memory=memory, n_threads=1):
        model = nmo.PopulationGLM(**how).fit(X, Y)
    assert (sum(read) > 10 * T) == (memory == "1MiB")
    array = nmo.PopulationGLM(**how).fit(np.asarray(X), Y, terms=X)
    assert_allclose(
        model.log_marginal_likelihood_, array.log_marginal_likelihood_, rtol=0, atol=1e-7
    )
