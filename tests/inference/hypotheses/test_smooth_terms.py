"""Penalised terms: statistics by mgcv, p values from the exact tail, and what must not matter."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.engine.kernels import loss_kernels
from spikeglm.inference import term_tests
from spikeglm.inference.covariances import uncertainties
from spikeglm.inference.hypotheses.asked_terms import asked_terms
from spikeglm.inference.hypotheses.smooth_tests import partly_penalised
from spikeglm.inference.hypotheses.wald_tests import wald_tests
from spikeglm.regularizer import Quadratic

DATA = Path(__file__).parents[2] / "reference_data"
FIXED = json.loads((DATA / "mgcv_fixed.json").read_text())
FIXED["first_last"] = [(first - 2, last - 2) for first, last in FIXED["first_last"]]  # R counts
REML = json.loads((DATA / "mgcv_term_tests.json").read_text())
MORE = json.loads((DATA / "mgcv_more_terms.json").read_text())
P_OF_POISSON = (0.0005674296739855505, 0.013912525912955775)  # the tail, at a tolerance of 1e-11
CASES = {"fixed": (FIXED, REML["fixed"]), "reml": (REML, REML["tests"])}


def fitted(case, X=None, S=None, **changes):
    """The fit, and what goes with it."""
    X = np.array(case["X"]) if X is None else X
    y = np.array(case["y"], float)
    S = case["S"] if S is None else S
    entries = [
        (slice(first, last + 1), np.array(matrix))
        for (first, last), matrix in zip(case["first_last"], S, strict=True)
    ]
    strengths = np.array(case["sp"]) / len(y)
    arguments = {"regularizer": Quadratic(entries), "regularizer_strength": strengths} | changes
    offset = np.array(case.get("offset", np.zeros(len(y))))
    return nmo.GLM(**arguments).fit(X, y, offset=offset), X, y, offset


@pytest.mark.parametrize("name", CASES)
def test_statistics_are_mgcvs_and_p_values_exact(name):
    case, expected = CASES[name]
    model, X, y, offset = fitted(case)
    terms = {row["term"]: slice(row["first"], row["last"] + 1) for row in expected}
    found = term_tests(model, X, y, terms=terms, offset=offset)
    for j, row in enumerate(expected):
        assert_allclose(found.statistic[j, 0], row["statistic"], rtol=1e-8)
        assert_allclose(found.df[j, 0], row["reference_df"], rtol=1e-8)
        assert_allclose(found.p_value[j, 0], row["p_exact"], rtol=1e-7)


@pytest.mark.parametrize("name", ["Poisson", "Gaussian", "Gamma"])
def test_smooth_terms_of_fits_with_a_dispersion_are_mgcvs(name):
    """Its p values have an absolute error of 2e-5, and degrees of freedom a little smaller."""
    case = MORE[name]
    rows = len(case["y"])
    strengths = np.array(case["sp"]) / rows * (2 if name == "Gaussian" else 1)
    link = "identity" if name == "Gaussian" else "exp"
    model, X, y, _ = fitted(
        case,
        observation_model=name,
        inverse_link_function=link,
        regularizer_strength=strengths,
        solver_kwargs={"tol": 1e-12},
    )
    terms = {k: slice(a, b + 1) for k, (a, b) in zip("xz", case["first_last"], strict=True)}
    found = term_tests(model, X, y, terms=terms)
    _, df, statistic, p_value = np.array(case["s_table"]).T
    is_known = name == "Poisson"
    assert_allclose(found.df[:, 0], df, rtol=1e-6)
    assert_allclose(found.statistic[:, 0], statistic * (1 if is_known else df), rtol=1e-6)
    assert_allclose(found.p_value[:, 0], p_value, atol=3e-5)
    assert np.isinf(found.dof[0]) if is_known else found.dof[0] >= rows - case["edf"]
    if is_known:
        assert_allclose(found.p_value[:, 0], P_OF_POISSON, rtol=1e-6)


def test_it_does_not_matter_how_the_level_of_a_term_is_fixed():
    """The same functions and a constant, mixed, as splines that add up to one are."""
    case, expected = CASES["fixed"]
    model, X, y, offset = fitted(case)
    (first, last), (_, end) = case["first_last"]
    mix = np.random.default_rng(0).normal(size=(last - first + 2,) * 2)
    with_level = np.column_stack([X[:, first : last + 1], np.ones(len(X))]) @ mix
    S = mix[:-1].T @ case["S"][0] @ mix[:-1]
    wider = case | {"first_last": [(first, last + 1), (last + 2, end + 1)]}
    more = np.column_stack([with_level, X[:, last + 1 :]])
    again, *_ = fitted(wider, X=more, S=[S, case["S"][1]])
    assert_allclose(again.predict(more, offset=offset), model.predict(X, offset=offset), rtol=1e-7)
    terms = {"x": slice(first, last + 2), "z": slice(last + 2, end + 2)}
    found = term_tests(again, more, y, terms=terms, offset=offset)
    assert_allclose(found.df[:, 0], [row["reference_df"] for row in expected], rtol=1e-6)
    assert_allclose(found.p_value[:, 0], [row["p_exact"] for row in expected], rtol=1e-6)
    assert_allclose(found.statistic[1, 0], expected[1]["statistic"], rtol=1e-6)


def test_a_penalty_of_nearly_nothing_leaves_the_wald_test():
    case, _ = CASES["fixed"]
    X, y = np.array(case["X"]), np.array(case["y"], float)
    free = nmo.GLM().fit(X, y)
    model, *_ = fitted(case | {"offset": np.zeros(len(y))}, regularizer_strength=1e-12)
    terms = {"x": slice(0, 9), "z": slice(9, 15)}
    plain, nearly = (term_tests(m, X, y, terms=terms) for m in (free, model))
    assert_allclose(nearly.statistic, plain.statistic, rtol=1e-4)
    assert_allclose(nearly.p_value, plain.p_value, rtol=1e-4)


def test_a_term_that_the_penalty_took_away_is_tested_by_its_slope():
    """What is left of its coefficients is their slope over the strength: the score test."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(200, 1))
    y = rng.poisson(np.exp(0.2 * X[:, 0]))
    score = term_tests(nmo.GLM().fit(X, y), X, y, test="score").p_value
    for strength in (1e4, 1e6, 1e9):
        ridge = nmo.GLM(regularizer="Ridge", regularizer_strength=strength).fit(X, y)
        assert_allclose(term_tests(ridge, X, y).p_value, score, rtol=1e-3 + 1 / strength)


def test_a_rank_that_is_whole_is_an_ordinary_chi_square():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(4, 4))
    V, b, information = root @ root.T, rng.normal(size=4), np.diag([4.0, 3.0, 2.0, 1.0])
    (found,) = partly_penalised(b[None], V[None], information[None], np.array([4.0]))
    assert_allclose(found.statistics, [b @ np.linalg.solve(V, b)], rtol=1e-10)
    assert found.degrees.tolist() == [4.0]


def test_an_estimated_dispersion_stands_beside_a_chi_square_of_its_own():
    """A cyclic curve with Gaussian noise; the null distribution is drawn."""
    rng = np.random.default_rng(3)
    n = 30
    x = rng.uniform(size=n)
    X = nmo.basis.CyclicBSplineEval(6, bounds=(0, 1)).compute_features(x)
    y = rng.normal(size=n)
    ring = np.roll(np.eye(6), 1, axis=1) - np.eye(6)
    S = ring.T @ ring
    model = nmo.GLM(
        "Gaussian", regularizer=Quadratic([(slice(0, 6), S)]), regularizer_strength=0.05
    ).fit(X, y)
    found = term_tests(model, X, y, terms={"x": slice(0, 6)})
    fit = model.on(X, y)
    Z = np.column_stack([X - X.mean(axis=0), np.ones(n)])
    information = 2 * Z.T @ Z
    bent = information.copy()
    bent[:6, :6] += n * 0.05 * S
    inverse = np.linalg.pinv(bent, hermitian=True)
    phi = fit.optimum.unit[0]
    Vp, Ve = phi * inverse, phi * inverse @ information @ inverse
    L = np.linalg.svd(Z[:, :6], full_matrices=False)[2][:5]  # values: constants tell nothing
    Vp, Ve, b = L @ Vp[:6, :6] @ L.T, L @ Ve[:6, :6] @ L.T, L @ model.coef_
    T = b @ np.linalg.solve(Vp, b)
    weights = np.linalg.eigvals(np.linalg.solve(Vp, Ve)).real
    draws = rng.chisquare(1, (400_000, 5)) @ weights
    ratio = draws / (rng.chisquare(found.dof[0], 400_000) / found.dof[0])
    assert_allclose(found.statistic[0, 0], T, rtol=1e-6)
    assert_allclose(found.p_value[0, 0], (ratio > T).mean(), atol=4e-3)


def test_terms_tested_together_are_tested_as_by_themselves():
    """Of several sizes and ranks: with copies, with columns of zeros, with some that are free."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 16))
    X[:, 5], X[:, 9] = X[:, 4], 0.0
    y = rng.poisson(np.exp(X[:, [0, 6]] @ [0.3, 0.1]))
    strengths = np.where(np.arange(16) < 12, 0.1, 0.0)
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=strengths).fit(X, y)
    places = [range(3), range(3, 6), range(6, 9), [9, 10], [11, 12], [13, 14, 15], [9], [2]]
    terms = {f"term {j}": list(place) for j, place in enumerate(places)}
    together = term_tests(model, X, y, terms=terms)
    for j, label in enumerate(terms):
        alone = term_tests(model, X, y, terms={label: terms[label]})
        for name in ("statistic", "df", "p_value"):
            found, expected = getattr(together, name)[j], getattr(alone, name)[0]
            assert_allclose(found, expected, rtol=1e-10, equal_nan=True)
        assert together.status[j] == alone.status[0]
    assert together.df[1, 0] == pytest.approx(2.0) and np.isnan(together.p_value[6, 0])


def test_covariance_and_tests_read_the_information_once(monkeypatch):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(200, 3))
    Y = rng.poisson(1.0, (200, 2))
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.1).fit(X, Y)
    fit = model.on(X, Y)
    unsaid = (sure._replace(information=None) for sure in uncertainties(fit, keep_void=True))
    asked = asked_terms(fit, None)
    expected = wald_tests(fit, asked, unsaid, is_robust=False)  # which then looks for itself
    seen, information = [], loss_kernels.fisher_information
    monkeypatch.setattr(
        loss_kernels,
        "fisher_information",
        lambda X, *rest: seen.append(len(X)) or information(X, *rest),
    )
    found = term_tests(model, X, Y)
    assert sum(seen) == 200
    assert_allclose(found.p_value, expected.p_value, rtol=1e-12)


def test_a_term_that_its_penalty_alone_decides_has_no_test():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    X[:, 2] = 2.0 * X[:, 0] - X[:, 1]
    y = rng.poisson(np.exp(0.5 * X[:, :1] - [0.5, 1.0]))
    penalty = Quadratic([([2], np.eye(1))])
    model = nmo.PopulationGLM(regularizer=penalty, regularizer_strength=0.1).fit(X, y)
    found = term_tests(model, X, y, test="wald")
    assert np.isnan(found.p_value[2]).all() and np.isfinite(found.p_value[:2]).all()
    assert found.status[2, 0].startswith("the data determine nothing of it")


@pytest.mark.parametrize("place", [0.0, 1e4])
def test_a_feature_that_is_constant_in_the_rows_of_a_neuron_is_no_term_of_it(place):
    """Seen less the mean of all rows it was one, of a neuron alone not."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(200, 2)), place + (rng.random(200) < 0.3)])
    X[:100, 2] = place
    y = rng.poisson(np.exp(0.5 * X[:, :1] - [0.5, 1.0])).astype(float)
    y[100:, 0] = np.nan
    shared = Quadratic([([1, 2], np.array([[1.0, 0.5], [0.5, 1.0]]))])
    kind = {"regularizer": shared, "regularizer_strength": 0.05}
    found = term_tests(nmo.PopulationGLM(**kind).fit(X, y), X, y, test="wald")
    own = X[:100], y[:100, 0]
    alone = term_tests(nmo.GLM(**kind).fit(*own), *own, test="wald")
    assert np.isnan(found.p_value[2, 0]) and np.isfinite(found.p_value[2, 1])
    assert found.status[2, 0] == alone.status[2, 0]
    assert_allclose(found.p_value[:2, :1], alone.p_value[:2], rtol=1e-6)
