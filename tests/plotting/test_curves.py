"""A panel shows the numbers of its curve."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

import spikeglm as nmo
from spikeglm import plotting
from spikeglm.inference import Curve

AT = np.array([0.01, 0.02, 0.03])
VALUE = np.array([0.1, 0.4, 0.2])
BAND = {"low": VALUE - 0.1, "high": VALUE + 0.1, "standard_error": np.full(3, 0.05)}


def test_lags_are_in_milliseconds_and_the_band_is_around_the_line():
    ax = plotting.plot_curve(Curve("past", (AT,), ("s",), VALUE, "nats", **BAND), label="a")
    line = ax.get_lines()[0]
    np.testing.assert_allclose(line.get_xdata(), 1e3 * AT)
    np.testing.assert_array_equal(line.get_ydata(), VALUE)
    assert ax.get_xlim() == pytest.approx((0, 30))
    vertices = ax.collections[0].get_paths()[0].vertices
    assert vertices[:, 1].min() == pytest.approx(0.0) and vertices[:, 1].max() == pytest.approx(0.5)


def test_a_map_has_x_to_the_right_and_a_bar_in_hz():
    value = np.arange(6.0).reshape(2, 3)
    at = np.array([0.0, 1.0]), np.array([0.0, 1.0, 2.0])
    ax = plotting.plot_curve(Curve("place", at, ("", ""), value, "Hz", scale="rate"))
    mesh = ax.collections[0]
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(3, 2), value.T)
    assert ax.figure.axes[1].get_ylabel() == "Rate (Hz)"


def test_categories_are_points_with_bars():
    at = (np.array(["left", "right"]),)
    ends = {"low": np.zeros(2), "high": np.ones(2), "standard_error": np.ones(2)}
    curve = Curve("goal", at, ("",), np.full(2, 0.5), "times", **ends, scale="gain")
    ax = plotting.plot_curve(curve)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["left", "right"]
    assert ax.get_lines()[0].get_linestyle() == "None"


def test_several_curves_are_no_panel():
    counts = np.random.default_rng(0).poisson(0.5, (200, 2))
    X = nmo.basis.RaisedCosineLogConv(2, 5, label="coupling").design(counts)
    curve = nmo.PopulationGLM().fit(X, counts).curve("coupling")
    with pytest.raises(ValueError, match="One panel shows one curve"):
        plotting.plot_curve(curve)
    assert plotting.plot_curve(curve.of(channel=0, neuron=1)).get_xlabel() == "Lag (bins)"


def test_a_mean_says_what_of():
    values = Curve("past", (AT,), ("s",), VALUE, "units of y", scale="mean", **BAND)
    assert plotting.plot_curve(values).get_ylabel() == "Mean (units of y)"


def test_rates_are_seen_from_zero():
    rate = Curve("speed", (AT,), ("",), VALUE + 5, "Hz", scale="rate")
    assert plotting.plot_curve(rate).get_ylim()[0] == 0


def test_a_variable_in_seconds_keeps_its_name_and_its_unit():
    """Lags are drawn in ms; "time in session (s)" was called "(ms)" and drawn in seconds."""
    time = np.linspace(0, 50, 400)
    y = np.random.default_rng(0).poisson(1.0, 400)
    basis = nmo.basis.BSplineEval(5, label="time in session (s)")
    X = (basis + nmo.basis.HistoryConv(3, label="past")).design(time, y)
    model = nmo.GLM().fit(X, y)
    ax = plotting.plot_curve(model.curve("time in session (s)"))
    assert ax.get_xlabel() == "time in session (s)"
    assert ax.lines[0].get_xdata().max() == pytest.approx(50)
    table = plotting.plot_model.data(model)
    assert "time in session (s)" in set(table["variable"])


def gaps_of_labels(ax, across):
    """Pixels of a letter between neighbours among the labels that are there."""
    ax.figure.draw_without_rendering()
    labels = ax.get_xticklabels() if across else ax.get_yticklabels()
    boxes = [label.get_window_extent() for label in labels]
    pairs = list(itertools.pairwise(boxes))
    letter = ax.figure.dpi * labels[0].get_fontsize() / 72
    return [(b.x0 - a.x1 if across else b.y0 - a.y1) / letter for a, b in pairs]


@pytest.mark.parametrize("n", [3, 12, 40, 250])
@pytest.mark.parametrize("width_mm", [45, 85])
def test_numbers_of_channels_thin_out_before_they_touch(n, width_mm):
    size = np.array([width_mm, 50]) / 25.4
    value = np.random.default_rng(0).normal(size=(5, n))
    field = Curve("pixel", (np.arange(5) / 100,), ("s",), value, "nats", channels=tuple(range(n)))
    with plotting.paper_style():
        _, ax = plt.subplots(figsize=size)
        plotting.plot_field_components(field, ax, side="space")
        _, map_of_it = plt.subplots(figsize=size)
        plotting.plot_receptive_field(field, map_of_it)
    places = ax.get_xticks()
    assert len(places) >= min(n, 3) and len({*np.diff(places)}) == 1 and places[0] == 0
    assert [text.get_text() for text in ax.get_xticklabels()] == [f"{k:.0f}" for k in places]
    assert min(gaps_of_labels(ax, across=True)) > 0.3
    assert min(gaps_of_labels(map_of_it, across=False)) > 0
    plt.close("all")
