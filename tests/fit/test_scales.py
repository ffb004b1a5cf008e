"""Scales of the negative binomial model that a fit finds: R's numbers, and what must not matter."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import nbinom
from sklearn.base import clone

import spikeglm as nmo
from spikeglm.observation_models import NegativeBinomialObservations

GLM_NB = json.loads(
    (Path(__file__).parents[1] / "reference_data" / "glm_nb.json").read_text(encoding="utf-8")
)
X, y, OFFSET = (np.array(GLM_NB[name]) for name in ("X", "y", "offset"))
FEW = np.array(GLM_NB["underdispersed"])
ESTIMATE = NegativeBinomialObservations("estimate")
POPULATION = np.column_stack([y, FEW, np.roll(y, 7) + (y > 4), np.minimum(y, 1)])


@pytest.fixture(scope="module")
def fitted():
    return nmo.GLM(ESTIMATE).fit(X, y, offset=OFFSET)


def test_estimates_errors_and_likelihood_are_those_of_r(fitted):
    theta = GLM_NB["theta"]
    assert_allclose(fitted.scale_, 1 / theta, rtol=1e-7)
    assert_allclose(np.append(fitted.intercept_, fitted.coef_), GLM_NB["coef"], rtol=1e-7)
    record = fitted.fit_report_.result
    assert_allclose(record.scale_error, GLM_NB["SE_theta"] / theta**2, rtol=1e-8)
    assert_allclose(record.poisson_ratio, GLM_NB["LR_vs_poisson"], rtol=1e-9)
    total = fitted.score(X, y, offset=OFFSET, aggregate_sample_scores=np.sum)
    assert_allclose(2 * total, GLM_NB["twologlik"], rtol=1e-10)
    error, intercept_error = fitted.standard_errors(X, y, offset=OFFSET)
    theirs = np.sqrt(np.diag(GLM_NB["cov_beta_expected"]))
    assert_allclose(np.append(intercept_error, error), theirs, rtol=1e-8)
    assert fitted.fit_report_.status == ("converged",)


def test_both_scores_vanish(fitted):
    """The whole likelihood in SciPy's words: its gradient by all parameters, in standard errors."""

    def loss(parameters):
        intercept, *coef, log_scale = parameters
        mean, r = np.exp(intercept + X @ coef + OFFSET), np.exp(-log_scale)
        return -nbinom(r, r / (r + mean)).logpmf(y).sum()

    ours = np.concatenate([fitted.intercept_, fitted.coef_, np.log(fitted.scale_)])
    best = minimize(loss, ours + 0.05, method="BFGS", options={"gtol": 1e-6})
    assert loss(ours) <= best.fun + 1e-9
    assert_allclose(ours, best.x, atol=1e-4)


@pytest.mark.parametrize("link", ["exp", "softplus"])
def test_a_population_is_its_neurons(link):
    together = nmo.PopulationGLM(ESTIMATE, link).fit(X, POPULATION)
    assert together.fit_report_.converged
    for n in range(POPULATION.shape[1]):
        alone = nmo.GLM(ESTIMATE, link).fit(X, POPULATION[:, n])
        assert_allclose(together.scale_[n], alone.scale_[0], rtol=1e-6)
        assert_allclose(together.coef_[:, n], alone.coef_, rtol=1e-5, atol=1e-7)
        fixed = NegativeBinomialObservations(alone.scale_[0]) if alone.scale_[0] else "Poisson"
        known = nmo.GLM(fixed, link).fit(X, POPULATION[:, n])
        assert_allclose(alone.coef_, known.coef_, rtol=1e-6, atol=1e-8)
        for one, other in zip(
            alone.standard_errors(X, POPULATION[:, n]),
            known.standard_errors(X, POPULATION[:, n]),
            strict=True,
        ):
            assert_allclose(one, other, rtol=1e-6)


def test_counts_that_vary_less_than_poisson_counts_have_scale_zero_and_a_remark():
    model, poisson = nmo.GLM(ESTIMATE).fit(X, FEW), nmo.GLM().fit(X, FEW)
    assert model.scale_ == 0
    assert_allclose(model.coef_, poisson.coef_, rtol=1e-7)
    assert_allclose(model.score(X, FEW), poisson.score(X, FEW), rtol=1e-12)
    assert "no overdispersion in 1 of 1 columns" in str(model.fit_report_)
    record = model.fit_report_.result
    assert np.isnan(record.scale_error[0])
    assert record.poisson_ratio[0] == 0
    samples, _ = model.simulate(0, X)
    assert abs(samples.var() / samples.mean() - 1) < 0.3


def test_a_silent_neuron_and_a_separated_one_harm_no_other():
    never = np.where(X[:, 0] > 0.5, 0, y)
    separating = np.column_stack([X, X[:, 0] > 0.5])
    responses = np.column_stack([y, 0 * y, never])
    silent, separated = nmo.exceptions.NothingToFitWarning, nmo.exceptions.ConvergenceWarning
    with pytest.warns(silent, match="silent"), pytest.warns(separated, match="separated"):
        model = nmo.PopulationGLM(ESTIMATE).fit(separating, responses)
    alone = nmo.GLM(ESTIMATE).fit(separating, y)
    assert model.fit_report_.status == ("converged", "silent", "separated")
    assert_allclose(model.scale_[0], alone.scale_[0], rtol=1e-6)
    assert model.scale_[1] == 0
    assert 0 < model.scale_[2] < 2
    assert np.isfinite(model.score(separating, responses))


def test_row_weights_count_rows():
    weight = np.arange(len(y)) % 3
    rows = np.repeat(np.arange(len(y)), weight)
    weighted = nmo.GLM(ESTIMATE).fit(X, y, sample_weight=weight)
    repeated = nmo.GLM(ESTIMATE).fit(X[rows], y[rows])
    assert_allclose(weighted.scale_, repeated.scale_, rtol=1e-7)
    assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-6)
    records = weighted.fit_report_.result, repeated.fit_report_.result
    assert_allclose(*(record.scale_error for record in records), rtol=1e-7)
    assert_allclose(*(record.poisson_ratio for record in records), rtol=1e-7)


@pytest.mark.parametrize("regularizer", ["Ridge", "Lasso"])
def test_penalised_scales_are_the_best_at_their_means(regularizer):
    model = nmo.GLM(ESTIMATE, regularizer=regularizer, regularizer_strength=0.05).fit(X, y)
    fixed = nmo.GLM(
        NegativeBinomialObservations(model.scale_[0]),
        regularizer=regularizer,
        regularizer_strength=0.05,
    ).fit(X, y)
    assert_allclose(model.coef_, fixed.coef_, rtol=1e-5, atol=1e-7)
    best = ESTIMATE.estimate_scale(y, model.predict(X), 1)
    assert_allclose(model.scale_, best, rtol=1e-5)


def test_folds_and_refits_find_their_own_scales():
    held_out = nmo.selection.cross_validated(nmo.GLM(ESTIMATE), X, y, 2)
    half = len(y) // 2
    first = nmo.GLM(ESTIMATE).fit(X[half:], y[half:])
    assert_allclose(held_out.prediction[:half], first.predict(X[:half]), rtol=1e-5)
    means = nmo.GLM(ESTIMATE).predict_refitted(X, POPULATION)
    assert_allclose(means[:, 0], nmo.GLM(ESTIMATE).fit(X, y).predict(X), rtol=1e-5)


def test_it_is_cloned_pickled_saved_and_loaded(fitted, tmp_path):
    assert clone(fitted).observation_model == ESTIMATE
    fitted.save_params(tmp_path / "model.npz")
    for other in (pickle.loads(pickle.dumps(fitted)), nmo.load_model(tmp_path / "model.npz")):
        assert_allclose(other.scale_, fitted.scale_, rtol=0)
        assert_allclose(other.score(X, y, offset=OFFSET), fitted.score(X, y, offset=OFFSET))
        assert_allclose(
            other.standard_errors(X, y, offset=OFFSET)[0],
            fitted.standard_errors(X, y, offset=OFFSET)[0],
        )
        assert other.fit_report_.result.scale == fitted.scale_


def test_what_cannot_find_a_scale_says_so(fitted):
    model = nmo.GLM(ESTIMATE)
    start = np.zeros(3), np.zeros(1)
    with pytest.raises(ValueError, match="update, and paths of sparse penalties, cannot find it"):
        model.update(start, model.initialize_optimizer_and_state(start, X, y), X, y)
    with pytest.raises(ValueError, match="need a scale"):
        nmo.selection.regularization_path(nmo.GLM(ESTIMATE, regularizer="Lasso"), X, y)
    by_hand = nmo.GLM(ESTIMATE)
    by_hand.coef_, by_hand.intercept_ = np.zeros(3), np.zeros(1)
    with pytest.raises(ValueError, match=r"no dispersion[\s\S]*scale_"):
        by_hand.score(X, y)
    approximate = nmo.GLM(ESTIMATE, solver_name="PolynomialApproximation")
    with pytest.raises(ValueError, match="one loss for all columns"):
        approximate.fit(X, y)
    losses = [
        nmo.GLM(kind).compute_loss((np.zeros(3), np.zeros(1)), X, y)
        for kind in (NegativeBinomialObservations(float(fitted.scale_[0])), "Poisson")
    ]
    assert losses[0] != losses[1]
    with pytest.raises(ValueError, match="no dispersion"):
        model.compute_loss(start, X, y)


def test_the_report_has_a_table_of_scales():
    pytest.importorskip("pandas")
    frame = nmo.PopulationGLM(ESTIMATE).fit(X, POPULATION[:, :2]).fit_report_.to_frame()
    assert frame["scale"].gt(0).tolist() == [True, False]
    assert np.isfinite(frame["scale_error"]).tolist() == [True, False]
    assert "scale" not in nmo.GLM().fit(X, y).fit_report_.to_frame()


def test_other_questions_are_answered_at_the_scales_that_were_found():
    """What is asked of neurons in groups takes the scales of the group."""
    model = nmo.PopulationGLM(ESTIMATE).fit(X, POPULATION)
    together = nmo.inference.goodness(model, X, POPULATION)
    residuals = nmo.inference.residuals(model, X, POPULATION, kind="quantile", seed=0)
    for n in range(POPULATION.shape[1]):
        scale = float(model.scale_[n])
        kind = NegativeBinomialObservations(scale) if scale else "Poisson"
        known = nmo.GLM(kind, solver_kwargs={"tol": 1e-10}).fit(X, POPULATION[:, n])
        alone = nmo.inference.goodness(known, X, POPULATION[:, n])
        for name in ("log_likelihood", "deviance_explained", "dispersion"):
            assert_allclose(getattr(together, name)[n], getattr(alone, name)[0], rtol=1e-5)
    assert np.isfinite(residuals).all()
    tests = nmo.inference.term_tests(model, X, POPULATION, test="lr")
    assert np.isfinite(tests.statistic).all()


def test_however_rows_are_stored_and_wherever_they_lie():
    here = nmo.PopulationGLM(ESTIMATE).fit(X, POPULATION)
    array = pytest.importorskip("dask.array").from_array(X, chunks=(100, -1))
    with nmo.config_context(runner="dask"):
        there = nmo.PopulationGLM(ESTIMATE).fit(array, POPULATION)
    assert_allclose(there.scale_, here.scale_, rtol=1e-7)
    single = nmo.PopulationGLM(ESTIMATE).fit(X.astype(np.float32), POPULATION)
    assert_allclose(single.scale_, here.scale_, rtol=1e-4)
    with nmo.config_context(memory="1MiB"):
        assert_allclose(
            nmo.PopulationGLM(ESTIMATE).fit(X, POPULATION).scale_, here.scale_, rtol=1e-7
        )
