"""Every penalty by every solver that it allows: classifiers find one optimum, or refuse."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.glm.kinds import LABELS, PENALTIES, X

import spikeglm as nmo
from spikeglm import solvers

OF_ROWS = {"SVRG", "ProxSVRG", "PolynomialApproximation"}
"""Solvers that look into the rows of one response at a time, which a softmax couples."""
EVERY = [
    (penalty, solver)
    for penalty, (regularizer, _) in PENALTIES.items()
    for solver in regularizer.allowed_solvers
    if solver in solvers.SOLVERS  # others may register their own
]


@cache
def fitted(penalty, solver):
    regularizer, strength_of = PENALTIES[penalty]
    strength = strength_of(np.full((3, 3), 0.05))
    return nmo.ClassifierGLM(3, None, regularizer, strength, solver).fit(X, LABELS)


@pytest.mark.parametrize(("penalty", "solver"), [c for c in EVERY if c[1] not in OF_ROWS])
def test_they_agree(penalty, solver):
    model, expected = fitted(penalty, solver), fitted(penalty, None)
    assert model.fit_report_.status == ("converged",)
    best = expected.fit_report_.result.objective
    assert_allclose(model.fit_report_.result.objective, best, rtol=1e-11)
    assert_allclose(model.coef_, expected.coef_, atol=2e-6)
    assert_allclose(model.predict_proba(X), expected.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize(("penalty", "solver"), [c for c in EVERY if c[1] in OF_ROWS])
def test_those_for_one_response_are_refused(penalty, solver):
    with pytest.raises(ValueError, match="leave solver_name=None"):
        fitted(penalty, solver)
