"""Small random problems of classes: separated exactly where a linear program over all rows says so.

The oracle asks of every pair (row, class that did not occur) at once, and knows nothing of a fit.
"""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.optimize import linprog

import spikeglm as nmo

pytestmark = pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")


def touched_by_separation(X, y, K):
    """Return (n, K) True for parameters, intercepts last, that no finite optimum has."""
    X1 = np.column_stack([X, np.ones(len(X))])
    one = np.eye(K)
    pairs = [(t, k) for t in range(len(X)) for k in range(K) if k != y[t]]
    V = np.array([np.outer(X1[t], one[y[t]] - one[k]).ravel() for t, k in pairs])
    found = linprog(
        np.r_[-np.ones(len(V)), np.zeros(V.shape[1])],
        A_ub=np.hstack([np.eye(len(V)), -V]),
        b_ub=np.zeros(len(V)),
        bounds=[(0, 1)] * len(V) + [(-1e4, 1e4)] * V.shape[1],
    )
    leaves = found.x[: len(V)] > 0.5
    if not leaves.any():
        return np.zeros((X1.shape[1], K), dtype=bool)
    balanced = np.kron(np.eye(X1.shape[1]), np.ones((1, K)))
    _, s, vectors = np.linalg.svd(np.vstack([V[~leaves], balanced]))
    null = vectors[(s > 1e-9 * s[0]).sum() :]
    return (np.linalg.norm(null, axis=0) > 1e-7).reshape(-1, K)


def problems(n):
    rng = np.random.default_rng(1)
    while n:
        K, T, p = rng.integers(2, 5), rng.integers(15, 60), rng.integers(1, 4)
        levels = (rng.random((T, p)) < 0.25) * 1.0
        X = np.where(rng.random(p) < 0.5, rng.normal(size=(T, p)), levels)
        y = np.argmax(X @ rng.normal(0, 1.5, (p, K)) + rng.gumbel(size=(T, K)), axis=1)
        full_rank = np.linalg.matrix_rank(np.column_stack([X, np.ones(T)])) == p + 1
        if full_rank and len(np.unique(y)) == K:
            n -= 1
            yield X, y, K


def test_the_standard_errors_that_are_missing_are_those_without_an_optimum():
    n_separated = 0
    for X, y, K in problems(60):
        model = nmo.ClassifierGLM(K, regularizer="UnRegularized").fit(X, y)
        expected = touched_by_separation(X, y, K)
        n_separated += expected.any()
        assert model.fit_report_.status == ("separated" if expected.any() else "converged",)
        assert_array_equal(np.isnan(np.vstack(model.standard_errors(X, y))), expected)
        names = [f"x{j}" for j in np.flatnonzero(expected[:-1].any(axis=1))]
        assert list(model.fit_report_.separating_features()) == names
    assert 15 < n_separated < 45
