"""How sure scales are: R's joint information, profiles in SciPy's words, and a test at the edge."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize
from scipy.stats import chi2, nbinom

import spikeglm as nmo
from spikeglm.inference.dispersions.overdispersion import POISSON_LIMIT
from spikeglm.observation_models import NegativeBinomialObservations

GLM_NB = json.loads(
    (Path(__file__).parents[2] / "reference_data" / "glm_nb.json").read_text(encoding="utf-8")
)
X, y, OFFSET = (np.array(GLM_NB[name]) for name in ("X", "y", "offset"))
FEW = np.array(GLM_NB["underdispersed"])
ESTIMATE = NegativeBinomialObservations("estimate")


@pytest.fixture(scope="module")
def fitted():
    return nmo.GLM(ESTIMATE).fit(X, y, offset=OFFSET)


@pytest.fixture(scope="module")
def found(fitted):
    return nmo.inference.overdispersion(fitted, X, y, offset=OFFSET)


def test_errors_and_the_test_are_those_of_r(found):
    theta = GLM_NB["theta"]
    assert_allclose(found.std_error, GLM_NB["SE_theta"] / theta**2, rtol=1e-8)
    joint = np.linalg.inv(np.array(GLM_NB["joint_observed_information"]))
    assert_allclose(found.joint_std_error, np.sqrt(joint[-1, -1]) / theta**2, rtol=1e-7)
    assert_allclose(found.ratio, GLM_NB["LR_vs_poisson"], rtol=1e-9)
    assert_allclose(found.p_value, GLM_NB["p_half_chi2"], rtol=1e-9)


def test_the_interval_is_where_the_profile_likelihood_has_fallen_by_half_a_quantile(fitted, found):
    start = np.append(fitted.intercept_, fitted.coef_)

    def profile(scale):
        r = 1 / scale

        def loss(b):
            mean = np.exp(b[0] + X @ b[1:] + OFFSET)
            return -nbinom(r, r / (r + mean)).logpmf(y).sum()

        return minimize(loss, start, method="BFGS", options={"gtol": 1e-6}).fun

    best, quantile = profile(fitted.scale_[0]), chi2.ppf(0.95, 1)

    def fallen(scale):
        return 2 * (profile(scale) - best) - quantile

    low = brentq(fallen, 0.05, fitted.scale_[0], xtol=1e-7)
    high = brentq(fallen, fitted.scale_[0], 2.0, xtol=1e-7)
    assert_allclose([found.conf_low[0], found.conf_high[0]], [low, high], rtol=1e-5)


def test_a_population_is_its_neurons_whatever_becomes_of_them(found):
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        model = nmo.PopulationGLM(ESTIMATE).fit(X, np.column_stack([FEW, 0 * y, y]), offset=OFFSET)
    together = nmo.inference.overdispersion(
        model, X, np.column_stack([FEW, 0 * y, y]), offset=OFFSET
    )
    assert together.status == (POISSON_LIMIT, "silent", "estimated")
    for name in ("scale", "std_error", "joint_std_error", "conf_low", "conf_high", "ratio"):
        assert_allclose(getattr(together, name)[2], getattr(found, name)[0], rtol=1e-5)
        assert np.isnan(getattr(together, name)[1])
    assert together.scale[0] == together.conf_low[0] == 0
    assert 0 < together.conf_high[0] < 0.1
    assert together.p_value[0] == 1
    assert "Poisson limit" in str(together)


def test_penalised_and_masked_fits():
    model = nmo.GLM(ESTIMATE, regularizer="Ridge", regularizer_strength=0.1).fit(X, y)
    found = nmo.inference.overdispersion(model, X, y)
    assert found.conf_low[0] < found.scale[0] < found.conf_high[0]
    assert np.isnan(found.p_value[0])
    assert_allclose(found.joint_std_error, found.std_error, rtol=0.02)
    masked = nmo.GLM(ESTIMATE, feature_mask=np.array([1, 0, 1])).fit(X, y)
    without = nmo.GLM(ESTIMATE).fit(X[:, [0, 2]], y)
    assert_allclose(
        nmo.inference.overdispersion(masked, X, y).joint_std_error,
        nmo.inference.overdispersion(without, X[:, [0, 2]], y).joint_std_error,
        rtol=1e-6,
    )
    sparse = nmo.GLM(ESTIMATE, regularizer="Lasso", regularizer_strength=0.02).fit(X, y)
    assert "selected features" in nmo.inference.overdispersion(sparse, X, y).status[0]


def test_other_models_and_other_data_are_refused(fitted):
    with pytest.raises(ValueError, match="no scale that was estimated"):
        nmo.inference.overdispersion(nmo.GLM().fit(X, y), X, y)
    with pytest.raises(ValueError, match="not the data of the fit"):
        nmo.inference.overdispersion(fitted, X, y + 1, offset=OFFSET)
    with pytest.raises(ValueError, match="probability"):
        nmo.inference.overdispersion(fitted, X, y, offset=OFFSET, level=95)
