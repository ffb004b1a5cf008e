"""Fits of small tables whose certificate is taken again from the rows as they are."""

import mpmath
import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.fit.resolved_rows import PenaltyHere, resolved
from spikeglm.regularizer import GroupLasso, Quadratic

UNITS = [1.0, 1e4, 1e8, 1e11]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("unit", UNITS)
def test_rows_and_penalty_are_orthonormal_together(rng, unit):
    """Three features and a fourth that is their sum: only the penalty knows them apart."""
    X = (
        np.round(rng.normal(size=(40, 3)) * 2**10)
        / 2**10
        * [1.0, 2.0 ** np.round(np.log2(unit)), 1]
    )
    X = np.column_stack([X, X.sum(axis=1)])
    scale, a = X.std(axis=0), rng.uniform(0.5, 2, 40)
    null = np.array([1.0, 1.0, 1.0, -1.0])[:, None] * scale[:, None]
    null /= np.linalg.norm(null)
    root = 0.1 * np.eye(4)
    seen = resolved(
        X.astype(np.longdouble), a,
        moves=np.ones(4, dtype=bool), scale=scale, null=null, root=root, is_centred=True,
    )  # fmt: skip
    together = seen.rows.T @ (seen.rows * (a / a.sum())[:, None])
    together += (root @ seen.weights).T @ (root @ seen.weights)
    np.testing.assert_allclose(together, np.eye(4), atol=1e-6)


def test_only_what_moves_has_weights_there(rng):
    X = rng.normal(size=(30, 4)).astype(np.longdouble)
    moves = np.array([True, False, True, False])
    seen = resolved(
        X, np.ones(30),
        moves=moves, scale=np.ones(4), null=np.zeros((4, 0)), root=np.zeros((0, 4)),
        is_centred=False,
    )  # fmt: skip
    assert seen.weights.shape == (4, 2)
    assert not seen.weights[~moves].any()
    np.testing.assert_allclose(seen.rows, (X @ seen.weights).astype(float), atol=1e-12)


@pytest.mark.parametrize(
    "penalty",
    [
        Quadratic([([0, 1, 2], np.diag([1.0, 2.0, 3.0]))]).bind([0.7], (3, 1)),
        GroupLasso(np.array([[1.0, 1.0, 0.0]])).bind(0.3, (3, 1)),
    ],
    ids=["quadratic", "norms"],
)
def test_a_penalty_along_coordinates_is_that_of_the_weights(rng, penalty):
    """Derivatives agree with differences, between two kinks."""
    point, B = rng.normal(size=(3, 1)), rng.normal(size=(3, 2))
    there = PenaltyHere.of(penalty, point).along(B)
    u, steps = rng.normal(size=(2, 1)), 1e-6 * np.eye(2)
    np.testing.assert_allclose(there.value(u), penalty.value(point + B @ u))
    slopes = [(there.value(u + d[:, None]) - there.value(u - d[:, None]))[0] / 2e-6 for d in steps]
    np.testing.assert_allclose(there.gradient(u)[:, 0], slopes, rtol=1e-6)
    here = np.zeros((2, 1))
    bends = [there.gradient(here + d[:, None]) - there.gradient(here - d[:, None]) for d in steps]
    curvature = there.squares(1)
    found = curvature.matrix(curvature.strength[:, 0])
    np.testing.assert_allclose(found, np.hstack(bends) / 2e-6, rtol=1e-5, atol=1e-8)


def excess(model, X, y, S, strength):
    """How far a Gaussian fit with penalty ½ strength w'S w is above the lowest point; 60 digits."""
    n, p = X.shape
    with mpmath.workdps(60):
        rows = mpmath.matrix(np.column_stack([X, np.ones(n)]).tolist())
        P = mpmath.zeros(p + 1)
        for i in range(p):
            for j in range(p):
                P[i, j] = mpmath.mpf(strength) * mpmath.mpf(float(S[i, j]))
        target = mpmath.matrix(y.tolist())
        best = mpmath.lu_solve(rows.T * rows * (mpmath.mpf(2) / n) + P, rows.T * target * 2 / n)
        here = mpmath.matrix([*model.coef_.tolist(), float(model.intercept_[0])])

        def value(w):
            rest = target - rows * w
            return (rest.T * rest)[0] / n + (w.T * P * w)[0] / 2

        return float(value(here) - value(best))


@pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")
@pytest.mark.parametrize("unit", [2.0**10, 2.0**24, 2.0**34])
def test_a_matrix_that_ties_a_small_feature_to_huge_ones_is_heard(rng, unit):
    x, z = np.round(rng.normal(size=(2, 40)) * 2**10) / 2**10
    X = np.column_stack([unit * x, unit * x + z, z])
    S = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]])
    y = z + rng.normal(size=40)
    model = nmo.GLM(
        "Gaussian", regularizer=Quadratic([([0, 1, 2], S)]), regularizer_strength=0.5
    ).fit(X, y)
    assert model.fit_report_.status[0] != "converged" or excess(model, X, y, S, 0.5) < 1e-9


def test_splines_that_add_up_to_a_constant_are_no_reason_to_look(rng, monkeypatch):
    position, y = rng.uniform(0, 1, 200), rng.poisson(1.0, 200)
    looks = []
    monkeypatch.setattr("spikeglm.fit.second_look._Look.judged", lambda *_: looks.append(1))
    nmo.GLM().fit(nmo.basis.BSplineEval(8).compute_features(position), y)
    assert not looks
