"""Classes of the toy problem: numbers of NeMoS 0.2.9, to six digits."""

import numpy as np
from numpy.testing import assert_allclose
from tests.spec.toy import LABELS, X, digits

import spikeglm as nmo

COEF = np.array([[0.1, 0.2, -0.3], [0.0, 0.5, 0.5]])
INTERCEPT = np.array([0.1, 0.0, -0.1])


def classifier():
    """A classifier of three classes with given parameters."""
    model = nmo.ClassifierGLM(n_classes=3).set_classes(LABELS)
    model.coef_, model.intercept_ = COEF, INTERCEPT
    return model


def test_loss_and_scores_at_fixed_parameters():
    model = classifier()
    assert_allclose(model.compute_loss((COEF, INTERCEPT), X, LABELS), 1.005215, **digits)
    assert_allclose(model.score(X, LABELS, "log-likelihood"), -1.005215, **digits)
    for score_type in ("pseudo-r2-McFadden", "pseudo-r2-Cohen"):
        assert_allclose(model.score(X, LABELS, score_type), 0.085014, **digits)


def test_log_probabilities():
    expected = [-0.684873, -1.234873, -1.584873]
    log_p = classifier().predict_proba(X, return_type="log-proba")
    assert log_p.shape == (6, 3)
    assert_allclose(log_p[0], expected, **digits)
    assert_allclose(classifier().predict_proba(X, return_type="proba")[0], np.exp(expected), 1e-6)


def test_initial_intercepts_are_centred_log_frequencies():
    y = np.array([0, 0, 0, 1, 1, 2])
    coef, intercept = nmo.ClassifierGLM(3).set_classes(y).initialize_params(X, y)
    assert_allclose(intercept, [0.501359, 0.095894, -0.597253], **digits)
    assert not coef.any()


def test_a_fit():
    model = nmo.ClassifierGLM(n_classes=3, regularizer="Ridge", regularizer_strength=1.0)
    model.fit(X, LABELS)
    assert_allclose(
        model.coef_, [[-0.006718, 0.299248, -0.292530], [0.073516, -0.013770, -0.059746]], atol=2e-5
    )
    assert_allclose(model.intercept_, [0.032836, -0.102144, 0.069308], atol=1e-4)
    loss = model.compute_loss((model.coef_, model.intercept_), X, LABELS)
    assert_allclose(loss + 0.5 * np.sum(model.coef_**2), 0.975997, **digits)
    assert_allclose(model.score(X, LABELS, "log-likelihood"), -0.883831, atol=1e-5)
    assert_allclose(model.score(X, LABELS, "pseudo-r2-McFadden"), 0.195502, atol=1e-5)
    assert_allclose(model.dof_resid_, [0])
