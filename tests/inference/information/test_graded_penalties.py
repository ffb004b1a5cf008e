"""A strong penalty does not hide a weak one on the same coefficients, as in tensor products.

Of a place field that needs no bends along x the strength along x is as good as infinite. What is
left along y is decided by a strength ten orders of magnitude less.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.inference.information.inverses import penalised_inverse

SIDE = 7
D = np.diff(np.eye(SIDE), axis=0)
ALONG = [np.kron(D.T @ D, np.eye(SIDE)), np.kron(np.eye(SIDE), D.T @ D)]
ROWS = [np.kron(D, np.eye(SIDE)), np.kron(np.eye(SIDE), D)]
SIZES = 2 - 2 * np.cos(np.pi * np.arange(SIDE) / SIDE)  # eigenvalues of D'D
PAIRS = [(1e3, 1.0), (1e9, 1.0), (1e11, 1.0), (1.0, 1e13), (1e16, 1e-2), (1e15, 1e8)]


def expected(strengths):
    """Return the eigenvalues of (1 + S)^-1: both penalties have the same eigenvectors."""
    return 1.0 / (1.0 + strengths[0] * SIZES[:, None] + strengths[1] * SIZES)


@pytest.mark.parametrize("strengths", PAIRS)
def test_inverses(strengths):
    F = np.eye(SIDE**2)
    S = sum(s * A for s, A in zip(strengths, ALONG, strict=True))
    G = np.vstack([np.sqrt(s) * rows for s, rows in zip(strengths, ROWS, strict=True)])
    free = np.ones(SIDE**2, dtype=bool)
    inverse, unsure, _ = penalised_inverse(free, F, S, rows=lambda: G)
    assert not unsure.any()
    assert_allclose(np.trace(inverse), expected(strengths).sum(), rtol=1e-7)
    assert_allclose(
        np.linalg.eigvalsh(inverse)[-SIDE:], np.sort(expected(strengths).ravel())[-SIDE:]
    )
    free[:3] = False
    part, *_ = penalised_inverse(free, F, S, rows=lambda: G)
    assert (part[:3] == 0).all() and (part[:, :3] == 0).all()
    if max(strengths) < 1e6:
        assert_allclose(part[3:, 3:], np.linalg.inv((F + S)[3:, 3:]), rtol=1e-9)


@pytest.mark.parametrize("strengths", PAIRS[:4])
def test_degrees_and_errors_of_a_model(strengths):
    """Each row sees one feature and has one spike: weights are zero, the information is one."""
    n = SIDE**2
    places = np.arange(n)
    penalty = nmo.regularizer.Quadratic([(places, A) for A in ALONG])
    model = nmo.GLM(
        regularizer=penalty, regularizer_strength=[s / n for s in strengths], fit_intercept=False
    )
    X, y = np.eye(n), np.ones(n)
    model.fit(X, y)
    found = nmo.inference.effective_degrees(model, X, y)
    assert_allclose(found.total, expected(strengths).sum(), rtol=1e-6)
    assert_allclose(model.summary(X, y).facts.edf, expected(strengths).sum(), rtol=1e-6)
    error, _ = model.standard_errors(X, y)
    assert_allclose((error**2).sum(), expected(strengths).sum(), rtol=1e-6)


@pytest.mark.parametrize("strength", [1e12, 1e14])
def test_what_neither_data_nor_penalty_know_is_not_known_a_little(strength):
    """Splines sum to one, which the intercept is: of the lines that are left, only the slope is."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        n = rng.integers(4, 12)
        bend, free, slope = np.diff(np.eye(n), n=2, axis=0), np.ones(n, dtype=bool), np.arange(n)
        X = rng.normal(size=(20, n)) * rng.uniform(0.5, 20.0, n)
        X -= X.mean(axis=1, keepdims=True)
        G, F = np.sqrt(strength) * bend, X.T @ X
        for rows in (None, lambda: G):  # noqa: B023 - asked at once
            inverse, unsure, _ = penalised_inverse(free, F, G.T @ G, rows=rows)
            assert unsure.all()
            assert_allclose(np.trace(inverse @ F), 1.0, rtol=1e-6)
            found = inverse @ F @ slope - slope
            assert_allclose(found, found.mean(), atol=1e-6)
