"""The dispersion of penalised fits stands on what the penalty leaves of the parameters.

The oracle is the trace of the matrix that maps responses to fitted values, written out densely.
"""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference.information import degrees_of_freedom

RNG = np.random.default_rng(0)
T, P = 120, 6
X = RNG.normal(size=(T, P)) * [1, 2, 0.5, 1, 1, 3] + [0, 0, 0, 0, 100, 0]
Y = X[:, :2] @ [0.4, -0.2] + RNG.normal(size=T)
WEIGHTS = RNG.uniform(0, 3, T)


def edf_of(X, strength, *, weights=None, curvature=2.0):
    """Return tr[(F + AΛ)⁻¹ F] for an intercept without a penalty and 2 h = curvature (T,)."""
    a = np.ones(len(X)) if weights is None else weights
    Z = np.column_stack([X, np.ones(len(X))])
    F = Z.T @ ((a * curvature)[:, None] * Z)
    penalty = a.sum() * np.diag(np.append(np.broadcast_to(strength, X.shape[1]), 0.0))
    return np.trace(np.linalg.solve(F + penalty, F))


def ridge(strength, **arguments):
    return nmo.GLM("Gaussian", regularizer="Ridge", regularizer_strength=strength, **arguments)


@pytest.mark.parametrize("strength", [1e-4, 0.3, 30.0, np.array([0.1, 2.0, 0, 0.5, 1.0, 7.0])])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_ridge_uses_up_the_trace_of_its_hat_matrix(strength, weights):
    model = ridge(strength).fit(X, Y, sample_weight=weights)
    edf = edf_of(X, strength, weights=weights)
    a = np.ones(T) if weights is None else weights
    residual = (a * (Y - model.predict(X)) ** 2).sum()
    assert_allclose(model.edf_, [edf], rtol=1e-6)
    assert_allclose(model.scale_, [residual / (a.sum() - edf)], rtol=1e-6)


def test_the_hat_matrix_itself_has_that_trace():
    fits = nmo.PopulationGLM("Gaussian", regularizer="Ridge", regularizer_strength=0.3)
    hat = fits.fit(X[:30], np.eye(30)).predict(X[:30])
    assert_allclose(fits.edf_, np.trace(hat), rtol=1e-6)


@pytest.mark.parametrize("link", [None, "exp", "one_over_x"])
def test_gamma_weighs_rows_by_their_information(link):
    rng = np.random.default_rng(1)
    features = rng.uniform(0, 1, size=(200, 3))
    y = rng.gamma(4.0, 1 / (1 + features @ [1.0, 2.0, 0.5]) / 4)
    model = nmo.GLM(
        "Gamma", inverse_link_function=link, regularizer="Ridge", regularizer_strength=0.05
    ).fit(features, y)
    mean = model.predict(features)
    information = np.ones(200) if link == "exp" else mean**2  # (dmu/deta)² / mu²
    edf = edf_of(features, 0.05, curvature=information)
    assert_allclose(model.edf_, [edf], rtol=1e-6)
    assert_allclose(model.scale_, [((y / mean - 1) ** 2).sum() / (200 - edf)], rtol=1e-6)


def test_without_a_penalty_it_is_the_number_of_parameters():
    model = nmo.GLM("Gaussian").fit(X, Y)
    assert_allclose(model.edf_, [P + 1])
    assert_allclose(model.scale_, [((Y - model.predict(X)) ** 2).sum() / model.dof_resid_[0]])
    assert_allclose(ridge(0.0).fit(X, Y).scale_, model.scale_, rtol=1e-7)


def test_a_feature_told_twice_counts_once_whatever_the_mask():
    twice = np.column_stack([X[:, :3], X[:, 0]])
    for model in (nmo.GLM("Gaussian"), ridge(1e-9)):
        assert_allclose(model.fit(twice, Y).edf_, [4], rtol=1e-6)
    masked = nmo.GLM("Gaussian", feature_mask=np.array([1, 0, 0, 1])).fit(twice, Y)
    assert_allclose(masked.edf_, [2])


def test_masked_features_use_up_nothing():
    mask = np.array([1, 0, 1, 1, 0, 1])
    model = ridge(0.2, feature_mask=mask).fit(X, Y)
    assert_allclose(model.edf_, [edf_of(X[:, mask == 1], 0.2)], rtol=1e-6)


@pytest.mark.parametrize("strength", [0.0, 0.2])
def test_a_model_without_an_intercept_does_not_count_one(strength):
    features = X - [0, 0, 0, 0, 100, 0]
    F = 2 * features.T @ features
    edf = np.trace(np.linalg.solve(F + T * strength * np.eye(P), F))
    model = ridge(strength, fit_intercept=False).fit(features, Y)
    assert_allclose(model.edf_, [edf], rtol=1e-6)


def test_neurons_have_their_own():
    strengths = np.array([[0.01, 0.2, 5.0]])
    mask = np.ones((P, 3))
    mask[2, 1] = 0
    y = np.column_stack([Y, Y[::-1], RNG.normal(size=T)])
    y[:40, 2] = np.nan
    model = nmo.PopulationGLM(
        "Gaussian", regularizer="Ridge", regularizer_strength=strengths, feature_mask=mask
    ).fit(X, y)
    for n in range(3):
        rows = np.isfinite(y[:, n])
        edf = edf_of(X[rows][:, mask[:, n] == 1], strengths[0, n])
        assert_allclose(model.edf_[n], edf, rtol=1e-6)


def test_sparse_penalties_count_what_is_not_zero_and_how_it_is_shrunk():
    for regularizer, strength, l2 in (("Lasso", 0.3, 0.0), ("ElasticNet", (0.4, 0.5), 0.2)):
        model = nmo.GLM("Gaussian", regularizer=regularizer, regularizer_strength=strength)
        kept = model.fit(X, Y).coef_ != 0
        assert 0 < kept.sum() < P
        assert_allclose(model.edf_, [edf_of(X[:, kept], l2)], rtol=1e-6)


def test_a_group_lasso_uses_up_what_its_fitted_values_move_with_the_response():
    mask = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    kind = nmo.regularizer.GroupLasso(mask=mask)

    def fitted(y):
        model = nmo.PopulationGLM(
            "Gaussian", regularizer=kind, regularizer_strength=0.3, solver_kwargs={"tol": 1e-11}
        )
        return model.fit(X, y)

    step = 1e-4
    up, down = (Y[:, None] + sign * step * np.eye(T) for sign in (1, -1))
    moved = (fitted(up).predict(X) - fitted(down).predict(X)) / (2 * step)
    model = fitted(Y[:, None])
    assert (model.coef_[:3] != 0).all()
    assert_allclose(model.edf_, [np.trace(moved)], rtol=1e-4)


def test_many_rows_are_sampled_and_the_dispersion_is_the_same(monkeypatch):
    rng = np.random.default_rng(2)
    features = rng.normal(size=(9000, 5))
    y = features @ rng.normal(size=5) + rng.normal(size=9000)
    sampled = ridge(0.5).fit(features, y).scale_
    monkeypatch.setattr(degrees_of_freedom, "_FEWEST_ROWS", 9000)
    whole = ridge(0.5).fit(features, y)
    assert_allclose(whole.edf_, [edf_of(features, 0.5)], rtol=1e-6)
    assert_allclose(sampled, whole.scale_, rtol=1e-4)


def test_models_without_a_dispersion_have_nothing_to_count():
    assert not hasattr(nmo.GLM(regularizer="Ridge").fit(X[:, :4], np.ones(T)), "edf_")
    model = ridge(0.1).fit(X, Y)
    model.set_params(observation_model="Poisson").fit(X[:, :4], np.ones(T))
    assert not hasattr(model, "edf_")


@pytest.mark.parametrize(
    ("n_rows", "weights"), [(P + 1, None), (4, None), (T, np.full(T, 0.05))], ids=str
)
def test_a_fit_that_leaves_nothing_has_no_dispersion_and_says_so(n_rows, weights):
    model = nmo.GLM("Gaussian")
    with pytest.warns(UserWarning, match="without a dispersion.*What to do"):
        model.fit(X[:n_rows], Y[:n_rows], sample_weight=weights)
    assert np.isnan(model.scale_).all()
    coef, intercept = model.standard_errors(X[:n_rows], Y[:n_rows], sample_weight=weights)
    assert np.isnan(coef).all()
    assert np.isnan(intercept).all()
    assert np.isnan(model.score(X[:n_rows], Y[:n_rows]))


def test_one_saturated_neuron_leaves_the_others_alone():
    y = np.column_stack([Y, Y])
    y[P:, 1] = np.nan
    with pytest.warns(UserWarning, match=r"1 neuron\(s\) without a dispersion \(1\)"):
        model = nmo.PopulationGLM("Gaussian").fit(X, y)
    assert_array_equal(np.isnan(model.scale_), [False, True])
    coef, _ = model.standard_errors(X, y)
    assert_array_equal(np.isnan(coef).any(axis=0), [False, True])


def test_more_features_than_rows_leave_a_dispersion_under_ridge():
    features = RNG.normal(size=(40, 60))
    y = RNG.normal(size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = ridge(1.0).fit(features, y)
    assert_allclose(model.edf_, [edf_of(features, 1.0)], rtol=1e-6)
    residual = ((y - model.predict(features)) ** 2).sum()
    assert_allclose(model.scale_, [residual / (40 - model.edf_[0])], rtol=1e-6)


def test_a_batch_that_stands_for_all_samples_has_their_dispersion():
    model = ridge(0.3)
    params = model.initialize_params(X, Y)
    state = model.initialize_optimizer_and_state(params, X, Y)
    for _ in range(20):
        params, state = model.update(params, state, X, Y, n_samples=10 * T)
    assert_allclose(model.edf_, [edf_of(X, 0.3)], rtol=1e-6)
    residual = ((Y - model.predict(X)) ** 2).mean()
    assert_allclose(model.scale_, [residual / (1 - model.edf_[0] / (10 * T))], rtol=1e-6)


def test_the_edf_survives_saving(tmp_path):
    model = ridge(0.3).fit(X, Y)
    model.save_params(tmp_path / "model.npz")
    assert_array_equal(nmo.load_model(tmp_path / "model.npz").edf_, model.edf_)


@pytest.mark.parametrize("strength", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_band_has_the_degrees_of_freedom_of_its_dispersion(strength, weights):
    """The oracle is the variance of a sum of squares, 2 tr[(1 - H)²], with H written out."""
    place = RNG.uniform(0, 10, T)
    design = nmo.basis.BSplineEval(8, label="place").design(place)
    y = np.sin(place) + RNG.normal(size=T)
    model = ridge(strength).fit(design, y, sample_weight=weights)
    curve = model.curve("place", design, y, at=[5.0], sample_weight=weights)
    a = np.ones(T) if weights is None else weights
    Z = np.sqrt(a)[:, None] * np.column_stack([np.asarray(design), np.ones(T)])
    bent = 2 * Z.T @ Z + a.sum() * np.diag(np.append(np.full(8, strength), 0.0))
    H = 2 * Z @ np.linalg.pinv(bent, rcond=1e-12) @ Z.T
    left = a.sum() - np.trace(H)
    assert_allclose(curve.dof, left**2 / (left - np.trace(H) + np.trace(H @ H)), rtol=1e-6)
    assert curve.dof >= left - 1e-6


def test_a_penalty_of_zero_counts_combinations_of_features_once():
    wide = np.column_stack([X, X[:, 0] + X[:, 1], np.full(T, 2.0)])
    plain = nmo.GLM("Gaussian").fit(wide, Y)
    assert_allclose(plain.edf_, P + 1)
    model = ridge(0.0).fit(wide, Y)
    assert_allclose(model.edf_, plain.edf_)
    assert_allclose(model.scale_, plain.scale_, rtol=1e-9)


@pytest.mark.parametrize("proportions", [np.ones(P), np.array([0.1, 2.0, 3.0, 0.5, 1.0, 7.0])])
def test_ridges_that_differ_in_strength_alone_share_one_decomposition(proportions, monkeypatch):
    y, calls = np.repeat(Y[:, None], 9, axis=1), []
    original = degrees_of_freedom._eigenvalues
    monkeypatch.setattr(
        degrees_of_freedom, "_eigenvalues", lambda *a: calls.append(1) or original(*a)
    )
    given = proportions[:, None] * np.geomspace(1e-4, 30, 9)
    model = nmo.PopulationGLM("Gaussian", regularizer="Ridge", regularizer_strength=given)
    model.fit(X, y)
    residual = ((y - model.predict(X)) ** 2).sum(axis=0)
    expected = [T - edf_of(X, column) for column in given.T]
    assert_allclose(residual / model.scale_, expected, rtol=1e-8)
    assert 1 <= len(calls) <= 2  # for edf, and for degrees of freedom
