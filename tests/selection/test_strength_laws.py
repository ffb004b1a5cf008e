"""Laws of chosen strengths: weights, offsets and bounds as in single fits, searches by term."""

import warnings

import numpy as np
import pytest
from scipy.stats import bernoulli, poisson
from sklearn.linear_model import LogisticRegression

from spikeglm import GLM, PopulationGLM, config_context
from spikeglm.basis import BSplineEval
from spikeglm.regularizer import Bounded, GroupLasso
from spikeglm.selection import (
    InterleavedBlocks,
    fixed_folds,
    regularization_path,
    select_strength,
    smooth_path,
)

RNG = np.random.default_rng(11)
T, N = 360, 2
X = RNG.normal(size=(T, 5))
COUNTS = RNG.poisson(np.exp(X @ RNG.normal(0, 0.4, (5, N)) - 0.7)).astype(float)
CALCIUM = X @ RNG.normal(0, 0.4, (5, N)) + RNG.normal(size=(T, N))
FOLDS = fixed_folds(InterleavedBlocks(3, n_chunks=2), X)
EXACT = {"tol": 1e-10}
STRENGTHS = np.array([0.3, 0.03, 0.003])
DATA = {"Poisson": COUNTS, "Gaussian": CALCIUM}


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("regularizer", ["Ridge", "ElasticNet", Bounded((0, None), "Ridge")])
def test_row_weights_and_offsets_count_in_fits_and_in_scores(kind, regularizer):
    y = DATA[kind]
    weight, offset = RNG.uniform(0.5, 2.0, T), RNG.normal(0, 0.3, T)
    model = PopulationGLM(kind, regularizer=regularizer, solver_kwargs=EXACT)
    given = {"sample_weight": weight, "offset": offset}
    choice = select_strength(model, X, y, folds=FOLDS, strengths=STRENGTHS, **given)
    for n in range(N):
        for s, strength in enumerate(STRENGTHS):
            for k, (train, test) in enumerate(FOLDS.split()):
                alone = GLM(
                    kind,
                    regularizer=regularizer,
                    regularizer_strength=strength,
                    solver_kwargs=EXACT,
                )
                alone.fit(X[train], y[train, n], **{a: v[train] for a, v in given.items()})
                eta = X[test] @ alone.coef_ + alone.intercept_ + offset[test]
                each = -0.5 * (y[test, n] - eta) ** 2
                if kind == "Poisson":
                    each = poisson.logpmf(y[test, n], np.exp(eta))
                np.testing.assert_allclose(
                    choice.searches[0].fold_score[s, k, n],
                    np.average(each, weights=weight[test]),
                    rtol=1e-6,
                )


@pytest.mark.parametrize("kind", DATA)
def test_whole_weights_are_repeated_rows(kind):
    twice = 1 + (np.arange(T) % 3 == 0)
    model = PopulationGLM(kind, regularizer="Lasso", solver_kwargs=EXACT)
    weighted = select_strength(
        model, X, DATA[kind], folds=FOLDS, strengths=STRENGTHS, sample_weight=twice
    )
    rows = np.repeat(np.arange(T), twice)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that neighbours are alike: they are the same
        repeated = select_strength(
            model, X[rows], DATA[kind][rows], folds=FOLDS.tested_by[rows], strengths=STRENGTHS
        )
    np.testing.assert_allclose(
        weighted.searches[0].fold_score, repeated.searches[0].fold_score, rtol=1e-7
    )


def test_choices_are_a_loop_over_logistic_regression():
    y = (COUNTS > 0).astype(float)
    model = PopulationGLM("Bernoulli", regularizer="Ridge", solver_kwargs=EXACT)
    choice = select_strength(model, X, y, folds=FOLDS, strengths=STRENGTHS)
    for k, (train, test) in enumerate(FOLDS.split()):
        for s, strength in enumerate(STRENGTHS):
            alone = LogisticRegression(C=1 / (len(train) * strength), tol=1e-10, max_iter=1000)
            p = alone.fit(X[train], y[train, 0]).predict_proba(X[test])[:, 1]
            expected = bernoulli.logpmf(y[test, 0], p).mean()
            np.testing.assert_allclose(choice.searches[0].fold_score[s, k, 0], expected, rtol=1e-5)


def test_bounds_have_a_path_too():
    bounded = GLM(regularizer=Bounded((0, None), "Ridge"), solver_kwargs=EXACT)
    path = regularization_path(bounded, X, COUNTS[:, 0], strengths=STRENGTHS)
    assert path.converged and path.certified_by == "KKT violation"
    for s, strength in enumerate(STRENGTHS):
        alone = GLM(
            regularizer=Bounded((0, None), "Ridge"),
            regularizer_strength=strength,
            solver_kwargs=EXACT,
        ).fit(X, COUNTS[:, 0])
        np.testing.assert_allclose(path.coef[s, :, 0], alone.coef_, atol=1e-7)
    choice = select_strength(bounded, X, COUNTS[:, 0], folds=FOLDS)
    assert len(choice.searches[0].strength) == 30 and (choice.model.coef_ >= 0).all()
    with pytest.raises(ValueError, match="without a penalty"):
        select_strength(GLM(regularizer=Bounded((0, None))), X, COUNTS[:, 0], folds=FOLDS)


def test_starts_between_strengths_change_no_score(monkeypatch):
    model, grid = PopulationGLM(regularizer="Ridge", solver_kwargs=EXACT), 14
    cold = select_strength(model, X, COUNTS, folds=FOLDS, strengths=grid)
    monkeypatch.setattr(smooth_path, "_STARTS_PAY_FROM", 0)
    warm = select_strength(model, X, COUNTS, folds=FOLDS, strengths=grid)
    np.testing.assert_allclose(warm.searches[0].fold_score, cold.searches[0].fold_score, rtol=1e-9)
    assert (warm.searches[0].status == "converged").all()


def test_gaussian_neurons_with_missing_rows_leave_the_others_as_they_are():
    y = CALCIUM.copy()
    y[::7, 1] = np.nan
    for name in ("Ridge", "Lasso"):
        model = PopulationGLM("Gaussian", regularizer=name, solver_kwargs=EXACT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            some = select_strength(model, X, y, folds=FOLDS, strengths=STRENGTHS)
        every = select_strength(model, X, CALCIUM, folds=FOLDS, strengths=STRENGTHS)
        np.testing.assert_allclose(some.score[0], every.score[0], rtol=1e-7)
        assert np.isfinite(some.score).all()


@pytest.fixture(scope="module")
def terms():
    speed, place, noise = np.random.default_rng(4).uniform(0, 1, (3, T))
    basis = (
        BSplineEval(6, label="speed") + BSplineEval(6, label="place") + BSplineEval(6, label="x")
    )
    drive = 1.5 * np.sin(9 * speed) + 0.8 * place - 1
    y = np.random.default_rng(5).poisson(np.exp(np.column_stack([drive, 0.5 * drive])))
    return basis.design(speed, place, noise), y.astype(float)


def test_no_strength_of_one_term_does_better_than_the_search_by_term(terms):
    design, y = terms
    grid = np.geomspace(1e1, 1e-5, 4)
    model = PopulationGLM(regularizer="Smoothness", solver_kwargs=EXACT)
    choice = select_strength(model, design, y, folds=FOLDS, strengths=grid, by="term")
    assert choice.strength.shape == (3, 2)
    assert (choice.score >= choice.searches[0].mean.max(axis=0) - 1e-12).all()
    given = choice.model.regularizer_strength
    for label in choice.terms:
        for strength in grid:
            other = given | {label: np.full(2, strength)}
            weights = PopulationGLM(
                regularizer="Smoothness", regularizer_strength=other, solver_kwargs=EXACT
            )
            there = select_strength(weights, design, y, folds=FOLDS, strengths=[1.0])
            assert (there.score <= choice.score + 1e-8).all(), (label, strength)
    with config_context(memory=2 * 8 * 30 * 19 * 4 * 3):  # a neuron at a time
        parts = select_strength(model, design, y, folds=FOLDS, strengths=grid, by="term")
    np.testing.assert_array_equal(parts.strength, choice.strength)


def test_the_rule_of_one_standard_error_by_term_multiplies_the_best_strengths(terms):
    design, y = terms
    model, grid = PopulationGLM(regularizer="Ridge"), np.geomspace(1e1, 1e-5, 5)
    best, strong = (
        select_strength(model, design, y, folds=FOLDS, strengths=grid, by="term", rule=rule)
        for rule in ("min", "one_se")
    )
    ratio = strong.strength / best.strength
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1], ratio.shape), rtol=1e-12)
    last = strong.searches[-1]
    assert last.term == "multiple of all"
    top = last.mean.max(axis=0)
    se = last.se[last.best, np.arange(N)]
    assert (strong.score >= top - se).all() and (ratio[0] >= 1).all()


def test_a_single_term_has_the_strength_for_all(terms):
    y = terms[1]
    one = BSplineEval(6, label="speed").design(np.random.default_rng(4).uniform(0, 1, T))
    model, grid = GLM(regularizer="Smoothness"), np.geomspace(1e1, 1e-5, 5)
    common = select_strength(model, one, y[:, 0], folds=FOLDS, strengths=grid)
    by_term = select_strength(model, one, y[:, 0], folds=FOLDS, strengths=grid, by="term")
    assert by_term.strength[0, 0] == common.strength[0] and by_term.score == common.score


def test_groups_of_terms_are_chosen_as_a_whole(terms):
    design, y = terms
    model = PopulationGLM(regularizer=GroupLasso("terms"))
    choice = select_strength(model, design, y, folds=FOLDS, rule="one_se")
    used = np.abs(choice.model.coef_).reshape(3, 6, 2).sum(axis=1) > 0
    assert used[0].all() and not used[2].any()
