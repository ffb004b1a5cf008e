"""Figures of effects show the numbers of their results, with units on every axis."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm import plotting
from spikeglm.inference import comparison, partial_effect, predicted_rates

RNG = np.random.default_rng(0)
T = 1200
HEADING, X_CM = RNG.uniform(0, 2 * np.pi, T), RNG.uniform(0, 10, T)
RATES = 0.3 * np.exp(np.outer(np.cos(HEADING), [1.0, 0.0]))
COUNTS = np.column_stack([RNG.poisson(RATES), np.zeros(T)])
B = nmo.basis
RIDGE = {"regularizer": "Ridge", "regularizer_strength": 1e-3}
CIRCLE = B.CyclicBSplineEval(6, bounds=(0, 2 * np.pi), label="heading (rad)").design(HEADING)
PLACE = (B.BSplineEval(4, label="x (cm)") * B.BSplineEval(4, label="y (cm)")).design(X_CM, HEADING)
LABEL = "heading (rad)"


@pytest.fixture(scope="module")
def model():
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        return nmo.PopulationGLM(**RIDGE).fit(CIRCLE, COUNTS)


@pytest.fixture(scope="module")
def place():
    model = nmo.GLM(**RIDGE).fit(PLACE, COUNTS[:, 0])
    return partial_effect(model, PLACE, COUNTS[:, 0], "(x (cm) * y (cm))", n_points=9, scale="mean")


def test_an_effect_has_both_bands(model):
    found = partial_effect(model, CIRCLE, COUNTS, LABEL, simultaneous=True).of(neuron=0)
    ax = plotting.plot_effect(found)
    wide, narrow = (band.get_paths()[0].vertices[:, 1] for band in ax.collections)
    assert_allclose(wide.max(), found.high.max())
    assert_allclose(narrow.max(), found.pointwise_high.max())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("heading (rad)", "Effect (nats)")
    frame = plotting.plot_effect.data(found)
    assert_allclose(frame[LABEL], found.axis)
    assert_allclose(frame["pointwise_low"], found.pointwise_low)


def test_categories_have_both_bands_as_bars():
    side = np.where(X_CM < 5, "left", "right")
    design = B.Category(["left", "right"], label="side").design(side)
    model = nmo.GLM().fit(design, COUNTS[:, 0])
    ax = plotting.plot_effect(model.curve("side", design, COUNTS[:, 0], simultaneous=True))
    assert len(ax.collections) == 2
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["left", "right"]


def test_a_slope_is_strong_where_tuning_changes(model):
    slope = partial_effect(model, CIRCLE, COUNTS, LABEL, derivative=1)
    ax = plotting.plot_derivative(slope.of(neuron=0))
    strong = ax.get_lines()[-1].get_ydata()
    changes = (slope.low[:, 0] > 0) | (slope.high[:, 0] < 0)
    np.testing.assert_array_equal(np.isfinite(strong), changes)
    assert 0 < changes.sum() < len(changes)
    assert ax.get_ylabel() == "Slope (nats per rad)"
    with pytest.raises(ValueError, match="no slope"):
        plotting.plot_derivative(partial_effect(model, CIRCLE, COUNTS, LABEL).of(neuron=0))


def test_a_map_covers_what_is_not_known(place):
    limit = float(np.median(place.standard_error))
    ax = plotting.plot_map(place, most_error=limit)
    values, cover = ax.collections[:2]
    assert_allclose(np.asarray(values.get_array()).reshape(9, 9), place.value.T)
    covered = ~np.ma.getmaskarray(cover.get_array()).reshape(9, 9)
    np.testing.assert_array_equal(covered, limit < place.standard_error.T)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x (cm)", "y (cm)")
    assert ax.figure.axes[1].get_ylabel() == "Mean (per bin)"


def test_a_map_of_errors_says_in_what(place):
    ax = plotting.plot_map(place, show="error")
    assert_allclose(np.asarray(ax.collections[0].get_array()).reshape(9, 9), place.standard_error.T)
    assert ax.figure.axes[1].get_ylabel() == "Standard error (nats)"
    plotting.plot_curve(place).figure.canvas.draw()
    assert len(plotting.plot_map.data(place)) == 81
    with pytest.raises(ValueError, match="'value', 'error'"):
        plotting.plot_map(place, show="spread")


def test_a_comparison_is_a_forest(model):
    found = comparison(model, CIRCLE, COUNTS, LABEL, bin_s=0.02)
    ax = plotting.plot_comparison(found)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "1", "2"]
    tuned, other = (np.array(rows.get_segments()) for rows in ax.collections)
    assert_allclose(tuned[0][:, 0], [found.ratio_low[0], found.ratio_high[0]])
    assert len(tuned) == len(other) == 1  # the silent one has an empty row
    assert ax.get_xscale() == "log" and ax.get_xlabel().startswith("Ratio of rates (factor)")
    ax = plotting.plot_comparison(found, show="difference")
    assert ax.get_xlabel() == "Difference (Hz), 95 % intervals"
    assert_allclose(plotting.plot_comparison.data(found)["difference"], found.difference)
    with pytest.raises(ValueError, match="'ratio', 'difference'"):
        plotting.plot_comparison(found, show="p")


def test_predicted_rates_are_drawn_with_their_band(model):
    found = predicted_rates(model, CIRCLE, COUNTS, bin_s=0.02)
    ax = plotting.plot_predicted_rates(found, neuron=1, rows=slice(10, 60))
    assert_allclose(ax.get_lines()[0].get_ydata(), found.mean[10:60, 1])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Row (bins)", "Rate (Hz)")
    assert len(plotting.plot_predicted_rates.data(found, neuron=1)) == T
    with pytest.raises(ValueError, match="Unknown neuron"):
        plotting.plot_predicted_rates(found, neuron="a")


@pytest.mark.parametrize("draw", [plotting.plot_effect, plotting.plot_map])
def test_one_panel_shows_one(model, place, draw):
    several = partial_effect(model, CIRCLE, COUNTS, LABEL)
    with pytest.raises(ValueError, match="One panel shows one curve"):
        draw(several)
    wrong = place if draw is plotting.plot_effect else several.of(neuron=0)
    with pytest.raises(ValueError, match="variable"):
        draw(wrong)
