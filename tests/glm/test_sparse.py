"""Laws of fits with absolute values in the penalty: Lasso and elastic net."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.catalogue import PAIRS, Case
from tests.glm import dense

import spikeglm as nmo

RATIOS = {"Lasso": 1.0, "ElasticNet": 0.6}
of_kinds = pytest.mark.parametrize("kind", RATIOS)
of_pairs = pytest.mark.parametrize("pair", PAIRS, ids="-".join)


def strength_of(kind, size):
    return size if kind == "Lasso" else (size, RATIOS[kind])


def kkt_violation(model, X, y, case, kind, size, **more):
    """Largest violation of the optimality conditions relative to the strength, written densely."""
    l1, l2 = size * RATIOS[kind], size * (1 - RATIOS[kind])
    parameters = dense.parameters_of(model)
    slope = dense.gradient(parameters, X, y, case, ridge=l2, **more)
    w, s = parameters[:-1], slope[:-1]
    at_zero, elsewhere = np.maximum(np.abs(s) - l1, 0), np.abs(s + l1 * np.sign(w))
    return max(np.where(w == 0, at_zero, elsewhere).max(), abs(slope[-1])) / l1


@of_kinds
@of_pairs
@pytest.mark.parametrize("size", [1e-3, 0.02, 0.1])
def test_the_optimality_conditions_hold(pair, kind, size):
    case = Case(*pair)
    X, y = case.data()
    model = case.glm(regularizer=kind, regularizer_strength=strength_of(kind, size))
    model.fit(X, y[:, 0])
    assert model.fit_report_.status == ("converged",)
    assert kkt_violation(model, X, y[:, 0], case, kind, size) < 1e-5


def wide(n_rows=1500, n_features=60, n_neurons=5, seed=0):
    """Correlated features of which few matter."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features))
    X[:, 1:] += 0.7 * X[:, :-1]
    coef = rng.normal(0, 0.4, (n_features, n_neurons)) * (rng.random((n_features, n_neurons)) < 0.1)
    return X, rng.poisson(np.exp(X @ coef - 1.0)).astype(float), coef


@of_kinds
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_a_population_of_sparse_neurons(kind, share):
    X, y, _ = wide()
    largest = np.abs(X.T @ (y - y.mean(axis=0))).max() / len(X)
    size = share * largest
    model = nmo.PopulationGLM(regularizer=kind, regularizer_strength=strength_of(kind, size))
    model.fit(X, y)
    assert model.fit_report_.converged
    assert model.fit_report_.n_passes <= 40
    for n in range(y.shape[1]):
        one = nmo.GLM(regularizer=kind, regularizer_strength=strength_of(kind, size))
        one.fit(X, y[:, n])
        assert_allclose(one.coef_, model.coef_[:, n], atol=1e-7)
        assert_array_equal(one.coef_ == 0, model.coef_[:, n] == 0)
        case = Case("Poisson", "exp")
        assert kkt_violation(one, X, y[:, n], case, kind, size) < 1e-5


def test_only_what_matters_is_kept():
    X, y, coef = wide(n_rows=20_000)
    model = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02).fit(X, y)
    assert (model.coef_[np.abs(coef) > 0.3] != 0).all()
    assert ((model.coef_ != 0) == (coef != 0)).mean() > 0.9


def test_above_the_largest_useful_strength_every_coefficient_is_zero():
    X, y, _ = wide()
    largest = np.abs(X.T @ (y[:, 0] - y[:, 0].mean())).max() / len(X)
    none = nmo.GLM(regularizer="Lasso", regularizer_strength=1.001 * largest).fit(X, y[:, 0])
    some = nmo.GLM(regularizer="Lasso", regularizer_strength=0.99 * largest).fit(X, y[:, 0])
    assert (none.coef_ == 0).all()
    assert_allclose(none.intercept_, np.log(y[:, 0].mean()))
    assert np.count_nonzero(some.coef_) == 1


def test_a_gaussian_lasso_is_scikit_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y, _ = wide()
    ours = nmo.GLM("Gaussian", regularizer="Lasso", regularizer_strength=0.2).fit(X, y[:, 0])
    theirs = linear_model.Lasso(alpha=0.1, tol=1e-12, max_iter=100_000).fit(X, y[:, 0])
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    ours = nmo.GLM("Gaussian", regularizer="ElasticNet", regularizer_strength=(0.2, 0.3))
    theirs = linear_model.ElasticNet(alpha=0.1, l1_ratio=0.3, tol=1e-12, max_iter=100_000)
    assert_allclose(ours.fit(X, y[:, 0]).coef_, theirs.fit(X, y[:, 0]).coef_, atol=1e-7)


def test_glmnets_published_numbers():
    X, y = [[-2, 0], [-1, 0], [1, 1], [2, 1]], [0, 1, 1, 2]
    model = nmo.GLM(
        regularizer="ElasticNet", regularizer_strength=(1.0, 0.5), solver_kwargs={"tol": 1e-10}
    ).fit(X, y)
    assert_allclose(model.intercept_, -0.03550978409, atol=2e-8)
    assert_allclose(model.coef_, [0.16936423283, 0.0], atol=2e-8)


@of_kinds
def test_strengths_per_neuron_and_per_feature(kind):
    X, y, _ = wide(n_neurons=2)
    p = X.shape[1]
    per_neuron = np.array([[0.01, 0.1]])
    many = nmo.PopulationGLM(regularizer=kind, regularizer_strength=strength_of(kind, per_neuron))
    many.fit(X, y)
    for n in range(2):
        one = nmo.GLM(regularizer=kind, regularizer_strength=strength_of(kind, per_neuron[0, n]))
        assert_allclose(one.fit(X, y[:, n]).coef_, many.coef_[:, n], atol=1e-7)
    free = np.full(p, 0.1)
    free[:3] = 0.0
    model = nmo.GLM(regularizer=kind, regularizer_strength=strength_of(kind, free)).fit(X, y[:, 0])
    assert (model.coef_[:3] != 0).all()
    assert model.fit_report_.converged


def test_the_penalty_refers_to_the_users_units():
    X, y, _ = wide(n_neurons=1)
    units = 10.0 ** np.random.default_rng(0).uniform(-3, 3, X.shape[1])
    plain = nmo.GLM(regularizer="Lasso", regularizer_strength=0.02).fit(X, y[:, 0])
    scaled = nmo.GLM(regularizer="Lasso", regularizer_strength=0.02 * units).fit(X * units, y[:, 0])
    assert_allclose(scaled.coef_ * units, plain.coef_, atol=1e-6)


def test_weights_offsets_masks_and_designs():
    X, y, _ = wide(n_neurons=1)
    y, rng = y[:, 0], np.random.default_rng(0)
    make = lambda **more: nmo.GLM(regularizer="Lasso", regularizer_strength=0.02, **more)  # noqa: E731
    times, offset = rng.integers(0, 3, len(X)), rng.normal(size=len(X))
    rows = np.repeat(np.arange(len(X)), times)
    weighted = make().fit(X, y, sample_weight=times, offset=offset)
    repeated = make().fit(X[rows], y[rows], offset=offset[rows])
    assert_allclose(weighted.coef_, repeated.coef_, atol=1e-7)
    mask = rng.integers(0, 2, X.shape[1])
    masked = make(feature_mask=mask).fit(X, y)
    alone = make().fit(X[:, mask == 1], y)
    assert_allclose(masked.coef_[mask == 1], alone.coef_, atol=1e-7)
    assert (masked.coef_[mask == 0] == 0).all()
    basis = nmo.basis.RaisedCosineLogConv(6, window_size=20)
    design = basis.design(y)
    assert_allclose(
        make().fit(design, y).coef_, make().fit(basis.compute_features(y), y).coef_, atol=1e-8
    )


@pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")
def test_a_silent_neuron_and_hopeless_features_harm_nobody():
    X, y, _ = wide(n_neurons=3)
    table = np.column_stack([X, X[:, 0], np.ones(len(X)), np.zeros(len(X))])
    sick = y.copy()
    sick[:, 1] = 0
    model = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02).fit(table, sick)
    assert model.fit_report_.status == ("converged", "silent", "converged")
    healthy = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02).fit(X, y[:, [0, 2]])
    assert_allclose(model.predict(table)[:, [0, 2]], healthy.predict(X), rtol=1e-5)
    assert (model.coef_[-2:] == 0).all()


def test_float32_rows():
    X, y, _ = wide()
    plain = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02).fit(X, y)
    single = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02)
    single.fit(X.astype(np.float32), y)
    assert single.fit_report_.converged
    assert_allclose(single.coef_, plain.coef_, atol=1e-5)


def test_selected_features_have_no_standard_errors():
    X, y, _ = wide(n_neurons=1)
    model = nmo.GLM(regularizer="Lasso", regularizer_strength=0.02).fit(X, y[:, 0])
    coef, intercept = model.standard_errors(X, y[:, 0])
    assert np.isnan(coef).all()
    assert np.isnan(intercept).all()


def test_the_report_names_its_certificate():
    X, y, _ = wide(n_neurons=2)
    report = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02).fit(X, y).fit_report_
    assert "KKT violation" in str(report)
    assert (report.to_frame()["kkt_violation"] <= 1e-7).all()


@pytest.mark.parametrize(
    ("strength", "error"),
    [((1.0, 0.0), ValueError), ((1.0, 1.5), ValueError), ((1.0, 0.5, 0.2), TypeError),
     (-1.0, ValueError), (("a", 0.5), TypeError)],
)  # fmt: skip
def test_strengths_that_cannot_be_used(strength, error):
    X, y, _ = wide(n_neurons=1)
    with pytest.raises(error, match="Expected"):
        nmo.GLM(regularizer="ElasticNet", regularizer_strength=strength).fit(X, y[:, 0])


@of_kinds
def test_smooth_solvers_are_refused_and_limits_are_kept(kind):
    X, y, _ = wide(n_neurons=1)
    with pytest.raises(ValueError, match="ProximalNewton"):
        nmo.GLM(regularizer=kind, solver_name="LBFGS").fit(X, y[:, 0])
    with pytest.warns(nmo.exceptions.ConvergenceWarning):
        model = nmo.GLM(
            regularizer="Lasso", regularizer_strength=1e-3, solver_kwargs={"maxiter": 3}
        ).fit(X, y[:, 0])
    assert model.fit_report_.status == ("iteration limit",)


def test_saved_and_loaded(tmp_path):
    X, y, _ = wide(n_neurons=1)
    model = nmo.GLM(regularizer="ElasticNet", regularizer_strength=(0.02, 0.5)).fit(X, y[:, 0])
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert_array_equal(loaded.predict(X), model.predict(X))
    assert_allclose(loaded.fit(X, y[:, 0]).coef_, model.coef_)


@pytest.mark.parametrize("seed", range(6))
def test_features_of_very_different_units_and_a_weak_penalty(seed):
    """The inner problem must not stop short by its own regularisation."""
    rng = np.random.default_rng(seed)
    unit = np.geomspace(0.01, 100, 12)
    X = rng.normal(size=(3000, 12)) * unit
    y = rng.poisson(np.exp(X @ (rng.normal(size=(12, 4)) * 0.2 / unit[:, None]) - 1))
    model = nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=1e-4).fit(X, y)
    assert set(model.fit_report_.status) == {"converged"}
    assert model.fit_report_.n_passes <= 30
