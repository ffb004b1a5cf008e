"""Fits of folds that begin where all rows lead are those that begin anywhere."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spikeglm import PopulationGLM
from spikeglm.basis import BSplineEval
from spikeglm.engine import cumulant_objective
from spikeglm.selection import (
    ContiguousBlocks,
    InterleavedBlocks,
    fit_term_sets,
    near_fits,
    set_fits,
)

T, N = 900, 4
RNG = np.random.default_rng(5)
SPEED, PLACE = RNG.uniform(0, 1, (2, T))
RATE = np.exp(np.sin(6 * PLACE)[:, None] * [1.0, 0.0, 0.5, 1.0] + SPEED[:, None] - 1.0)
COUNTS = RNG.poisson(RATE)
BASIS = BSplineEval(5, label="speed") + BSplineEval(6, label="place")
X = BASIS.compute_features(SPEED, PLACE)
GROUPS = {"speed": np.arange(5), "place": np.arange(5, 11)}
SETS = [["speed"], ["place"], ["speed", "place"]]
BLOCKS = InterleavedBlocks(4, n_chunks=3)


def scored(
    monkeypatch, near, *, y=COUNTS, X=X, folds=BLOCKS, offset=None, sets=SETS, terms=GROUPS, **model
):
    """Return how sets are scored, always begun from all rows, or never."""
    monkeypatch.setattr(near_fits, "_PAYS_FROM", 0 if near else np.inf)
    monkeypatch.setattr(near_fits, "_FITS_PER_PARAMETER", 1e-3)
    for name in ("_PAYS_FROM", "_FEWEST_COLUMNS"):
        monkeypatch.setattr(cumulant_objective, name, 0 if near else np.inf)
    arguments = {"solver_kwargs": {"tol": 1e-10}, **model}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit_term_sets(
            PopulationGLM(**arguments), X, y, sets, folds=folds, terms=terms, offset=offset
        )


def assert_same(one, other, **tolerance):
    assert_array_equal(one.status, other.status)
    for a, b in zip(one.sums.parts, other.sums.parts, strict=True):
        assert_allclose(a, b, **({"rtol": 1e-8} | tolerance))


CASES = {
    "ridge": {"regularizer": "Ridge", "regularizer_strength": 0.01},
    "weak ridge": {"regularizer": "Ridge", "regularizer_strength": 1e-7},
    "no penalty, dependent features": {},
    "roughness": {
        "regularizer": "Smoothness",
        "regularizer_strength": 0.1,
        "X": BASIS.design(SPEED, PLACE),
        "terms": None,
    },
    "choices": {"observation_model": "Bernoulli", "y": (COUNTS > 0).astype(float)},
    "dispersion": {"observation_model": "QuasiPoisson"},
    "another link": {"inverse_link_function": "softplus"},
    "offset": {"offset": RNG.normal(0.0, 0.3, T)},
    "no intercept": {"fit_intercept": False},
    "a constant feature": {"X": np.where(np.arange(11) == 3, 1.0, X)},
    "folds with gaps": {"folds": ContiguousBlocks(4, gap=20)},
    "features far from zero": {"X": X + 1e4, "regularizer": "Ridge", "regularizer_strength": 1e-3},
}


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_fits_that_begin_at_nothing(case, monkeypatch):
    near, plain = (scored(monkeypatch, is_near, **CASES[case]) for is_near in (True, False))
    assert_same(near, plain)
    assert (near.status == "converged").all()


def test_neurons_in_trouble_end_as_they_do_alone(monkeypatch):
    """One silent in all rows, one in training rows, one whose spikes a feature forbids."""
    y = COUNTS.copy()
    y[:, 0], y[225:, 1] = 0, 0
    y[X[:, 8] > 0, 2] = 0
    folds = ContiguousBlocks(4)
    near, plain = (scored(monkeypatch, is_near, y=y, folds=folds) for is_near in (True, False))
    assert_same(near, plain)
    assert {"silent", "converged", "separated"} <= set(near.status.ravel())


def test_few_neurons_at_a_time_where_memory_is_short(monkeypatch):
    model = {"regularizer": "Ridge", "regularizer_strength": 0.01}
    plain = scored(monkeypatch, True, **model)
    monkeypatch.setattr(near_fits, "_SHARE_FOR_CURVATURE", 1e-5)
    assert_same(scored(monkeypatch, True, **model), plain)


def test_folds_cost_fewer_visits_than_from_nothing(monkeypatch):
    def visits(near):
        total = []
        for module in (near_fits, set_fits):

            def counted(ready, columns, fit=module.fit_prepared, **settings):
                result = fit(ready, columns, **settings)
                total.append(result.n_passes * columns.n_columns)
                return result

            monkeypatch.setattr(module, "fit_prepared", counted)
        scored(monkeypatch, near, regularizer="Ridge", regularizer_strength=1e-3)
        return sum(total)

    assert visits(True) < 0.8 * visits(False)
