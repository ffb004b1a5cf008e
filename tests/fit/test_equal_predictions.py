"""Combinations of features that a penalty alone decides, where rounding hides the penalty."""

import mpmath
import numpy as np
import pytest

from spikeglm.glm import GLM, PopulationGLM


def features(unit, seed=0):
    """Three features, the first two of which can do together what the third does."""
    x, z = np.random.default_rng(seed).normal(size=(2, 60))
    z = np.round(z * 2**10) / 2**10  # so that the sum is exact
    big = unit * np.round(x * 2**10) / 2**10
    return np.column_stack([big, big + z, z])


def lowest(X, y, strength):
    """Smallest mean squared error plus ridge, in 60 digits."""
    with mpmath.workdps(60):
        A, b = mpmath.matrix(X - 0.0), mpmath.matrix(y)
        n, p = X.shape
        ones = mpmath.matrix([1] * n)
        design = mpmath.matrix(n, p + 1)
        for i in range(n):
            for j in range(p):
                design[i, j] = A[i, j]
            design[i, p] = ones[i]
        H = design.T * design * (mpmath.mpf(2) / n)
        for j in range(p):
            H[j, j] += mpmath.mpf(strength)
        w = mpmath.lu_solve(H, design.T * b * (mpmath.mpf(2) / n))
        rest = b - design * w
        value = (rest.T * rest)[0] / n
        value += sum(mpmath.mpf(strength) * w[j] ** 2 for j in range(p)) / 2
        return float(value)


@pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")
@pytest.mark.parametrize("unit", [1.0, 2.0**10, 2.0**20, 2.0**27, 2.0**34])
@pytest.mark.parametrize("strength", [1e-6, 0.1, 10.0])
def test_a_ridge_is_heard_or_nothing_is_certified(unit, strength):
    X = features(unit)
    y = X[:, 2] + np.random.default_rng(1).normal(size=60)
    model = GLM("Gaussian", regularizer="Ridge", regularizer_strength=strength).fit(X, y)
    rest = y - X @ model.coef_ - model.intercept_
    excess = (rest**2).mean() + strength * (model.coef_**2).sum() / 2 - lowest(X, y, strength)
    assert model.fit_report_.status[0] != "converged" or excess < 1e-8


@pytest.mark.parametrize("unit", [1.0, 100.0])
def test_ordinary_combinations_are_certified_as_ever(unit):
    X = features(unit)
    X = np.column_stack([X, X[:, 0] - 3 * X[:, 2]])
    Y = np.random.default_rng(2).poisson(1.0, (60, 3))
    model = PopulationGLM(regularizer="Ridge", regularizer_strength=1e-3).fit(X, Y)
    assert model.fit_report_.status == ("converged",) * 3


def test_passes_are_spent_only_on_what_a_penalty_may_have_missed():
    X = features(1.0)
    y = np.random.default_rng(2).poisson(1.0, 60)
    alone = GLM(regularizer="Ridge", regularizer_strength=1e-3).fit(X[:, :2], y)
    together = GLM(regularizer="Ridge", regularizer_strength=1e-3).fit(X, y)
    assert together.fit_report_.n_passes <= alone.fit_report_.n_passes + 3
