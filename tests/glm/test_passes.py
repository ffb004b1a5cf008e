"""Speed, counted: how often a fit visits the rows. A visit more is a regression."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CANONICAL_CASES, CASES, SOLVERS
from tests.counting_rows import CountingRows

import spikeglm as nmo

of_cases = pytest.mark.parametrize("case", CASES, ids=str)


def coupled_population(n_neurons=12, n_lags=6, n_rows=6000, *, coupling=0.02):
    """Counts driven by smooth histories of all neurons: N * K correlated features."""
    rng = np.random.default_rng(0)
    drive = rng.poisson(0.2, (n_rows, n_neurons)).astype(float)
    X = np.zeros((n_rows, n_neurons, n_lags))
    for k in range(n_lags):
        decay = np.exp(-np.arange(20) / (1.5 + 2 * k))
        for n in range(n_neurons):
            X[:, n, k] = np.convolve(drive[:, n], decay)[:n_rows]
    X = X.reshape(n_rows, -1)
    coef = rng.normal(0, coupling, (X.shape[1], n_neurons)) / X.std(axis=0)[:, None]
    return X, rng.poisson(np.exp(np.clip(X @ coef - 1.5 - (X @ coef).mean(axis=0), -8, 2)))


@of_cases
def test_a_small_fit(case):
    X, y = case.data()
    at_the_end = case.solver == "LBFGS"  # small enough to be looked at once more
    assert case.population().fit(X, y).fit_report_.n_passes <= 18 + at_the_end


@pytest.mark.parametrize("case", [c for c in CANONICAL_CASES if c.solver == "Newton"], ids=str)
def test_a_small_newton_fit_with_the_canonical_link(case):
    X, y = case.data()
    assert case.glm().fit(X, y[:, 0]).fit_report_.n_passes <= 8


@pytest.mark.parametrize("solver", ["LBFGS", None])
@pytest.mark.parametrize(("coupling", "most"), [(0.02, 12), (0.06, 16), (0.15, 28)])
def test_a_coupled_population(coupling, most, solver):
    X, y = coupled_population(coupling=coupling)  # log rates spread by 0.2, 0.5 and 1.3
    model = nmo.PopulationGLM(solver_name=solver).fit(X, y)
    assert model.fit_report_.converged
    assert model.fit_report_.n_passes <= most


@pytest.mark.parametrize("strength", [1e-6, 1e-3, 1.0])
def test_a_coupled_population_with_ridge(strength):
    X, y = coupled_population()
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=strength, solver_name="LBFGS"
    ).fit(X, y)
    assert model.fit_report_.converged
    assert model.fit_report_.n_passes <= 12


@pytest.mark.parametrize("solver", SOLVERS)
def test_scaling_the_features_costs_no_pass(solver):
    X, y = coupled_population(4, 3, 2000)
    units = 10.0 ** np.random.default_rng(0).uniform(-6, 6, X.shape[1])
    plain = nmo.PopulationGLM(solver_name=solver).fit(X, y).fit_report_.n_passes
    assert nmo.PopulationGLM(solver_name=solver).fit(X * units, y).fit_report_.n_passes <= plain + 1


@of_cases
def test_starting_at_the_optimum(case):
    X, y = case.data()
    model = case.population().fit(X, y)
    again = case.population().fit(X, y, init_params=(model.coef_, model.intercept_))
    assert again.fit_report_.n_passes <= 5
    assert_allclose(again.coef_, model.coef_, rtol=1e-6, atol=1e-7)


def test_gaussian_fits_need_one_step():
    X, y = coupled_population(4, 3, 2000)
    for solver in SOLVERS:
        report = nmo.PopulationGLM("Gaussian", solver_name=solver).fit(X, y).fit_report_
        assert report.n_passes <= 6


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("model", ["Poisson", "Gaussian"])
def test_the_passes_reported_are_the_passes_made(model, solver):
    X, y = coupled_population(3, 2, 3000)
    rows = CountingRows(X)
    with nmo.config_context(n_threads=1):
        fit = nmo.PopulationGLM(model, solver_name=solver).fit(rows, y)
    # The survey of responses reads no features; a dispersion takes a pass after the fit. Where the
    # curvature is adapted, a sample of the rows is read once more.
    expected = fit.fit_report_.n_passes - 1 + (model == "Gaussian")
    assert rows.reads.max() <= expected + (solver == "LBFGS")
    assert rows.reads.mean() >= expected - 1


PLACES = {
    "splines": nmo.basis.BSplineEval(12, label="x") + nmo.basis.CyclicBSplineEval(8, label="a"),
    "a field of products": nmo.basis.BSplineEval(7, label="x")
    * nmo.basis.CyclicBSplineEval(6, label="a"),
}


@pytest.mark.parametrize("penalty, strength", [("UnRegularized", None), ("Ridge", 1e-6)])
@pytest.mark.parametrize("n_neurons", [1, 12])
@pytest.mark.parametrize("basis", PLACES)
def test_a_design_takes_no_more_visits_than_its_array(basis, n_neurons, penalty, strength):
    # An animal that moves slowly: neighbouring rows have the same features.
    rng = np.random.default_rng(0)
    x, angle = np.cumsum(rng.normal(0, 0.01, 8000)), np.cumsum(rng.normal(0, 0.1, 8000))
    design = PLACES[basis].design(x, angle % (2 * np.pi))
    gain = rng.normal(size=n_neurons)
    y = rng.poisson(np.exp(np.sin(angle)[:, None] * gain + 0.5 * np.cos(2 * x)[:, None] - 1))
    model = nmo.PopulationGLM(regularizer=penalty, regularizer_strength=strength)
    lazy = model.fit(design, y).fit_report_
    written = model.fit(design.to_array(), y).fit_report_
    assert lazy.n_passes <= written.n_passes + 1
    assert_allclose(lazy.result.objective, written.result.objective, rtol=1e-9)
