"""Designs, chosen strengths and simultaneous bands beside neurons that have no answer, or half one.

Warnings of NumPy are errors here.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.inference.questions import OF_DESIGNS, QUESTIONS, TERMS, T, X, Y, answers

import spikeglm as nmo
from spikeglm import inference

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning"),
]
AUTO = {"regularizer": "Smoothness", "regularizer_strength": "auto"}
KINDS = {
    "Ridge": {"regularizer": "Ridge", "regularizer_strength": "auto"},
    "Smoothness": AUTO,
    "Gaussian": {"observation_model": "Gaussian", **AUTO},
    "Gamma": {"observation_model": "Gamma", "inverse_link_function": "exp", **AUTO},
    "QuasiPoisson": {"observation_model": "QuasiPoisson"},
}
NUMBER_BY_NUMBER = {"covariance", "HC3"}  # of coefficients that only their sums are known of
ASKED = {
    **{name: ask for name, ask in (QUESTIONS | OF_DESIGNS).items() if name not in NUMBER_BY_NUMBER},
    "preferred": lambda m, X, y: inference.comparison(
        m, X, y, "position", "preferred", "least", n_points=8, n_draws=200
    ),
    "goodness": lambda m, X, y: inference.goodness(m, X, y, n_bootstrap=0, n_lags=1),
    "held out": lambda m, X, y: np.asarray(nmo.selection.cross_validated(m, X, y, 2).prediction),
}
BY_PARAMETER = {"estimate", "edf", "edf1", "q_value", "ks_distance", "interval_autocorrelation"}


@pytest.mark.parametrize("kind", KINDS)
def test_others_have_the_answers_that_they_have_without_them(kind):
    """Constant, missing, separated, of one spike: eigenvalues of all neurons did not converge."""
    y = Y[:, :2] + (0.5 if kind == "Gamma" else 0.0)
    constant, one = np.full(T, y.min()), np.full(T, y.min())
    one[17] += 1
    separated = np.where(X[:, 0] > 0.9, y[:, 0] + 1, y.min())
    mixed = np.column_stack([y[:, 0], constant, np.full(T, np.nan), separated, one, y[:, 1]])
    design = TERMS.design(*X[:, :2].T)
    fits = [nmo.PopulationGLM(**KINDS[kind]).fit(design, each) for each in (mixed, y)]
    found, expected = (
        answers(fit, design, each, ASKED) for fit, each in zip(fits, (mixed, y), strict=True)
    )
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        mine = found[key]
        if key[1] not in BY_PARAMETER and mine.shape[-1:] == (6,):
            assert_allclose(mine[..., [0, 5]], value, rtol=5e-5, atol=1e-6, err_msg=str(key))
