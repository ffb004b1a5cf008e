"""Pynapple files, arrays and tables hold what was saved in them."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo

T = np.arange(200) / 20


def read(path):
    return nmo.recordings.read(path)


@pytest.fixture
def pynapple_folder(tmp_path):
    folder = tmp_path / "session"
    folder.mkdir()
    spikes = nap.TsGroup(
        {2: nap.Ts([0.5, 1.5]), 7: nap.Ts([0.2, 9.0, 9.5])},
        time_support=nap.IntervalSet(0, 10),
        metadata={"area": np.array(["CA1", "CA3"])},
    )
    spikes.save(folder / "spikes.npz")
    nap.Tsd(T, T**2).save(folder / "speed.npz")
    nap.TsdFrame(T, np.column_stack([T, -T]), columns=["x", "y"]).save(folder / "position.npz")
    nap.Ts([1.0, 2.0]).save(folder / "lick.npz")
    trials = nap.IntervalSet([0, 5], [4, 9], metadata={"choice": ["l", "r"]})
    trials.save(folder / "trials.npz")
    nap.IntervalSet([0], [5]).save(folder / "run.npz")
    return folder


def test_a_pynapple_folder(pynapple_folder):
    found = read(pynapple_folder)
    assert found.format == "folder of pynapple"
    assert set(found.names) == {
        "units", "series/speed", "series/position", "series/position/x", "series/position/y",
        "events/lick", "trials", "trials/choice", "epochs/session", "epochs/run",
    }  # fmt: skip
    assert_array_equal(found.units[7], [0.2, 9.0, 9.5])
    assert found.units.metadata["area"].tolist() == ["CA1", "CA3"]
    assert_array_equal(found.epochs["session"].spans, [[0, 10]])
    assert found.trials["choice"].tolist() == ["l", "r"]
    assert_array_equal(found.series["position"].column("y").values[:], -T)


def test_a_pynapple_file_is_read_alone(pynapple_folder):
    assert list(read(pynapple_folder / "speed.npz").series) == ["speed"]


def test_of_two_groups_the_one_that_is_called_so_is_the_units(pynapple_folder):
    nap.TsGroup({0: nap.Ts([1.0, 2.0])}).save(pynapple_folder / "other.npz")
    found = read(pynapple_folder)
    assert found.units.names == (2, 7)
    assert any("other.npz has units, too" in text for text in found.warnings)


def test_a_file_runs_no_code(tmp_path):
    class Bad:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    np.savez(tmp_path / "a.npz", t=T, d=T, start=[0], end=[10], _metadata=np.array({"x": Bad()}))
    found = read(tmp_path / "a.npz")
    assert not (tmp_path / "made").exists()
    assert list(found.series) == ["a"]
    assert any("_metadata" in text for text in found.warnings)


def test_arrays_with_names(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(
        path, time=T, speed=T**2, position=np.column_stack([T, T]), lick_times=[0.5, 0.7],
        pupil=np.arange(3), pupil_times=[0.0, 1.0, 2.0], spike_times=[0.3, 0.1, 0.2],
        spike_clusters=[4, 4, 1], trials_start=[0, 5], trials_end=[4, 9],
        trials_choice=["l", "r"], weights=np.eye(3),
    )  # fmt: skip
    found = read(path)
    assert set(found.series) == {"speed", "position", "pupil"}
    assert found.series["position"].columns == (0, 1)
    assert_array_equal(found.series["pupil"].times, [0.0, 1.0, 2.0])
    assert found.units.names == (1, 4)
    assert_array_equal(found.units[4], [0.1, 0.3])
    assert found.trials["choice"].tolist() == ["l", "r"]
    assert_array_equal(found.events["lick"].times, [0.5, 0.7])
    assert any("weights (3, 3) has no times" in text for text in found.warnings)


@pytest.mark.parametrize("end", ["csv", "tsv", "parquet"])
def test_a_folder_of_tables(tmp_path, end):
    tables = {
        "spikes": pd.DataFrame({"unit": ["a", "b", "a"], "time": [0.3, 0.1, 0.2]}),
        "tracking": pd.DataFrame({"time_ms": 1e3 * T, "x": T, "y": -T, "note": ["-"] * len(T)}),
        "trials": pd.DataFrame({"start_time": [0, 5], "stop_time": [4, 9], "side": ["l", "r"]}),
        "licks": pd.DataFrame({"time": [0.5, 0.7]}),
    }
    for name, table in tables.items():
        path = tmp_path / f"{name}.{end}"
        if end == "parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False, sep="\t" if end == "tsv" else ",")
    pd.DataFrame({"weight": [300]}).to_csv(tmp_path / "animal.csv")
    found = read(tmp_path)
    assert found.units.names == ("a", "b")
    assert_array_equal(found.units["a"], [0.2, 0.3])
    assert_allclose(found.series["tracking"].times, T)  # from milliseconds
    assert found.series["tracking"].columns == ("x", "y")
    assert found.trials["side"].tolist() == ["l", "r"]
    assert_array_equal(found.events["licks"].times, [0.5, 0.7])
    assert any("'note' is text" in text for text in found.warnings)
    assert any("animal.csv is left out" in text for text in found.warnings)


@pytest.mark.parametrize("end", ["csv", "parquet"])
def test_text_is_whole_where_some_is_missing(tmp_path, end):
    """It was cut to its first letters: the conversion of pandas is as wide as it guesses."""
    table = pd.DataFrame(
        {"start_time": [0, 5, 9], "stop_time": [4, 8, 12], "side": ["left", None, "right"]}
    )
    path = tmp_path / f"trials.{end}"
    if end == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    assert read(path).trials["side"].tolist() == ["left", "nan", "right"]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean"])
def test_numbers_and_answers_that_are_missing_are_no_text(tmp_path, dtype):
    """Columns of Parquet that pandas keeps beside a mask."""
    answers = pd.array([1, None, 0], dtype=dtype)
    path = tmp_path / "trials.parquet"
    pd.DataFrame({"start": T[:3], "stop": T[:3] + 0.01, "right": answers}).to_parquet(path)
    assert_array_equal(read(path).trials["right"], [1.0, np.nan, 0.0])


def test_text_of_other_countries(tmp_path):
    path = tmp_path / "speed.csv"
    path.write_text("time;speed\n0,5;1,25\n1,0;2,5\n", encoding="utf-8-sig")
    series = read(path).series["speed"]
    assert_array_equal(series.times, [0.5, 1.0])
    assert_array_equal(series.values, [1.25, 2.5])


def test_what_is_there_decides_and_not_the_suffix(tmp_path, nwb_path):
    (tmp_path / "data.bin").write_bytes(nwb_path.read_bytes())
    assert read(tmp_path / "data.bin").format.startswith("NWB")
    pd.DataFrame({"time": T, "x": T}).to_parquet(tmp_path / "data.xyz")
    assert list(read(tmp_path / "data.xyz").series) == ["data"]


def test_a_folder_with_one_nwb_file_is_that(tmp_path, nwb_path):
    (tmp_path / "a.nwb").write_bytes(nwb_path.read_bytes())
    (tmp_path / "notes.txt").write_text("hello")
    np.savez(tmp_path / "more.npz", time=T, x=T)
    found = read(tmp_path)
    assert len(found.units) == 30
    assert any("more.npz lies beside a.nwb" in text for text in found.warnings)
