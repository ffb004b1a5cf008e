"""Penalties with matrices: smooth filters and surfaces, against R's mgcv and dense algebra."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.reference import numpy_softmax

import spikeglm as nmo
from spikeglm.regularizer import Quadratic

MGCV = json.loads((Path(__file__).parents[1] / "reference_data/mgcv_fixed.json").read_text())
SOLVERS = (None, "LBFGS", "Newton", "BFGS", "NonlinearCG", "GradientDescent", "SVRG", "ProxSVRG")


def differences(n, order):
    D = np.diff(np.eye(n), n=order, axis=0)
    return D.T @ D


def bumps(x, n=10):
    """Features (T, n) of a variable in [0, 1], most of them zero in a row; they add up to one."""
    place = np.clip(x * (n - 1), 0, n - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(n)), 0)


def counts(T=400, n=10, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 0.7, T)  # the last features see no data
    return bumps(x, n), rng.poisson(np.exp(np.sin(5 * x) - 0.5))


def dense(W, X, y, S, weights=1.0):
    """Slope (p + 1,) and curvature of the penalised mean loss of a Poisson model."""
    Z = np.column_stack([X, np.ones(len(y))])
    a = weights / np.sum(weights * np.ones(len(y)))
    mu = np.exp(Z @ W)
    bend = np.zeros((len(W), len(W)))
    bend[:-1, :-1] = S
    return Z.T @ (a * (mu - y)) + bend @ W, Z.T @ ((a * mu)[:, None] * Z) + bend


def of_mgcv():
    X, y, offset = (np.array(MGCV[name], dtype=float) for name in ("X", "y", "offset"))
    entries = [
        (slice(first - 2, last - 1), np.array(S))  # counted from one, the intercept first
        for (first, last), S in zip(MGCV["first_last"], MGCV["S"], strict=True)
    ]
    return (
        X,
        y,
        offset,
        {
            "regularizer": Quadratic(entries),
            "regularizer_strength": np.array(MGCV["sp"]) / len(y),
        },
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_coefficients_are_those_of_mgcv(solver):
    X, y, offset, arguments = of_mgcv()
    kwargs = {"tol": 1e-9, "maxiter": 2000}
    model = nmo.GLM(**arguments, solver_name=solver, solver_kwargs=kwargs).fit(X, y, offset=offset)
    expected = np.array(MGCV["coef"])
    assert model.fit_report_.status == ("converged",)
    assert_allclose(model.intercept_, expected[:1], rtol=1e-6)
    assert_allclose(model.coef_, expected[1:], rtol=1e-6, atol=1e-6 * np.abs(expected).max())


def test_posterior_covariance_is_that_of_mgcv():
    X, y, offset, arguments = of_mgcv()
    model = nmo.GLM(**arguments).fit(X, y, offset=offset)
    covariance = model.covariance(X, y, offset=offset)
    order = np.append(np.arange(1, len(covariance)), 0)
    expected = np.array(MGCV["Vp"])[np.ix_(order, order)]
    assert_allclose(covariance, expected, rtol=1e-6, atol=1e-9)


def test_neurons_with_strengths_of_their_own_and_weights_are_fitted_as_alone():
    X, y = counts()
    Y = np.column_stack([y, y[::-1], np.roll(y, 7)])
    S, flat = differences(10, 2), differences(10, 1)
    strength = np.array([[0.1, 1e-3, 10.0], [0.0, 0.5, 2.0]])
    weights = np.random.default_rng(3).uniform(0.5, 2, len(y))
    penalty = Quadratic([(slice(0, 10), S), (range(10), flat)])
    model = nmo.PopulationGLM(
        regularizer=penalty, regularizer_strength=strength, solver_name="LBFGS"
    ).fit(X, Y, sample_weight=weights)
    assert model.fit_report_.converged
    for n in range(3):
        ridge = strength[0, n] * S + strength[1, n] * flat
        parameters = np.append(model.coef_[:, n], model.intercept_[n])
        slope, _ = dense(parameters, X, Y[:, n], ridge, weights)
        assert np.abs(slope).max() < 1e-7


def test_functions_without_data_follow_their_neighbours():
    X, y = counts()
    assert not X[:, 8:].any()
    S = differences(10, 2)
    for solver in ("LBFGS", "Newton"):
        model = nmo.GLM(
            regularizer=Quadratic([(slice(0, 10), S)]), regularizer_strength=0.01,
            solver_name=solver,
        ).fit(X, y)  # fmt: skip
        slope, _ = dense(np.append(model.coef_, model.intercept_), X, y, 0.01 * S)
        assert np.abs(slope).max() < 1e-7
        # No data: a second difference of zero goes on in a straight line.
        assert_allclose(np.diff(model.coef_[6:], n=2)[1:], 0, atol=1e-6)
        assert abs(model.coef_[9] - model.coef_[8]) > 1e-3


def test_standard_errors_say_what_matrix_and_data_leave_open():
    X, y = counts()
    S = differences(10, 2)
    arguments = {"regularizer": Quadratic([(slice(0, 10), S)]), "regularizer_strength": 0.01}
    model = nmo.GLM(**arguments).fit(X, y)
    # The functions add up to one, and S does not see a constant: that is the intercept's.
    assert np.isnan(model.standard_errors(X, y)[0]).all()
    # It sees one among fewer functions.
    some = nmo.GLM(
        regularizer=Quadratic([(slice(0, 9), S[1:, 1:])]), regularizer_strength=0.01
    ).fit(X[:, 1:], y)
    parameters = np.append(some.coef_, some.intercept_)
    _, H = dense(parameters, X[:, 1:], y, 0.01 * S[1:, 1:])
    expected = np.sqrt(np.diag(np.linalg.inv(len(y) * H)))
    errors = some.standard_errors(X[:, 1:], y)
    assert_allclose(np.append(*errors), expected, rtol=1e-5)


def test_remarks_say_what_a_matrix_leaves_open():
    """A second difference says nothing of a constant; a matrix of full rank decides everything."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 300)
    y = rng.poisson(np.exp(np.sin(5 * x) - 0.5))
    basis = nmo.basis.BSplineEval(8)
    for S, is_open in ((differences(8, 2), True), (np.eye(8) + differences(8, 2), False)):
        model = nmo.GLM(regularizer=Quadratic([(slice(0, 8), S)]), regularizer_strength=0.1)
        remarks = model.fit(basis.design(x), y).fit_report_.result.remarks
        assert any("add up to a constant" in line for line in remarks) == is_open


def test_copies_of_a_feature_are_told_apart_by_a_matrix():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 3))
    X = np.column_stack([X, X[:, 0], X[:, 1] + 1e-8 * rng.normal(size=300)])
    y = rng.poisson(np.exp(0.4 * X[:, 0] - 0.3 * X[:, 1]))
    entries = [([0, 3], [[1.0, 0.0], [0.0, 3.0]]), ([1, 4], [[2.0, -2.0], [-2.0, 2.0]])]
    S = np.zeros((5, 5))
    for columns, matrix in entries:
        S[np.ix_(columns, columns)] = matrix
    model = nmo.GLM(regularizer=Quadratic(entries), regularizer_strength=0.1).fit(X, y)
    assert model.fit_report_.converged
    slope, _ = dense(np.append(model.coef_, model.intercept_), X, y, 0.1 * S)
    assert np.abs(slope).max() < 1e-6
    assert_allclose(model.coef_[0], 3 * model.coef_[3], rtol=1e-6)
    assert_allclose(model.coef_[1], model.coef_[4], rtol=1e-5)


def test_masked_features_leave_the_rest_of_the_matrix():
    X, y = counts()
    S = differences(10, 1)
    Y, mask = np.column_stack([y, y[::-1]]), np.ones((10, 2), dtype=int)
    mask[2:4, 1] = 0
    model = nmo.PopulationGLM(
        regularizer=Quadratic([(slice(0, 10), S)]), regularizer_strength=0.02, feature_mask=mask
    ).fit(X, Y)
    used = mask[:, 1] == 1
    parameters = np.append(model.coef_[used, 1], model.intercept_[1])
    slope, _ = dense(parameters, X[:, used], Y[:, 1], 0.02 * S[np.ix_(used, used)])
    assert np.abs(slope).max() < 1e-7 and not model.coef_[~used, 1].any()


@pytest.mark.parametrize("solver", [None, "LBFGS", "Newton"])
def test_classifiers(solver):
    rng = np.random.default_rng(2)
    X = bumps(rng.uniform(0, 1, 500), 8)
    codes = rng.integers(0, 3, 500) * (X[:, 3] + X[:, 4] < 0.5)
    S = 0.01 * differences(8, 2) + np.diag([0.02, 0, 0, 0, 0, 0, 0, 0])
    entries = [(slice(0, 8), differences(8, 2)), ([0], [[2.0]])]
    model = nmo.ClassifierGLM(
        3, regularizer=Quadratic(entries), regularizer_strength=0.01, solver_name=solver
    ).fit(X, codes)
    oracle = numpy_softmax.fit(X, codes, 3, matrix=S)
    assert model.fit_report_.converged
    centred = oracle.coef - oracle.coef.mean(axis=1, keepdims=True)
    assert_allclose(model.coef_, centred, atol=2e-4)
    assert_allclose(model.fit_report_.result.objective, oracle.objective, rtol=0, atol=1e-9)
    H = _softmax_curvature(X, model, S)
    centring = np.kron(np.eye(9), np.eye(3) - 1 / 3)
    inverse = centring @ np.linalg.pinv(500 * H, rcond=1e-10, hermitian=True) @ centring
    expected = np.sqrt(np.diag(inverse))
    errors = model.standard_errors(X, codes)
    assert_allclose(np.ravel(errors[0]), expected[:24], rtol=1e-5)


def _softmax_curvature(X, model, S):
    """Return the curvature of the penalised mean loss, parameter j of class k at j K + k."""
    Z = np.column_stack([X, np.ones(len(X))])
    eta = X @ model.coef_ + model.intercept_
    P = np.exp(eta - np.logaddexp.reduce(eta, axis=1, keepdims=True))
    n = Z.shape[1] * 3
    H = np.zeros((n, n))
    for z, p in zip(Z, P, strict=True):
        H += np.kron(np.outer(z, z), np.diag(p) - np.outer(p, p)) / len(X)
    H[: 3 * len(S), : 3 * len(S)] += np.kron(S, np.eye(3))
    return H


def test_a_surface_is_smooth_in_two_directions():
    rng = np.random.default_rng(4)
    a, b = rng.uniform(0, 1, (2, 600))
    X = (bumps(a, 6)[:, :, None] * bumps(b, 5)[:, None]).reshape(600, 30)
    y = rng.poisson(np.exp(np.sin(4 * a) * b))
    S_a, S_b = differences(6, 2), differences(5, 2)
    along_a, along_b = np.kron(S_a, np.eye(5)), np.kron(np.eye(6), S_b)
    penalty = Quadratic([(slice(0, 30), along_a), (slice(0, 30), along_b)])
    for solver in ("LBFGS", "Newton"):
        model = nmo.GLM(
            regularizer=penalty, regularizer_strength=[0.3, 0.01], solver_name=solver
        ).fit(X, y)
        slope, _ = dense(
            np.append(model.coef_, model.intercept_), X, y, 0.3 * along_a + 0.01 * along_b
        )
        assert model.fit_report_.converged and np.abs(slope).max() < 1e-7


def test_a_smooth_penalty_has_held_out_predictions_and_batches():
    X, y = counts()
    arguments = {
        "regularizer": Quadratic([(slice(0, 10), differences(10, 1))]),
        "regularizer_strength": 0.05,
    }
    model = nmo.GLM(**arguments).fit(X, y)
    online = nmo.GLM(**arguments)
    params = online.initialize_params(X, y)
    state = online.initialize_optimizer_and_state(params, X, y)
    for _ in range(40):
        params, state = online.update(params, state, X, y)[:2]
    predictor = X @ online.coef_ + online.intercept_
    assert_allclose(predictor, X @ model.coef_ + model.intercept_, atol=1e-5)


def test_a_saved_model_keeps_its_matrices(tmp_path):
    X, y, offset, arguments = of_mgcv()
    model = nmo.GLM(**arguments).fit(X, y, offset=offset)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert_allclose(loaded.covariance(X, y, offset=offset), model.covariance(X, y, offset=offset))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = loaded.fit(X, y, offset=offset)
    assert_allclose(again.coef_, model.coef_)
