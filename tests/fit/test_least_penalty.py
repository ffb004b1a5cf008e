"""Where features are combinations of each other the penalty decides, however small it is there."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

RNG = np.random.default_rng(0)
SMALL, LARGE, OTHER = RNG.integers(-3, 4, (3, 200)).astype(float)
LARGE *= 2.0**27
X = np.column_stack([SMALL, LARGE, LARGE + SMALL, OTHER])  # exact: X @ NULL is zero in every row
NULL = np.array([1.0, 1.0, -1.0, 0.0])
Y = RNG.poisson(np.exp(0.3 * SMALL + 0.1 * OTHER), (200,))
RIDGE = nmo.regularizer.Ridge()
MATRIX = nmo.regularizer.Quadratic([(slice(0, 3), np.diag([1.0, 2.0, 2.0]))])


@pytest.mark.parametrize("solver", [None, "LBFGS"])
@pytest.mark.parametrize(
    ("penalty", "diagonal"),
    [(RIDGE, np.ones(4)), (MATRIX, np.array([1.0, 2.0, 2.0, 0.0]))],
    ids=["ridge", "matrix"],
)
def test_a_weak_penalty_is_least_on_features_in_far_units(penalty, diagonal, solver):
    model = nmo.PopulationGLM(regularizer=penalty, regularizer_strength=1e-3, solver_name=solver)
    model.fit(X, np.column_stack([Y, Y[::-1]]))
    for w in model.coef_.T:
        assert abs(NULL @ (diagonal * w)) < 1e-6 * np.abs(diagonal * w).sum()
    # The effect of the small feature is carried by the difference of the large ones, too.
    w, b = model.coef_[:, 0], model.intercept_[0]
    mean = np.exp((w[0] + w[2]) * SMALL + (w[1] + w[2]) * LARGE + w[3] * OTHER + b)
    slope = np.column_stack([SMALL, OTHER]).T @ (mean - Y) / 200 + 1e-3 * diagonal[[0, 3]] * [
        w[0],
        w[3],
    ]
    assert_allclose(slope, 0, atol=1e-6)


def test_classes_are_told_the_same():
    labels = np.argmax(np.column_stack([SMALL, -SMALL, OTHER]) + RNG.gumbel(size=(200, 3)), axis=1)
    model = nmo.ClassifierGLM(3, regularizer=RIDGE, regularizer_strength=1e-3).fit(X, labels)
    assert_allclose(NULL @ model.coef_, 0, atol=1e-6 * np.abs(model.coef_).max())


def test_masked_features_take_no_part():
    mask = np.array([[1, 1], [1, 0], [1, 1], [1, 1]])
    model = nmo.PopulationGLM(regularizer=RIDGE, regularizer_strength=1e-3, feature_mask=mask)
    model.fit(X, np.column_stack([Y, Y]))
    assert model.coef_[1, 1] == 0
    assert abs(NULL @ model.coef_[:, 0]) < 1e-6 * np.abs(model.coef_[:, 0]).sum()
