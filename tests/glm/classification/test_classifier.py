"""Classifiers find the optimum: against SciPy on dense arrays, scikit-learn, and laws."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from tests.reference import numpy_softmax

import spikeglm as nmo

T, P = 400, 4
SOLVERS = ("LBFGS", "Newton")
every_k = pytest.mark.parametrize("K", [2, 3, 4])
every_solver = pytest.mark.parametrize("solver", SOLVERS)
LINKED = {"regularizer": "UnRegularized"}


def drawn(K, *, n_neurons=None, seed=0, n_rows=T):
    """Draw features of unequal size and codes 0 to K - 1, (T,) or (T, N)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, P)) * [1.0, 30.0, 0.2, 1.0] + [0.0, 100.0, 0.0, -1.0]
    shape = (P, n_neurons or 1, K)
    eta = np.einsum("tp,pnk->tnk", (X - X.mean(axis=0)) / X.std(axis=0), rng.normal(size=shape) / 2)
    codes = np.argmax(eta + rng.gumbel(size=eta.shape), axis=2)
    codes[:K] = np.arange(K)[:, None]
    return X, codes[:, 0] if n_neurons is None else codes


@every_k
@every_solver
@pytest.mark.parametrize("strength", [0.0, 0.02, 1.0])
def test_the_optimum_is_scipys(K, solver, strength):
    X, y = drawn(K)
    expected = numpy_softmax.fit((X - X.mean(axis=0)) / X.std(axis=0), y, K, ridge=strength)
    model = nmo.ClassifierGLM(K, regularizer_strength=strength, solver_name=solver)
    model.fit((X - X.mean(axis=0)) / X.std(axis=0), y)
    assert model.fit_report_.converged
    assert_allclose(model.coef_, expected.coef, atol=2e-6)
    assert_allclose(model.intercept_, expected.intercept, atol=2e-6)
    assert_allclose(model.fit_report_.result.objective, expected.objective, rtol=1e-10)


@every_k
@pytest.mark.parametrize("strength", [1e-3, 0.5])
def test_the_optimum_is_scikit_learns(K, strength):
    X, y = drawn(K)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    oracle = LogisticRegression(C=1 / (T * strength), tol=1e-10, max_iter=5000)
    if K == 2:  # one weight for both classes; ours are minus and plus half of it
        oracle.set_params(C=2 / (T * strength))
    oracle.fit(X, y)
    model = nmo.ClassifierGLM(K, regularizer_strength=strength).fit(X, y)
    assert_allclose(model.predict_proba(X), oracle.predict_proba(X), atol=1e-6)
    assert_array_equal(model.predict(X), oracle.predict(X))


@every_solver
def test_two_classes_without_penalty_are_a_bernoulli_model(solver):
    X, y = drawn(2)
    model = nmo.ClassifierGLM(2, **LINKED, solver_name=solver).fit(X, y)
    binary = nmo.GLM("Bernoulli", solver_name=solver).fit(X, y)
    assert_allclose(np.diff(model.coef_)[:, 0], binary.coef_, rtol=1e-6)
    assert_allclose(np.diff(model.intercept_), binary.intercept_, rtol=1e-6)
    assert_allclose(model.predict_proba(X)[:, 1], binary.predict(X), rtol=1e-6)
    assert_allclose(model.score(X, y), binary.score(X, y), rtol=1e-10)
    between = np.kron(np.eye(P + 1), [[-1.0, 1.0]])  # parameters of class 1 less those of class 0
    assert_allclose(
        between @ model.covariance(X, y) @ between.T, binary.covariance(X, y), rtol=1e-5
    )


@every_k
@every_solver
def test_weights_offsets_and_masks(K, solver):
    X, y = drawn(K)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    rng = np.random.default_rng(5)
    weights, offset = rng.uniform(0, 2, T), rng.normal(size=(T, K))
    weights[rng.uniform(size=T) < 0.1] = 0.0
    mask = rng.integers(0, 2, (P, K))
    expected = numpy_softmax.fit(X, y, K, weights=weights, offset=offset, ridge=0.1, mask=mask)
    model = nmo.ClassifierGLM(
        K, regularizer_strength=0.1, feature_mask=mask, solver_name=solver
    ).fit(X, y, sample_weight=weights, offset=offset)
    assert_allclose(model.coef_, expected.coef, atol=2e-6)
    assert_allclose(model.intercept_, expected.intercept, atol=2e-6)
    assert (model.coef_[mask == 0] == 0).all()


@every_solver
def test_strengths_may_differ_between_features_and_classes(solver):
    X, y = drawn(3)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    strength = np.random.default_rng(1).uniform(0.01, 1, (P, 3))
    model = nmo.ClassifierGLM(3, regularizer_strength=strength, solver_name=solver).fit(X, y)
    assert_allclose(model.coef_, numpy_softmax.fit(X, y, 3, ridge=strength).coef, atol=2e-6)
    by_feature = nmo.ClassifierGLM(3, regularizer_strength=strength[:, :1], solver_name=solver)
    expected = numpy_softmax.fit(X, y, 3, ridge=strength[:, :1])
    assert_allclose(by_feature.fit(X, y).coef_, expected.coef, atol=2e-6)


@every_k
@pytest.mark.parametrize("strength", [0.01, 0.05])
def test_lasso_finds_the_optimum_with_exact_zeros(K, strength):
    X, y = drawn(K)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = nmo.ClassifierGLM(K, regularizer="Lasso", regularizer_strength=strength).fit(X, y)
    expected = numpy_softmax.fit(X, y, K, lasso=strength)
    assert model.fit_report_.converged
    assert model.fit_report_.result.certificate == "KKT violation"
    assert_allclose(model.fit_report_.result.objective, expected.objective, rtol=1e-9)
    assert (model.coef_ == 0).any() or K % 2 == 0
    # the conditions of optimality, from the probabilities alone
    slope = X.T @ (model.predict_proba(X) - np.eye(K)[y]) / T
    zero = model.coef_ == 0
    assert (np.abs(slope[zero]) <= strength * (1 + 1e-6)).all()
    assert_allclose(slope[~zero], -strength * np.sign(model.coef_[~zero]), atol=1e-6 * strength)


def test_of_equal_lassos_the_smallest_is_chosen():
    X, y = drawn(2)
    model = nmo.ClassifierGLM(2, regularizer="Lasso", regularizer_strength=0.02).fit(X, y)
    assert_allclose(model.coef_[:, 0], -model.coef_[:, 1], atol=1e-12)
    nearly = nmo.ClassifierGLM(
        2, regularizer="ElasticNet", regularizer_strength=(0.02, 1 - 1e-7)
    ).fit(X, y)
    assert_allclose(model.coef_, nearly.coef_, rtol=1e-3, atol=1e-6)


@every_k
def test_the_elastic_net(K):
    X, y = drawn(K)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = nmo.ClassifierGLM(K, regularizer="ElasticNet", regularizer_strength=(0.05, 0.4))
    model.fit(X, y)
    expected = numpy_softmax.fit(X, y, K, lasso=0.02, ridge=0.03)
    assert_allclose(model.coef_, expected.coef, atol=1e-5)
    assert_allclose(model.fit_report_.result.objective, expected.objective, rtol=1e-9)


def test_the_group_lasso_keeps_or_drops_a_feature_for_all_classes():
    X, y = drawn(3)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    groups = nmo.regularizer.GroupLasso(np.eye(P))
    strength = 0.06
    model = nmo.ClassifierGLM(3, regularizer=groups, regularizer_strength=strength).fit(X, y)
    assert model.fit_report_.converged
    dropped = (model.coef_ == 0).all(axis=1)
    assert 0 < dropped.sum() < P
    assert (model.coef_[~dropped] != 0).all()
    slope, weight = X.T @ (model.predict_proba(X) - np.eye(3)[y]) / T, strength * np.sqrt(3)
    assert (np.linalg.norm(slope[dropped], axis=1) <= weight).all()
    unit = model.coef_[~dropped] / np.linalg.norm(model.coef_[~dropped], axis=1, keepdims=True)
    assert_allclose(slope[~dropped], -weight * unit, atol=1e-6)
    per_class = nmo.regularizer.GroupLasso(np.eye(3)[:, None, :] * np.ones((1, P, 1)))
    model = nmo.ClassifierGLM(3, regularizer=per_class, regularizer_strength=strength).fit(X, y)
    assert set((model.coef_ != 0).sum(axis=0)) <= {0, P}


@every_k
@every_solver
def test_a_population_is_its_neurons(K, solver):
    X, y = drawn(K, n_neurons=3)
    together = nmo.ClassifierPopulationGLM(K, regularizer_strength=0.1, solver_name=solver)
    together.fit(X, y)
    assert together.coef_.shape == (P, 3, K)
    assert together.intercept_.shape == (3, K)
    for n in range(3):
        alone = nmo.ClassifierGLM(K, regularizer_strength=0.1, solver_name=solver).fit(X, y[:, n])
        assert_allclose(together.coef_[:, n], alone.coef_, rtol=1e-6, atol=1e-8)
        assert_allclose(together.intercept_[n], alone.intercept_, rtol=1e-6, atol=1e-7)
        assert_allclose(together.predict_proba(X)[:, n], alone.predict_proba(X), rtol=1e-6)
    scores = together.score(X, y, aggregate_sample_scores=lambda x: x.mean(axis=0))
    assert_allclose(scores.mean(), together.score(X, y))


@pytest.mark.parametrize("regularizer", ["Ridge", "Lasso"])
def test_a_population_with_masks_and_strengths_of_its_own(regularizer):
    X, y = drawn(3, n_neurons=2)
    rng = np.random.default_rng(2)
    mask, strength = rng.integers(0, 2, (P, 2, 3)), rng.uniform(0.01, 0.1, (P, 2, 3))
    weights = rng.uniform(0.1, 1, (T, 2))
    offset = rng.normal(size=(T, 2, 3))
    both = nmo.ClassifierPopulationGLM(
        3, regularizer=regularizer, regularizer_strength=strength, feature_mask=mask
    ).fit(X, y, sample_weight=weights, offset=offset)
    for n in range(2):
        one = nmo.ClassifierGLM(
            3, regularizer=regularizer, regularizer_strength=strength[:, n], feature_mask=mask[:, n]
        ).fit(X, y[:, n], sample_weight=weights[:, n], offset=offset[:, n])
        assert_allclose(both.coef_[:, n], one.coef_, atol=1e-6)
        assert_allclose(
            both.predict_proba(X, offset=offset)[:, n],
            one.predict_proba(X, offset=offset[:, n]),
            atol=1e-6,
        )
        assert both.dof_resid_[n] == pytest.approx(one.dof_resid_[0])


@every_solver
def test_laws_of_rows_and_units(solver):
    X, y = drawn(3)
    arguments = {"solver_name": solver, **LINKED}
    model = nmo.ClassifierGLM(3, **arguments).fit(X, y)
    order = np.random.default_rng(0).permutation(T)
    shuffled = nmo.ClassifierGLM(3, **arguments).fit(X[order], y[order])
    assert_allclose(shuffled.coef_, model.coef_, rtol=1e-6, atol=1e-9)
    doubled = nmo.ClassifierGLM(3, **arguments).fit(
        np.vstack([X, X]), np.append(y, y), sample_weight=np.full(2 * T, 0.5)
    )
    assert_allclose(doubled.coef_, model.coef_, rtol=1e-6, atol=1e-9)
    scale = np.array([1e-6, 1.0, 1e5, 3.0])
    rescaled = nmo.ClassifierGLM(3, **arguments).fit(X * scale, y)
    assert_allclose(rescaled.coef_ * scale[:, None], model.coef_, rtol=1e-5, atol=1e-9)
    relabelled = nmo.ClassifierGLM(3, **arguments).fit(X, np.array([2, 0, 1])[y])
    assert_allclose(relabelled.coef_[:, [2, 0, 1]], model.coef_, rtol=1e-6, atol=1e-9)


def test_a_row_of_weight_zero_is_absent_even_if_its_label_is_unique():
    X, y = drawn(3)
    some = y < 2
    fit = nmo.ClassifierGLM(2).fit(X[some], y[some])
    weighted = nmo.ClassifierGLM(3)
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="absent"):
        weighted.fit(X, y, sample_weight=some.astype(float))
    assert_allclose(weighted.coef_[:, :2], fit.coef_, rtol=1e-6, atol=1e-9)
    assert (weighted.coef_[:, 2] == 0).all()


def test_float32_data_and_a_long_fit_reach_the_same_optimum():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30_000, 60))
    y = np.argmax(X @ rng.normal(size=(60, 30)) / 8 + rng.gumbel(size=(30_000, 30)), axis=1)
    model = nmo.ClassifierGLM(30, regularizer_strength=1e-3)
    assert "float32" in str(model.fit(X, y).fit_report_)
    slope = X.T @ (model.predict_proba(X) - np.eye(30)[y]) / len(X) + 1e-3 * model.coef_
    assert np.abs(slope).max() < 1e-8
    stored = nmo.ClassifierGLM(30, regularizer_strength=1e-3).fit(X.astype(np.float32), y)
    assert_allclose(stored.coef_, model.coef_, atol=1e-5)


def test_a_start_elsewhere_leads_to_the_same_optimum():
    X, y = drawn(3)
    expected = nmo.ClassifierGLM(3, regularizer_strength=0.1).fit(X, y)
    start = np.random.default_rng(1).normal(size=(P, 3)) / 30, np.array([1.0, 5.0, -1.0])
    model = nmo.ClassifierGLM(3, regularizer_strength=0.1).fit(X, y, init_params=start)
    assert_allclose(model.coef_, expected.coef_, atol=1e-7)


@every_k
def test_simulated_labels_give_the_parameters_back(K):
    X, _ = drawn(K, n_rows=20_000)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    truth = nmo.ClassifierGLM(K).set_classes(np.arange(K))
    coef = np.random.default_rng(0).normal(size=(P, K)) / 2
    truth.coef_ = coef - coef.mean(axis=1, keepdims=True)
    truth.intercept_ = np.linspace(-0.5, 0.5, K)
    y, log_p = truth.simulate(1, X)
    assert_allclose(log_p, truth.predict_log_proba(X))
    for k in range(K):
        assert_allclose((y == k).mean(), np.exp(log_p[:, k]).mean(), atol=0.02)
    model = nmo.ClassifierGLM(K, **LINKED).fit(X, y)
    coef_error, intercept_error = model.standard_errors(X, y)
    assert (np.abs(model.coef_ - truth.coef_) < 4.5 * coef_error).all()
    assert (np.abs(model.intercept_ - truth.intercept_) < 4.5 * intercept_error).all()


@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge"])
def test_the_covariance_is_the_inverse_of_the_curvature(regularizer):
    K = 3
    X, y = drawn(K)
    strength = None if regularizer == "UnRegularized" else 0.02
    model = nmo.ClassifierGLM(K, regularizer=regularizer, regularizer_strength=strength).fit(X, y)
    p, Z = model.predict_proba(X), np.column_stack([X, np.ones(T)])
    S = np.einsum("tk,kl->tkl", p, np.eye(K)) - np.einsum("tk,tl->tkl", p, p)
    H = np.einsum("ti,tkl,tj->ikjl", Z, S, Z).reshape(K * (P + 1), -1)
    H += T * np.diag(np.append(np.full(P * K, strength or 0.0), np.zeros(K)))
    centred = np.kron(np.eye(P + 1), np.linalg.svd(np.eye(K) - 1 / K)[2][: K - 1])
    expected = centred.T @ np.linalg.inv(centred @ H @ centred.T) @ centred
    covariance = model.covariance(X, y)
    unit = np.sqrt(np.diag(expected))
    assert_allclose(covariance / np.outer(unit, unit), expected / np.outer(unit, unit), atol=1e-5)
    errors = model.standard_errors(X, y)
    assert_allclose(errors[0].ravel(), unit[: P * K], rtol=1e-5)
    assert_allclose(errors[1], unit[P * K :], rtol=1e-5)


def test_trees_of_features():
    X, y = drawn(3)
    tree = {"place": X[:, :1], "speed": X[:, 1:]}
    flat = nmo.ClassifierGLM(3, regularizer_strength=0.1).fit(X, y)
    model = nmo.ClassifierGLM(3, regularizer_strength={"place": 0.1, "speed": 0.1}).fit(tree, y)
    assert_allclose(np.vstack([model.coef_["place"], model.coef_["speed"]]), flat.coef_, rtol=1e-9)
    assert_allclose(model.predict_proba(tree), flat.predict_proba(X), rtol=1e-12)
    mask = {"place": np.ones((1, 3)), "speed": np.zeros((3, 3))}
    masked = nmo.ClassifierGLM(3, feature_mask=mask).fit(tree, y)
    assert (masked.coef_["speed"] == 0).all()
    assert masked.compute_loss((masked.coef_, masked.intercept_), tree, y) == pytest.approx(
        -masked.score(tree, y)
    )


def test_a_lazy_design():
    counts = np.random.default_rng(0).poisson(0.5, 500)
    basis = nmo.basis.RaisedCosineLogConv(4, window_size=20)
    y = np.random.default_rng(1).integers(0, 3, 500)
    lazy = nmo.ClassifierGLM(3).fit(basis.design(counts), y)
    written = nmo.ClassifierGLM(3).fit(basis.compute_features(counts), y)
    assert_allclose(lazy.coef_, written.coef_, rtol=1e-9)
    assert np.isnan(lazy.predict_proba(basis.design(counts))[:19]).all()


def test_inputs_are_left_as_they_are():
    X, y = drawn(3)
    X.flags.writeable = y.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nmo.ClassifierGLM(3).fit(X, y)
