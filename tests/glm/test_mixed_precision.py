"""Long fits begin in float32; where they end does not depend on it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import BY_OTHER_SOLVERS, CASES, Case, fitted, those
from tests.glm import dense

import spikeglm as nmo
from spikeglm.engine.objective import Objective
from spikeglm.engine.runners import plan as planning

of_cases = pytest.mark.parametrize("case", CASES + BY_OTHER_SOLVERS, ids=str)


@pytest.fixture
def every_fit_is_long(monkeypatch):
    monkeypatch.setattr(planning, "_SINGLE_PAYS_FROM", 0)


@pytest.fixture
def precisions(monkeypatch):
    """The precision of every pass of the fits in a test: True for float32."""
    seen = []
    original = Objective.evaluate

    def watched(self, *arguments):
        seen.append(self.is_single)
        return original(self, *arguments)

    monkeypatch.setattr(Objective, "evaluate", watched)
    return seen


@of_cases
def test_the_optimum_does_not_depend_on_the_precision_of_the_first_passes(case, monkeypatch):
    X, y = case.data()
    expected = fitted(case)  # of 400 rows: all in float64
    monkeypatch.setattr(planning, "_SINGLE_PAYS_FROM", 0)
    model = case.glm().fit(X, y[:, 0])
    assert model.fit_report_.status == ("converged",)
    first, second = dense.parameters_of(model), dense.parameters_of(expected)
    limit = 2e-8 * case.slack * max(1.0, dense.unit(case, y[:, 0]))
    assert dense.distance(first, second, X, y[:, 0], case) < limit


@pytest.mark.parametrize("case", those(CASES, is_smooth=True), ids=str)
def test_the_decrement_is_certified_in_float64(case, every_fit_is_long):
    X, y = case.data()
    model = case.glm().fit(X, y[:, 0])
    exact = dense.newton_decrement(dense.parameters_of(model), X, y[:, 0], case)
    assert exact < 1e-8 * dense.unit(case, y[:, 0])


def test_float32_comes_first_and_float64_last(every_fit_is_long, precisions):
    X, y = Case("Poisson", "exp").data()
    nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
    assert precisions[0]
    assert not precisions[-1]
    assert sorted(precisions, reverse=True) == precisions


def test_features_beyond_float32_are_read_in_float64(every_fit_is_long, precisions):
    X, y = Case("Poisson", "exp").data()
    nmo.PopulationGLM(solver_name="LBFGS").fit(X * [1e20, 1, 1], y)
    assert not any(precisions)


@pytest.mark.parametrize("place", [25.0, 100.0, 1e6])
def test_features_far_from_zero_keep_their_digits(place, every_fit_is_long):
    X, y = Case("Poisson", "exp").data()
    here = nmo.GLM(solver_name="LBFGS").fit(X, y[:, 0])
    far = nmo.GLM(solver_name="LBFGS").fit(X + np.array([place, 0.0, 0.0]), y[:, 0])
    assert far.fit_report_.status == ("converged",)
    assert_allclose(far.coef_, here.coef_, rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_the_unit_of_the_response_does_not_matter(unit, every_fit_is_long):
    X, y = Case("Gaussian", "identity").data()
    plain = nmo.GLM("Gaussian", solver_name="LBFGS").fit(X, y[:, 0])
    scaled = nmo.GLM("Gaussian", solver_name="LBFGS").fit(X, unit * y[:, 0])
    assert scaled.fit_report_.status == ("converged",)
    assert_allclose(scaled.coef_ / unit, plain.coef_, rtol=1e-6)


def test_short_fits_stay_in_float64(precisions):
    X, y = Case("Poisson", "exp").data()
    nmo.PopulationGLM(solver_name="LBFGS").fit(np.asarray(X), y)
    assert not any(precisions)


def test_a_loose_tolerance_is_certified_in_float64(every_fit_is_long, precisions):
    X, y = Case("Poisson", "exp").data()
    model = nmo.PopulationGLM(solver_name="LBFGS", solver_kwargs={"tol": 1e-3}).fit(X, y)
    assert set(model.fit_report_.status) == {"converged"}
    assert precisions[0]
    assert not precisions[-1]


@pytest.mark.parametrize(
    ("extra", "rank"),
    [
        (lambda X: X[:, 0], 3),
        (lambda X: X[:, 0] + 1e-9 * X[:, 1], 3),
        (lambda X: np.full(len(X), 7.1), 3),
        (lambda X: X[:, 0] + 1e-4 * np.random.default_rng(9).normal(size=len(X)), 4),
        (lambda X: 1e-30 * np.random.default_rng(9).normal(size=len(X)), 4),
    ],
    ids=["duplicate", "nearly a duplicate", "constant", "close to another", "tiny"],
)
def test_rounding_hides_no_feature(extra, rank, every_fit_is_long):
    X, y = Case("Poisson", "exp").data()
    X = np.column_stack([X, extra(np.asarray(X))])
    assert nmo.PopulationGLM(solver_name="LBFGS").fit(X, y).fit_report_.result.rank == rank


@pytest.mark.parametrize("memory", ["2GiB", "10KiB"], ids=["a copy", "no copy"])
def test_computed_rows_may_be_kept_in_float32(memory, every_fit_is_long):
    counts = np.random.default_rng(0).poisson(0.3, (500, 3))
    basis = nmo.basis.RaisedCosineLogConv(4, window_size=20)
    written_out = nmo.PopulationGLM(solver_name="LBFGS").fit(basis.compute_features(counts), counts)
    with nmo.config_context(memory=memory):
        model = nmo.PopulationGLM(solver_name="LBFGS").fit(basis.design(counts), counts)
    assert ("are kept" in str(model.fit_report_)) == (memory == "2GiB")
    assert_allclose(model.coef_, written_out.coef_, rtol=1e-6, atol=1e-8)
