"""What a description does is what Python does, step by step."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.descriptions.running_rat import BIN_S, TEXT, session

import spikeglm as nmo
from spikeglm.descriptions import Description, running
from spikeglm.descriptions.result_folder import ResultFolder
from spikeglm.recordings import Recording, Units


@pytest.fixture(scope="module")
def found():
    return nmo.run_description(TEXT, recording=session())


def test_it_is_what_the_same_steps_in_python_give(found):
    recording = session()
    t, place = recording.series["position"].read()
    _, speed = recording.series["speed"].read()
    builder = (
        nmo.DesignBuilder(bin_s=BIN_S, epochs=[[0.0, t[-1] + BIN_S / 2]])
        .tuning((t, place[:, 0]), (t, place[:, 1]), basis=(5, 5), label="position")
        .tuning((t, speed), basis=5, label="speed")
    )
    by_hand = nmo.encode(
        {name: recording.units[name] for name in ("place", "fast")},
        builder,
        model=nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.001),
        folds=nmo.selection.InterleavedBlocks(5, n_chunks=3),
        rule="score",
    )
    assert found.sets == by_hand.sets == {"place": "position", "fast": "speed"}
    pd.testing.assert_frame_equal(found.table(), by_hand.table())


def test_settings_replace_those_of_the_text(found):
    again = nmo.run_description(
        TEXT, ["recording.neurons=['fast']", "analysis.how=alone"], recording=session()
    )
    assert again.how == ("alone",) and again.sets == {"fast": "speed"}
    one, both = again.table().set_index("term"), found.table().set_index(["neuron", "term"])
    assert one.loc["speed", "alone"] == pytest.approx(both.loc[("fast", "speed"), "alone"])


def test_everything_is_in_the_folder(found, tmp_path):
    out = tmp_path / "results"
    tables = "output.tables=['csv', 'parquet']"
    nmo.run_description(TEXT, [tables], recording=session(), out=out)
    loaded = nmo.load_encoding(out / "encoding.npz")
    assert str(loaded) == str(found)
    terms = found.table()
    for name, table in (("terms", terms), ("neurons", found.neurons())):
        written = pd.read_csv(out / f"{name}.csv")
        assert list(written) == list(table) and len(written) == len(table)
        assert len(pd.read_parquet(out / f"{name}.parquet")) == len(table)
    np.testing.assert_allclose(
        pd.read_csv(out / "terms.csv")["unique"], terms["unique"].astype(float), rtol=1e-6
    )
    assert (out / "report.html").stat().st_size > 1000
    assert Description.read(out / "description.toml").words["analysis"]["rule"] == "score"
    assert "numpy" in (out / "log.txt").read_text()


def test_without_a_report_the_tables_are_there_all_the_same(tmp_path):
    out = tmp_path / "results"
    nmo.run_description(TEXT, ["output.report=false"], recording=session(), out=out)
    assert not (out / "report.html").exists() and len(pd.read_csv(out / "terms.csv")) == 4


def test_an_interrupted_analysis_goes_on_where_it_was(tmp_path, monkeypatch):
    folder = ResultFolder(tmp_path / "out")
    description = Description.read(TEXT)
    with monkeypatch.context() as patched:
        patched.setattr("spikeglm.encoding.stages.check", _stopped)
        with pytest.raises(KeyboardInterrupt):
            running.run(description, folder, recording=session())
    assert not folder.target.exists()
    assert {path.stem for path in folder.parts.iterdir()} >= {"fit", "contributions", "search"}
    monkeypatch.setattr("spikeglm.encoding.stages.fit", _stopped)  # it is not fitted again
    done = running.run(description, folder, recording=session())
    assert done.encoding.sets["place"] == "position"
    assert not folder.partial.exists() and folder.target.is_dir()


def _stopped(*arguments):
    raise KeyboardInterrupt


def test_bad_input_leaves_nothing_behind(tmp_path):
    with pytest.raises(ValueError, match="series/sped"):
        nmo.run_description(
            TEXT, ["design.terms.speed.signals=['series/sped']"],
            recording=session(), out=tmp_path / "a" / "out",
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_what_is_warned_of_is_kept_and_warned_of(tmp_path):
    lots = Description.read(TEXT, ["recording.units=units"])
    with pytest.warns(UserWarning, match="without an answer"):
        done = running.run(
            replace(lots), ResultFolder(tmp_path / "out"), recording=session(silent=True)
        )
    assert any("mute" in remark for remark in done.remarks)
    assert "warned: " in (tmp_path / "out" / "log.txt").read_text()
    assert done.encoding.sets["mute"] == "?"


def test_units_are_chosen_by_name_quality_and_spikes():
    found = running.read_session(
        Description.read(TEXT, ["recording.where.quality=good"]), session(silent=True)
    )
    assert list(found.y.columns) == ["place", "mute"]
    found = running.read_session(
        Description.read(TEXT, ["recording.min_spikes=1"]), session(silent=True)
    )
    assert list(found.y.columns) == ["place", "fast"]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("recording.neurons=['mute']", "without a spike"),
        ("recording.neurons=['plaice']", "Did you mean 'place'"),
        ("recording.where.quality=bad", "No unit is like that"),
        ("recording.min_spikes=100000", "so many spikes"),
        ("recording.units=unts", "Did you mean 'units'"),
        ("recording.units=units/place", "neurons = "),
        ("recording.epochs=epochs/sesion", "epochs/session"),
        ("design.trials=trails", "Did you mean 'trials'"),
    ],
)
def test_what_is_not_in_the_recording_is_told(override, told):
    with pytest.raises(ValueError, match=told):
        running.read_session(Description.read(TEXT, [override]), session(silent=True))


def test_spikes_on_another_clock_are_no_silence():
    """All units are empty because nothing was counted: an error, not a table of silent neurons."""
    recording = session()
    late = {name: recording.units[name] + 1e6 for name in recording.units}
    other = replace(recording, units=Units.of(late, support=recording.units.support))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="check epochs and clocks"):
            running.read_session(Description.read(TEXT), other)


def test_bins_are_cut_of_the_whole_recording_by_default():
    text = TEXT.replace('epochs = "epochs/session"\n', "")
    found = running.read_session(Description.read(text), session())
    assert found.description.design.epochs == "epochs/session"
    assert found.X.shape[0] == 6000


def test_a_speed_that_was_not_recorded_is_derived():
    recording = session()
    only = replace(recording, series={"position": recording.series["position"]})
    derived = 'recording.derived.speed={ of = "series/position", how = "speed", smooth_s = 0.0 }'
    found = running.read_session(Description.read(TEXT, [derived]), only)
    t, place = only.series["position"].read()
    speed = np.hypot(*np.gradient(place, t, axis=0).T)
    np.testing.assert_allclose(found.recording["series/speed"].values, speed)
    with pytest.raises(ValueError, match="name of its own"):
        running.read_session(Description.read(TEXT, [derived]), recording)


def test_a_signal_of_activity_takes_the_place_of_spikes():
    recording = session()
    t = recording.series["speed"].times
    rng = np.random.default_rng(3)
    trace = np.column_stack([recording.series["speed"].values, np.ones(len(t))])
    calcium = replace(
        recording.series["speed"], name="dff", values=trace + rng.normal(size=trace.shape),
        columns=("roi_1", "roi_2"),
    )  # fmt: skip
    recording = Recording(series={**recording.series, "dff": calcium})
    gauss = 'analysis.model={ observation_model = "Gaussian", regularizer = "Ridge" }'
    asked = ["recording.units=series/dff", gauss, "design.rows=series/dff"]
    text = TEXT.replace("bin_s = 0.05\n", "").replace('epochs = "epochs/session"\n', "")
    found = nmo.run_description(text, asked, recording=recording)
    unique = found.table().set_index(["neuron", "term"])["unique"]
    assert unique[("roi_1", "speed")] > 0.1 > 0.01 > abs(unique[("roi_2", "speed")])
