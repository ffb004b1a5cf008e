"""Solvers by name reach one and the same optimum, say how near they came, and when they did not."""

import pickle
import re
import warnings
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import simulated
from tests.reference import numpy_glm

import spikeglm as nmo
from spikeglm import solvers
from spikeglm.errors import ConvergenceWarning
from spikeglm.regularizer import GroupLasso

SMOOTH = {"UnRegularized": None, "Ridge": 0.05}
SPARSE = {
    "Lasso": 0.05,
    "ElasticNet": (0.05, 0.5),
    "GroupLasso": 0.04,
}
MODELS = {"Poisson": "exp", "Bernoulli": "logistic"}
APPROXIMATE = "PolynomialApproximation"  # has laws of its own
SMOOTH_SOLVERS = [s for s in nmo.regularizer.Ridge.allowed_solvers if s != APPROXIMATE]
PAIRS = [
    (kind, strength, solver)
    for table, kinds in (
        (SMOOTH, SMOOTH_SOLVERS),
        (SPARSE, nmo.regularizer.Lasso.allowed_solvers),
    )
    for (kind, strength), solver in product(table.items(), kinds)
]


def regularizer(kind):
    return GroupLasso([[1, 1, 0], [0, 0, 1]]) if kind == "GroupLasso" else kind


def fitted(X, y, kind="UnRegularized", strength=None, solver=None, model="Poisson", **kwargs):
    return nmo.PopulationGLM(
        model,
        MODELS.get(model),
        regularizer=regularizer(kind),
        regularizer_strength=strength,
        solver_name=solver,
        solver_kwargs=kwargs or None,
    ).fit(X, y)


def gradient_of_mean_loss(X, y, coef, intercept, model):
    """Return the slope of the mean loss by coefficients (p, N) and intercepts (N,), by hand."""
    eta = X @ coef + intercept
    mean = np.exp(eta) if model == "Poisson" else 1 / (1 + np.exp(-eta))
    return X.T @ (mean - y) / len(X), (mean - y).mean(axis=0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("kind", "strength", "solver"), PAIRS)
def test_every_solver_ends_at_the_optimum(model, kind, strength, solver):
    X, y = simulated(model, MODELS[model], 400, 2)
    fit = fitted(X, y, kind, strength, solver, model)
    assert fit.fit_report_.converged, fit.fit_report_
    if kind in SMOOTH:
        for n in range(2):
            oracle = numpy_glm.fit(X, y[:, n], model, MODELS[model], ridge=strength or 0.0)
            assert_allclose(fit.coef_[:, n], oracle.coef, atol=1e-6)
            assert_allclose(fit.intercept_[n], oracle.intercept, atol=1e-6)
    else:
        by_coef, by_intercept = gradient_of_mean_loss(X, y, fit.coef_, fit.intercept_, model)
        assert np.abs(by_intercept).max() < 1e-6
        best = fitted(X, y, kind, strength, None, model)
        assert_allclose(fit.coef_, best.coef_, atol=2e-5)
        assert ((fit.coef_ == 0) == (best.coef_ == 0)).all()
        if kind == "Lasso":
            used = fit.coef_ != 0
            assert_allclose(by_coef[used], -strength * np.sign(fit.coef_[used]), atol=1e-6)
            assert np.abs(by_coef[~used]).max(initial=0.0) <= strength


@pytest.mark.parametrize("solver", nmo.regularizer.Ridge.allowed_solvers)
def test_columns_are_independent_of_units_masks_and_neighbours(solver):
    X, y = simulated("Poisson", "exp", 400, 2)
    units = np.array([1e-3, 1.0, 1e3])
    plain = fitted(X, y, solver=solver)
    scaled = fitted(X * units + 5 * units, y, solver=solver)
    assert_allclose(scaled.coef_ * units[:, None], plain.coef_, atol=1e-6)
    mask = np.array([[1, 1], [0, 1], [1, 1]])
    model = nmo.PopulationGLM(solver_name=solver, feature_mask=mask).fit(X, y)
    assert model.coef_[1, 0] == 0
    assert_allclose(model.coef_[:, 1], plain.coef_[:, 1], atol=1e-6)
    alone = nmo.GLM(solver_name=solver).fit(X[:, [0, 2]], y[:, 0])
    assert_allclose(model.coef_[[0, 2], 0], alone.coef_, atol=1e-6)


@pytest.mark.parametrize("solver", ["GradientDescent", "SVRG", "ProximalGradient"])
def test_four_neurons_are_not_two_neurons_twice(solver):
    """Points are evaluated in pairs: two unfinished columns of four are not mistaken for four."""
    X, y = simulated("Poisson", "exp", 400, 4)
    fit = fitted(X, y, solver=solver)
    assert_allclose(fit.coef_, fitted(X, y).coef_, atol=1e-6)


@pytest.mark.parametrize("solver", [s for s in solvers.SOLVERS if s != APPROXIMATE])
def test_a_limit_is_a_limit_and_says_so(solver):
    X, y = simulated("Poisson", "exp", 400, 2)
    is_smooth = solver in nmo.regularizer.Ridge.allowed_solvers
    kind, strength = ("UnRegularized", None) if is_smooth else ("Lasso", 0.01)
    with pytest.warns(ConvergenceWarning, match="iteration limit"):
        model = fitted(X, y, kind, strength, solver, maxiter=2)
    report = model.fit_report_
    assert set(report.status) == {"iteration limit"}
    assert (report.result.decrement > 1e-8).all()
    assert np.isfinite(report.result.objective).all()
    stats = model.solver_state_.stats
    assert (stats.converged, stats.reached_max_steps) == (False, True)


@pytest.mark.parametrize("solver", ["GradientDescent", "BFGS", "NonlinearCG", "SVRG"])
def test_the_certificate_is_that_of_newton(solver):
    X, y = simulated("Poisson", "exp", 400, 2)
    loose = fitted(X, y, solver=solver, tol=1e-3).fit_report_.result
    assert loose.is_exact
    X1 = np.column_stack([X, np.ones(len(X))])
    for n in range(2):
        mean = np.exp(X @ loose.coef[:, n] + loose.intercept[n])
        gradient = X1.T @ (mean - y[:, n]) / len(X)
        H = X1.T @ (X1 * mean[:, None]) / len(X)
        decrement = np.sqrt(gradient @ np.linalg.solve(H, gradient))
        assert_allclose(loose.decrement[n], decrement, rtol=1e-6)
        assert decrement < 1e-3


@pytest.mark.parametrize("solver", ["GradientDescent", "SVRG", "BFGS"])
def test_trouble_has_its_status_and_harms_no_other(solver):
    X, y = simulated("Bernoulli", "logistic", 400, 2)
    y = np.column_stack([y, X[:, 0] > 0.1, np.zeros(400)])
    with pytest.warns(ConvergenceWarning):
        model = fitted(X, y, solver=solver, model="Bernoulli", maxiter=60)
    assert model.fit_report_.status[:2] == ("converged", "converged")
    assert model.fit_report_.status[2] in ("separated", "iteration limit")
    assert model.fit_report_.status[3] == "silent"
    assert_allclose(model.coef_[:, :2], fitted(X, y[:, :2], model="Bernoulli").coef_, atol=1e-6)


@pytest.mark.parametrize("solver", ["GradientDescent", "SVRG", "BFGS", "NonlinearCG"])
def test_a_nonconvex_loss_ends_at_a_certified_point_or_says_so(solver):
    X, y = simulated("Gaussian", "exp", 400, 2)
    model = nmo.PopulationGLM("Gaussian", "exp", solver_name=solver).fit(X, y)
    best = nmo.PopulationGLM("Gaussian", "exp").fit(X, y)
    assert model.fit_report_.converged
    assert_allclose(model.coef_, best.coef_, atol=1e-6)


def test_a_fixed_step_means_the_units_of_the_features():
    """One plain gradient step, by hand; then many, which arrive."""
    X, y = simulated("Poisson", "exp", 400, 2)
    start = np.zeros((3, 2)), np.zeros(2)
    once = nmo.PopulationGLM(
        solver_name="GradientDescent",
        solver_kwargs={"stepsize": 0.1, "maxiter": 2, "acceleration": False},
    )
    with pytest.warns(ConvergenceWarning):
        once.fit(X, y, start)
    by_coef, by_intercept = gradient_of_mean_loss(X, y, *start, "Poisson")
    assert_allclose(once.coef_, -0.1 * by_coef, rtol=1e-10)
    assert_allclose(once.intercept_, -0.1 * by_intercept, rtol=1e-10)
    many = fitted(X, y, solver="GradientDescent", stepsize=0.3)
    assert many.fit_report_.converged
    assert_allclose(many.coef_, fitted(X, y).coef_, atol=1e-6)


def test_a_fixed_proximal_step_thresholds_in_the_units_of_the_features():
    X, y = simulated("Poisson", "exp", 400, 1)
    X = X * [1.0, 2.0, 3.0] + [0.0, 1.0, 0.0]
    model = nmo.PopulationGLM(
        regularizer="Lasso",
        regularizer_strength=0.02,
        solver_name="ProximalGradient",
        solver_kwargs={"stepsize": 0.1, "maxiter": 2},
    )
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, (np.zeros((3, 1)), np.zeros(1)))
    by_coef, _ = gradient_of_mean_loss(X, y, np.zeros((3, 1)), np.zeros(1), "Poisson")
    step = -0.1 * by_coef
    assert_allclose(model.coef_, np.sign(step) * np.maximum(np.abs(step) - 0.002, 0), rtol=1e-10)


@pytest.mark.parametrize("solver", ["GradientDescent", "SVRG"])
def test_a_fixed_step_that_is_too_long_is_reported(solver):
    X, y = simulated("Poisson", "exp", 400, 2)
    with pytest.warns(ConvergenceWarning):
        model = fitted(50 * X, y, solver=solver, stepsize=5.0, maxiter=50)
    assert not model.fit_report_.converged
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("stepsize", [None, 0.0, -1.0])
def test_a_step_that_is_not_positive_is_searched(stepsize):
    X, y = simulated("Poisson", "exp", 400, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted(X, y, solver="SVRG", stepsize=stepsize).fit_report_.converged


def test_the_seed_decides_the_path_of_svrg():
    X, y = simulated("Poisson", "exp", 400, 2)

    def passes(key):
        fit = fitted(X, y, solver="SVRG", key=key, batch_size=16, tol=1e-2)
        return fit.fit_report_.result.decrement

    assert (passes(1) == passes(1)).all()
    assert (passes(None) == passes(123)).all()
    assert (passes(1) != passes(2)).any()
    assert (passes(np.random.default_rng(1)) == passes(1)).all()


@pytest.mark.parametrize("solver", ["GradientDescent", "SVRG", "BFGS"])
def test_weights_offsets_and_gaps(solver):
    rng = np.random.default_rng(0)
    X, y = simulated("Poisson", "exp", 400, 2)
    y = y.copy()
    y[5, 0], y[9] = np.nan, np.nan
    more = {"sample_weight": rng.integers(0, 3, 400), "offset": rng.normal(0, 0.1, 400)}
    best = nmo.PopulationGLM().fit(X, y, **more)
    model = nmo.PopulationGLM(solver_name=solver).fit(X, y, **more)
    assert_allclose(model.coef_, best.coef_, atol=1e-6)


ARGUMENTS = {
    "tol": ("abc", TypeError),
    "maxiter": (0, ValueError),
    "stepsize": ("long", TypeError),
    "batch_size": (2.5, TypeError),
    "key": ("seed", TypeError),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_that_cannot_be_used(name):
    value, error = ARGUMENTS[name]
    X, y = simulated("Poisson", "exp", 400, 2)
    with pytest.raises(error, match=r"Given: .*Expected: "):
        fitted(X, y, solver="SVRG", **{name: value})


@pytest.mark.parametrize("solver", [*solvers.SOLVERS, None])
def test_unknown_arguments_list_the_known_ones(solver):
    X, y = simulated("Poisson", "exp", 400, 2)
    is_smooth = solver is None or solver in nmo.regularizer.Ridge.allowed_solvers
    kind, strength = ("UnRegularized", None) if is_smooth else ("Lasso", 0.01)
    with pytest.raises(NameError, match=re.escape("'max_steps'") + ".*Expected: .*, .*tol"):
        fitted(X, y, kind, strength, solver, max_steps=5)


def test_arguments_of_nemos_without_a_counterpart_are_announced():
    X, y = simulated("Poisson", "exp", 400, 2)
    with pytest.warns(UserWarning, match=r"'rtol', 'linesearch_kwargs' have no effect"):
        model = fitted(X, y, solver="LBFGS", rtol=0.0, linesearch_kwargs={}, memory_size=7)
    assert model.fit_report_.converged


def test_settings_change_what_they_name():
    X, y = simulated("Poisson", "exp", 400, 2)
    assert fitted(X, y, solver="LBFGS", memory_size=1).fit_report_.converged
    eager = fitted(X, y, solver="GradientDescent", acceleration=False).fit_report_
    assert eager.converged


@pytest.mark.parametrize("solver", ["GradientDescent[optax+optimistix]", "SVRG[nemos]"])
def test_backends_of_nemos_fit(solver):
    X, y = simulated("Poisson", "exp", 400, 2)
    model = nmo.PopulationGLM(solver_name=solver).fit(X, y)
    assert model.fit_report_.converged
    assert model.get_params()["solver_name"] == solver
    assert pickle.loads(pickle.dumps(model)).solver_state_.stats.converged


def test_no_name_takes_newton_where_hessians_are_cheap():
    X, y = simulated("Poisson", "exp", 400, 2)
    small = fitted(X, y).fit_report_.result
    assert small.is_exact
    assert (small.coef == fitted(X, y, solver="Newton").coef_).all()
    wide = np.random.default_rng(0).normal(size=(2000, 60))
    large = fitted(wide, np.tile(y, (5, 1))).fit_report_.result
    assert not large.is_exact


def test_large_problems_are_certified_with_the_shared_curvature():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 30)) @ (np.eye(30) + 0.3 * rng.normal(size=(30, 30)))
    y = rng.poisson(np.exp(0.05 * X @ rng.normal(size=(30, 3)) - 1))
    best = fitted(X, y, solver="Newton")
    for solver in ("GradientDescent", "SVRG"):
        model = fitted(X, y, solver=solver)
        assert model.fit_report_.converged
        assert not model.fit_report_.result.is_exact
        assert model.fit_report_.n_passes < 120
        assert_allclose(model.coef_, best.coef_, atol=1e-6)


def test_the_stats_of_a_fit():
    X, y = simulated("Poisson", "exp", 400, 2)
    model = fitted(X, y, "Ridge", 0.1)
    stats = model.solver_state_.stats
    assert stats.converged
    assert not stats.reached_max_steps
    assert stats.num_steps == model.fit_report_.result.n_iterations.max()
    loss = model.compute_loss((model.coef_, model.intercept_), X, y)
    assert_allclose(stats.function_val, loss + 0.05 * np.sum(model.coef_**2), rtol=1e-9)
    with pytest.raises(AttributeError, match="not fitted"):
        _ = nmo.GLM().solver_state_
