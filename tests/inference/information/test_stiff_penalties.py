"""Penalties so strong that what they leave alone is rounding beside them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

x = np.random.default_rng(0).uniform(0, 1, 2000)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("strength", "n_functions", "rate"),
    [(1e4, 8, 0.05), (1e8, 8, 0.05), (1e10, 8, 0.05), (1e9, 20, 2.0), (1e10, 20, 2.0)],
)
def test_a_curve_that_is_forced_to_be_a_line_is_as_sure_as_one(strength, n_functions, rate):
    y = np.random.default_rng(1).poisson(rate * np.exp(x))
    line = nmo.GLM().fit(x[:, None], y)
    slope_error = line.standard_errors(x[:, None], y)[0][0]
    X = nmo.basis.BSplineEval(n_functions, label="x").design(x)
    model = nmo.GLM(regularizer="Smoothness", regularizer_strength=strength).fit(X, y)
    at = np.array([0.1, 0.9])
    ends = model.curve("x", X, y, at=at)
    assert_allclose(ends.standard_error, slope_error * np.abs(at - x.mean()), rtol=1e-3)
    degrees = nmo.inference.effective_degrees(model, X, y)
    assert_allclose(degrees.edf.sum(), 2.0, atol=1e-3)
