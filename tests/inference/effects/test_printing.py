"""What is printed of curves, tuning, comparisons and rates, read by a person at a prompt."""

import numpy as np
import pytest

import spikeglm as nmo

RNG = np.random.default_rng(0)
X_CM = RNG.uniform(0, 10, 900)
COUNTS = RNG.poisson(0.5 * np.exp(0.5 * np.sin(X_CM)))
DESIGN = nmo.basis.BSplineEval(6, label="x").design(X_CM)
MODEL = nmo.GLM("Poisson", regularizer="Ridge", regularizer_strength=1e-3).fit(DESIGN, COUNTS)


def test_a_curve_is_printed_as_what_it_says():
    curve = MODEL.curve("x", DESIGN, COUNTS, scale="rate", bin_s=0.02)
    first, over, _, numbers, band, more = str(curve).splitlines()
    top, low = int(np.argmax(curve.value)), int(np.argmin(curve.value))
    assert (first, repr(curve)) == ("x: rate (Hz)", str(curve))
    assert over == f"over x: {curve.at[0].min():.4g} to {curve.at[0].max():.4g}, 100 points"
    for place in (top, low):
        told = f"{curve.value[place]:.4g} [{curve.low[place]:.4g}, {curve.high[place]:.4g}]"
        assert told in numbers and f"{curve.at[0][place]:.4g}" in numbers.split(told)[1].split()[0]
    assert band == "[low, high]: 95 % at each point"
    assert "plot_curve" in more and "to_frame()" in more
    assert "no band: pass X and y" in str(MODEL.curve("x"))


def test_curves_of_many_neurons_are_printed_a_line_each_and_silent_ones_told():
    y = np.stack([COUNTS, np.zeros_like(COUNTS)] + 30 * [COUNTS], axis=1)
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="silent"):
        model = nmo.PopulationGLM().fit(DESIGN, y)
    lines = str(model.curve("x", DESIGN, y)).splitlines()
    assert len(lines) < 30 and "... 12 more" in lines and "1: silent" in lines


def test_what_is_computed_of_curves_is_printed_for_people():
    told = nmo.inference.comparison(MODEL, DESIGN, COUNTS, "x", at=2.0, against=8.0)
    value = f"{told.value_at:.4g} [{told.value_at_low:.4g}, {told.value_at_high:.4g}]"
    assert value in str(told) and "95 %" in str(told)
    rates = nmo.inference.predicted_rates(MODEL, DESIGN, COUNTS)
    assert f"{rates.mean.mean():.4g}" in str(rates) and f"{len(COUNTS):,} rows" in str(rates)
    found = nmo.inference.tuning(MODEL, DESIGN, COUNTS, "x", bin_s=0.02, n_bins=5)
    assert "in 5 bins" in str(found) and f"{found.curve.value.max():.4g}" in str(found)
    for each in (told, rates, found):
        assert "array" not in repr(each)
