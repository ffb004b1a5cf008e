"""Laws of every plotting function: axes in, the same axes out, labels with units."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from spikeglm import inference, plotting
from spikeglm.inference.filters import filter_band
from spikeglm.inference.time_rescaling import TimeRescaling

UNIT = r"\((ms|s|spikes/s|per \w+|factor( per \w+)?|intervals|cm|bins|sd)\)"
RESIDUALS = np.random.default_rng(0).normal(size=400)
AUTOCORRELATION = inference.residual_autocorrelation(RESIDUALS)
BINNED = inference.binned_residuals(RESIDUALS, np.arange(400) / 400)
CATALOGUE = {  # name: draw(ax, found, rescaling), labels of x and y
    "filter": (
        lambda ax, found, _: plotting.plot_filter(found, ax, unit="dB"),
        "Lag (ms)",
        "Log gain (per dB)",
    ),
    "rate gain": (
        lambda ax, found, _: plotting.plot_rate_gain(found, ax, unit="spike"),
        "Lag (ms)",
        "Rate gain (factor per spike)",
    ),
    "rate": (
        lambda ax, *_: plotting.plot_rate([0.1, 0.2, 0.1], ax, counts=[0, 1, 0], bin_s=0.001),
        "Time (s)",
        "Rate (spikes/s)",
    ),
    "tuning": (
        lambda ax, *_: plotting.plot_tuning([0, 1], [5, 9], ax, xlabel="Position (cm)"),
        "Position (cm)",
        "Rate (spikes/s)",
    ),
    "time rescaling": (
        lambda ax, _, rescaling: plotting.plot_time_rescaling(rescaling, ax),
        "Model quantile",
        "Observed quantile",
    ),
    "autocorrelation": (
        lambda ax, _, rescaling: plotting.plot_interval_autocorrelation(rescaling, ax),
        "Lag (intervals)",
        "Autocorrelation",
    ),
    "residual quantiles": (
        lambda ax, *_: plotting.plot_residual_quantiles(RESIDUALS, ax),
        "Normal quantile (sd)",
        "Quantile residual (sd)",
    ),
    "residual autocorrelation": (
        lambda ax, *_: plotting.plot_residual_autocorrelation(AUTOCORRELATION, ax),
        "Lag (bins)",
        "Autocorrelation",
    ),
    "binned residuals": (
        lambda ax, *_: plotting.plot_binned_residuals(BINNED, ax),
        "Fitted mean (per bin)",
        "Mean residual",
    ),
    "bits per spike": (
        lambda ax, *_: plotting.plot_bits_per_spike({"a": [0.1, 0.3], "b": [0.2, 0.4]}, ax),
        "Held-out bits per spike",
        "",
    ),
}
every_plot = pytest.mark.parametrize("draw, xlabel, ylabel", CATALOGUE.values(), ids=CATALOGUE)
PURE_NUMBERS = {"Model quantile", "Observed quantile", "Autocorrelation", "Mean residual", ""}


@every_plot
def test_draws_on_the_axes_it_is_given(draw, xlabel, ylabel, found, rescaling):
    ax = Figure().subplots()
    assert draw(ax, found, rescaling) is ax
    assert ax.has_data()
    assert (ax.get_xlabel(), ax.get_ylabel()) == (xlabel, ylabel)


@every_plot
def test_axes_say_their_unit(draw, xlabel, ylabel, found, rescaling):
    for label in {xlabel, ylabel} - PURE_NUMBERS:
        assert re.search(UNIT, label) or "bits per spike" in label


@every_plot
def test_makes_a_figure_of_its_own_in_the_paper_style(draw, xlabel, ylabel, found, rescaling):
    ax = draw(None, found, rescaling)
    width_mm = 25.4 * ax.figure.get_figwidth()
    assert round(width_mm) in (plotting.ONE_COLUMN_MM, plotting.TWO_COLUMNS_MM)
    assert not ax.spines["top"].get_visible()
    assert not ax.spines["right"].get_visible()
    assert 7 <= ax.xaxis.label.get_size() <= 8


@every_plot
def test_can_be_drawn_and_nothing_leaves_the_figure(draw, xlabel, ylabel, found, rescaling):
    figure = draw(None, found, rescaling).figure
    figure.canvas.draw()
    box = figure.get_tightbbox()  # inches, of everything that is drawn
    width, height = figure.get_size_inches()
    assert box.x0 > -0.01
    assert box.y0 > -0.01
    assert box.x1 < width + 0.01
    assert box.y1 < height + 0.01


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


def test_tuning_shows_model_band_and_raw_curve():
    ax = plotting.plot_tuning(
        [0, 1, 2], [5, 9, 6], band_hz=([4, 8, 5], [6, 10, 7]), raw=([0.5, 1.5], [6, 8], [1, 2])
    )
    np.testing.assert_array_equal(ax.get_lines()[-1].get_ydata(), [5, 9, 6])
    band = ax.collections[-1].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (4, 10)
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[5, 7], [6, 10]])


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
