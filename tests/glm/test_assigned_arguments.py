"""Arguments that are assigned to a model later: masks stay, solvers fall back, nothing is lost."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import spikeglm as nmo

X = np.random.default_rng(0).normal(size=(200, 3))
Y = np.random.default_rng(1).poisson(np.exp(X[:, :2] - 0.5)).astype(float)
KINDS = {
    nmo.GLM: (Y[:, 0], np.array([1, 0, 1])),
    nmo.PopulationGLM: (Y, np.array([[1, 0], [0, 1], [1, 1]])),
    nmo.ClassifierGLM: ((Y[:, 0] > 0), np.array([[1, 1], [0, 0], [1, 1]])),
    nmo.ClassifierPopulationGLM: (Y > 0, np.ones((3, 2, 2), int)),
}
of_kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@of_kinds
def test_a_mask_is_what_was_given_before_and_after_a_fit(kind):
    y, mask = KINDS[kind]
    model = kind(feature_mask=mask)
    assert model.feature_mask is mask
    assert model.fit(X, y).feature_mask is mask
    assert (model.coef_[mask == 0] == 0).all()
    assert kind().fit(X, y).feature_mask is None


@of_kinds
def test_before_a_fit_a_mask_can_be_set_and_after_it_it_stays(kind):
    y, mask = KINDS[kind]
    model = kind()
    model.feature_mask = mask
    model.fit(X, y)
    before = model.predict(X)
    for other in (np.zeros_like(mask), mask.copy(), None):
        with pytest.raises(AttributeError, match=r"cannot be set after a fit.*clone"):
            model.feature_mask = other
        with pytest.raises(AttributeError, match="feature_mask cannot be set"):
            model.set_params(feature_mask=other)
    assert model.feature_mask is mask
    assert_array_equal(model.predict(X), before)
    model.set_params(**model.get_params(deep=False)).fit(X, y)


@of_kinds
def test_a_clone_takes_another_mask(kind):
    y, mask = KINDS[kind]
    model = clone(kind().fit(X, y)).set_params(feature_mask=mask).fit(X, y)
    assert_allclose(model.coef_, kind(feature_mask=mask).fit(X, y).coef_)


@of_kinds
def test_copies_keep_the_mask_and_its_rule(kind):
    y, mask = KINDS[kind]
    model = kind(feature_mask=mask).fit(X, y)
    for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_array_equal(other.feature_mask, mask)
        with pytest.raises(AttributeError, match="after a fit"):
            other.feature_mask = None


def test_a_mask_goes_with_estimates_that_were_set_by_hand():
    model = nmo.GLM(feature_mask=[1, 0, 1])
    model.coef_, model.intercept_ = np.ones(3), np.zeros(1)
    assert_allclose(model.predict(X), np.exp(X[:, 0] + X[:, 2]))


@of_kinds
def test_a_solver_that_cannot_handle_a_new_regularizer_falls_back_with_a_warning(kind):
    y, _ = KINDS[kind]
    by_attribute, by_name = (kind(regularizer="Ridge", solver_name="BFGS") for _ in range(2))
    with pytest.warns(UserWarning, match=r"'BFGS' cannot handle .*'Lasso'") as seen:
        by_attribute.regularizer = "Lasso"
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="cannot handle") as seen:
        by_name.set_params(regularizer="Lasso", regularizer_strength=0.02)
    assert seen[0].filename == __file__
    assert by_attribute.solver_name is None
    expected = kind(regularizer="Lasso", regularizer_strength=0.02).fit(X, y)
    assert_array_equal(by_name.fit(X, y).coef_, expected.coef_)


@pytest.mark.parametrize("regularizer", ["UnRegularized", None, nmo.regularizer.Ridge()])
def test_a_solver_that_can_handle_it_stays(regularizer):
    model = nmo.GLM(regularizer="Ridge", solver_name="LBFGS")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.regularizer = regularizer
        model.set_params(regularizer="Lasso", solver_name="ProximalGradient")
        model.set_params(solver_name="Newton", regularizer="Ridge")
    assert model.solver_name == "Newton"


def test_what_does_not_go_together_from_the_start_is_an_error():
    with pytest.raises(ValueError, match="cannot handle this regularizer"):
        nmo.GLM(regularizer="Lasso", solver_name="BFGS").fit(X, Y[:, 0])


def test_names_that_do_not_exist_are_for_fit_to_refuse():
    model = nmo.GLM(regularizer="Ridge", solver_name="LBFGS")
    model.regularizer = "Ride"
    with pytest.raises(ValueError, match="Did you mean 'Ridge'"):
        model.fit(X, Y[:, 0])


@pytest.mark.filterwarnings("ignore:solver_name='LBFGS' cannot handle:UserWarning")
def test_a_search_over_regularizers_from_a_model_with_a_solver():
    grid = {"regularizer": ["Ridge", "Lasso"], "regularizer_strength": [0.01]}
    start = nmo.GLM(regularizer="Ridge", solver_name="LBFGS")
    search = GridSearchCV(start, grid, cv=3, error_score="raise").fit(X, Y[:, 0])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert start.solver_name == "LBFGS"
