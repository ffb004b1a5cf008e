"""Bounds of coefficients: parabolas within boxes, and fits, against SciPy and the conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import lsq_linear, minimize, nnls

import spikeglm as nmo
from spikeglm.regularizer import Bounded, Quadratic, Smoothness
from spikeglm.regularizer.bounded_problem import minimise_within
from spikeglm.regularizer.box import Box

B = nmo.basis
RNG = np.random.default_rng(0)
T = 700
SPEED, ANGLE = RNG.uniform(0, 40, T), RNG.uniform(0, 360, T)
COUNTS = RNG.poisson(np.exp(0.03 * SPEED + np.cos(np.radians(ANGLE)) - 1.5)[:, None] * [1, 3])
BASIS = (
    B.BSplineEval(7, label="speed")
    + B.CyclicBSplineEval(6, bounds=(0, 360), label="heading")
    + B.HistoryConv(8, label="past")
)
X = BASIS.design(SPEED, ANGLE, COUNTS[:, 0])
DENSE = np.asarray(X)[8:]
PAST = X.terms[-1].columns


def poisson_slope(model, Y):
    Z = np.column_stack([DENSE, np.ones(len(DENSE))])
    mu = np.exp(Z @ np.vstack([model.coef_, model.intercept_]))
    return Z.T @ (mu - Y[8:]) / len(Z)


def violation(w, slope, low, high):
    """The optimality conditions, written out."""
    out = np.abs(slope)
    out = np.where(w <= low, np.maximum(-slope, 0), out)
    return np.where(w >= high, np.maximum(slope, 0), out)


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_parabolas_within_boxes_are_minimised_exactly(seed, n):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n + rng.integers(0, 20), n)) * 10.0 ** rng.uniform(-3, 3, n)
    H, r = A.T @ A + 1e-9 * np.diag((A**2).sum(axis=0)), A.T @ rng.normal(size=len(A))
    low = np.where(rng.random(n) < 0.3, -np.inf, -rng.exponential(size=n) * (rng.random(n) < 0.5))
    high = np.where(np.isfinite(low), low, 0.0) + rng.exponential(size=n)
    high = np.where(rng.random(n) < 0.5, np.inf, high)
    box = Box(low[None], high[None])
    z = minimise_within(H[None], r[None], box, np.clip(np.zeros((1, n)), low, high))[0]
    assert (low <= z).all() and (z <= high).all()
    left = violation(z, H @ z - r, low, high)
    assert (left <= 1e-9 * (np.abs(H) @ np.abs(z) + np.abs(r))).all()


def test_least_squares_are_those_of_scipy():
    A = RNG.uniform(0, 1, (200, 10))
    b = A @ np.array([1, 0, 0, 2, 0, 0, 0.5, 0, 0, 0]) + RNG.normal(size=200)
    arguments = {"observation_model": "Gaussian", "fit_intercept": False}
    model = nmo.GLM(regularizer=Bounded((0, None)), **arguments).fit(A, b)
    expected, _ = nnls(A, b)
    assert_allclose(model.coef_, expected, atol=1e-8)
    assert_array_equal(model.coef_ == 0, expected == 0)
    low, high = -RNG.uniform(0, 1, 10), RNG.uniform(0.2, 1, 10)
    model = nmo.GLM(regularizer=Bounded((low, high)), **arguments).fit(A, b)
    expected = lsq_linear(A, b, (low, high), method="bvls", tol=1e-14).x
    assert_allclose(model.coef_, expected, atol=1e-7)
    assert model.fit_report_.result.certificate == "KKT violation"


@pytest.mark.parametrize("inner", [None, "Ridge", "Smoothness"])
@pytest.mark.parametrize(
    "bounds", [{"past": (None, 0)}, {"past": (-0.05, 0.02), "speed": (0.1, 1)}]
)
def test_counts_satisfy_the_conditions(inner, bounds):
    strength = None if inner is None else 1e-3
    model = nmo.PopulationGLM(regularizer=Bounded(bounds, inner), regularizer_strength=strength)
    model.fit(X, COUNTS)
    assert model.fit_report_.converged
    slope = poisson_slope(model, COUNTS)
    if inner == "Ridge":
        slope[:-1] += strength * model.coef_
    elif inner == "Smoothness":
        penalty, _ = Smoothness().on_terms(X.terms)
        slope[:-1] += penalty.bind(strength, model.coef_.shape).gradient(model.coef_)
    low, high = np.full((2, *model.coef_.shape), [[[-np.inf]], [[np.inf]]])
    for term in X.terms:
        pair = bounds.get(term.label, (None, None))
        low[term.columns] = -np.inf if pair[0] is None else pair[0]
        high[term.columns] = np.inf if pair[1] is None else pair[1]
    w = model.coef_
    assert (w >= low - 1e-12).all() and (w <= high + 1e-12).all()
    near = 1e-9
    assert violation(w, slope[:-1], low + near, high - near).max() < 1e-7
    assert np.abs(slope[-1]).max() < 1e-7
    at_bound = (w <= low + near) | (w >= high - near)
    assert at_bound.any() and not at_bound.all()


@pytest.mark.parametrize(
    ("model", "link"),
    [("Bernoulli", None), ("Gamma", "exp"), ("Gaussian", None), ("Poisson", "softplus")],
)
def test_what_is_off_its_bounds_is_fitted_as_if_there_were_none(model, link):
    """Coefficients on bounds are then no more than an offset, in every model, with weights."""
    rng = np.random.default_rng(5)
    A, weights = rng.normal(size=(400, 6)), rng.integers(0, 3, 400).astype(float)
    eta = A @ [0.5, -0.5, 0.3, -0.3, 0.2, 0.0]
    y = {
        "Bernoulli": (rng.random(400) < 1 / (1 + np.exp(-eta))).astype(float),
        "Gamma": rng.gamma(2, np.exp(eta) / 2),
        "Gaussian": eta + rng.normal(size=400),
        "Poisson": rng.poisson(np.log1p(np.exp(eta))),
    }[model]
    low, high = np.full(6, -0.1), np.full(6, 0.25)
    bounded = nmo.GLM(model, link, regularizer=Bounded((low, high)))
    w = bounded.fit(A, y, sample_weight=weights).coef_
    free = (w > low + 1e-9) & (w < high - 1e-9)
    assert free.any() and not free.all()
    rest = nmo.GLM(model, link).fit(
        A[:, free], y, sample_weight=weights, offset=A[:, ~free] @ w[~free]
    )
    assert_allclose(rest.coef_, w[free], atol=1e-6)
    assert_allclose(rest.intercept_, bounded.intercept_, atol=1e-6)


def test_neurons_can_have_bounds_of_their_own():
    low = np.zeros((X.n_features, 2))
    low[:, 1] = -np.inf
    both = nmo.PopulationGLM(regularizer=Bounded((low, None), "Ridge"), regularizer_strength=1e-3)
    both.fit(X, COUNTS)
    free = nmo.GLM(regularizer="Ridge", regularizer_strength=1e-3).fit(X, COUNTS[:, 1])
    assert_allclose(both.coef_[:, 1], free.coef_, atol=1e-5)
    assert (both.coef_[:, 0] >= 0).all() and (both.coef_[:, 0] == 0).any()


def test_bounds_that_do_not_bind_change_nothing():
    strengths = {"speed": 1e-2, "heading": 1e-3, "past": 1e-2}
    arguments = {"regularizer_strength": strengths}
    free = nmo.PopulationGLM(regularizer="Smoothness", **arguments).fit(X, COUNTS)
    bounded = nmo.PopulationGLM(regularizer=Bounded((-99, 99), "Smoothness"), **arguments)
    bounded.fit(X, COUNTS)
    assert_allclose(bounded.predict(X)[8:], free.predict(X)[8:], rtol=1e-5)


def test_starts_outside_and_folds_and_files(tmp_path):
    model = nmo.PopulationGLM(
        regularizer=Bounded({"past": (None, -0.01)}, Smoothness()), regularizer_strength=1e-3
    )
    expected = model.fit(X, COUNTS).predict(X)[8:]
    start = np.full_like(model.coef_, 0.5), model.intercept_
    assert_allclose(model.fit(X, COUNTS, init_params=start).predict(X)[8:], expected, rtol=1e-5)
    held_out = nmo.selection.cross_validated(model, X, COUNTS, 3).prediction
    assert np.isfinite(held_out[8:]).all()
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert_array_equal(loaded.predict(X), model.predict(X))
    assert_allclose(loaded.fit(X, COUNTS).predict(X)[8:], expected, rtol=1e-5)
    with pytest.warns(UserWarning, match="where coefficients have bounds"):
        errors = loaded.standard_errors(X, COUNTS)
    assert np.isnan(errors[0]).all()


def test_edf_counts_what_is_not_on_a_bound():
    A = RNG.normal(size=(300, 4))
    z = A @ [1.0, -1.0, 0.5, 0.0] + RNG.normal(size=300)
    model = nmo.GLM("Gaussian", regularizer=Bounded((0, 0.7))).fit(A, z)
    inside = (model.coef_ > 0) & (model.coef_ < 0.7 - 1e-9)
    assert_allclose(model.edf_, inside.sum() + 1)


def test_a_separated_neuron_is_told_though_it_may_only_grow():
    x = RNG.normal(size=(200, 1))
    y = (x[:, 0] > 0).astype(float)
    with pytest.warns(nmo.errors.ConvergenceWarning):
        model = nmo.GLM("Bernoulli", regularizer=Bounded((0, None))).fit(x, y)
    assert model.fit_report_.status == ("separated",)
    held = nmo.GLM("Bernoulli", regularizer=Bounded((None, 0))).fit(x, y)
    assert held.fit_report_.status == ("converged",) and held.coef_ == 0


@pytest.mark.parametrize(("pair", "sign"), [((0, None), 1), ((None, 0), -1)])
def test_i_splines_with_bounds_make_monotone_curves(pair, sign):
    y = RNG.poisson(np.exp(0.5 * np.sin(SPEED / 3) + 0.08 * sign * SPEED - 1 - (sign < 0)))
    design = B.ISplineEval(12, label="speed").design(SPEED)
    regularizer = Bounded({"speed": pair}, "Smoothness")
    model = nmo.GLM(regularizer=regularizer, regularizer_strength=1e-5).fit(design, y)
    free = nmo.GLM(regularizer="Smoothness", regularizer_strength=1e-5).fit(design, y)
    at, steps = np.linspace(SPEED.min(), SPEED.max(), 500), []
    for fit in (model, free):
        steps.append(sign * np.diff(design.terms[0].functions(at) @ fit.coef_))
    assert model.fit_report_.converged
    assert steps[0].min() >= -1e-13 and steps[1].min() < -1e-3  # what it does not do by itself
    assert model.fit_report_.result.objective > free.fit_report_.result.objective


def test_the_proximal_operator_minimises_its_definition():
    W, step = RNG.normal(size=(3, 2)), 0.7
    S = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]])
    for inner, matrix in (("Ridge", np.eye(3)), (Quadratic([(slice(0, 3), S)]), S)):
        penalty = Bounded((-0.1, 0.4), inner).bind(1.5, (3, 2))
        V = penalty.prox(W, step)
        for w, v in zip(W.T, V.T, strict=True):
            expected = minimize(
                lambda u, w=w, M=matrix: 0.75 * u @ M @ u + np.sum((u - w) ** 2) / (2 * step),
                np.zeros(3), bounds=[(-0.1, 0.4)] * 3, tol=1e-14,
            )  # fmt: skip
            assert_allclose(v, expected.x, atol=1e-6)
        assert np.isinf(penalty.value(W)).all() and np.isfinite(penalty.value(V)).all()


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (((1, 0),), ValueError, "above the upper"),
        ((0,), TypeError, "no pair"),
        ((("low", None),), TypeError, "numbers"),
        (((np.nan, None),), ValueError, "NaN"),
    ],
)
def test_bounds_that_are_none_are_refused(arguments, kind, words):
    with pytest.raises(kind, match=words):
        Bounded(*arguments)


def test_what_does_not_fit_is_refused():
    y = COUNTS[:, 0]
    for bounds, words in (
        ({"sped": (0, None)}, "'speed'"),
        ((np.zeros(3), None), r"shape \(3, 1\)"),
        ({"speed": (np.zeros(3), None)}, "does not fit"),
    ):
        with pytest.raises(ValueError, match=words):
            nmo.GLM(regularizer=Bounded(bounds)).fit(X, y)
    with pytest.raises(ValueError, match="smooth penalties only"):
        nmo.GLM(regularizer=Bounded((0, None), "Lasso")).fit(X, y)
    with pytest.raises(ValueError, match="take no bounds"):
        nmo.ClassifierGLM(2, regularizer=Bounded((0, None))).fit(X, y > 0)
    with pytest.raises(ValueError, match="no largest useful strength"):
        model = nmo.GLM(regularizer=Bounded((0, None), "Ridge"))
        nmo.selection.regularization_path(model, X, y)
    with pytest.raises(ValueError, match="not known yet"):
        Bounded({"speed": (0, None)}).bind(1.0, (3, 1))
    with pytest.raises(ValueError, match="cannot handle"):
        nmo.GLM(regularizer=Bounded((0, None)), solver_name="LBFGS").fit(X, y)
