"""Tails of weighted sums: closed forms, SciPy's distributions, and mpmath along another contour."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtr, chdtrc, fdtrc

from spikeglm.inference.hypotheses.weighted_chi_squares import weighted_chi2_tail

X = np.array([1e-8, 1e-3, 0.1, 1.0, 3.0, 10.0, 100.0, 600.0, 1400.0])


@pytest.mark.parametrize("k", [1, 2, 3, 50, 400])
def test_equal_weights_are_a_chi_square_however_far_out(k):
    tail = weighted_chi2_tail(X, np.ones((len(X), k)))
    assert_allclose(tail, chdtrc(k, X), rtol=1e-11)
    assert_allclose(1 - tail, chdtr(k, X), rtol=0, atol=1e-14)
    assert_allclose(weighted_chi2_tail(2.5 * X, np.full((len(X), 1), 2.5), k), tail, rtol=1e-11)


@pytest.mark.parametrize("k", [0.5, 1, 2, 7])
def test_there_is_a_tail_of_any_number(k):
    """Estimates of 1e-26, of responses that are all the same, and of statistics of 1e12: NaN."""
    for x in (10.0 ** np.arange(-318.0, 307.0, 6.0), np.array([0.0, 5e-324, 1e308])):
        one = np.ones((len(x), 1))
        assert_allclose(weighted_chi2_tail(x, one, k), chdtrc(k, x), rtol=1e-11)
        assert_allclose(weighted_chi2_tail(0.3 * x, 0.3 * one, k), chdtrc(k, x), rtol=1e-11)
        beside = weighted_chi2_tail(x, np.column_stack([one, 0.3 * one]), k)
        assert_allclose(beside[x > 1e6], 0.0)
        assert_allclose(beside[x < 1e-60], 1.0)
        ratio = weighted_chi2_tail(0.0 * x, np.column_stack([one, -x * (k / 30.0)]), [[k, 30.0]])
        assert_allclose(ratio, fdtrc(k, 30.0, x), rtol=1e-9)
        difference = np.tile([1.0, -1.0], (len(x), 1))
        assert_allclose(weighted_chi2_tail(x, difference, 2.0), 0.5 * np.exp(-x / 2), rtol=1e-11)
        expected = 1 - 0.5 * np.exp(-x / 2)
        assert_allclose(weighted_chi2_tail(-x, difference, 2.0), expected, rtol=1e-11)


@pytest.mark.parametrize("q", [0.01, 0.5, 1.0, 3.0, 30.0])
@pytest.mark.parametrize(("k", "nu"), [(1, 3), (3, 10), (5, 200.5), (2, 1e5)])
def test_a_negative_weight_makes_it_fishers_f(k, nu, q):
    tail = weighted_chi2_tail([0.0], [[1.0, -k * q / nu]], [[k, nu]])
    assert_allclose(tail, fdtrc(k, nu, q), rtol=1e-10)


def test_pairs_of_exponentials_have_a_closed_form():
    """chi²_2 is an exponential of mean 2; a sum of two of them a difference of exponentials."""
    a, b = 2.0, 1e-3
    expected = (a * np.exp(-X / (2 * a)) - b * np.exp(-X / (2 * b))) / (a - b)
    tail = weighted_chi2_tail(X, np.tile([a, b], (len(X), 1)), 2.0)
    assert_allclose(tail, expected, rtol=1e-11)


def test_a_difference_of_exponentials_is_laplaces_on_both_sides():
    x = np.array([-40.0, -1.0, 0.0, 1.0, 40.0])
    half = 0.5 * np.exp(-np.abs(x) / 2)
    expected = np.where(x < 0, 1 - half, half)
    tail = weighted_chi2_tail(x, np.tile([1.0, -1.0], (len(x), 1)), 2.0)
    assert_allclose(tail, expected, rtol=1e-12)


def by_mpmath(x, weights):
    """Invert the characteristic function along a straight line to the right, with 30 digits."""
    with mpmath.workdps(20):
        w = [mpmath.mpf(v) for v in weights]
        c = mpmath.mpf(1) / (4 * max(w))

        def integrand(r):
            s = c + mpmath.mpc(r, 2 * r)  # a straight line to the upper right of c
            value = mpmath.exp(-s * x) / s
            for v in w:
                value /= mpmath.sqrt(1 - 2 * v * s)
            return mpmath.im(value * mpmath.mpc(1, 2))

        return float(mpmath.quad(integrand, [0, 0.05, 0.3, 1, 3, 10, 40, mpmath.inf]) / mpmath.pi)


@pytest.mark.parametrize("x", [0.5, 4.0, 15.0, 60.0])
def test_uneven_weights_agree_with_mpmath(x):
    weights = [1.0, 0.83, 0.4, 0.11, 0.02, 1e-5]
    assert_allclose(weighted_chi2_tail([x], [weights]), by_mpmath(x, weights), rtol=1e-10)


def test_problems_of_unequal_length_are_padded_and_certain_ones_are_certain():
    weights = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [np.nan, 1]])
    x = np.array([3.0, 3.0, -1.0, 1.0, 1.0, 1.0])
    expected = [chdtrc(1, 3.0), chdtrc(2, 3.0), 1.0, 0.0, np.nan, np.nan]
    assert_allclose(weighted_chi2_tail(x, weights), expected, rtol=1e-12)
    assert_allclose(weighted_chi2_tail([np.inf, np.nan], np.ones((2, 1))), [0.0, np.nan])
