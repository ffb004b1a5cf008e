"""NWB files hold what was written to them, also as pynapple reads them; little of them is read."""

import warnings
from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.nwb_fixture import N_UNITS, SILENT, write_nwb

import spikeglm as nmo
from spikeglm.recordings import Series
from spikeglm.recordings.readers import hdf5_values

pynwb = pytest.importorskip("pynwb")


@pytest.fixture(scope="module")
def recording(nwb_path):
    return nmo.recordings.read(nwb_path)


def small_file(path, change=lambda file: None):
    file = pynwb.NWBFile("a session", "id", datetime(2026, 1, 1, tzinfo=UTC))
    change(file)
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return nmo.recordings.read(path)


def test_spike_times_are_those_that_were_written(recording, truth):
    assert recording.units.names == tuple(range(N_UNITS))
    assert_array_equal(recording.units.n_spikes, [len(truth.spikes[i]) for i in range(N_UNITS)])
    for name in (0, 7, SILENT):
        assert_array_equal(recording.units[name], truth.spikes[name])


def test_units_have_quality_and_where_they_are(recording):
    assert set(recording.units.metadata) >= {"quality", "location", "electrode_group"}
    assert recording.units.metadata["location"].tolist() == ["CA1"] * 15 + ["CA3"] * 15
    assert recording.units.where(quality="mua", location="CA3").names == (16, 20, 24, 28)
    assert recording.units.metadata["electrode_group"][0] == "shank_CA1"
    assert "units by quality: good 22, mua 8" in recording.describe()
    assert "units by location: CA1 15, CA3 15" in recording._repr_html_()


def test_signals_come_in_the_unit_that_the_file_says(recording, truth):
    position = recording.series["position"]
    assert position.unit == "centimeters" and position.columns == ("x", "y")
    assert_allclose(position.values[:], truth.xy)  # stored in meters, with a conversion
    times, speed = recording.series["speed"].read()
    assert_array_equal(times, truth.speed_t)
    assert_array_equal(speed, truth.speed)


def test_channels_may_have_a_conversion_each_and_an_offset(tmp_path):
    raw = np.arange(8, dtype=np.int16).reshape(4, 2)

    def add(file):
        device = file.create_device("d")
        group = file.create_electrode_group("g", "-", "CA1", device)
        for _ in range(2):
            file.add_electrode(group=group, location="CA1")
        region = file.create_electrode_table_region([0, 1], "both")
        file.add_acquisition(
            pynwb.ecephys.ElectricalSeries(
                name="lfp", data=raw, electrodes=region, rate=2.0, starting_time=1.0,
                conversion=1e-3, offset=5.0, channel_conversion=[1.0, 10.0],
            )
        )  # fmt: skip

    lfp = small_file(tmp_path / "a.nwb", add).series["lfp"]
    expected = raw * 1e-3 * [1.0, 10.0] + 5.0
    assert_allclose(lfp.values[:], expected)
    assert_allclose(lfp.column("1").values[:], expected[:, 1])
    assert_allclose(lfp.values[1:3], expected[1:3])
    assert_array_equal(lfp.times[:], [1.0, 1.5, 2.0, 2.5])


def test_trials_and_epochs(recording, truth):
    trials = recording.trials
    assert list(trials.columns) == [
        "start", "end", "cue_time", "choice", "reward_time", "contrast",
    ]  # fmt: skip
    assert_array_equal(trials["choice"], truth.trials["choice"])
    assert_array_equal(trials["reward_time"], truth.trials["reward_time"])
    assert trials.descriptions["contrast"] == "Contrast of the cue."
    assert set(recording.epochs) == {"session", "epochs", "run", "rest", "late"}
    assert_array_equal(recording.epochs["run"].spans, [[0.0, 120.0]])
    assert_array_equal(recording.epochs["late"].spans, recording.epochs["rest"].spans)


def test_it_is_what_pynapple_reads(recording, nwb_path):
    nap = pytest.importorskip("pynapple")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = nap.load_file(str(nwb_path))
        units, speed, trials = theirs["units"], theirs["speed"], theirs["trials"]
    with pytest.warns(UserWarning, match="equal"):  # epochs that touch
        ours = recording.to_pynapple()
    for name in units.keys():  # noqa: SIM118
        assert_array_equal(ours["units"][name].t, units[name].t)
    assert ours["units"]["quality"].tolist() == units["quality"].tolist()
    assert_array_equal(ours["series/speed"].values, speed.values)
    assert_array_equal(ours["series/speed"].t, speed.t)
    assert_array_equal(ours["trials"].values, trials.values)
    assert ours["trials"]["choice"].tolist() == trials["choice"].tolist()
    theirs.close()


def test_spikes_are_read_per_unit_and_signals_when_asked_for(nwb_path, monkeypatch, truth):
    read, some = [], [truth.spikes[0], truth.spikes[SILENT - 1]]
    plain = hdf5_values.Hdf5Values.__getitem__

    def counted(self, where):
        found = plain(self, where)
        read.append((self.path, found.size))
        return found

    monkeypatch.setattr(hdf5_values, "_MOST_SPIKES", 0)  # as in a huge table
    monkeypatch.setattr(hdf5_values, "_SOME", 2)
    monkeypatch.setattr(hdf5_values.Hdf5Values, "__getitem__", counted)
    recording = nmo.recordings.read(nwb_path)
    recording.describe()
    n = recording.units.n_spikes
    assert [size for path, size in read if path == "units/spike_times"] == [1] * 4
    assert_array_equal(recording.units.ends, [min(map(min, some)), max(map(max, some))])
    assert all(size == 0 for path, size in read if path.endswith("position/data"))
    read.clear()
    recording.units[4]
    assert read == [("units/spike_times", n[4])]


def test_when_units_were_observed_is_the_session(tmp_path, truth):
    write_nwb(tmp_path / "a.nwb", truth, observed=True)
    recording = nmo.recordings.read(tmp_path / "a.nwb")
    assert_allclose(recording.epochs["session"].spans, [[0.0, truth.t[-1] + 0.02]])

    def add(file):
        file.add_unit(spike_times=[1.0, 11.0], obs_intervals=[[0.0, 5.0], [10.0, 20.0]])
        file.add_unit(spike_times=[2.0], obs_intervals=[[1.0, 12.0]])

    recording = small_file(tmp_path / "b.nwb", add)
    assert_array_equal(recording.epochs["session"].spans, [[1, 5], [10, 12]])
    assert any("not all observed at the same time" in text for text in recording.warnings)


def test_invalid_times_are_no_part_of_the_session(tmp_path):
    def add(file):
        file.add_unit(spike_times=[0.0, 10.0])
        file.add_invalid_time_interval(3.0, 4.0)
        file.add_trial(0.0, 2.0)
        file.add_trial(2.5, 3.5)

    recording = small_file(tmp_path / "a.nwb", add)
    assert_array_equal(recording.epochs["session"].spans, [[0, 3], [4, 10]])
    assert any("1 trial(s) overlap" in text for text in recording.warnings)


@pytest.mark.filterwarnings("ignore:AnnotationSeries is deprecated")
def test_events_of_all_kinds(tmp_path):
    def add(file):
        file.add_acquisition(
            pynwb.misc.AnnotationSeries(name="notes", data=["a", "b"], timestamps=[1.0, 2.0])
        )
        file.add_acquisition(
            pynwb.misc.IntervalSeries(
                name="laser", data=[1, -1, 1, -1], timestamps=[1.0, 2.0, 3.0, 5.0]
            )
        )

    recording = small_file(tmp_path / "a.nwb", add)
    assert recording.events["notes"].labels.tolist() == ["a", "b"]
    assert_array_equal(recording.epochs["laser"].spans, [[1, 2], [3, 5]])


@pytest.mark.skipif(not hasattr(pynwb, "event"), reason="an older pynwb has no such table")
def test_tables_of_events(tmp_path):
    def add(file):
        table = file.create_events_table(name="licks", description="Licks at two ports.")
        table.add_column("port", "Which port.")
        for time, port in ((0.5, "left"), (0.2, "right")):
            table.add_row(timestamp=time, port=port)

    licks = small_file(tmp_path / "a.nwb", add).events["licks"]
    assert_array_equal(licks.times, [0.5, 0.2])
    assert licks.labels.tolist() == ["left", "right"]
    assert licks.description == "Licks at two ports."


def test_series_of_one_name_are_told_apart_by_where_they_are(tmp_path):
    def add(file):
        for name in ("left", "right"):
            module = file.create_processing_module(name, "-")
            module.add(pynwb.TimeSeries(name="pupil", data=[1.0, 2.0], unit="mm", rate=1.0))

    recording = small_file(tmp_path / "a.nwb", add)
    assert set(recording.series) == {"left/pupil", "right/pupil"}
    assert "series/left/pupil" in recording
    assert type(recording["series/right/pupil"]).__name__ == "Tsd"


def test_a_signal_whose_times_are_not_as_many_is_left_out(tmp_path, nwb_path):
    (tmp_path / "a.nwb").write_bytes(nwb_path.read_bytes())
    with h5py.File(tmp_path / "a.nwb", "r+") as file:
        times = file["processing/behavior/speed/timestamps"][:-1]
        del file["processing/behavior/speed/timestamps"]
        file["processing/behavior/speed/timestamps"] = times
    recording = nmo.recordings.read(tmp_path / "a.nwb")
    assert list(recording.series) == ["position"]
    assert any("12000 samples and 11999 times" in text for text in recording.warnings)


def test_a_chunk_that_was_never_written_is_no_zero(tmp_path, nwb_path):
    (tmp_path / "a.nwb").write_bytes(nwb_path.read_bytes())
    with h5py.File(tmp_path / "a.nwb", "r+") as file:
        values = file["processing/behavior/speed/data"][:]
        del file["processing/behavior/speed/data"]
        file.create_dataset("processing/behavior/speed/data", (12000,), "f8", chunks=(1000,))
        file["processing/behavior/speed/data"][:5000] = values[:5000]
    recording = nmo.recordings.read(tmp_path / "a.nwb")
    with pytest.raises(OSError, match="not all there"):
        recording["series/speed"]


def test_a_file_without_units_is_read(tmp_path):
    recording = small_file(tmp_path / "a.nwb")
    assert recording.units is None and recording.trials is None
    with pytest.raises(ValueError, match="Unknown name"):
        recording["units"]


def test_ids_that_repeat_are_numbered_anew(tmp_path):
    def add(file):
        for _ in range(2):
            file.add_unit(id=5, spike_times=[1.0])

    recording = small_file(tmp_path / "a.nwb", add)
    assert recording.units.names == (0, 1)
    assert recording.units.metadata["id"].tolist() == [5, 5]
    assert any("not unique" in text for text in recording.warnings)


def test_a_closed_recording_opens_again_and_is_pickled_closed(nwb_path, truth):
    import pickle

    recording = nmo.recordings.read(nwb_path)
    recording.close()
    assert_array_equal(recording.units[1], truth.spikes[1])
    speed = pickle.loads(pickle.dumps(recording.series["speed"]))
    assert isinstance(speed, Series)
    assert_array_equal(speed.values[:], truth.speed)


def test_other_hdf5_files_say_what_they_are(tmp_path):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        file["spikes"] = np.arange(3)
    with pytest.raises(ValueError, match=r"no NWB file .* HDF5 with 'spikes' in it"):
        nmo.recordings.read(tmp_path / "a.nwb")
