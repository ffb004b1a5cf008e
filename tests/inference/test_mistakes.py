"""What a tired user passes to questions of a fit: what comes back says what was meant."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm import inference

RNG = np.random.default_rng(0)
PLACE = RNG.uniform(0.0, 100.0, 800)
COUNTS = RNG.poisson(np.exp(np.sin(PLACE / 16) - 1))
X = nmo.basis.BSplineEval(6, label="place", bounds=(0, 100)).design(PLACE)
MODEL = nmo.GLM(regularizer="Ridge", regularizer_strength=1e-3).fit(X, COUNTS)
QUESTIONS = {
    name: getattr(inference, name)
    for name in (
        "block_bootstrap", "coupling", "effective_degrees", "goodness", "information_criteria",
        "overdispersion", "predicted_rates", "profile_intervals", "residuals", "summary",
        "term_tests",
    )
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_model_comes_first(name):
    with pytest.raises(TypeError, match=r"model comes first, then X and y.*ndarray"):
        QUESTIONS[name](np.ones((3, 2)), COUNTS, MODEL)
    with pytest.raises(TypeError, match=r"the class GLM.*nmo\.GLM\(\)\.fit\(X, y\)"):
        QUESTIONS[name](nmo.GLM, X, COUNTS)


def test_data_come_before_names():
    with pytest.raises(TypeError, match="move 'place' behind y"):
        inference.partial_effect(MODEL, "place", X, COUNTS)
    with pytest.raises(TypeError, match=r"label comes first, then data: model\.curve"):
        MODEL.curve(np.asarray(X), COUNTS, "place")


def test_points_beyond_the_bounds_are_told():
    with pytest.warns(UserWarning, match=r"At 2 of 3 points 'place' has no functions.*\[0, 100\]"):
        curve = MODEL.curve("place", X, COUNTS, at=[50.0, 500.0, 600.0])
    assert np.isfinite(curve.value).tolist() == [True, False, False]


def test_a_signal_of_another_length_is_told():
    with pytest.raises(ValueError, match=r"a value for each row.*799 values.*800"):
        inference.tuning(MODEL, X, COUNTS, "place", variable=PLACE[1:])


@pytest.mark.parametrize("bin_s", ["20 ms", 0, -1.0, np.nan, True, [0.02, 0.02]])
def test_what_is_no_length_of_a_bin(bin_s):
    for ask in (inference.goodness, inference.predicted_rates):
        with pytest.raises(ValueError, match=r"bin_s cannot be used.*write 0\.02 for 20 ms"):
            ask(MODEL, X, COUNTS, bin_s=bin_s)


def test_bins_of_many_seconds_are_milliseconds_perhaps():
    with pytest.warns(UserWarning, match=r"bin_s=20 are bins of 20 s.*pass bin_s=0\.02"):
        MODEL.curve("place", X, COUNTS, scale="rate", bin_s=20)


@pytest.mark.parametrize("bin_s", [0.02, 0.1])
def test_rates_in_hz_are_told_where_means_per_bin_are_taken(bin_s):
    rates = MODEL.predict(X) / bin_s
    with pytest.warns(UserWarning, match=r"expect .* spikes where .* counted.*per bin"):
        inference.bits_per_spike(COUNTS, rates, null_mean=COUNTS.mean())
    with pytest.warns(UserWarning, match=r"expect .* spikes where .* counted.*per bin"):
        inference.time_rescaling(COUNTS, rates)
    with pytest.raises(ValueError, match="counts come first, then predictions"):
        inference.time_rescaling(rates, COUNTS)
