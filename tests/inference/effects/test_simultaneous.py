"""How far simultaneous bands reach, against exact values and plain simulation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo
from spikeglm.inference.effects.combinations import directions, simultaneous_quantile

RNG = np.random.default_rng(0)


def unit_rows(n, r, rng=RNG):
    rows = rng.normal(size=(n, r))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("dof", [np.inf, 7.0])
def test_one_point_reaches_as_far_as_a_pointwise_band(dof):
    exact = stats.t.ppf(0.975, dof)
    assert_allclose(simultaneous_quantile(np.ones((1, 1)), 0.95, dof=dof), exact, rtol=1e-12)
    same = np.tile(unit_rows(1, 3), (5, 1))  # a point five times, and dimensions that nobody needs
    assert_allclose(simultaneous_quantile(same, 0.95, dof=dof), exact, rtol=0.01)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_independent_points_reach_as_far_as_sidak(level):
    """P(all |z| <= c) = (2 Phi(c) - 1)^r for r independent ones."""
    for r in (2, 5, 20):
        exact = stats.norm.ppf(0.5 + level ** (1 / r) / 2)
        assert_allclose(simultaneous_quantile(np.eye(r), level), exact, rtol=6e-3)


def test_points_in_all_directions_reach_as_far_as_scheffe():
    angle = np.linspace(0, np.pi, 2000)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    assert_allclose(
        simultaneous_quantile(circle, 0.95), np.sqrt(stats.chi2.ppf(0.95, 2)), rtol=1e-5
    )
    exact = np.sqrt(2 * stats.f.ppf(0.95, 2, 9))
    assert_allclose(simultaneous_quantile(circle, 0.95, dof=9.0), exact, rtol=1e-5)


@pytest.mark.parametrize("dof", [np.inf, 12.0])
def test_the_quantile_is_that_of_simulated_maxima(dof):
    unit = unit_rows(60, 7)
    rng = np.random.default_rng(1)
    z = rng.normal(size=(100_000, 7))
    scale = 1.0 if np.isinf(dof) else np.sqrt(rng.chisquare(dof, len(z)) / dof)
    largest = np.abs(z @ unit.T).max(axis=1) / scale
    found = simultaneous_quantile(unit, 0.95, dof=dof)
    assert_allclose((largest <= found).mean(), 0.95, atol=0.003)


def test_the_same_seed_gives_the_same_and_draws_hardly_matter():
    unit = unit_rows(50, 9)
    of_seeds = [simultaneous_quantile(unit, 0.95, seed=s) for s in range(8)]
    assert of_seeds[0] == simultaneous_quantile(unit, 0.95, seed=0)
    assert np.std(of_seeds) < 0.004  # of simulated maxima, 10 000 of them: 0.01


def test_directions_have_the_correlations_of_the_points():
    root, K = RNG.normal(size=(6, 4)), RNG.normal(size=(9, 6))
    V = root @ root.T  # of rank 4
    error = np.sqrt(np.einsum("wi,ij,wj->w", K, V, K))
    D = directions(K, V, error)
    assert D.shape == (9, 4)
    assert_allclose(D @ D.T, K @ V @ K.T / np.outer(error, error), atol=1e-9)
    K[3] = 0.0  # known to be zero: it moves nothing
    error[3], error[5] = 0.0, np.nan
    assert directions(K, V, error).shape == (7, 4)
    assert np.isnan(simultaneous_quantile(directions(K[:0], V, error[:0]), 0.95))


# --- in fits ---

T = 1500
X_CM, SPEED = RNG.uniform(0, 10, T), RNG.uniform(0, 30, T)
RATE = 0.4 * np.exp(0.7 * np.sin(X_CM))
Y = RNG.poisson(RATE[:, None] * [1.0, 0.6, 0.0])
SPLINES = nmo.basis.BSplineEval
DESIGN = (SPLINES(8, label="x") + SPLINES(5, label="speed")).design(X_CM, SPEED)


@pytest.fixture(scope="module")
def model():
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        return nmo.PopulationGLM().fit(DESIGN, Y)


def test_a_band_of_a_fit_is_k_v_k_by_hand(model):
    """On a design of full rank that spans the same functions, with plain simulated maxima."""
    found = nmo.inference.partial_effect(model, DESIGN, Y, "x", simultaneous=True, n_points=40)
    plain = nmo.inference.partial_effect(model, DESIGN, Y, "x", n_points=40)
    keep = np.setdiff1d(np.arange(13), [0, 8])
    Z = np.asarray(DESIGN)[:, keep]
    there = np.asarray(DESIGN.at(found.axis, np.full(40, SPEED[0])))[:, keep]
    K = np.zeros((40, 12))
    K[:, :7] = there[:, :7] - Z[:, :7].mean(axis=0)
    for n in (0, 1):
        mean = model.predict(DESIGN)[:, n]
        design = np.column_stack([Z, np.ones(T)])
        V = np.linalg.inv(design.T @ (mean[:, None] * design))
        error = np.sqrt(np.diag(K @ V @ K.T))
        draws = np.random.default_rng(2).multivariate_normal(np.zeros(12), V, 100_000) @ K.T
        c = np.quantile(np.abs(draws / error).max(axis=1), 0.95)
        assert_allclose(found.critical_value[n], c, rtol=0.01)
        assert_allclose(found.standard_error[:, n], error, rtol=1e-4)
        half = found.critical_value[n] * error
        assert_allclose(found.high[:, n] - found.value[:, n], half, rtol=1e-4)
        assert_allclose(found.pointwise_low[:, n], plain.low[:, n], rtol=1e-12)
    assert np.isnan(found.low[:, 2]).all() and np.isnan(found.critical_value[2])
    assert found.status == ("converged", "converged", "silent")
    assert found.of(neuron=2).status == ("silent",)


def test_a_neuron_alone_reaches_as_far_as_in_company(model):
    one = nmo.GLM().fit(DESIGN, Y[:, 1])
    asked = {"scale": "rate", "bin_s": 0.02, "simultaneous": True}
    alone = one.curve("speed", DESIGN, Y[:, 1], **asked)
    together = model.curve("speed", DESIGN, Y, **asked).of(neuron=1)
    assert_allclose(alone.critical_value, together.critical_value, rtol=1e-4)
    assert_allclose(alone.high, together.high, rtol=1e-4)
    assert (alone.high > alone.pointwise_high).all() and alone.is_simultaneous


def test_gaussian_bands_reach_further_for_few_rows():
    design, y = SPLINES(5, label="x").design(X_CM[:30]), RNG.normal(size=30)
    band = nmo.GLM("Gaussian").fit(design, y).curve("x", design, y, simultaneous=True)
    assert band.dof == pytest.approx(25)
    Z = np.asarray(design)  # splines add up to one, so this has the intercept in it
    K = np.asarray(design.at(band.axis)) - Z.mean(axis=0)
    V = np.linalg.inv(Z.T @ Z)
    rng = np.random.default_rng(3)
    t = rng.multivariate_normal(np.zeros(5), V, 50_000) @ K.T / np.sqrt(np.diag(K @ V @ K.T))
    t /= np.sqrt(rng.chisquare(25, (len(t), 1)) / 25)
    assert_allclose((np.abs(t).max(axis=1) <= band.critical_value).mean(), 0.95, atol=0.004)


def test_too_few_draws_are_refused(model):
    with pytest.raises(ValueError, match="too few draws"):
        nmo.inference.partial_effect(model, DESIGN, Y, "x", simultaneous=True, n_draws=3)


def test_after_a_selection_there_is_no_band():
    sparse = nmo.GLM(regularizer="Lasso", regularizer_strength=0.01).fit(DESIGN, Y[:, 0])
    with pytest.warns(UserWarning, match="selects features"):
        band = nmo.inference.partial_effect(sparse, DESIGN, Y[:, 0], "x", simultaneous=True)
    assert np.isnan(band.low).all() and np.isfinite(band.value).all()
