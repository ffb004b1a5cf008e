"""Chosen strengths are where the marginal likelihood is stationary, whatever the data."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

import spikeglm as nmo
from spikeglm.observation_models import NegativeBinomialObservations
from spikeglm.regularizer import Quadratic

from .dense import NB_SCALE, log_marginal_likelihood, slopes_by_log_strength


def differences(n, order=2):
    D = np.diff(np.eye(n), n=order, axis=0)
    return D.T @ D


def bumps(x, n):
    """Functions (T, n) of a variable in [0, 1] that add up to one."""
    place = np.clip(x * (n - 1), 0, n - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(n)), 0)


def recording(T=500, seed=0, n=10):
    """Two variables, and features that add up to one twice."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(0, 1, (2, T))
    X = np.column_stack([bumps(x, n), bumps(z, n)])
    return X, np.exp(0.8 * np.sin(5 * x) + 0.5 * np.cos(4 * z) - 0.3), rng


PAIR = Quadratic({"x": (slice(0, 10), differences(10)), "z": (slice(10, 20), differences(10))})


def matrices(penalty, p):
    out = []
    for columns, S in penalty.entries.values():
        whole = np.zeros((p, p))
        places = np.arange(p)[columns]
        whole[np.ix_(places, places)] = S
        out.append(whole)
    return out


def check_stationary(model, family, X, y, penalty, *, n=None, used=slice(None), **data):
    """Check value and slope of the marginal likelihood against dense algebra, for one neuron."""
    strengths, value = model.regularizer_strength_, model.log_marginal_likelihood_[n or 0]
    strengths = strengths if n is None else strengths[:, n]
    A = np.sum(data.get("weights", 1.0) * np.ones(len(y)))
    S = [M[used][:, used] for M in matrices(penalty, X.shape[1])]
    expected, mode = log_marginal_likelihood(family, X[:, used], y, S, A * strengths, **data)
    assert_allclose(value, expected, rtol=1e-6)
    slopes = slopes_by_log_strength(family, X[:, used], y, S, A * strengths, **data)
    assert np.abs(slopes).max() < 1e-3
    return mode


@pytest.mark.parametrize("family", ["Poisson", "Bernoulli", "NegativeBinomial"])
def test_the_marginal_likelihood_is_stationary_beside_functions_that_add_up_to_one(family):
    X, rate, rng = recording()
    y = rng.binomial(1, rate / (1 + rate)) if family == "Bernoulli" else rng.poisson(rate)
    given = NegativeBinomialObservations(NB_SCALE) if family == "NegativeBinomial" else family
    model = nmo.GLM(given, regularizer=PAIR, regularizer_strength="auto").fit(X, y)
    assert model.fit_report_.converged
    check_stationary(model, family, X, y, PAIR)


def test_weights_and_offsets():
    X, rate, rng = recording(seed=1)
    weights, offset = rng.integers(0, 4, len(X)).astype(float), 0.3 * rng.normal(size=len(X))
    y = rng.poisson(rate * np.exp(offset))
    model = nmo.GLM(regularizer=PAIR, regularizer_strength="auto")
    model.fit(X, y, sample_weight=weights, offset=offset)
    check_stationary(model, "Poisson", X, y, PAIR, weights=weights, offset=offset)
    repeated = np.repeat(np.arange(len(y)), weights.astype(int))
    again = nmo.GLM(regularizer=PAIR, regularizer_strength="auto")
    again.fit(X[repeated], y[repeated], offset=offset[repeated])
    assert_allclose(again.regularizer_strength_, model.regularizer_strength_, rtol=1e-3)
    assert_allclose(again.log_marginal_likelihood_, model.log_marginal_likelihood_, rtol=1e-8)


def test_masked_features_and_neurons_with_rows_of_their_own():
    X, rate, rng = recording(seed=2)
    Y = rng.poisson(np.column_stack([rate, 2 * rate, rate, 0.5 * rate])).astype(float)
    Y[:100, 1] = np.nan
    mask = np.ones((20, 4), dtype=int)
    mask[10:, 2] = 0  # z is not used at all
    mask[3:6, 3] = 0  # some functions of x are not
    model = nmo.PopulationGLM(regularizer=PAIR, regularizer_strength="auto", feature_mask=mask)
    model.fit(X, Y)
    check_stationary(model, "Poisson", X, Y[:, 0], PAIR, n=0)
    check_stationary(model, "Poisson", X[100:], Y[100:, 1], PAIR, n=1)
    used = mask[:, 3] == 1
    check_stationary(model, "Poisson", X, Y[:, 3], PAIR, n=3, used=used)
    alone = Quadratic({"x": PAIR.entries["x"]})
    plain = nmo.GLM(regularizer=alone, regularizer_strength="auto").fit(X[:, :10], Y[:, 2])
    assert_allclose(model.regularizer_strength_[0, 2], plain.regularizer_strength_[0], rtol=1e-3)
    assert_allclose(model.log_marginal_likelihood_[2], plain.log_marginal_likelihood_[0], rtol=1e-9)


def test_two_matrices_on_the_same_columns_whose_strengths_differ_by_far():
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0, 1, (2, 600))
    X = (bumps(a, 6)[:, :, None] * bumps(b, 5)[:, None]).reshape(600, 30)
    y = rng.poisson(np.exp(np.sin(7 * a)))  # nothing depends on b
    penalty = Quadratic({
        "a": (slice(0, 30), np.kron(differences(6), np.eye(5))),
        "b": (slice(0, 30), np.kron(np.eye(6), differences(5))),
    })  # fmt: skip
    model = nmo.GLM(regularizer=penalty, regularizer_strength="auto").fit(X, y)
    chosen = model.regularizer_strength_
    assert chosen[1] > 1e4 * chosen[0]
    assert any("b: what it penalises is gone" in line for line in model.fit_report_.result.remarks)
    S = matrices(penalty, 30)[0]
    # In the limit of b the surface is a line in b for every a: that is another, smaller model.
    lines = np.kron(np.eye(6), np.linalg.svd(differences(5))[0][:, 3:])
    value, _ = log_marginal_likelihood(
        "Poisson", X @ lines, y, [lines.T @ S @ lines], [600 * chosen[0]]
    )
    assert_allclose(model.log_marginal_likelihood_[0], value, rtol=1e-6)


def test_a_straight_line_is_recognised_and_a_term_without_effect_costs_nothing():
    X, _, rng = recording(T=3000, seed=4)
    x = X[:, :10] @ np.linspace(0, 1, 10)
    y = rng.poisson(np.exp(x - 0.5))
    model = nmo.GLM(regularizer=PAIR, regularizer_strength="auto").fit(X, y)
    assert np.abs(np.diff(model.coef_[:10], n=2)).max() < 0.02
    assert np.ptp(np.diff(model.coef_[:10])) < 0.05
    assert_allclose(np.diff(model.coef_[:10]).mean() * 9, 1.0, atol=0.1)


def test_silent_separated_and_saturated_neurons_harm_no_other():
    X, rate, rng = recording(T=400, seed=5)
    x = X[:, :10] @ np.linspace(0, 1, 10)
    good = rng.binomial(1, rate / (1 + rate))
    Y = np.column_stack([good, 0 * good, 0 * good + 1, x > 0.5])  # a line separates the last
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.PopulationGLM("Bernoulli", regularizer=PAIR, regularizer_strength="auto")
        model.fit(X, Y)
    assert model.fit_report_.status == ("converged", "silent", "saturated", "separated")
    assert np.isnan(model.log_marginal_likelihood_[1:]).all()
    assert np.isnan(model.regularizer_strength_[:, 1:]).all()
    check_stationary(model, "Bernoulli", X, good, PAIR, n=0)
    model.standard_errors(X, Y)


def test_a_ridge_has_a_strength_per_term_and_neuron():
    rng = np.random.default_rng(6)
    many, few = rng.normal(size=(800, 8)), rng.normal(size=(800, 3))
    basis = nmo.basis.IdentityEval(label="many") + nmo.basis.IdentityEval(label="few")
    X = basis.design(many, few)
    Y = rng.poisson(np.exp(0.4 * many @ rng.normal(size=(8, 2)) / 3 + 0.0 * few[:, :1] - 0.5))
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength="auto").fit(X, Y)
    assert model.regularizer_strength_.shape == (2, 2)
    assert (model.regularizer_strength_[1] > 5 * model.regularizer_strength_[0]).all()
    ridge = Quadratic({"many": (slice(0, 8), np.eye(8)), "few": (slice(8, 11), np.eye(3))})
    check_stationary(model, "Poisson", np.column_stack([many, few]), Y[:, 0], ridge, n=0)
    plain = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength="auto").fit(many, Y)
    assert plain.regularizer_strength_.shape == (1, 2)


def test_strengths_and_the_scale_of_a_negative_binomial_model_are_found_together():
    X, rate, rng = recording(T=1500, seed=7)
    Y = rng.negative_binomial(2, 1 / (1 + 0.5 * np.column_stack([3 * rate, rate])))
    estimate = NegativeBinomialObservations("estimate")
    both = nmo.PopulationGLM(estimate, regularizer=PAIR, regularizer_strength="auto").fit(X, Y)
    assert both.fit_report_.converged and (abs(both.scale_ - 0.5) < 0.25).all()
    for n in range(2):
        known = NegativeBinomialObservations(both.scale_[n])
        model = nmo.GLM(known, regularizer=PAIR, regularizer_strength="auto").fit(X, Y[:, n])
        value, strength = both.log_marginal_likelihood_[n], both.regularizer_strength_[:, n]
        assert_allclose(value, model.log_marginal_likelihood_[0], rtol=1e-7)
        assert_allclose(strength, model.regularizer_strength_, rtol=1e-2)


def test_folds_and_refits_choose_anew():
    X, rate, rng = recording(T=600, seed=8)
    Y = rng.poisson(rate[:, None] * np.ones(3))
    model = nmo.GLM(regularizer=PAIR, regularizer_strength="auto").fit(X, Y[:, 0])
    means = model.predict_refitted(X, Y)
    again = nmo.GLM(regularizer=PAIR, regularizer_strength="auto").fit(X, Y[:, 2])
    assert_allclose(means[:, 2], again.predict(X), rtol=1e-3)
    held_out = nmo.selection.cross_validated(model, X, Y[:, 0], 3)
    first = nmo.GLM(regularizer=PAIR, regularizer_strength="auto").fit(X[200:], Y[200:, 0])
    assert_allclose(held_out.prediction[:200], first.predict(X[:200]), rtol=1e-2)


def test_a_saved_or_cloned_model_keeps_what_was_chosen_and_how(tmp_path):
    X, rate, rng = recording(T=400, seed=9)
    y = rng.poisson(rate)
    model = nmo.GLM(regularizer=PAIR, regularizer_strength="auto").fit(X, y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert loaded.regularizer_strength == "auto"
    assert_allclose(loaded.regularizer_strength_, model.regularizer_strength_)
    assert loaded.regularizer_entries_ == ("x", "z")
    assert_allclose(loaded.log_marginal_likelihood_, model.log_marginal_likelihood_)
    assert_allclose(loaded.covariance(X, y), model.covariance(X, y))
    fresh = clone(model)
    assert fresh.regularizer_strength == "auto" and not hasattr(fresh, "regularizer_strength_")
    model.set_params(regularizer_strength=0.1).fit(X, y)
    assert not hasattr(model, "regularizer_strength_")


def test_whoever_cannot_choose_says_so():
    X, rate, rng = recording(T=200)
    y = rng.binomial(1, rate / (1 + rate))
    with pytest.raises(ValueError, match="cannot be chosen automatically"):
        nmo.GLM(regularizer="Lasso", regularizer_strength="auto").fit(X, y)
    with pytest.raises(TypeError, match="not chosen automatically for classes"):
        nmo.ClassifierGLM(2, regularizer=PAIR, regularizer_strength="auto").fit(X, y)
    model = nmo.GLM(regularizer=PAIR, regularizer_strength="auto")
    params = model.initialize_params(X, y)
    with pytest.raises(ValueError, match="Nobody has chosen"):
        model.initialize_optimizer_and_state(params, X, y)
    with pytest.raises(TypeError, match="numeric"):
        nmo.GLM(regularizer=PAIR, regularizer_strength="automatic").fit(X, y)
    three = [(slice(0, 4), np.diag(d) + 1) for d in ([1, 2, 3, 4], [4, 1, 1, 9], [0, 0, 5, 1])]
    with pytest.raises(ValueError, match="do not commute"):
        nmo.GLM(regularizer=Quadratic(three), regularizer_strength="auto").fit(X, y)


def lines(T, seed, N):
    """Rows of a spline on [0, 1], and responses to a straight line of noise."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, T)
    return x, bumps(x, 20), (x[:, None] - 0.5) + rng.normal(size=(T, N))


def test_a_curve_that_became_a_line_has_the_errors_of_a_line():
    x, X, Y = lines(400, 10, 12)
    smooth = Quadratic({"x": (slice(0, 20), differences(20))})
    model = nmo.PopulationGLM("Gaussian", regularizer=smooth, regularizer_strength="auto")
    model.fit(X, Y)
    is_line = model.regularizer_strength_[0] > 0.99 * model.regularizer_strength_.max()
    assert is_line.sum() > 3
    line = nmo.PopulationGLM("Gaussian").fit(x[:, None], Y)
    D = X[:50] - X.mean(axis=0)
    for n in np.flatnonzero(is_line):
        C = model.covariance(X, Y)[n, :-1, :-1]
        expected = np.abs(x[:50] - x.mean()) * line.standard_errors(x[:, None], Y)[0][0, n]
        assert_allclose(np.sqrt(np.einsum("wi,ij,wj->w", D, C, D)), expected, atol=2e-3)


def test_unknown_strengths_widen_bands_least_where_data_know_them():
    rng = np.random.default_rng(11)
    x = rng.uniform(0, 1, 4000)
    X = bumps(x, 15)
    rate = np.exp(np.sin(6 * x))[:, None] * np.array([0.01, 2.0])
    Y = rng.poisson(rate)
    smooth = Quadratic({"x": (slice(0, 15), differences(15))})
    model = nmo.PopulationGLM(regularizer=smooth, regularizer_strength="auto").fit(X, Y)
    known, unknown = (model.covariance(X, Y, cov_type=c) for c in ("model", "unconditional"))
    D = X[:200] - X.mean(axis=0)
    wide = [np.sqrt(np.einsum("wi,nij,wj->wn", D, C[:, :-1, :-1], D)) for C in (known, unknown)]
    ratio = wide[1] / wide[0]
    assert (ratio > 1 - 1e-6).all()
    assert ratio[:, 0].mean() > 1.03 > 1 + 0.5 * (ratio[:, 1].mean() - 1)
    with pytest.raises(ValueError, match="matrices have strengths"):
        nmo.GLM().fit(X[:, 1:], Y[:, 1]).covariance(X[:, 1:], Y[:, 1], cov_type="unconditional")


def test_unknown_strengths_by_hand():
    """One matrix, one neuron: P(rho) and gamma(rho) over a grid, with dense algebra."""
    rng = np.random.default_rng(12)
    x = rng.uniform(0, 1, 500)
    X = bumps(x, 8)[:, 1:]  # with the intercept of full rank
    y = rng.poisson(np.exp(np.sin(5 * x) - 1))
    S = np.zeros((8, 8))
    S[:7, :7] = differences(8)[1:, 1:]
    smooth = Quadratic([(slice(0, 7), S[:7, :7])])
    model = nmo.GLM(regularizer=smooth, regularizer_strength="auto").fit(X, y)
    strength = 500 * model.regularizer_strength_[0]
    Z = np.column_stack([X, np.ones(500)])
    H = Z.T @ (model.predict(X)[:, None] * Z)
    at = np.append(model.coef_, model.intercept_)
    a = (H + strength * S) @ at
    P, more, total = np.linalg.inv(H + strength * S), 0.0, 0.0
    rank, best = np.linalg.matrix_rank(S), None
    for step in np.linspace(-6, 6, 17):
        M = H + strength * np.exp(step) * S
        b = np.linalg.solve(M, a)
        worth = 0.5 * a @ b + 0.5 * rank * step - 0.5 * np.linalg.slogdet(M)[1] - 0.5 * step
        best = worth if best is None else best
        weight = np.exp(worth - best)
        total += weight
        more = more + weight * (np.linalg.inv(M) - P + np.outer(b - at, b - at))
    found = model.covariance(X, y, cov_type="unconditional")
    L = np.linalg.cholesky(P)
    values, vectors = np.linalg.eigh(np.linalg.solve(L, np.linalg.solve(L, more / total).T))
    root = L @ (vectors * np.sqrt(np.maximum(values, 0)))
    assert_allclose(found, P + root @ root.T, rtol=1e-4, atol=1e-6)
