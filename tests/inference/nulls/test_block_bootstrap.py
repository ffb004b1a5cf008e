"""Draws of blocks: each is the fit to rows that are repeated by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference import block_bootstrap
from spikeglm.inference.nulls.blocks import moving_blocks, whole_groups

T, N = 400, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 2))
Y = RNG.poisson(np.exp(X @ [[0.5, 0.0, 0.3], [0.0, 0.0, -0.3]] - 0.5))
WEIGHT = RNG.integers(1, 4, T).astype(float)
TRIALS = np.repeat(np.arange(40), 10)


def rngs_of(seed, n):
    return np.random.default_rng(seed).spawn(n)


COUNTS = {
    "moving": (
        {"block": 25},
        lambda rngs: moving_blocks(np.array([0]), np.array([T]), T, 25, rngs),
    ),
    "within sessions": (
        {"block": 25, "groups": np.arange(T) // 200},
        lambda rngs: moving_blocks(np.array([0, 200]), np.array([200, 200]), T, 25, rngs),
    ),
    "trials": ({"groups": TRIALS}, lambda rngs: whole_groups(TRIALS, rngs)),
}


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", COUNTS)
def test_a_draw_is_the_fit_to_repeated_rows(kind, weight):
    options, counts = COUNTS[kind]
    model = nmo.PopulationGLM().fit(X, Y, sample_weight=weight)
    found = block_bootstrap(model, X, Y, sample_weight=weight, n_draws=4, seed=3, **options)
    for d, count in enumerate(counts(rngs_of(3, 4)).T):
        rows = np.repeat(np.arange(T), count)
        by_hand = nmo.PopulationGLM().fit(
            X[rows], Y[rows], sample_weight=None if weight is None else weight[rows]
        )
        assert_allclose(found.coef[d], by_hand.coef_, atol=1e-7)
        assert_allclose(found.intercept[d], by_hand.intercept_, atol=1e-7)


def test_all_rows_count_alike_on_average_and_blocks_stay_in_their_session():
    starts, lengths = np.array([0, 30]), np.array([30, 70])
    counts = moving_blocks(starts, lengths, 100, 10, rngs_of(0, 2000))
    assert_allclose(counts.mean(axis=1), 1.0, atol=0.12)
    assert_array_equal(counts[:30].sum(axis=0), 30)
    # within a block all count alike: a count changes at most where one begins or ends
    assert (np.abs(np.diff(counts[30:].astype(int), axis=0)).sum(axis=0) <= 2 * 7 * 2).all()


def test_groups_are_drawn_as_wholes():
    codes = np.array([0, 0, -1, 1, 2, 2])
    counts = whole_groups(codes, rngs_of(0, 50))
    assert_array_equal(counts[0], counts[1])
    assert_array_equal(counts[2], 0)
    assert_array_equal(counts[[0, 3, 4]].sum(axis=0), 3)


def test_where_rows_are_independent_errors_are_those_of_the_fit():
    model = nmo.PopulationGLM().fit(X, Y)
    found = block_bootstrap(model, X, Y, block=1, n_draws=400)
    coef_error, intercept_error = model.standard_errors(X, Y)
    assert_allclose(found.standard_errors[:-1], coef_error, rtol=0.2)
    assert_allclose(found.standard_errors[-1], intercept_error, rtol=0.2)
    low, high = found.interval(0.9)
    assert_allclose(high - low, 2 * 1.645 * found.standard_errors, rtol=0.2)


def test_trials_that_are_alike_make_errors_larger():
    by_trial = np.repeat(RNG.normal(0, 1, (40, N)), 10, axis=0)
    covariate = np.repeat(RNG.normal(size=(40, 1)), 10, axis=0)
    y = RNG.poisson(np.exp(by_trial - 0.5))
    model = nmo.PopulationGLM().fit(covariate, y)
    found = block_bootstrap(model, covariate, y, groups=TRIALS, n_draws=200)
    plain, _ = model.standard_errors(covariate, y)
    robust, _ = model.standard_errors(covariate, y, cov_type="cluster", groups=TRIALS)
    assert (found.standard_errors[0] > 1.3 * plain[0]).all()
    assert_allclose(found.standard_errors[0], robust[0], rtol=0.35)


def test_any_function_of_the_estimates_has_an_interval():
    model = nmo.PopulationGLM().fit(X, Y)
    found = block_bootstrap(model, X, Y, block=20, n_draws=50)
    value, low, high = found.of(lambda coef, intercept: np.stack([coef[0], np.exp(intercept)]))
    assert_allclose(value, [model.coef_[0], np.exp(model.intercept_)])
    draws = np.quantile(found.coef[:, 0], [0.025, 0.975], axis=0)
    assert_allclose([low[0], high[0]], draws)
    draws = np.quantile(np.exp(found.intercept), [0.025, 0.975], axis=0)
    assert_allclose([low[1], high[1]], draws)
    with pytest.raises(ValueError, match="a value per column"):
        found.of(lambda coef, intercept: coef.sum())


def test_p_values_tell_an_effect_from_none():
    model = nmo.PopulationGLM().fit(X, Y)
    found = block_bootstrap(model, X, Y, block=20, n_draws=99)
    p = found.p_values()
    assert p[0] == p[2] == 0.01 and p[1] > 0.05
    assert found.p_values("x1")[2] == 0.01 and found.p_values("x1")[0] > 0.05


def test_a_neuron_that_is_silent_in_a_draw_has_no_estimate_there():
    y = Y[:, :2].copy()
    y[:, 1] = 0
    y[5:8, 1] = 1
    model = nmo.PopulationGLM().fit(X, y)
    found = block_bootstrap(model, X, y, block=40, n_draws=60)
    n_failed = found.n_failed
    assert n_failed[0] == 0 and n_failed[1] > 0
    assert_array_equal(np.isnan(found.coef).any(axis=1), np.isnan(found.intercept))
    assert np.isfinite(found.standard_errors).all()


def test_splines_that_add_up_to_one_have_a_curve_and_no_errors_of_their_own():
    x = RNG.uniform(0, 1, T)
    basis = nmo.basis.BSplineEval(5, label="x")
    design = basis.design(x)
    model = nmo.GLM().fit(design, Y[:, 0])
    found = block_bootstrap(model, design, Y[:, 0], block=20, n_draws=20)
    assert np.isnan(found.standard_errors[:-1]).all()
    functions = design.terms[0].functions(np.linspace(0.1, 0.9, 5))
    value, low, high = found.of(lambda coef, intercept: functions @ coef + intercept)
    assert value.shape == (5, 1) and (low < value).all() and (value < high).all()


def test_blocks_in_seconds_are_those_in_bins():
    model = nmo.GLM().fit(X, Y[:, 0])
    few = {"n_draws": 5, "seed": 1}
    in_bins = block_bootstrap(model, X, Y[:, 0], block=20, **few)
    in_seconds = block_bootstrap(model, X, Y[:, 0], block="2 s", bin_s=0.1, **few)
    assert_array_equal(in_seconds.coef, in_bins.coef)


@pytest.mark.parametrize(
    "options, kind, message",
    [
        ({}, TypeError, "needs blocks"),
        ({"block": 300}, ValueError, "leave nothing to draw"),
        ({"block": "2 s"}, ValueError, "how long their bins are"),
        ({"groups": [1, 2]}, ValueError, "one label per row"),
        ({"block": 20, "n_draws": 1}, ValueError, "no number of draws"),
    ],
)
def test_what_cannot_be_is_said(options, kind, message):
    with pytest.raises(kind, match=message):
        block_bootstrap(nmo.PopulationGLM().fit(X, Y), X, Y, **options)
