"""Names lead to data, descriptions to what they name, and what looks odd is said."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo
from spikeglm.recordings import Events, Intervals, Recording, Series, Units, describing
from spikeglm.recordings.sessions import remarks_on, without

T = np.arange(500) / 50


def recording(**more):
    units = Units.of({3: [0.5, 0.1, 4.0], 8: [2.0]}, {"area": ["CA1", "CA3"]})
    trials = Intervals.of("trials", [0, 5], [4, 9], {"choice": ["l", "r"], "cue_time": [1.0, 6.0]})
    parts = {
        "units": units,
        "series": {
            "position": Series("position", T, np.column_stack([T, -T]), ("x", "y"), "cm"),
            "speed": Series("speed", T, T**2, unit="cm/s"),
        },
        "events": {"lick": Events("lick", np.array([0.3, 7.0]))},
        "trials": trials,
        "epochs": {"run": Intervals.of("run", [0.0], [5.0])},
    }
    return Recording(**(parts | more))


def test_every_name_that_is_told_leads_to_data():
    found = recording()
    assert found.names == (
        "units", "series/position", "series/position/x", "series/position/y", "series/speed",
        "events/lick", "trials", "trials/choice", "trials/cue_time", "epochs/session",
        "epochs/run",
    )  # fmt: skip
    for name in found.names:
        assert name in found
        found[name]
    assert_array_equal(found["units/3"], [0.1, 0.5, 4.0])
    assert_array_equal(found["series/position/y"].values, -T)
    assert found["trials/choice"].tolist() == ["l", "r"]
    assert_array_equal(found["epochs/session"].spans, [[0.0, T[-1]]])


def test_a_description_gets_what_it_names_and_no_more(tmp_path, monkeypatch):
    text = """
        bin_s = 0.1
        trials = "trials"
        [[terms]]
        kind = "events"
        label = "cue"
        times = "cue_time"
        window = [0.0, 0.5]
        by = "trials/choice"
        [[terms]]
        kind = "tuning"
        label = "place"
        signals = ["series/position.x"]
        [[terms]]
        kind = "history"
        label = "history"
        spikes = "units"
        window = 0.2
        """
    found = recording()
    data = found.data(text)
    assert set(data) == {"trials", "trials/choice", "series/position", "units"}
    builder = nmo.DesignBuilder.from_toml(text)
    X = builder.design(data)
    assert [term.label for term in X.terms] == ["cue", "place", "history"]
    assert X.terms[0].channels == ("l", "r")
    assert_array_equal(X.counts(found.units).columns, [3, 8])
    (tmp_path / "task.toml").write_text(text)
    assert set(found.data(tmp_path / "task.toml")) == set(data)
    assert set(found.data(builder)) == set(data)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("series/positon", "series/position"),
        ("position", "series/position"),
        ("trials/chioce", "trials/choice"),
        ("speed", "series/speed"),
    ],
)
def test_a_wrong_name_is_told_the_near_one(wrong, meant):
    found = recording()
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
        found[wrong]
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
        found.data([wrong])
    text = f'bin_s = 0.1\nepochs = "epochs/run"\n[[terms]]\nkind = "signal"\nsignal = "{wrong}"\n'
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
        found.data(text)


def test_a_history_knows_the_spikes_before_the_first_row():
    found = recording()
    builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[1.0, 3.0]]).history("units", window=0.6)
    report = builder.design(found.data(builder)).report()
    assert report.rows_lost.tolist() == [[0, 0]]


def test_describe_tells_rates_units_gaps_and_labels():
    t = np.concatenate([T, T + 100])
    found = recording(
        series={"speed": Series("speed", t, t, unit="cm/s")}, source="a.nwb", format="NWB 2.9"
    )
    lines = found.describe().splitlines()
    assert lines[0] == "a.nwb (NWB 2.9)"
    by_name = {line.split()[0]: line for line in lines if " by " not in line}
    assert "2 units, 4 spikes" in by_name["units"]
    assert "1,000 samples" in by_name["series/speed"] and "cm/s" in by_name["series/speed"]
    assert "at 50 Hz, 1 gap" in by_name["series/speed"]
    assert "l 1, r 1" in by_name["trials/choice"]
    assert "2 times" in by_name["trials/cue_time"]
    assert "the longest from 9.98 to 100 s" in lines[-1]


def test_a_recording_is_shown_in_a_line_and_in_a_notebook():
    found = recording(source="a.nwb")
    assert repr(found) == "Recording('a.nwb', units=2, series=2, events=1, trials=2, epochs=2)"
    page = found._repr_html_()
    assert "<td>series/position/x</td>" in page


def test_describe_of_many_columns_is_one_line():
    many = Series("lfp", T, np.zeros((500, 64)), tuple(range(64)))
    assert Recording(series={"lfp": many}).names == ("series/lfp", "epochs/session")


def test_times_that_go_back_are_refused_when_read_and_told_before():
    back = Series("wheel", np.array([0.0, 1.0, 0.5, 2.0]), np.arange(4))
    found = Recording(series={"wheel": back})
    assert "go back at sample 2" in describing.text_of(found)
    with pytest.raises(ValueError, match=r"go back.*1 s, then 0.5 s, at sample 2"):
        found["series/wheel"]


def test_spikes_without_a_time_are_refused():
    units = Units.of({0: [0.1, np.nan]})
    with pytest.raises(ValueError, match="Unit 0 has spikes without a time"):
        units[0]


def test_samples_and_times_must_go_together():
    with pytest.raises(ValueError, match="3 samples and 2 times"):
        Series("speed", np.arange(2.0), np.arange(3))


def test_odd_clocks_silent_units_and_silent_ends_are_told():
    other = Series("wheel", T + 5000, T)
    told = remarks_on(recording(series={"wheel": other}, trials=None, events={}))
    assert any("another clock" in text for text in told)
    units = Units.of({0: np.arange(1000) / 100, 1: []})
    told = remarks_on(Recording(units=units, trials=Intervals.of("trials", [0], [60])))
    assert any("no spikes: 1" in text for text in told)
    assert any("no unit has a spike at 9.99 to 60 s" in text for text in told)
    assert remarks_on(recording()) == ()


def test_holes_are_cut_out_of_spans():
    spans = np.array([[0.0, 10.0], [20.0, 30.0]])
    holes = np.array([[8.0, 22.0], [25.0, 26.0], [np.nan, 1.0]])
    assert_array_equal(without(spans, holes), [[0, 8], [22, 25], [26, 30]])
    assert without(spans, np.array([[-1.0, 40.0]])).shape == (0, 2)


def test_units_are_chosen_by_name_and_metadata():
    units = recording().units
    assert units.without(3).names == (8,)
    assert_array_equal(units.select([8, 3])[3], [0.1, 0.5, 4.0])
    assert units.select([8]).to_frame().loc[8, "area"] == "CA3"
    with pytest.raises(ValueError, match="No unit is like that"):
        units.where(area="V1")
    with pytest.raises(ValueError, match="column of units"):
        units.where(aera="CA1")
    with pytest.raises(ValueError, match="Unknown unit"):
        units[4]
    assert 3 in units and 4 not in units


def test_everything_goes_to_pynapple_and_pandas():
    found = recording().to_pynapple()
    kinds = {name: type(each).__name__ for name, each in found.items()}
    assert kinds == {
        "units": "TsGroup", "series/position": "TsdFrame", "series/speed": "Tsd",
        "events/lick": "Ts", "trials": "IntervalSet", "epochs/session": "IntervalSet",
        "epochs/run": "IntervalSet",
    }  # fmt: skip
    assert found["units"]["area"].tolist() == ["CA1", "CA3"]
    assert recording().series["position"].to_frame().columns.tolist() == ["x", "y"]
    assert recording().trials.to_frame()["choice"].tolist() == ["l", "r"]


def test_spikes_are_counted_whatever_the_metadata_say():
    table = Units.of({3: [0.5], 7: []}, {"n_spikes": [900, 800]}).to_frame()
    assert table["n_spikes"].tolist() == [1, 0]
    assert table["n_spikes (metadata)"].tolist() == [900, 800]


def test_intervals_that_end_before_they_start_are_flagged():
    """Described as fine, and silently without a bin."""
    start = np.array([0.0, 10.0, 20.0, 30.0, 40.0])
    runs = Intervals.of("runs", start, start + np.array([5.0, -2.0, 5.0, 0.0, np.nan]))
    text = Recording(epochs={"runs": runs}).describe()
    assert "5 intervals" in text and "1 of them end before they start" in text
    told = "epochs/runs: 1 of 5 intervals end before they start, the first (number 1) from 10 to 8"
    assert told in text
    assert "1 of 5 intervals end where they start, the first (number 3)" in text
    assert "1 of 5 intervals have no start or no end" in text
    fine = Recording(epochs={"runs": runs.select(np.array([1, 0, 1, 0, 0], bool))})
    assert "before they start" not in fine.describe() and "note:" not in fine.describe()


def test_trials_that_end_before_they_start_are_a_warning():
    trials = Intervals.of("trials", [0.0, 10.0], [5.0, 8.0])
    assert any("trials: 1 of 2" in text for text in remarks_on(Recording(trials=trials)))
