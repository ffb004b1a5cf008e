"""How sure classifiers are of near copies of features; the oracle is their difference itself."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

T, TINY = 600, 1e-6
RNG = np.random.default_rng(0)
X, DIFFERENCE, OTHER = RNG.normal(size=(3, T))
NEAR = np.column_stack([X + 3, OTHER, X + 3 + TINY * DIFFERENCE])
APART = np.column_stack([X + 3, OTHER, (NEAR[:, 2] - NEAR[:, 0]) / TINY])
ETA = np.column_stack([DIFFERENCE, X, -OTHER])
LABELS = (ETA + RNG.gumbel(size=(2, T, 3))).argmax(axis=2).T
BACK = np.array([[1.0, 0, -1 / TINY], [0, 1, 0], [0, 0, 1 / TINY]])  # weights of NEAR from APART's


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("is_population", [True, False])
def test_near_copies_have_the_errors_of_their_difference(fit_intercept, is_population):
    """The covariance left out what differs by a millionth, and the errors were NaN."""
    kind = nmo.ClassifierPopulationGLM if is_population else nmo.ClassifierGLM
    arguments = {"regularizer": "UnRegularized", "fit_intercept": fit_intercept}
    y = LABELS if is_population else LABELS[:, 0]
    near = kind(3, **arguments).fit(NEAR, y)
    apart = kind(3, **arguments).fit(APART, y)
    of_near, of_apart = near.covariance(NEAR, y), apart.covariance(APART, y)
    n = of_apart.shape[-1]
    J = np.eye(n)
    J[:9, :9] = np.kron(BACK, np.eye(3))
    expected = J @ of_apart @ J.T
    size = np.sqrt(np.diagonal(expected, axis1=-2, axis2=-1))
    unit = size[..., None] * size[..., None, :]
    assert_allclose(of_near / unit, expected / unit, atol=1e-6)
    errors = near.standard_errors(NEAR, y)[0]
    assert_allclose(errors.reshape(3, -1, 3)[:, 0].ravel(), size.reshape(-1, n)[0, :9], rtol=1e-6)


def test_exact_copies_beside_near_ones_have_no_errors_of_their_own():
    table = np.column_stack([NEAR, OTHER])
    model = nmo.ClassifierGLM(3, regularizer="UnRegularized").fit(table, LABELS[:, 0])
    errors, _ = model.standard_errors(table, LABELS[:, 0])
    alone = nmo.ClassifierGLM(3, regularizer="UnRegularized").fit(NEAR, LABELS[:, 0])
    assert np.isnan(errors[[1, 3]]).all()
    expected = alone.standard_errors(NEAR, LABELS[:, 0])[0]
    assert_allclose(errors[[0, 2]], expected[[0, 2]], rtol=1e-6)
