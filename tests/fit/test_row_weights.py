"""Columns whose rows leave open what all rows tell: each is as a fit to its own rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.fit.fitting import SolverChoice, fit_columns, fit_prepared
from spikeglm.fit.prepared import prepare
from spikeglm.observation_models import PoissonObservations
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.links import Exp
from spikeglm.regularizer import UnRegularized
from spikeglm.rows import ArrayRows
from spikeglm.selection import cross_validated, regularization_path
from spikeglm.solvers import LBFGS, Newton

RNG = np.random.default_rng(1)
T, K = 600, 3
FOLDS = np.arange(T) // 20 % K
OUT = FOLDS == 1  # the rows that the odd fit has not seen
BASE = RNG.normal(size=(T, 3))
Y = RNG.poisson(np.exp(BASE @ RNG.normal(0, 0.3, (3, 2)) - 0.5))
CATEGORY = np.where(OUT & (RNG.random(T) < 0.5), 3, RNG.integers(0, 3, T))
NOISE = RNG.normal(size=T)
ODD = {
    "constant at zero": np.where(OUT, NOISE, 0.0),
    "constant elsewhere": np.where(OUT, NOISE, 7.0),
    "constant, far away": np.where(OUT, NOISE, 0.0) + 1e6,
    "almost constant": np.where(OUT, NOISE, 7.0 + 1e-5 * NOISE),
    "a copy of another": np.where(OUT, NOISE, BASE[:, 0]),
    "a combination of others": np.where(OUT, NOISE, BASE @ [1.0, 2.0, 0.0] - 3.0),
    "a category that is missing": np.eye(4)[CATEGORY][:, 1:],
    "all categories": np.eye(4)[CATEGORY],
}
FREE = {"regularizer": "UnRegularized"}


def design(name):
    return np.column_stack([BASE, ODD[name]])


@pytest.mark.parametrize("solver", [None, "LBFGS", "Newton"])
@pytest.mark.parametrize("name", ODD)
def test_a_fold_is_predicted_by_a_fit_to_the_other_rows(name, solver):
    """Weight went to features that were constant in training, and moved held-out predictions."""
    X, model = design(name), nmo.PopulationGLM(**FREE, solver_name=solver)
    held_out = cross_validated(model, X, Y, FOLDS)
    for k in range(K):
        rows = k == FOLDS
        alone = nmo.PopulationGLM(**FREE, solver_name=solver).fit(X[~rows], Y[~rows])
        assert_allclose(held_out.prediction[rows], alone.predict(X[rows]), rtol=2e-5)


@pytest.mark.parametrize("has_intercept", [True, False])
@pytest.mark.parametrize("name", ODD)
def test_each_neuron_of_a_population_is_as_alone_whatever_rows_it_has(name, has_intercept):
    X, weight = design(name), np.column_stack([np.ones(T), ~OUT])
    model = nmo.PopulationGLM(**FREE, fit_intercept=has_intercept).fit(X, Y, sample_weight=weight)
    for n in range(2):
        alone = nmo.GLM(**FREE, fit_intercept=has_intercept)
        alone.fit(X, Y[:, n], sample_weight=weight[:, n])
        assert_allclose(model.predict(X)[:, n], alone.predict(X), rtol=2e-5)
        if (
            n == 1 or name != "all categories"
        ):  # equally good ones have a norm, in units of the survey
            assert_allclose(model.coef_[:, n], alone.coef_, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", ODD)
def test_missing_responses_count_as_rows_of_weight_zero(name):
    X, y = design(name), Y.astype(float)
    y[OUT, 1] = np.nan
    model = nmo.PopulationGLM(**FREE).fit(X, y)
    alone = nmo.GLM(**FREE).fit(X[~OUT], y[~OUT, 1])
    assert_allclose(model.predict(X)[:, 1], alone.predict(X), rtol=2e-5)


@pytest.mark.parametrize("name", ODD)
def test_a_feature_that_is_masked_there_changes_nothing(name):
    X, weight = design(name), np.column_stack([np.ones(T), ~OUT])
    mask = np.ones((X.shape[1], 2), dtype=bool)
    mask[3:, 1] = False
    model = nmo.PopulationGLM(**FREE, feature_mask=mask).fit(X, Y, sample_weight=weight)
    alone = nmo.GLM(**FREE).fit(BASE[~OUT], Y[~OUT, 1])
    assert_allclose(model.coef_[:3, 1], alone.coef_, rtol=1e-5)
    assert not model.coef_[3:, 1].any()


@pytest.mark.parametrize("name", ODD)
def test_classes_are_as_in_a_fit_to_the_other_rows(name):
    X = design(name)
    labels = np.digitize(BASE[:, 1] + RNG.normal(size=T), [-0.5, 0.5])
    held_out = cross_validated(nmo.ClassifierGLM(3, **FREE), X, labels, FOLDS)
    alone = nmo.ClassifierGLM(3, **FREE).fit(X[~OUT], labels[~OUT])
    assert_allclose(held_out.prediction[OUT], alone.predict_proba(X[OUT]), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("penalty", ["Ridge", "Lasso"])
@pytest.mark.parametrize(
    "name", ["constant elsewhere", "a copy of another", "a category that is missing"]
)
def test_a_penalty_that_spares_the_odd_feature(name, penalty):
    X = design(name)
    strength = np.repeat([0.02, 0.0], [3, X.shape[1] - 3])
    make = {"regularizer": penalty, "regularizer_strength": strength}
    held_out = cross_validated(nmo.GLM(**make), X, Y[:, 0], FOLDS)
    alone = nmo.GLM(**make).fit(X[~OUT], Y[~OUT, 0])
    assert_allclose(held_out.prediction[OUT], alone.predict(X[OUT]), rtol=1e-4)


def test_a_path_of_neurons_with_rows_of_their_own():
    X, weight = design("constant elsewhere"), np.column_stack([np.ones(T), ~OUT])
    strengths, lasso = [0.1, 0.03, 0.01], {"regularizer": "Lasso"}
    path = regularization_path(
        nmo.PopulationGLM(**lasso), X, Y, strengths=strengths, sample_weight=weight
    )
    alone = regularization_path(
        nmo.GLM(**lasso), X, Y[:, 1], strengths=strengths, sample_weight=weight[:, 1]
    )
    assert_allclose(path.coef[:, :, 1], alone.coef[:, :, 0], atol=1e-6)


COLUMNS = Columns(Likelihood(PoissonObservations(), Exp()), Source.one_per_column(Y[:, :1]))
KEEP = np.ones(T, dtype=bool)


def weighted(weights):
    return Columns(COLUMNS.likelihood, COLUMNS.responses, Source.one_per_column(weights[:, None]))


@pytest.mark.parametrize("method", [Newton(), LBFGS()], ids=["Newton", "LBFGS"])
@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("vanishing", [0.0, 1e-30])
def test_prepared_rows_know_when_other_rows_count(name, method, vanishing):
    X = ArrayRows(design(name))
    few, all_rows = weighted(np.where(OUT, vanishing, 1.0)), weighted(np.ones(T))
    how = {"penalty": UnRegularized().bind(None, (X.n_features, 1))}
    how["solver"] = SolverChoice(method=method)
    for first, then in [(few, all_rows), (all_rows, few), (few, COLUMNS), (COLUMNS, few)]:
        ready = prepare(X, first, keep=KEEP)
        found = fit_prepared(ready, then, **how)
        alone = fit_columns(X, then, keep=KEEP, **how)
        eta, expected = (X.values @ fit.coef + fit.intercept for fit in (found, alone))
        assert_allclose(eta, expected, atol=1e-5)
        assert found.status == alone.status
