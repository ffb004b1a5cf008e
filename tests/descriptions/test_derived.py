"""Speed and heading, against motion whose velocity is known by calculus."""

import numpy as np
import pytest

from spikeglm.descriptions.derived import Derived

T = np.arange(0, 20, 0.02)
CIRCLE = np.column_stack([30 * np.cos(T / 2), 30 * np.sin(T / 2)])


@pytest.mark.parametrize("smooth_s", [0.0, 0.1])
def test_a_circle_is_run_at_radius_times_angular_velocity(smooth_s):
    times, speed = Derived("position", "speed", smooth_s).series((T, CIRCLE))
    np.testing.assert_array_equal(times, T)
    np.testing.assert_allclose(speed[50:-50], 15.0, rtol=2e-3)


def test_the_heading_on_a_circle_is_a_quarter_turn_ahead():
    _, heading = Derived("position", "heading").series((T, CIRCLE))
    ahead = (heading - T / 2 - np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(ahead[50:-50]).max() < 1e-3
    assert heading.min() >= 0 and heading.max() < 2 * np.pi


def test_no_speed_is_made_up_across_a_gap():
    """An animal that is put elsewhere between two sessions did not run there."""
    times = np.concatenate([T, T + 1000])
    place = np.concatenate([np.zeros(len(T)), np.full(len(T), 500.0)])
    _, speed = Derived("track", "speed").series((times, place))
    assert np.abs(speed).max() == 0


def test_what_is_missing_stays_missing():
    place = np.sin(T)
    place[100:110] = np.nan
    _, speed = Derived("track", "speed", smooth_s=0.0).series((T, place))
    np.testing.assert_array_equal(np.isnan(speed), np.isnan(place))
    np.testing.assert_allclose(speed[1:99], np.abs(np.cos(T[1:99])), atol=1e-3)


def test_on_a_line_there_is_no_heading():
    with pytest.raises(ValueError, match="needs a plane"):
        Derived("track", "heading").series((T, np.sin(T)))


def test_values_without_times_have_no_speed():
    with pytest.raises(ValueError, match="no times"):
        Derived("track", "speed").series(np.sin(T))
