"""First descriptions: terms that fit what is there, and a text that runs as it is."""

from dataclasses import replace

import numpy as np
import pytest
from tests.descriptions.running_rat import session

from spikeglm.descriptions import Description, first_description
from spikeglm.descriptions.first_terms import first_terms, position_of
from spikeglm.descriptions.running import read_session
from spikeglm.recordings import Events, Intervals, Recording, Series, Units

T = np.arange(0, 60, 0.02)
UNITS = Units.of({0: T[::20], 1: T[::31]}, support=np.array([[0.0, 60.0]]))


def series(name, values, *, columns=(), unit="", rate=50.0):
    return Series(name, np.arange(len(values)) / rate, np.asarray(values), columns, unit)


def of(*signals, **more):
    return Recording(units=UNITS, series={each.name: each for each in signals}, **more)


PLANE = series("position", np.column_stack([np.sin(T), np.cos(T)]), columns=("x", "y"))
TRACK = series("linear_position", 50 + 50 * np.sin(T))


def labels(recording):
    return [term["label"] for term in first_terms(recording)]


def term(recording, label):
    return next(each for each in first_terms(recording) if each["label"] == label)


def test_two_columns_are_a_map_and_one_is_a_curve():
    assert term(of(PLANE), "position")["signals"] == ["series/position/x", "series/position/y"]
    assert term(of(PLANE), "position")["basis"] == [8, 8]
    assert term(of(TRACK), "position")["signals"] == ["series/linear_position"]


def test_of_three_coordinates_those_of_the_floor_are_taken():
    space = series("tracking", np.zeros((9, 3)), columns=("z", "x", "y"))
    assert position_of(of(space)) == ("series/tracking/x", "series/tracking/y")


def test_speed_is_derived_where_it_was_not_recorded():
    speed = series("running_speed", np.abs(np.sin(T)), unit="cm/s")
    assert labels(of(PLANE)) == ["position", "speed", "history"]
    assert labels(of(PLANE, speed)) == ["position", "running_speed (cm/s)", "history"]


@pytest.mark.parametrize(
    ("unit", "symbol"), [("cm", "cm"), ("meters", "m"), ("Centimetre", "cm"), ("a.u.", "a.u.")]
)
def test_labels_have_the_units_that_the_recording_knows(unit, symbol):
    plane = replace(PLANE, unit=unit)
    found = labels(of(plane, series("pupil", np.sin(T), unit="mm")))
    assert found == [f"position ({symbol})", f"speed ({symbol}/s)", "pupil (mm)", "history"]


@pytest.mark.parametrize("unit", ["", "unknown", "n.a.", " "])
def test_labels_have_no_unit_that_nobody_knows(unit):
    found = labels(of(replace(TRACK, unit=unit)))
    assert found == ["position", "speed", "history"]


def test_two_series_of_one_name_and_unit_are_told_apart_before_the_unit():
    both = [series(f"{side}/pupil", np.sin(T), unit="mm") for side in "ab"]
    assert labels(of(*both)) == ["pupil (mm)", "pupil 2 (mm)", "history"]


def test_a_template_tells_where_a_recording_that_comes_along_is_found():
    text = first_description(of(TRACK), "datasets://place_cell", "first.toml")
    assert "`spikeglm describe datasets://place_cell`" in text


@pytest.mark.parametrize(
    ("values", "unit", "symbol", "bounds"),
    [
        (T % (2 * np.pi), "radians", " (rad)", [0, 2 * np.pi]),
        (T % (2 * np.pi) - np.pi, "rad", " (rad)", [-np.pi, np.pi]),
        (20 * T % 360, "degrees", " (deg)", [0, 360]),
        (20 * T % 360 - 180, "", "", [-180, 180]),
    ],
)
def test_angles_are_on_their_circle(values, unit, symbol, bounds):
    label = f"head_direction{symbol}"
    basis = term(of(series("head_direction", values, unit=unit)), label)["basis"]
    assert basis["name"] == "CyclicBSplineEval"
    np.testing.assert_allclose(basis["bounds"], bounds)


def test_an_angle_on_no_circle_is_a_curve_as_others():
    """Unwrapped headings grow for ever."""
    assert term(of(series("heading", 10 * T)), "heading")["basis"] == 6


def test_voltages_and_constants_are_left_alone():
    lfp = series("ca1_lfp", np.random.default_rng(0).normal(size=5000), rate=1250.0)
    fast = series("wheel", np.random.default_rng(0).normal(size=5000), rate=1250.0)
    assert labels(of(TRACK, lfp, fast, series("led", np.zeros(100)))) == [
        "position", "speed", "history",
    ]  # fmt: skip


def test_moments_of_trials_and_events_get_kernels():
    start = np.arange(0, 50, 5.0)
    trials = Intervals.of(
        "trials", start, start + 4, {"reward_time": start + 2, "choice": ["l"] * 10}
    )
    licks = {"licks": Events("licks", start + 2.2)}
    assert labels(of(trials=trials, events=licks)) == ["licks", "reward", "history"]
    plain = Intervals.of("trials", start, start + 4, {"choice": ["l"] * 10})
    assert term(of(trials=plain), "start")["times"] == "trials/start"


def test_kinds_of_trials_get_kernels_of_their_own():
    start = np.arange(0, 50, 5.0)
    columns = {"id": [f"t{i}" for i in range(10)], "side": ["l", "r"] * 5, "cue_time": start + 1}
    trials = Intervals.of("trials", start, start + 4, columns)
    assert term(of(trials=trials), "cue")["by"] == "side"
    rare = Intervals.of("trials", start, start + 4, columns | {"side": ["l"] * 9 + ["r"]})
    assert "by" not in term(of(trials=rare), "cue")


def test_labels_are_each_their_own():
    both = of(series("a/pupil", np.sin(T)), series("b/pupil", np.cos(T)))
    assert labels(both) == ["pupil", "pupil 2", "history"]


@pytest.mark.parametrize("drop", [(), ("speed",), ("position", "speed"), ("trials",)])
def test_a_first_description_makes_a_design_as_it_is(drop, tmp_path):
    recording = session()
    kept = {name: each for name, each in recording.series.items() if name not in drop}
    recording = replace(
        recording, series=kept, trials=None if "trials" in drop else recording.trials
    )
    file = tmp_path / "a" / "first.toml"
    text = first_description(recording, tmp_path / "session.nwb", file)
    file.parent.mkdir()
    file.write_text(text)
    description = Description.read(file)
    assert description.path.resolve() == tmp_path / "session.nwb"
    found = read_session(description, recording)
    usual = ("ok", "nearly the same")  # its speed is known from where it is on its one path
    assert all(said.startswith(usual) for said in found.X.report().status)
    assert np.isfinite(found.X.to_array()).all(axis=1).mean() > 0.95


def test_each_neuron_has_its_history_where_they_are_few():
    many = Units.of(dict.fromkeys(range(30), T[::20]))
    assert labels(replace(of(TRACK), units=many)) == ["position", "speed"]
    assert labels(of(TRACK))[-1] == "history"


def test_notes_stand_where_they_belong():
    lines = first_description(session(), "s.nwb", "s.toml").splitlines()
    for section in ("[recording]", "[analysis]", "[output]"):
        assert lines[lines.index(section) + 1].startswith("#")
    assert lines[lines.index("[[design.terms]]") - 1].startswith("#")


def test_without_units_there_is_no_first_description():
    with pytest.raises(ValueError, match="no units"):
        first_description(Recording(series={"position": PLANE}), "s.nwb", "s.toml")
