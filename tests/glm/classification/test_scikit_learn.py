"""Classifiers are scikit-learn's: stratified folds, scorers, probabilities, searches, wrappers.

What holds for all estimators is in ``tests/glm/test_scikit_learn.py``.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import spikeglm as nmo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 3))
CODES = np.argmax(X @ RNG.normal(size=(3, 3)) + RNG.gumbel(size=(150, 3)), axis=1)
Y = np.array(["left", "right", "stay"])[CODES]


def test_folds_are_stratified_by_themselves():
    model = nmo.ClassifierGLM(3)
    assert isinstance(check_cv(4, Y, classifier=is_classifier(model)), StratifiedKFold)
    ordered = np.argsort(CODES)  # without stratification some folds would lack a class
    scores = cross_val_score(model, X[ordered], Y[ordered], cv=5, error_score="raise")
    assert np.isfinite(scores).all()
    for score, (train, test) in zip(scores, StratifiedKFold(5).split(X, Y[ordered]), strict=True):
        fit = nmo.ClassifierGLM(3).fit(X[ordered][train], Y[ordered][train])
        assert score == pytest.approx(fit.score(X[ordered][test], Y[ordered][test]), rel=1e-9)


@pytest.mark.parametrize(
    "name", ["accuracy", "neg_log_loss", "roc_auc_ovr", "roc_auc_ovo_weighted", "f1_macro"]
)
def test_scorers_of_three_classes(name):
    model = nmo.ClassifierGLM(3, regularizer_strength=0.01).fit(X, Y)
    score = get_scorer(name)(model, X, Y)
    assert np.isfinite(cross_val_score(model, X, Y, scoring=name, cv=3)).all()
    if name == "accuracy":
        assert score == accuracy_score(Y, model.predict(X))
    if name == "neg_log_loss":
        assert score == pytest.approx(model.score(X, Y), rel=1e-9)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "neg_brier_score"])
def test_scorers_of_two_classes(name):
    model = nmo.ClassifierGLM(regularizer_strength=0.01)
    assert np.isfinite(cross_val_score(model, X, CODES > 0, scoring=name, cv=3)).all()


def test_probabilities():
    model = nmo.ClassifierGLM(3).fit(X, Y)
    p = model.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    assert_allclose(np.log(p), model.predict_log_proba(X))
    assert_array_equal(model.predict_proba(X, return_type="log-proba"), model.predict_log_proba(X))
    assert_array_equal(model.predict_proba(X, "proba"), p)
    assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(X))
    with pytest.raises(ValueError, match="log-proba"):
        model.predict_proba(X, "odds")
    assert_allclose(cross_val_predict(model, X, Y, method="predict_proba").sum(axis=1), 1)


@pytest.mark.parametrize(
    ("kind", "y"),
    [(nmo.ClassifierGLM, Y), (nmo.ClassifierPopulationGLM, np.column_stack([Y, Y[::-1]]))],
)
def test_a_grid_search(kind, y):
    grid = [
        {"regularizer_strength": [1e-3, 1.0]},
        {"regularizer": ["Lasso"], "regularizer_strength": [0.01]},
        {"solver_name": ["LBFGS", "Newton"]},
    ]
    search = GridSearchCV(kind(3), grid, cv=3, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = clone(kind(3)).set_params(**search.best_params_).fit(X, y)
    assert_allclose(search.best_estimator_.coef_, best.coef_, rtol=1e-9)


def test_pipelines_and_wrappers():
    pipeline = make_pipeline(StandardScaler(), nmo.ClassifierGLM(3, regularizer="UnRegularized"))
    pipeline.fit(100 * X + 7, Y)
    plain = nmo.ClassifierGLM(3, regularizer="UnRegularized").fit(X, Y)
    assert_allclose(pipeline.predict_proba(100 * X + 7), plain.predict_proba(X), rtol=1e-6)
    assert_array_equal(pipeline.classes_, plain.classes_)
    calibrated = CalibratedClassifierCV(nmo.ClassifierGLM(3), cv=3).fit(X, Y)
    assert calibrated.predict_proba(X).shape == (150, 3)
