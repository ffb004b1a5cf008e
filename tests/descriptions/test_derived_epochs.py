"""Epochs of trials and of signals, against spans that are known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.descriptions import Description
from spikeglm.descriptions.derived import Derived
from spikeglm.descriptions.derived_epochs import DerivedEpochs
from spikeglm.descriptions.sections import RecordingSection
from spikeglm.descriptions.session import with_derived
from spikeglm.recordings import Intervals, Recording, Series

TRIALS = Intervals.of(
    "trials", [0, 5, 10], [4, 9, 14], {"go": [1.0, 6.0, np.nan], "side": ["l", "r", "l"]}
)
T = np.arange(0, 20, 0.1)
TRACK = np.sin(2 * np.pi * T / 10)  # rises to 2.5 s, from 7.5 to 12.5, and from 17.5 on


def of_trials(**settings):
    return DerivedEpochs("trials", **settings).epochs("part", TRIALS)


def test_parts_of_trials_last_from_one_column_to_another():
    with pytest.warns(UserWarning, match=r"1 of 3 of the derived epochs 'part' are left out"):
        plan = of_trials(end="go")
    assert_array_equal(plan.spans, [[0, 1], [5, 6]])
    assert plan["side"].tolist() == ["l", "r"] and plan.name == "part"


def test_trials_of_a_kind_and_windows_around_a_time():
    assert_array_equal(of_trials(where={"side": "l"}).spans, [[0, 4], [10, 14]])
    right = of_trials(where={"side": ["r"]}, start="go", end="go", shift_s=[-0.5, 1.0])
    assert_array_equal(right.spans, [[5.5, 7.0]])
    with pytest.warns(UserWarning, match="are none"):
        assert len(of_trials(where={"side": "r"}, shift_s=(0, -4))) == 0


def test_a_signal_is_above_from_crossing_to_crossing():
    found = DerivedEpochs("series/x", above=0.0).epochs("up", (T, TRACK))
    assert_allclose(found.spans, [[0, 5], [10, 15]], atol=0.051)  # half a sample
    inside = DerivedEpochs("series/x", above=0.0, below=0.5).epochs("mid", (T, TRACK))
    durations = np.diff(inside.spans, axis=1).ravel()
    assert_allclose(durations[1:-1], 10 * np.arcsin(0.5) / (2 * np.pi), atol=0.11)
    longer = DerivedEpochs("series/x", above=0.0, below=0.5, min_s=0.8).epochs("m", (T, TRACK))
    assert_array_equal(longer.spans, inside.spans[durations >= 0.8])


def test_what_is_not_known_is_no_epoch_and_gaps_are_not_joined():
    values = np.ones(len(T))
    values[50:60] = np.nan
    times = np.where(np.arange(len(T)) >= 100, T + 100, T)
    found = DerivedEpochs("series/x", above=0.5).epochs("on", (times, values))
    assert_allclose(found.spans, [[-0.05, 4.95], [5.95, 9.95], [109.95, 119.95]])


def test_within_cuts_and_keeps_columns():
    within = Intervals.of("rest", [3, 12], [6, 13])
    found = DerivedEpochs("trials", within="epochs/rest").epochs("part", TRIALS, within)
    assert_array_equal(found.spans, [[3, 4], [5, 6], [12, 13]])
    assert found["side"].tolist() == ["l", "r", "l"]


def test_none_is_told():
    with pytest.warns(UserWarning, match=r"'fast' are none. Given: of = 'series/x', above = 9"):
        DerivedEpochs("series/x", above=9).epochs("fast", (T, TRACK))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"above": 1.0, "start": "go"}, "a table or of a series, not of both"),
        ({"above": "5 cm/s"}, "above is of another type"),
        ({"shift_s": 0.5}, "two numbers"),
        ({"where": "left"}, "where is of another type"),
        ({"end": "og"}, "Did you mean 'go'"),
        ({"where": {"side": "left"}}, "Unknown value of trials/side"),
        ({"above": 1.0}, "start, end, where or shift_s"),
        ({"start": "side"}, "start and end at times"),
    ],
)
def test_what_cannot_be_is_told(settings, told):
    with pytest.raises((ValueError, TypeError), match=told):
        of_trials(**settings)


def test_a_series_needs_a_level_and_one_column():
    with pytest.raises(ValueError, match="above or below"):
        DerivedEpochs("series/x").epochs("run", (T, TRACK))
    with pytest.raises(ValueError, match="derive a speed first"):
        DerivedEpochs("series/x", above=1).epochs("run", (T, np.column_stack([TRACK, TRACK])))


def test_a_velocity_has_the_sign_of_the_movement():
    _, velocity = Derived("x", "velocity", smooth_s=0.0).series((T, TRACK))
    assert_allclose(velocity[1:-1], 0.2 * np.pi * np.cos(0.2 * np.pi * T[1:-1]), atol=2e-3)
    with pytest.raises(ValueError, match="one along a line"):
        Derived("xy", "velocity").series((T, np.column_stack([TRACK, TRACK])))


TEXT = """
[recording]
bin_s = 0.1
epochs = "epochs/forward"
derived = { velocity = { of = "series/x", how = "velocity", smooth_s = 0.0 } }
derived_epochs = { forward = { of = "series/velocity", above = 0.0, within = "epochs/late" } }
[[design.terms]]
kind = "tuning"
label = "x"
signals = ["series/x"]
"""


def test_running_forward_only():
    """Epochs of a derived series, cut to recorded ones, are what bins are cut out of."""
    recording = Recording(
        series={"x": Series("x", T, TRACK)}, epochs={"late": Intervals.of("late", [9.0], [20.0])}
    )
    description = Description.read(TEXT)
    assert Description.read(description.to_toml()).words == description.words
    found = with_derived(recording, description.recording)
    assert_allclose(found["epochs/forward"].spans, [[9, 12.5], [17.5, 19.95]], atol=0.051)
    X = nmo.DesignBuilder(bin_s=0.1, epochs="epochs/forward").tuning("series/x", basis=4)
    times = X.design(found.data(X)).grid.axis.times
    assert (np.cos(0.2 * np.pi * times) > -0.05).all() and times.min() > 9


def test_a_name_that_is_taken_is_refused():
    recording = Recording(trials=TRIALS, epochs={"plan": Intervals.of("plan", [0], [1])})
    with pytest.raises(ValueError, match="name of their own"):
        with_derived(recording, RecordingSection(derived_epochs={"plan": {"of": "trials"}}))
    with pytest.raises(ValueError, match="Epochs lie within epochs"):
        with_derived(
            recording,
            RecordingSection(derived_epochs={"a": {"of": "trials", "within": "trials/go"}}),
        )
