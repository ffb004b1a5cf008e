"""Classifiers: the same calls; what is called differently is listed in docs/compatibility.md."""

import warnings

import nemos
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.parity.problems import T, features

import spikeglm

K = 3
RNG = np.random.default_rng(8)
ETA = features() @ RNG.normal(size=(features().shape[1], K))
LABELS = (ETA[:, None, :] + RNG.gumbel(size=(T, 2, K))).argmax(axis=-1)
NEMOS = {"solver_kwargs": {"tol": 1e-12, "maxiter": 20_000}}
of_penalties = pytest.mark.parametrize(
    ("regularizer", "strength"), [("Ridge", 0.1), ("Lasso", 0.02), ("ElasticNet", (0.02, 0.5))]
)


def both(kind, regularizer, strength, y):
    arguments = {"n_classes": K, "regularizer": regularizer, "regularizer_strength": strength}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = getattr(spikeglm.glm, kind)(**arguments).fit(features(), y)
        theirs = getattr(nemos.glm, kind)(**arguments, **NEMOS).fit(features(), y)
    return ours, theirs


@of_penalties
@pytest.mark.parametrize("kind", ["ClassifierGLM", "ClassifierPopulationGLM"])
def test_fits(kind, regularizer, strength):
    X, y = features(), LABELS if "Population" in kind else LABELS[:, 0]
    ours, theirs = both(kind, regularizer, strength, y)
    assert ours.coef_.shape == theirs.coef_.shape
    assert_allclose(ours.coef_, theirs.coef_, atol=5e-4)
    # A coefficient that is zero here may be 1e-7 after a first-order method: one more counts there.
    assert_allclose(
        ours.dof_resid_, np.broadcast_to(theirs.dof_resid_, ours.dof_resid_.shape),
        rtol=0, atol=0 if regularizer == "Ridge" else 1,
    )  # fmt: skip
    assert_array_equal(ours.classes_, theirs.classes_)
    ours.coef_, ours.intercept_ = np.array(theirs.coef_), np.array(theirs.intercept_)
    params = ours.coef_, ours.intercept_
    for form in ("proba", "log-proba"):
        assert_allclose(
            ours.predict_proba(X, return_type=form), theirs.predict_proba(X, return_type=form),
            rtol=1e-8,
        )  # fmt: skip
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.compute_loss(params, X, y), theirs.compute_loss(params, X, y), rtol=1e-8)
    for score in ("log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen"):
        assert_allclose(
            ours.score(X, y, score_type=score), theirs.score(X, y, score_type=score), rtol=1e-7
        )


def test_labels_of_any_kind():
    y = np.array(["left", "none", "right"])[LABELS[:, 0]]
    ours, theirs = both("ClassifierGLM", "Ridge", 0.1, y)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_allclose(ours.coef_, theirs.coef_, atol=5e-4)
    assert (ours.predict(features()) == theirs.predict(features())).mean() > 0.98


def test_where_a_fit_starts():
    y = LABELS[:, 0]
    ours, theirs = both("ClassifierGLM", "Ridge", 0.1, y)
    for mine, other in zip(
        ours.initialize_params(features(), y), theirs.initialize_params(features(), y), strict=True
    ):
        assert_allclose(mine, other, atol=1e-6)
