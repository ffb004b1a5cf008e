"""Results in an NWB file: read back they are those of the analysis; no inspector complains."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.recordings import results

pynwb = pytest.importorskip("pynwb")


@pytest.fixture(scope="module")
def found(nwb_path):
    recording = nmo.recordings.read(nwb_path)
    units = recording.units.select([0, 1, 2, 29])
    builder = (
        nmo.DesignBuilder(bin_s=0.1, epochs="epochs/session")
        .tuning("series/position/x", basis=6, label="place")
        .tuning("series/speed", basis=4, label="speed")
    )
    with pytest.warns(UserWarning, match="29"):  # it is silent
        return nmo.encode(units, builder, data=recording.data(builder))


@pytest.fixture(scope="module")
def written(found, nwb_path, tmp_path_factory):
    target = tmp_path_factory.mktemp("results") / "with_results.nwb"
    return nmo.recordings.write_results(found, nwb_path, target)


def tables(path, name="spikeglm"):
    with pynwb.NWBHDF5IO(path, "r") as io:
        module = io.read().processing["misc"]
        kinds = ("neurons", "terms")
        frames = [module[f"{name}_{kind}"].to_dataframe() for kind in kinds]
        return *frames, module[f"{name}_neurons"].description


def test_tables_read_back_are_those_of_the_analysis(found, written):
    neurons, terms, about = tables(written)
    assert neurons["set"].tolist() == found.neurons()["set"].tolist()
    assert neurons["neuron"].tolist() == [0, 1, 2, 29]
    assert neurons["set"].iloc[0] == "place"
    table = found.table()
    for key in ("unique", "unique_se", "unique_p", "unique_q", "alone", "edf"):
        assert_allclose(terms[key], table[key])
    assert terms["is_encoded"].tolist()[:2] == ["yes", "no"]
    assert terms["is_encoded"].tolist()[-1] == "no answer"
    origin = json.loads(about.partition("Origin: ")[2])
    assert origin["data"] == found.origin["data"]


def test_rows_refer_to_the_units(written):
    with pynwb.NWBHDF5IO(written, "r") as io:
        file = io.read()
        table = file.processing["misc"]["spikeglm_neurons"]
        assert table["unit"].data[:].tolist() == [0, 1, 2, 29]
        assert table["unit"].table.object_id == file.units.object_id


def numbered(found):
    """The same answer for neurons that are called 0, 1, 2, 3."""
    tables = {name: table.copy() for name, table in found.tables.items()}
    for table in tables.values():
        if "neuron" in table:
            table["neuron"] = table["neuron"].map({0: 0, 1: 1, 2: 2, 29: 3})
    return replace(found, tables=tables)


def test_neurons_that_are_only_numbered_are_no_units_unless_it_is_said(found, nwb_path, tmp_path):
    first = numbered(found).to_nwb(nwb_path, tmp_path / "a.nwb")
    assert "unit" not in tables(first)[0]
    named = numbered(found).to_nwb(nwb_path, tmp_path / "b.nwb", units=[5, 1, 2, 29])
    with pynwb.NWBHDF5IO(named, "r") as io:
        table = io.read().processing["misc"]["spikeglm_neurons"]
        assert table["unit"].data[:].tolist() == [5, 1, 2, 29]
    for wrong in ([5], [5, 1, 2, 99]):
        with pytest.raises(ValueError, match="which unit each neuron is"):
            numbered(found).to_nwb(nwb_path, tmp_path / "c.nwb", units=wrong)
    assert not (tmp_path / "c.nwb").exists()


def test_a_file_that_pynwb_cannot_read(found, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        file["x"] = 1
    before = (tmp_path / "a.nwb").read_bytes()
    with pytest.raises(OSError, match="cannot be read by pynwb"):
        found.to_nwb(tmp_path / "a.nwb")
    assert (tmp_path / "a.nwb").read_bytes() == before


def test_the_recording_is_still_all_there(written, nwb_path, truth):
    recording = nmo.recordings.read(written)
    assert recording.names == nmo.recordings.read(nwb_path).names
    np.testing.assert_array_equal(recording.units[2], truth.spikes[2])


def test_an_inspector_finds_no_fault(written, nwb_path):
    inspector = pytest.importorskip("nwbinspector")

    def faults(path):
        found = list(inspector.inspect_nwbfile(nwbfile_path=str(path)))
        return {(each.check_function_name, each.location, each.message) for each in found}

    assert faults(written) == set()


def test_it_goes_into_the_file_itself_and_a_second_time_under_another_name(
    found, nwb_path, tmp_path
):
    path = tmp_path / "session.nwb"
    path.write_bytes(nwb_path.read_bytes())
    assert found.to_nwb(path) == path
    with pytest.raises(ValueError, match=r"spikeglm_neurons.*name='\.\.\.'"):
        found.to_nwb(path)
    found.to_nwb(path, name="again")
    first, again = (tables(path, name)[1].drop(columns="unit") for name in ("spikeglm", "again"))
    pd.testing.assert_frame_equal(first, again)
    assert [each.name for each in tmp_path.iterdir()] == ["session.nwb"]


def test_a_failed_write_leaves_the_original_as_it_was(found, nwb_path, tmp_path, monkeypatch):
    path = tmp_path / "session.nwb"
    path.write_bytes(nwb_path.read_bytes())

    def fails(*args, **options):
        raise OSError("No space left on device")

    monkeypatch.setattr(pynwb.NWBHDF5IO, "write", fails)
    with pytest.raises(OSError, match="No space left"):
        found.to_nwb(path)
    assert path.read_bytes() == nwb_path.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["session.nwb"]


def test_where_it_cannot_be_written(found, nwb_path, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such recording"):
        found.to_nwb(tmp_path / "no.nwb")
    with pytest.raises(FileNotFoundError, match="no folder for the results"):
        found.to_nwb(nwb_path, tmp_path / "no" / "a.nwb")


def test_without_pynwb_the_message_says_what_to_install(found, nwb_path, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(ImportError, match=r"pip install .spikeglm\[nwb\]"):
        found.to_nwb(nwb_path, tmp_path / "a.nwb")


def test_columns_say_what_they_are():
    assert results._about("unique_q").startswith("Q value of the contribution over neurons")
    assert results._about("unique") == "Contribution of the term to held-out prediction, unique."
    assert results._plain(pd.Series(["a", None])).tolist() == ["a", ""]
