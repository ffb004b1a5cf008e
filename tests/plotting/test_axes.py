"""What filters, rates, rescaled intervals and scores show in particular."""

import numpy as np
import pytest

from spikeglm import plotting
from spikeglm.inference.filters import filter_band
from spikeglm.inference.time_rescaling import TimeRescaling


def test_filter_shows_the_numbers_it_is_given(found):
    ax = plotting.plot_filter(found, label="stimulus")
    line = ax.get_lines()[0]
    np.testing.assert_array_equal(line.get_xdata(), found.lag_ms)
    np.testing.assert_array_equal(line.get_ydata(), found.log_gain)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (found.low.min(), found.high.max())
    assert ax.get_legend_handles_labels()[1] == ["stimulus"]


def test_rate_gain_is_the_exponential_of_the_filter(found):
    ax = plotting.plot_rate_gain(found)
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), np.exp(found.log_gain))
    assert ax.get_ylabel() == "Rate gain (factor)"


def test_rate_is_in_spikes_per_second_and_starts_where_the_window_does():
    mean = np.linspace(0.01, 0.5, 100)
    counts = np.zeros(100)
    counts[[5, 20, 30]] = 1
    ax = plotting.plot_rate(
        {"model": mean, "null": np.full(100, 0.2)}, counts=counts, bin_s=0.002, window_s=(0.03, 0.1)
    )
    rate = next(patch for patch in ax.patches if patch.get_label() == "model")
    np.testing.assert_allclose(rate.get_data().values, mean[15:50] / 0.002)
    np.testing.assert_allclose(rate.get_data().edges[[0, -1]], [0.03, 0.1])
    ticks = next(line for line in ax.get_lines() if line.get_label() == "spikes")
    np.testing.assert_allclose(ticks.get_xdata(), [0.041, 0.061])  # the middle of their bins
    assert ax.get_xlim() == pytest.approx((0.03, 0.1))


def test_rate_stays_below_the_spikes():
    ax = plotting.plot_rate([1.0, 3.0, 2.0], counts=[0, 1, 0], bin_s=1.0)
    ticks = next(line for line in ax.get_lines() if line.get_label() == "spikes")
    half_tick = ticks.get_markersize() / 72 / (ax.get_position().height * ax.figure.get_figheight())
    assert (ticks.get_ydata()[0] - half_tick / 2) * ax.get_ylim()[1] > 3.0


def test_counts_above_one_become_an_observed_rate():
    ax = plotting.plot_rate([1.0, 3.0, 2.0], counts=[0, 4, 1], bin_s=0.5)
    observed = next(patch for patch in ax.patches if patch.get_label() == "observed")
    np.testing.assert_allclose(observed.get_data().values, [0, 8, 2])


def test_rate_without_any_prediction_in_the_window_can_be_drawn():
    ax = plotting.plot_rate([np.nan, np.nan], counts=[0, 1], bin_s=0.5)
    ax.figure.canvas.draw()


def test_time_rescaling_draws_its_bands_at_their_distance(rescaling):
    ax = plotting.plot_time_rescaling({"model": rescaling})
    lines = {line.get_label(): line for line in ax.get_lines()}
    for label, width in (("95 % band", rescaling.band_95), ("99 % band", rescaling.band_99)):
        x, y = lines[label].get_data()
        np.testing.assert_allclose(y - x, width)
    np.testing.assert_array_equal(lines["model"].get_ydata(), rescaling.uniforms)


def test_autocorrelation_of_a_short_train_can_be_drawn():
    short = TimeRescaling(np.ones((1, 2)), np.ones(2), 0.5, 0.5, 0.9, 1.0, np.empty(0), 1.4)
    plotting.plot_interval_autocorrelation(short).figure.canvas.draw()


def test_bits_per_spike_shows_each_fold_and_the_overall_value():
    ax = plotting.plot_bits_per_spike(
        {"a": [0.1, 0.3], "b": [0.2, 0.6]}, overall={"a": 0.2, "b": 1}
    )
    assert [bar.get_width() for bar in ax.patches] == [0.2, 1]
    np.testing.assert_array_equal(ax.get_lines()[1].get_xdata(), [0.2, 0.6])
    assert [text.get_text() for text in ax.texts] == ["0.20", "1.00"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted()
    assert ax.get_xlim()[0] == 0


def test_bits_below_zero_stay_in_sight():
    ax = plotting.plot_bits_per_spike({"a": [-0.5, 0.1]})
    assert ax.get_xlim()[0] < -0.5


@pytest.mark.parametrize("draw", [plotting.plot_filter, plotting.plot_rate_gain])
@pytest.mark.parametrize("first_lag", [-5, -2, 0, 1, 4])
def test_all_lags_of_a_filter_are_in_sight(draw, first_lag):
    found = filter_band(
        np.eye(4), np.ones(4), covariance=np.eye(4), bin_s=0.002, first_lag=first_lag
    )
    ax = draw(found)
    left, right = ax.get_xlim()
    assert left == min(0, found.lag_ms[0]) and right == max(0, found.lag_ms[-1])
    at_zero = [line for line in ax.get_lines() if list(line.get_xdata()) == [0, 0]]
    assert len(at_zero) == (first_lag < 0)  # tells before from after
