"""Chosen strengths equal hand-written loops: over scikit-learn's estimators, and our own fits."""

import warnings

import numpy as np
import pytest
from scipy.stats import poisson
from sklearn.linear_model import ElasticNet, Lasso, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV, KFold

from spikeglm import GLM, PopulationGLM, config_context
from spikeglm.basis import BSplineEval, HistoryConv, MultiplicativeBasis
from spikeglm.regularizer import GroupLasso
from spikeglm.selection import (
    InterleavedBlocks,
    StrengthSearch,
    fixed_folds,
    regularization_path,
    select_strength,
)

RNG = np.random.default_rng(5)
T, N = 400, 3
X = RNG.normal(size=(T, 6))
TRUE = RNG.normal(0, 0.4, (6, N)) * (RNG.uniform(size=(6, N)) < 0.6)
COUNTS = RNG.poisson(np.exp(X @ TRUE - 0.7))
CALCIUM = X @ TRUE + RNG.normal(size=(T, N))
FOLDS = fixed_folds(InterleavedBlocks(4, n_chunks=3), X)
EXACT = {"tol": 1e-10}
STRENGTHS = np.array([0.5, 0.1, 0.02, 0.004])


def by_hand(fit_and_score):
    """Loop over strengths, folds and neurons; (S, K, N)."""
    return np.array(
        [
            [[fit_and_score(s, train, test, n) for n in range(N)] for train, test in FOLDS.split()]
            for s in STRENGTHS
        ]
    )


def of_scikit_learn(make):
    def fit_and_score(s, train, test, n):
        model = make(s, len(train)).fit(X[train], CALCIUM[train, n])
        return -0.5 * np.mean((CALCIUM[test, n] - model.predict(X[test])) ** 2)

    return by_hand(fit_and_score)


# Our loss of the Gaussian model is the mean squared error, scikit-learn's half of it (or its sum).
GAUSSIAN = {
    "Ridge": lambda s, n: Ridge(alpha=n * s / 2),
    "Lasso": lambda s, n: Lasso(alpha=s / 2, tol=1e-12, max_iter=100_000),
    "ElasticNet": lambda s, n: ElasticNet(alpha=s / 2, l1_ratio=0.5, tol=1e-12, max_iter=100_000),
}


@pytest.mark.parametrize("name", GAUSSIAN)
def test_scores_are_those_of_a_loop_over_scikit_learn(name):
    model = PopulationGLM("Gaussian", regularizer=name, solver_kwargs=EXACT)
    choice = select_strength(model, X, CALCIUM, folds=FOLDS, strengths=STRENGTHS)
    expected = of_scikit_learn(GAUSSIAN[name])
    np.testing.assert_allclose(choice.searches[0].fold_score, expected, rtol=1e-6)
    best = expected.mean(axis=1).argmax(axis=0)
    np.testing.assert_array_equal(choice.strength, STRENGTHS[best])


def test_poisson_ridge_is_a_loop_over_scikit_learn_and_its_grid_search():
    def fit_and_score(s, train, test, n):
        model = PoissonRegressor(alpha=s, tol=1e-10, solver="newton-cholesky")
        model.fit(X[train], COUNTS[train, n])
        return poisson.logpmf(COUNTS[test, n], model.predict(X[test])).mean()

    model = PopulationGLM(regularizer="Ridge", solver_kwargs=EXACT)
    choice = select_strength(model, X, COUNTS, folds=FOLDS, strengths=STRENGTHS)
    np.testing.assert_allclose(choice.searches[0].fold_score, by_hand(fit_and_score), rtol=1e-6)
    search = GridSearchCV(GLM(regularizer="Ridge"), {"regularizer_strength": STRENGTHS}, cv=FOLDS)
    search.fit(X, COUNTS[:, 0])
    assert search.best_params_["regularizer_strength"] == choice.strength[0]
    np.testing.assert_allclose(search.best_estimator_.coef_, choice.model.coef_[:, 0], atol=1e-4)


@pytest.mark.parametrize(
    "regularizer", ["Lasso", "ElasticNet", GroupLasso([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])]
)
def test_scores_are_those_of_single_fits(regularizer):
    def fit_and_score(s, train, test, n):
        model = GLM(regularizer=regularizer, regularizer_strength=s, solver_kwargs=EXACT)
        return model.fit(X[train], COUNTS[train, n]).score(X[test], COUNTS[test, n])

    model = PopulationGLM(regularizer=regularizer, solver_kwargs=EXACT)
    choice = select_strength(model, X, COUNTS, folds=FOLDS, strengths=STRENGTHS)
    expected = by_hand(fit_and_score)
    np.testing.assert_allclose(choice.searches[0].fold_score, expected, rtol=1e-6)
    given = choice.strength[None]
    given = (given, 0.5) if regularizer == "ElasticNet" else given
    again = PopulationGLM(regularizer=regularizer, regularizer_strength=given).fit(X, COUNTS)
    np.testing.assert_allclose(choice.model.coef_, again.coef_, atol=1e-6)


@pytest.mark.parametrize("name", ["Ridge", "Lasso"])
def test_an_automatic_grid_holds_the_best_strength_inside(name):
    table = np.random.default_rng(1).normal(size=(T, 30))  # most of it says nothing
    counts = np.random.default_rng(2).poisson(np.exp(table[:, :N] * 0.4 - 0.7))
    choice = select_strength(PopulationGLM(regularizer=name), table, counts, folds=FOLDS)
    (search,) = choice.searches
    assert (np.diff(search.strength, axis=0) < 0).all()
    assert search.strength.shape == (30, N)
    assert ((search.best > 0) & (search.best < 29)).all() and choice.reason == ("",) * N
    if name == "Lasso":  # the first strength of all rows leaves no coefficient
        model = PopulationGLM(regularizer=name, regularizer_strength=search.strength[:1] * 1.0001)
        assert not model.fit(table, counts).coef_.any()


def test_the_rule_of_one_standard_error_is_the_strongest_within_it():
    best, sparse = (
        select_strength(PopulationGLM(regularizer="Lasso"), X, COUNTS, folds=FOLDS, rule=rule)
        for rule in ("min", "one_se")
    )
    scores = best.searches[0].fold_score
    mean, se = scores.mean(axis=1), scores.std(axis=1, ddof=1) / 2  # of 4 folds
    for n in range(N):
        top = mean[:, n].argmax()
        first = np.flatnonzero(mean[:, n] >= mean[top, n] - se[top, n])[0]
        assert sparse.strength[n] == best.searches[0].strength[first, n]
        np.testing.assert_allclose(best.score_se[n], se[top, n])
    assert (sparse.strength >= best.strength).all() and (sparse.strength > best.strength).any()


def test_ratios_of_an_elastic_net_are_chosen_per_neuron():
    ratios = [0.1, 0.9]
    model = PopulationGLM(regularizer="ElasticNet", solver_kwargs=EXACT)
    choice = select_strength(model, X, COUNTS, folds=FOLDS, strengths=STRENGTHS, ratios=ratios)
    scores = []
    for ratio in ratios:
        alone = PopulationGLM(
            regularizer="ElasticNet", regularizer_strength=(1.0, ratio), solver_kwargs=EXACT
        )
        found = select_strength(alone, X, COUNTS, folds=FOLDS, strengths=STRENGTHS)
        scores.append(found.searches[0].mean)
    for n in range(N):
        r, s = np.unravel_index(np.array(scores)[:, :, n].argmax(), (2, len(STRENGTHS)))
        assert (choice.ratio[n], choice.strength[n]) == (ratios[r], STRENGTHS[s])
    strength, ratio = choice.model.regularizer_strength
    np.testing.assert_array_equal(strength[0], choice.strength)
    np.testing.assert_array_equal(ratio[0], choice.ratio)
    table = choice.to_frame()
    assert table["is_chosen"].sum() == N and len(table) == 2 * len(STRENGTHS) * N


def test_strengths_by_term_are_those_of_single_fits_and_better():
    speed, place = RNG.uniform(0, 1, (2, T))
    y = RNG.poisson(np.exp(2 * np.sin(9 * speed) - 0.5))
    basis = BSplineEval(8, label="speed") + BSplineEval(8, label="place")
    design, grid = basis.design(speed, place), np.geomspace(1e2, 1e-6, 7)
    model = GLM(regularizer="Smoothness", solver_kwargs=EXACT)
    choice = select_strength(model, design, y, folds=FOLDS, strengths=grid, by="term")
    assert choice.terms == ("speed", "place") and choice.strength.shape == (2, 1)
    assert choice.strength[1, 0] > 10 * choice.strength[0, 0]
    assert choice.score[0] >= choice.searches[0].mean.max()
    given = dict(zip(choice.terms, choice.strength[:, 0], strict=True))
    assert choice.model.regularizer_strength == given
    alone = GLM(regularizer="Smoothness", regularizer_strength=given, solver_kwargs=EXACT)
    table = design.to_array()
    scores = [
        alone.fit(table[train], y[train], terms=basis).score(table[test], y[test])
        for train, test in FOLDS.split()
    ]
    np.testing.assert_allclose(choice.score[0], np.mean(scores), rtol=1e-6)
    ridge = select_strength(
        GLM(regularizer="Ridge"), design, y, folds=FOLDS, strengths=grid, by="term"
    )
    assert set(ridge.model.regularizer_strength) == {"speed", "place"}


def test_strengths_of_the_model_say_how_they_differ():
    weights = np.array([1.0, 1.0, 1.0, 10.0, 10.0, 0.0])
    model = GLM(regularizer="Lasso", regularizer_strength=weights, solver_kwargs=EXACT)
    choice = select_strength(model, X, COUNTS[:, 0], folds=FOLDS, strengths=STRENGTHS)
    np.testing.assert_array_equal(choice.model.regularizer_strength, weights * choice.strength[0])
    assert model.regularizer_strength is weights and not hasattr(model, "coef_")


def test_strengths_of_a_product_differ_as_the_model_says_for_each_neuron():
    speed, place = np.random.default_rng(0).uniform(0, 1, (2, T))
    pair = MultiplicativeBasis(
        BSplineEval(4, label="speed"), BSplineEval(4, label="place"), label="map"
    )
    given = {"map": (1.0, 5.0)}
    model = PopulationGLM(regularizer="Smoothness", regularizer_strength=given)
    choice = select_strength(
        model, pair.design(speed, place), COUNTS[:, :2], folds=FOLDS, strengths=[1e-1, 1e-4]
    )
    by_entry = np.array(choice.model.regularizer_strength["map"])
    np.testing.assert_allclose(by_entry, np.outer([1.0, 5.0], choice.strength))


def test_little_memory_changes_no_score():
    model = PopulationGLM(regularizer="Ridge", solver_kwargs=EXACT)
    whole = select_strength(model, X, COUNTS, folds=FOLDS, strengths=STRENGTHS)
    with config_context(memory=2 * 8 * 30 * 7 * 4 * 4):  # two neurons at a time
        parts = select_strength(model, X, COUNTS, folds=FOLDS, strengths=STRENGTHS)
    np.testing.assert_allclose(
        parts.searches[0].fold_score, whole.searches[0].fold_score, rtol=1e-8
    )


def test_trouble_of_some_neurons_is_told_and_leaves_the_others():
    y = np.column_stack([COUNTS[:, :2], np.zeros((T, 2))]).astype(float)
    y[FOLDS.tested_by == 2, 3] = COUNTS[FOLDS.tested_by == 2, 0]  # silent wherever else
    y[::7, 1] = np.nan
    table = np.column_stack([X, np.where(FOLDS.tested_by == 1, X[:, 0] ** 2, 1.0)])
    for name in ("Ridge", "Lasso"):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            choice = select_strength(
                PopulationGLM(regularizer=name), table, y, folds=FOLDS, strengths=STRENGTHS
            )
        assert any(
            "2 neuron(s) whose strength stands on fewer folds" in str(w.message) for w in told
        )
        assert np.isfinite(choice.strength).tolist() == [True, True, False, True]
        assert choice.reason[2] == "no fit in any fold (silent)" and np.isnan(choice.score[2])
        assert "no fit in fold 2 (silent)" in choice.reason[3]
        alone = select_strength(
            GLM(regularizer=name), table, y[:, 0], folds=FOLDS, strengths=STRENGTHS
        )
        np.testing.assert_allclose(choice.score[0], alone.score[0], rtol=1e-5)
        known = np.isfinite(y[:, 1])
        pairs = [(tr[known[tr]], te[known[te]]) for tr, te in FOLDS.split()]
        few = select_strength(
            GLM(regularizer=name), table, y[:, 1], folds=pairs, strengths=STRENGTHS
        )
        np.testing.assert_allclose(choice.score[1], few.score[0], rtol=1e-5)
        assert "silent" in repr(choice) and choice.model.coef_.shape == (7, 4)


def test_offsets_designs_and_streams_are_taken():
    counts = COUNTS[:, 0].astype(float)
    design = HistoryConv(5, label="past").design(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        choice = select_strength(GLM(regularizer="Ridge"), design, counts, folds=4)
    assert choice.folds.to_frame()["n_left_out"].tolist() == [5, 10, 10, 5]
    offset = 0.3 * X[:, 0]
    model = GLM(regularizer="Lasso", solver_kwargs=EXACT)
    found = select_strength(model, X, counts, folds=FOLDS, strengths=STRENGTHS, offset=offset)
    train, test = next(FOLDS.split())
    alone = GLM(regularizer="Lasso", regularizer_strength=0.02, solver_kwargs=EXACT)
    alone.fit(X[train], counts[train], offset=offset[train])
    score = alone.score(X[test], counts[test], offset=offset[test])
    np.testing.assert_allclose(found.searches[0].fold_score[2, 0, 0], score, rtol=1e-6)


def test_the_scale_of_a_negative_binomial_is_that_of_each_fit():
    y = RNG.negative_binomial(2, 0.5, size=T)
    from spikeglm.observation_models import NegativeBinomialObservations

    kind = NegativeBinomialObservations(scale="estimate")
    model = GLM(kind, regularizer="Ridge", solver_kwargs=EXACT)
    choice = select_strength(model, X, y, folds=FOLDS, strengths=STRENGTHS)
    train, test = next(FOLDS.split())
    alone = GLM(kind, regularizer="Ridge", regularizer_strength=0.5, solver_kwargs=EXACT)
    score = alone.fit(X[train], y[train]).score(X[test], y[test])
    np.testing.assert_allclose(choice.searches[0].fold_score[0, 0, 0], score, rtol=1e-6)
    grid = select_strength(model, X, y, folds=FOLDS, strengths=4).searches[0].strength
    assert (grid > 0).all() and grid[0, 0] > 1e6 * grid[-1, 0]  # a grid of its own, without a scale
    for path in (select_strength, regularization_path):
        with pytest.raises(ValueError, match="need a scale"):
            path(GLM(kind, regularizer="Lasso"), X, y)


@pytest.mark.parametrize(
    ("model", "more", "match"),
    [
        (GLM(), {}, "without a penalty"),
        (GLM(regularizer="Lasso"), {"rule": "best"}, "rule"),
        (GLM(regularizer="Lasso"), {"by": "day"}, "choice of strengths"),
        (GLM(regularizer="Lasso"), {"ratios": [0.5]}, "elastic net"),
        (GLM(regularizer="Ridge"), {"by": "term"}, "terms with names"),
        (GLM(regularizer="Ridge"), {"strengths": [-1.0]}, "strengths cannot be used"),
        (GLM(regularizer="Ridge"), {"folds": KFold(3), "groups": None, "strengths": 0}, "grid"),
    ],
)
def test_what_cannot_be_chosen_is_refused(model, more, match):
    with pytest.raises(ValueError, match=match):
        select_strength(model, X, COUNTS[:, 0], **more)


def test_a_strength_without_a_fit_is_no_candidate():
    scores = np.array([[0.0, 0.1], [np.nan, 0.9], [0.2, 0.3]])[:, :, None]
    status = np.where(np.isnan(scores), "iteration limit", "converged").astype(object)
    search = StrengthSearch(np.array([[3.0], [2.0], [1.0]]), scores, status, "min")
    assert np.isnan(search.mean[1, 0]) and search.chosen[0] == 2
    assert search.reasons() == [
        "1 strength(s) without a fit (iteration limit); the best strength is the weakest that was "
        "tried"
    ]
