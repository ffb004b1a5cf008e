"""Penalty matrices of terms, against SciPy's splines, formulas and differences of the functions."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.interpolate import BSpline, make_interp_spline
from tests.basis.catalogue import ALL, ids, inputs

import spikeglm as nmo
from spikeglm.basis.terms.roughness import integrated_curvature

B = nmo.basis
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))
RNG = np.random.default_rng(0)
X = np.linspace(0.0, 1.0, 30)


def term_of(basis, x=X):
    (term,) = basis.design(*[x] * basis.n_inputs).terms
    return term


def rough(basis, w, x=X):
    (S,) = term_of(basis, x).penalties()
    return w @ S @ w


@every
def test_matrices_are_symmetric_and_positive_semi_definite(row):
    basis = row.make()
    for term in basis.design(*inputs(basis, shape=(2,))).terms:
        for c in range(term.n_channels):
            for S in term.penalties(channel=c):
                assert S.shape == (term.n_functions,) * 2 and np.isfinite(S).all()
                np.testing.assert_array_equal(S, S.T)
                values = np.linalg.eigvalsh(S)
                assert values.min(initial=0) >= -1e-13 * values.max(initial=0)


@pytest.mark.parametrize(("b", "order"), [(5, 3), (8, 4), (12, 4), (9, 6), (4, 4)])
def test_splines_against_the_derivatives_of_scipy(b, order):
    w = RNG.normal(size=b)
    knots = np.r_[np.zeros(order - 1), np.linspace(0, 1, b - order + 2), np.ones(order - 1)]
    curvature = BSpline(knots, w, order - 1).derivative(2)
    cells = np.unique(knots)
    pieces = pairwise(cells)
    truth = sum(quad(lambda u: curvature(u) ** 2, *piece)[0] for piece in pieces)
    assert rough(B.BSplineEval(b, order), w) == pytest.approx(truth, rel=1e-9)
    assert rough(B.BSplineConv(b, 25, order), w) == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("basis", [B.BSplineEval(9), B.BSplineConv(9, 25), B.BSplineEval(7, 3)])
def test_splines_leave_constants_and_lines_alone(basis):
    """Coefficients of a line are its values at the averages of knots (Marsden's identity)."""
    (S,) = term_of(basis).penalties()
    b, k = len(S), basis.order
    knots = np.r_[np.zeros(k - 1), np.linspace(0, 1, b - k + 2), np.ones(k - 1)]
    line = np.array([knots[j + 1 : j + k].mean() for j in range(b)])
    assert np.abs(S @ np.ones(b)).max() < 1e-11 * np.abs(S).max()
    assert np.abs(S @ line).max() < 1e-11 * np.abs(S).max()
    assert np.sum(np.linalg.eigvalsh(S) > 1e-10 * np.abs(S).max()) == b - 2


def test_cyclic_splines_against_a_periodic_spline_of_scipy():
    b, w = 8, RNG.normal(size=8)
    term = term_of(B.CyclicBSplineEval(b, bounds=(0, 1)))
    nodes = np.arange(b + 1) / b
    values = term.functions(nodes) @ w
    values[-1] = values[0]
    curvature = make_interp_spline(nodes, values, k=3, bc_type="periodic").derivative(2)
    truth = sum(quad(lambda u: curvature(u) ** 2, j / b, (j + 1) / b)[0] for j in range(b))
    assert w @ term.penalties()[0] @ w == pytest.approx(truth, rel=1e-8)
    (S,) = term.penalties()
    np.testing.assert_allclose(S, np.roll(S, (1, 1), axis=(0, 1)), atol=1e-10 * S.max())
    assert np.sum(np.linalg.eigvalsh(S) > 1e-10 * S.max()) == b - 1  # a line is no circle
    assert np.abs(S @ np.ones(b)).max() < 1e-11 * S.max()


@pytest.mark.parametrize("width", [1.5, 2.0, 3.0])
def test_raised_cosines_against_their_formula(width):
    b, w = 5, RNG.normal(size=5)
    peaks = np.linspace(0, 1, b)
    slope = np.pi / (width * peaks[1])

    def squared(u):
        angle = slope * (u - peaks)
        return (w @ np.where(np.abs(angle) < np.pi, -0.5 * slope**2 * np.cos(angle), 0.0)) ** 2

    ends = np.unique(np.r_[0, 1, peaks - np.pi / slope, peaks + np.pi / slope].clip(0, 1))
    truth = sum(quad(squared, *piece)[0] for piece in pairwise(ends))
    assert rough(B.RaisedCosineLinearEval(b, width), w) == pytest.approx(truth, rel=1e-8)


@pytest.mark.parametrize("scaling", [1.0, 50.0, 1e5])
def test_stretched_cosines_against_their_formula(scaling):
    """In v, where they are plain: du = (dv / du)^-1 dv, f'' = f_vv v'^2 + f_v v''."""
    b, w, reach = 4, RNG.normal(size=4), np.log1p(scaling)
    peaks = np.linspace(0, 1 - 2 / (b + 1), b)
    slope = np.pi / (2 * peaks[1])

    def squared(v):
        angle = slope * (v - peaks)
        inside = np.abs(angle) < np.pi
        first = w @ np.where(inside, -0.5 * slope * np.sin(angle), 0.0)
        second = w @ np.where(inside, -0.5 * slope**2 * np.cos(angle), 0.0)
        speed = scaling / (reach * np.exp(v * reach))
        return ((second - reach * first) * speed**2) ** 2 / speed

    ends = np.unique(np.r_[0, 1, peaks - 2 * peaks[1], peaks + 2 * peaks[1]].clip(0, 1))
    pairs = pairwise(ends)
    truth = sum(quad(squared, *piece, epsrel=1e-10, limit=200)[0] for piece in pairs)
    basis = B.RaisedCosineLogConv(b, 30, time_scaling=scaling)
    assert rough(basis, w) == pytest.approx(truth, rel=1e-8)


def test_exponentials_against_their_integrals():
    rates, w = np.array([1.0, 3.0, 40.0]), RNG.normal(size=3)
    term = term_of(B.OrthExponentialConv(3, 60, rates))
    u = np.linspace(0, 1, 60)
    mixing = np.linalg.lstsq(np.exp(-np.outer(u, rates)), term.functions(term.axis()), rcond=None)[
        0
    ]
    sums = np.add.outer(rates, rates)
    E = np.outer(rates, rates) ** 2 * -np.expm1(-sums) / sums
    truth = w @ mixing.T @ E @ mixing @ w
    assert w @ term.penalties()[0] @ w == pytest.approx(truth, rel=1e-8)


def test_fourier_against_integrals_of_waves():
    w = RNG.normal(size=5)
    basis = B.FourierEval(3, bounds=(0, 1), frequency_mask="all")

    def squared(u):
        f = 2 * np.pi * np.arange(3)
        return (w @ np.r_[-(f**2) * np.cos(f * u), (-(f**2) * np.sin(f * u))[1:]]) ** 2

    assert rough(basis, w) == pytest.approx(quad(squared, 0, 1)[0], rel=1e-9)


def test_waves_of_two_variables_have_a_matrix_for_each():
    term = term_of(B.FourierEval([2, 3], ndim=2))
    first, second = term.penalties()
    for c, (f, g) in enumerate(term.meaning.formula.family.masked_frequencies.T):
        assert first[c, c] == pytest.approx((2 * np.pi * f) ** 4 / 2)
        assert second[c, c] == pytest.approx((2 * np.pi * g) ** 4 / 2)


@every
def test_a_quadratic_form_is_the_curvature_of_the_functions(row):
    """For all terms of one smooth variable: by differences of the functions themselves."""
    basis = row.make()
    if basis.n_inputs > 1:
        pytest.skip("products have a test of their own")
    term = term_of(basis, np.linspace(0, 10, 40))
    is_lag = term.kind == "lag"
    order = getattr(basis, "order", 4)
    if not term.penalties() or order < 3 or isinstance(basis, B.HistoryConv):
        pytest.skip("no second derivatives")
    lags = term.axis(2)
    low, high = lags[0], lags[-1]
    n = 40_000
    u = (np.arange(n) + 0.5) / n
    h = 1e-5
    u = u[(u > h) & (u < 1 - h)]
    f = [term.functions(low + (high - low) * (u + step)) for step in (-h, 0, h)]
    curvature = (f[0] - 2 * f[1] + f[2]) / h**2
    (S,) = term.penalties()
    found = curvature.T @ curvature / n
    assert is_lag == (type(basis).__name__.endswith("Conv"))
    assert np.abs(found - S).max() < 0.02 * np.abs(S).max()


def test_roughness_does_not_depend_on_units():
    for basis in (B.BSplineEval(6), B.RaisedCosineLogEval(4), B.FourierEval(3)):
        wide, narrow = (term_of(basis, scale * X).penalties()[0] for scale in (1.0, 1e-3))
        np.testing.assert_allclose(wide, narrow, rtol=1e-12)


@pytest.mark.parametrize(
    "basis", [B.HistoryConv(6), B.BSplineEval(6, order=1), B.BSplineEval(6, order=2)]
)
def test_steps_and_hats_are_as_rough_as_their_second_differences(basis):
    (S,) = term_of(basis).penalties()
    w = RNG.normal(size=6)
    assert w @ S @ w == pytest.approx(np.sum(np.diff(w, 2) ** 2) * 5**3)
    for smooth in (np.ones(6), np.arange(6.0)):
        assert np.abs(S @ smooth).max() < 1e-10


def test_second_differences_go_around_a_circle():
    (S,) = term_of(B.CyclicBSplineEval(5, order=2)).penalties()
    w = RNG.normal(size=5)
    around = np.roll(w, 1) - 2 * w + np.roll(w, -1)
    assert w @ S @ w == pytest.approx(np.sum(around**2) * 5**3)


def test_where_smoothness_means_nothing_there_is_no_matrix():
    for basis in (B.IdentityEval(), B.Zero(), B.HistoryConv(2), B.CustomBasis(np.sin)):
        assert term_of(basis).penalties() == ()
    (term,) = B.Category(3).design([0, 1, 2]).terms
    assert term.penalties() == ()


def test_products_penalise_each_variable_by_itself():
    a, b, c = B.BSplineEval(5), B.CyclicBSplineEval(6), B.HistoryConv(4)
    (Sa,), (Sb,), (Sc,) = (term_of(basis).penalties() for basis in (a, b, c))
    of_a, of_b = term_of(a * b).penalties()
    np.testing.assert_allclose(of_a, np.kron(Sa, np.eye(6)) / 6, atol=1e-9)
    np.testing.assert_allclose(of_b, np.kron(np.eye(5), Sb) / 5, atol=1e-9)
    W = RNG.normal(size=(5, 6))
    by_column = np.mean([w @ Sa @ w for w in W.T])
    assert W.ravel() @ of_a @ W.ravel() == pytest.approx(by_column)
    three = term_of((a + c) * b).penalties()
    assert [len(S) for S in three] == [54] * 3
    np.testing.assert_allclose(three[1][30:, 30:], np.kron(Sc, np.eye(6)) / 6, atol=1e-9)
    assert not three[1][:30].any()
    by_category = B.Category(2) * a
    (S,) = by_category.design([0, 1] * 15, X).terms[0].penalties()
    np.testing.assert_allclose(S, np.kron(np.eye(2), Sa) / 2, atol=1e-9)


def test_any_smooth_functions_converge():
    S = integrated_curvature(lambda u: np.stack([np.sin(40 * u), np.sqrt(u + 1e-3)], axis=-1))
    assert S[0, 0] == pytest.approx(quad(lambda u: 40**4 * np.sin(40 * u) ** 2, 0, 1)[0], rel=1e-9)
    truth = (1e-3**-2 - 1.001**-2) / 32  # of (u + c)^(-3/2) / 4, squared
    assert S[1, 1] == pytest.approx(truth, rel=1e-8)
