"""The data of a fit are never taken for others, and others never for them, in whatever unit."""

import warnings

import numpy as np
import pytest

import spikeglm as nmo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
RATE = np.exp(0.3 * X[:, 0])
SHAPES = RNG.gamma(4.0, 0.25, 300)
REFUSED = pytest.raises(ValueError, match="not the data of the fit")


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("model", ["Gamma", "InverseGaussian", "Gaussian"])
def test_other_data_are_refused_in_whatever_unit_responses_are(model, unit):
    y = unit * RATE * SHAPES
    fit = nmo.GLM(model, inverse_link_function="exp").fit(X, y)
    fit.standard_errors(X, y)
    for features, response in ((X[::-1], y), (X, y[::-1]), (2 * X, y)):
        with REFUSED:
            fit.standard_errors(features, response)


@pytest.mark.filterwarnings("ignore:1 neuron.s. stalled")
@pytest.mark.parametrize(("link", "weight"), [("identity", 1.0), ("logistic", 10.0)])
def test_rows_that_weigh_next_to_nothing_beside_others_are_no_sign_of_other_data(link, weight):
    """Responses of 1e-6 have 1e18 times the information of one: a fit does not see that one."""
    y = np.array([1e-6, 1e-6, 1e-6, 1e-6, 1.0, 1e-6, 1e-6])
    small = 1e-8 * np.random.default_rng(1).normal(size=7)
    features, weights = np.column_stack([y == 1.0, small]), np.where(y == 1.0, weight, 1.0)
    model = nmo.GLM("InverseGaussian", inverse_link_function=link)
    model.fit(features, y, sample_weight=weights)
    model.standard_errors(features, y, sample_weight=weights)


@pytest.mark.parametrize("seed", [1, 2, 7, 13, 16])
def test_what_float32_loses_of_features_is_no_sign_of_other_data(seed):
    rng = np.random.default_rng(seed)
    a, c = rng.normal(size=5), 2e6 + rng.normal(size=5)
    near = a + 1e-4 * rng.normal(size=5)
    features = np.column_stack([a, c, a, 0.75 * c, near]).astype(np.float32)
    y = np.array([1.0, 1.0, 1.0, 1.0, 1e-6])
    model = nmo.GLM("InverseGaussian", inverse_link_function="softplus")
    with warnings.catch_warnings():  # such fits may be told to have stalled, and are looked at
        warnings.simplefilter("ignore", nmo.errors.ConvergenceWarning)
        model.fit(features, y)
    model.standard_errors(features, y)


def test_other_labels_are_refused_beside_large_features_in_float32():
    features = np.column_stack([X, 1e4 + X[:, 0] * X[:, 1]]).astype(np.float32)
    labels = (X[:, 1] + RNG.normal(size=300) > 0).astype(int)
    fit = nmo.ClassifierGLM(2).fit(features, labels)
    fit.standard_errors(features, labels)
    with REFUSED:
        fit.standard_errors(features, labels[::-1])
