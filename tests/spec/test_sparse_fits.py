"""Sparse fits of the toy problem: numbers of NeMoS 0.2.9, which its solver reached to 1e-6."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.spec.toy import COUNTS, X

import spikeglm as nmo

close = {"rtol": 0, "atol": 1e-6}
# regularizer, strength: coef, intercept, unpenalised loss, log-likelihood
FITS = {
    "Lasso": (0.1, [0.550672, 0.264067], 0.295707, 0.375297, -1.319124),
    "ElasticNet": ((0.1, 0.5), [0.576155, 0.303577], 0.273125, 0.369762, -1.313588),
    "GroupLasso": (0.1, [0.544974, 0.287535], 0.299207, 0.373989, -1.317816),
}


@pytest.mark.parametrize("regularizer", FITS)
@pytest.mark.parametrize("solver", ["ProximalNewton", "ProximalGradient", None])
@pytest.mark.filterwarnings("ignore:GroupLasso has no mask")
def test_sparse_fits(regularizer, solver):
    strength, coef, intercept, loss, log_likelihood = FITS[regularizer]
    model = nmo.GLM(regularizer=regularizer, regularizer_strength=strength, solver_name=solver)
    model.fit(X, COUNTS)
    assert model.fit_report_.status == ("converged",)
    assert_allclose(model.coef_, coef, **close)
    assert_allclose(model.intercept_, [intercept], **close)
    assert_allclose(model.compute_loss((model.coef_, model.intercept_), X, COUNTS), loss, **close)
    assert_allclose(model.score(X, COUNTS), log_likelihood, **close)
    assert np.size(model.dof_resid_) == 1
    assert_allclose(model.dof_resid_, 3)
