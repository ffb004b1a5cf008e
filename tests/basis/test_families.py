"""The formulas of the families, against other people's code, integrals and slow textbook sums."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad_vec
from scipy.interpolate import BSpline as ScipyBSpline

from spikeglm.basis.functions.bspline import BSpline, clamped_knots
from spikeglm.basis.functions.cyclic_bspline import CyclicBSpline
from spikeglm.basis.functions.fourier import Fourier
from spikeglm.basis.functions.ispline import ISpline
from spikeglm.basis.functions.mspline import MSpline
from spikeglm.basis.functions.orth_exponential import OrthExponential
from spikeglm.basis.functions.raised_cosine import RaisedCosineLinear
from spikeglm.basis.functions.raised_cosine_log import RaisedCosineLog

U = np.linspace(0.0, 1.0, 201)[:, None]
ORDERS = [(b, k) for k in range(1, 7) for b in (k, k + 1, k + 5)]


@pytest.mark.parametrize(("b", "k"), ORDERS)
def test_b_splines_are_scipys(b, k):
    inside = U[:-1, 0]  # SciPy's last cell is half-open
    oracle = ScipyBSpline.design_matrix(inside, clamped_knots(b, k), k - 1).toarray()
    np.testing.assert_allclose(BSpline(b, k).functions(U)[:-1, 0], oracle, atol=1e-14)


@pytest.mark.parametrize(("b", "k"), ORDERS)
def test_b_splines_sum_to_one_and_the_ends_are_interpolated(b, k):
    values = BSpline(b, k).functions(U)[:, 0]
    np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-14)
    assert values.min() >= 0
    np.testing.assert_allclose(values[[0, -1]], np.eye(b)[[0, -1]], atol=1e-14)


@pytest.mark.parametrize(("b", "k"), [pair for pair in ORDERS if pair[1] >= 2])
def test_cyclic_splines_are_sums_of_shifted_cardinal_splines(b, k):
    cardinal = ScipyBSpline.basis_element(np.arange(k + 1), extrapolate=False)
    expected = np.zeros((len(U), b))
    for j in range(b):
        for m in range(-k - 1, k + 2):
            expected[:, j] += np.nan_to_num(cardinal(b * U[:, 0] + m * b - (j - k + 1)))
    np.testing.assert_allclose(CyclicBSpline(b, k).functions(U)[:, 0], expected, atol=1e-13)


@given(st.integers(2, 5), st.integers(0, 4), st.floats(-20, 20))
def test_cyclic_splines_are_periodic_and_sum_to_one(k, more, u):
    family = CyclicBSpline(k + more, k)
    here, there = (family.functions(np.array([[v]]))[0, 0] for v in (u, u + 3.0))
    np.testing.assert_allclose(here, there, atol=1e-12)
    np.testing.assert_allclose(here.sum(), 1.0, atol=1e-12)


def test_a_phase_that_rounds_to_a_whole_turn_is_the_beginning_of_one():
    u = np.array([[-1e-20], [0.0], [0.3]])  # the first is 1.0 modulo 1
    values = CyclicBSpline(5, 4).functions(u)
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[1:], CyclicBSpline(5, 4).functions(u[1:]))


@pytest.mark.parametrize(("b", "k"), ORDERS)
def test_m_splines_integrate_to_one(b, k):
    family = MSpline(b, k)
    knots = np.unique(clamped_knots(b, k))
    area = sum(
        quad_vec(lambda u: family.functions(np.array([[u]]))[0, 0], lo + 1e-12, hi - 1e-12)[0]
        for lo, hi in pairwise(knots)
    )
    np.testing.assert_allclose(area, 1.0, rtol=1e-9)


@pytest.mark.parametrize(("b", "k"), [(3, 4), (7, 4), (5, 3), (4, 2)])
def test_i_splines_are_integrals_of_m_splines(b, k):
    """Ramsay (1988), eq. 4: I_j(u) = integral of M_j from 0 to u, of order k - 1."""
    rates, integrals = MSpline(b, k - 1), ISpline(b, k)
    u = np.linspace(0, 1, 9)
    knots = np.unique(clamped_knots(b, k - 1))
    for here in u:
        ends = np.append(knots[knots < here], here)
        area = (
            sum(
                quad_vec(lambda v: rates.functions(np.array([[v]]))[0, 0], lo, hi - 1e-13)[0]
                for lo, hi in pairwise(ends)
            )
            if len(ends) > 1
            else np.zeros(b)
        )
        np.testing.assert_allclose(integrals.functions(np.array([[here]]))[0, 0], area, atol=1e-9)
    values = integrals.functions(U)[:, 0]
    assert (np.diff(values[np.argsort(U[:, 0])], axis=0) >= -1e-15).all()
    assert np.isnan(integrals.functions(np.array([[np.nan], [1.1]]))).all()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_outside_of_zero_to_one(order):
    outside = np.array([[-0.1], [1.1]])
    assert np.isnan(BSpline(5, order).functions(outside)).all()
    assert (MSpline(5, order).functions(outside) == 0).all()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_missing_sample_has_missing_functions(order):
    missing = np.array([[np.nan]])
    assert np.isnan(BSpline(5, order).functions(missing)).all()
    assert np.isnan(MSpline(5, order).functions(missing)).all()


@pytest.mark.parametrize("width", [1.5, 2.0, 3.5])
@pytest.mark.parametrize("b", [2, 3, 8])
def test_raised_cosines_peak_at_one_and_have_half_support_width(b, width):
    peaks = np.linspace(0, 1, b)[:, None]
    family = RaisedCosineLinear(b, width)
    np.testing.assert_allclose(np.diagonal(family.functions(peaks)[:, 0]), 1.0)
    reach = width / (b - 1)
    edges = np.array([[-reach], [reach]])
    np.testing.assert_allclose(family.functions(edges)[:, 0, 0], 0.0, atol=1e-15)


def test_raised_cosines_of_width_two_sum_to_two_away_from_the_ends():
    total = RaisedCosineLinear(6).functions(np.linspace(0, 1, 7)[:, None])[:, 0].sum(axis=1)
    np.testing.assert_allclose(total, [1.5, 1.98296, 2, 2, 2, 1.98296, 1.5], atol=5e-6)


@pytest.mark.parametrize("scaling", [0.5, 10.0, 50.0])
@pytest.mark.parametrize("decay", [True, False])
def test_log_raised_cosines_are_raised_cosines_of_a_stretched_axis(scaling, decay):
    b, width = 5, 2.0
    stretched = np.log(1 + scaling * U[:, 0]) / np.log(1 + scaling)
    last = 1 - width / (b + width - 1) if decay else 1.0
    peaks = np.linspace(0, last, b)
    distance = np.pi * (stretched[:, None] - peaks) / (peaks[1] * width)
    expected = np.where(np.abs(distance) < np.pi, (1 + np.cos(distance)) / 2, 0.0)
    got = RaisedCosineLog(b, width, scaling, decay).functions(U)[:, 0]
    np.testing.assert_allclose(got, expected, atol=1e-14)
    if decay:
        np.testing.assert_allclose(got[-1], 0.0, atol=1e-14)


@pytest.mark.parametrize("rates", [[0.5, 3.0], [1.0, 2.0, 4.0], [1.0, 3.0, 9.0, 27.0]])
def test_orthogonal_exponentials_are_orthonormal_and_span_the_decays(rates):
    X = OrthExponential(len(rates), rates).functions(U)[:, 0]
    np.testing.assert_allclose(X.T @ X, np.eye(len(rates)), atol=1e-10)
    decays = np.exp(-U * np.array(rates))
    np.testing.assert_allclose(X @ (X.T @ decays), decays, atol=1e-10)


def test_orthogonal_exponentials_keep_what_they_were_given():
    family = OrthExponential(2, [1.0, 4.0]).given(U)
    np.testing.assert_array_equal(family.functions(U)[:7], family.functions(U[:7]))


def test_fourier_functions_are_the_parts_of_an_exponential():
    u = np.random.default_rng(0).uniform(-2, 2, size=(2, 30, 1))
    family = Fourier([3, (1, 3)], ndim=2)
    wave = np.exp(2j * np.pi * np.einsum("dms,dk->msk", u, family.masked_frequencies))
    expected = np.concatenate((wave.real, wave.imag), axis=-1)
    np.testing.assert_allclose(family.functions(*u), expected, atol=1e-13)


def test_fourier_functions_are_orthogonal_over_a_period():
    u = np.arange(64)[:, None] / 64
    X = Fourier(6, frequency_mask="all").functions(u)[:, 0]
    np.testing.assert_allclose(X.T @ X, np.diag([64, *[32] * 10]), atol=1e-11)
