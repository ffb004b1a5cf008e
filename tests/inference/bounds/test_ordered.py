"""Intervals within bounds: the published table, the definition, how often they hold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

from spikeglm.inference.bounds import ordered_intervals


def test_ends_are_those_of_the_published_table():
    """Feldman & Cousins (1998), table X: a Gaussian about a mean that is not negative."""
    x = [-3.0, -1.0, 0.0, 1.0, 2.0]
    found = ordered_intervals(x, 1.0, 0.0, np.inf, level=0.9)
    assert_allclose(found.conf_high, [0.26, 0.81, 1.64, 2.64, 3.64], atol=0.006)
    assert_allclose(found.conf_low, [0, 0, 0, 0, 0.58], atol=0.006)
    found = ordered_intervals([-3.0, -1.0, 0.0], 1.0, 0.0, np.inf)
    assert_allclose(found.conf_high, [0.42, 1.10, 1.96], atol=0.006)


def test_on_a_bound_the_test_is_one_sided_and_without_bounds_the_usual_one():
    x = np.array([-2.0, 0.5, 2.5])
    at_bound = ordered_intervals(x, 1.0, 0.0, np.inf).p_value
    assert_allclose(at_bound, [1.0, norm.sf(0.5), norm.sf(2.5)])  # half chi2_0, half chi2_1
    free = ordered_intervals(x, 2.0, -np.inf, np.inf)
    assert_allclose(free.p_value, 2 * norm.sf(np.abs(x) / 2))
    assert_allclose(free.conf_low, x - 2 * norm.ppf(0.975))
    assert_allclose(free.statistic, x / 2)


@pytest.mark.parametrize(("low", "high"), [(0.0, np.inf), (-0.3, 0.8), (-np.inf, 0.2)])
def test_p_values_are_the_share_of_ratios_as_large_by_counting(low, high):
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)  # every quantile once

    def ratio(x, theta):
        best = min(max(x, low), high) if np.ndim(x) == 0 else np.clip(x, low, high)
        return (x - theta) ** 2 - (x - best) ** 2

    for x in (-1.5, 0.1, 1.9):
        expected = np.mean(ratio(draws, 0.0) >= ratio(x, 0.0))
        assert_allclose(ordered_intervals(x, 1.0, low, high).p_value, expected, atol=2e-4)


@pytest.mark.parametrize("truth", [0.0, 0.4, 1.0])
def test_they_hold_the_truth_as_often_as_they_say(truth):
    draws = truth + norm.ppf((np.arange(4000) + 0.5) / 4000)
    found = ordered_intervals(draws, 1.0, 0.0, 1.0, level=0.9)
    covers = (found.conf_low <= truth) & (truth <= found.conf_high)
    assert abs(covers.mean() - 0.9) < 1e-3
    assert (found.conf_low >= 0).all() and (found.conf_high <= 1).all()
    assert (found.conf_low < found.conf_high).all()  # none is empty


def test_what_is_not_known_and_where_zero_is_no_value():
    found = ordered_intervals([np.nan, 0.7, 5.0], [1.0, 0.1, 0.1], [0.0, 0.6, 0.0], 1.0)
    assert np.isnan(found.conf_low[0]) and np.isnan(found.p_value[0])
    assert np.isnan(found.p_value[1]) and found.conf_low[1] == 0.6  # zero is out of bounds
    assert 0.9 < found.conf_low[2] < found.conf_high[2] == 1.0
    assert_allclose(found.beyond_high[2], 40.0)
