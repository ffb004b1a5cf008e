"""Exact Ridge: scores equal refits, scikit-learn, dense algebra; outputs keep to themselves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal
from sklearn.linear_model import Ridge, RidgeCV

from spikeglm import GLM, PopulationGLM, config_context
from spikeglm.basis import BSplineEval
from spikeglm.selection import InterleavedBlocks, fixed_folds, select_strength
from spikeglm.selection.least_squares.moments import Origin, Reading

RNG = np.random.default_rng(3)
T, P, N = 240, 10, 5
SIZES = np.geomspace(3.0, 0.1, P)
X = RNG.normal(size=(T, P)) @ RNG.normal(size=(P, P)) * SIZES + 2.0
Y = X @ RNG.normal(0, 0.3, (P, N)) + RNG.normal(size=(T, N)) * np.geomspace(0.3, 30, N) + 50
STRENGTHS = np.geomspace(30, 1e-4, 8)
RIDGE = PopulationGLM("Gaussian", regularizer="Ridge")
FOLDS = fixed_folds(InterleavedBlocks(4, n_chunks=3, gap=3), X)


def choose(y=Y, x=X, model=RIDGE, **more):
    return select_strength(model, x, y, **({"strengths": STRENGTHS} | more))


def scores(choice):
    (search,) = choice.searches
    return search.fold_score


def test_leave_one_out_is_scikit_learns():
    choice = choose(folds="loo")
    known = RidgeCV(STRENGTHS * T / 2, alpha_per_target=True, store_cv_results=True).fit(X, Y)
    np.testing.assert_allclose(
        -2 * scores(choice)[:, 0], known.cv_results_.mean(axis=0).T, rtol=1e-10
    )
    np.testing.assert_allclose(choice.strength, known.alpha_ * 2 / T)
    np.testing.assert_allclose(choice.model.coef_, known.coef_.T, rtol=1e-9)


def test_leave_one_out_is_a_loop_over_refits():
    choice = choose(folds="loo")
    left_out = np.empty((len(STRENGTHS), T, N))
    for t in range(T):
        others = np.arange(T) != t
        for s, strength in enumerate(STRENGTHS):
            fit = Ridge(strength * T / 2).fit(X[others], Y[others])
            left_out[s, t] = Y[t] - fit.predict(X[t : t + 1])[0]
    np.testing.assert_allclose(scores(choice)[:, 0], -0.5 * (left_out**2).mean(axis=1), rtol=1e-9)
    null = (((Y - Y.mean(axis=0)) * T / (T - 1)) ** 2).sum(axis=0)
    best = scores(choice)[:, 0].argmax(axis=0)
    r2 = 1 - (left_out**2).sum(axis=1)[best, np.arange(N)] / null
    np.testing.assert_allclose(choice.r2, r2, rtol=1e-9)


def test_leave_one_out_needs_fewer_passes_than_strengths():
    from spikeglm.selection.least_squares.leave_one_out import few_series

    many = np.geomspace(30, 1e-4, 40)
    centred = X - X.mean(axis=0)
    d, V = np.linalg.eigh(centred.T @ centred)
    leverage = (centred @ V) ** 2 @ (1 / (d[:, None] + many * T / 2)) + 1 / T
    series, combined = few_series((1 - leverage) ** -2)
    np.testing.assert_allclose(series @ combined.T, (1 - leverage) ** -2, rtol=1e-10)
    assert series.shape[1] <= 24


def test_generalised_cross_validation_is_its_formula_and_finds_the_best():
    choice = choose(folds="gcv")
    centred = X - X.mean(axis=0)

    def gcv(strength, n):
        hat = centred @ np.linalg.solve(
            centred.T @ centred + strength * T / 2 * np.eye(P), centred.T
        )
        hat += 1 / T
        return T * np.sum((Y[:, n] - hat @ Y[:, n]) ** 2) / (T - np.trace(hat)) ** 2

    expected = [[-0.5 * gcv(s, n) for n in range(N)] for s in STRENGTHS]
    np.testing.assert_allclose(scores(choice)[:, 0], expected, rtol=1e-9)
    finer = select_strength(RIDGE, X, Y, folds="gcv")
    for n in (0, 1):
        best = minimize_scalar(
            lambda rho, n=n: gcv(np.exp(rho), n), bounds=np.log([1e-6, 1e3]), method="bounded",
            options={"xatol": 1e-10},
        )  # fmt: skip
        np.testing.assert_allclose(-2 * finer.score[n], best.fun, rtol=1e-10)


def test_evidence_is_the_density_of_the_responses():
    """The flat prior on the intercept: all but the mean of the rows, and a constant for it."""
    choice = choose(folds="evidence")
    centre = np.eye(T) - 1 / T
    axes = np.linalg.svd(centre)[0][:, : T - 1].T  # contrasts of rows
    for s, strength in enumerate(STRENGTHS[2:5], start=2):
        shape = np.eye(T - 1) + axes @ X @ X.T @ axes.T / (strength * T / 2)
        for n in (0, 3):
            z = axes @ Y[:, n]
            phi = z @ np.linalg.solve(shape, z) / (T - 1)
            density = multivariate_normal(np.zeros(T - 1), phi * shape).logpdf(z)
            expected = density - 0.5 * np.log(T)
            np.testing.assert_allclose(scores(choice)[s, 0, n], expected, rtol=1e-10)
    assert choice.r2 is None and choice.folds is None


def test_evidence_chooses_what_automatic_strengths_are():
    choice = select_strength(RIDGE, X, Y, folds="evidence")
    auto = PopulationGLM("Gaussian", regularizer="Ridge", regularizer_strength="auto").fit(X, Y)
    inside = np.array(choice.reason) == ""
    assert inside.sum() >= 3
    known = auto.log_marginal_likelihood_[inside]
    np.testing.assert_allclose(choice.score[inside], known, rtol=1e-9)
    np.testing.assert_allclose(
        choice.strength[inside], auto.regularizer_strength_[0, inside], rtol=1e-3
    )


def test_folds_are_a_loop_over_refits_and_r2_is_held_out():
    choice = choose(folds=FOLDS)
    errors, null = np.zeros((len(STRENGTHS), N)), np.zeros(N)
    for k, (train, test) in enumerate(FOLDS.split()):
        null += ((Y[test] - Y[train].mean(axis=0)) ** 2).sum(axis=0)
        for s, strength in enumerate(STRENGTHS):
            off = Y[test] - Ridge(strength * len(train) / 2).fit(X[train], Y[train]).predict(
                X[test]
            )
            np.testing.assert_allclose(
                scores(choice)[s, k], -0.5 * (off**2).mean(axis=0), rtol=1e-9
            )
            errors[s] += (off**2).sum(axis=0)
    chosen = choice.searches[0].chosen
    np.testing.assert_allclose(choice.r2, (1 - errors / null)[chosen, np.arange(N)], rtol=1e-8)


@pytest.mark.filterwarnings("ignore:.*rows .* took no part")
@pytest.mark.parametrize("folds", ["loo", "gcv", "evidence", FOLDS])
def test_outputs_with_gaps_are_as_if_they_were_alone(folds):
    y = Y.copy()
    y[5:60, 1] = y[:40, 2] = y[200:, 2] = np.nan
    together = choose(y, folds=folds)
    for n in range(N):
        alone = choose(y[:, n], model=GLM("Gaussian", regularizer="Ridge"), folds=folds)
        np.testing.assert_allclose(together.strength[n], alone.strength[0])
        np.testing.assert_allclose(together.score[n], alone.score[0], rtol=1e-9)
        np.testing.assert_allclose(together.model.coef_[:, n], alone.model.coef_, atol=1e-8)
    assert together.model.fit_report_.is_well


@pytest.mark.parametrize("folds", ["loo", "gcv", "evidence", FOLDS])
def test_neither_memory_nor_where_data_lie_changes_a_score(folds):
    plain = scores(choose(folds=folds))
    with config_context(memory=8 * P * (P + 2) * 8 * 40, n_threads=2):
        parts = scores(choose(folds=folds))
    np.testing.assert_allclose(parts, plain, rtol=1e-9)
    far = scores(choose(Y + 1e7, X + 1e6, folds=folds))
    np.testing.assert_allclose(far, plain, rtol=1e-6)
    offset = 0.2 * X[:, 0]
    moved = scores(choose(Y + offset[:, None], folds=folds, offset=offset))
    np.testing.assert_allclose(moved, plain, rtol=1e-9)


def test_rows_that_lie_far_from_where_one_looked_are_read_again(monkeypatch):
    look = Reading.of.__func__

    def at_zero(cls, rows, columns, keep):
        return replace(look(cls, rows, columns, keep), origin=Origin(np.zeros(P), np.zeros(N)))

    monkeypatch.setattr(Reading, "of", classmethod(at_zero))
    for folds in ("loo", "gcv", FOLDS):
        found = scores(choose(Y + 1e7, X + 1e6, folds=folds))
        np.testing.assert_allclose(found, scores(choose(folds=folds)), rtol=1e-6)


@pytest.mark.parametrize("folds", ["loo", "gcv", "evidence", FOLDS])
def test_without_an_intercept_nothing_is_centred(folds):
    model = PopulationGLM("Gaussian", regularizer="Ridge", fit_intercept=False)
    found = scores(choose(model=model, folds=folds))
    if folds == "loo":
        known = RidgeCV(
            STRENGTHS * T / 2, fit_intercept=False, store_cv_results=True, alpha_per_target=True
        )
        expected = known.fit(X, Y).cv_results_.mean(axis=0).T
        np.testing.assert_allclose(-2 * found[:, 0], expected, rtol=1e-9)
    if folds == "evidence":
        shape = np.eye(T) + X @ X.T / (STRENGTHS[3] * T / 2)
        phi = Y[:, 0] @ np.linalg.solve(shape, Y[:, 0]) / T
        density = multivariate_normal(np.zeros(T), phi * shape).logpdf(Y[:, 0])
        np.testing.assert_allclose(found[3, 0, 0], density, rtol=1e-10)
    if folds is FOLDS:
        train, test = next(FOLDS.split())
        fit = Ridge(STRENGTHS[2] * len(train) / 2, fit_intercept=False).fit(X[train], Y[train])
        expected = -0.5 * ((Y[test] - fit.predict(X[test])) ** 2).mean(axis=0)
        np.testing.assert_allclose(found[2, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("folds", ["loo", "evidence", FOLDS])
def test_standardised_coefficients_are_those_of_standardised_features(folds):
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    there, here = choose(x=z, folds=folds), choose(folds=folds, coefficients="standardised")
    np.testing.assert_allclose(scores(here), scores(there), rtol=1e-9)
    expected = there.model.coef_ / X.std(axis=0)[:, None]
    np.testing.assert_allclose(here.model.coef_, expected, rtol=1e-7)
    given = np.asarray(here.model.regularizer_strength)
    np.testing.assert_allclose(given, X.var(axis=0)[:, None] * here.strength)


def test_a_design_is_read_in_pieces():
    speed = RNG.uniform(0, 1, T)
    design = BSplineEval(8, label="speed").design(speed)
    for folds in ("loo", "evidence", 4):
        here = choose(x=design, folds=folds, strengths=[1.0, 0.1, 0.01])
        there = choose(x=design.to_array(), folds=folds, strengths=[1.0, 0.1, 0.01])
        np.testing.assert_allclose(scores(here), scores(there), rtol=1e-9)


def test_a_tree_of_features_is_taken():
    tree = {"a": X[:, :4], "b": X[:, 4:]}
    for more in ({}, {"coefficients": "standardised"}):
        for y, model in ((Y, RIDGE), (Y[:, 0], GLM("Gaussian", regularizer="Ridge"))):
            there = choose(y, tree, model, folds="gcv", **more)
            here = choose(y, X, model, folds="gcv", **more)
            np.testing.assert_allclose(scores(there), scores(here), rtol=1e-12)
            np.testing.assert_allclose(there.model.coef_["b"], here.model.coef_[4:], rtol=1e-9)


def test_arrays_in_files_and_dask_arrays_are_taken(tmp_path):
    h5py, da = pytest.importorskip("h5py"), pytest.importorskip("dask.array")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["X"], file["Y"] = X, Y
        for folds in ("loo", "evidence", FOLDS):
            here = scores(choose(folds=folds))
            with config_context(memory="1MB"):
                there = scores(choose(file["Y"], file["X"], folds=folds))
            np.testing.assert_allclose(there, here, rtol=1e-9)
            parts = choose(Y, da.from_array(X, chunks=(50, P)), folds=folds)
            np.testing.assert_allclose(scores(parts), here, rtol=1e-9)
