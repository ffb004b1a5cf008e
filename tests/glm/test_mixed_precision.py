"""Long fits begin in float32; where they end does not depend on it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CASES, Case
from tests.glm import dense

import spikeglm as nmo
from spikeglm.engine.objective import Objective
from spikeglm.glm import fitting

of_cases = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture
def every_fit_is_long(monkeypatch):
    monkeypatch.setattr(fitting, "_LONG_FIT", 0)


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
def test_the_optimum_is_certified_in_float64(case, every_fit_is_long):
    X, y = case.data()
    model = case.glm().fit(X, y[:, 0])
    assert model.fit_report_.status == ("converged",)
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
