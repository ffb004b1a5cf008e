"""Whatever is wrong with a file, one line says what it is and what to do."""

import h5py
import numpy as np
import pandas as pd
import pytest

import spikeglm as nmo


def message(path, kind):
    with pytest.raises(kind) as caught:
        nmo.recordings.read(path)
    text = str(caught.value)
    assert "\n" not in text and "What to do: " in text
    return text


def test_a_file_that_is_not_there(tmp_path, nwb_path):
    (tmp_path / "session.nwb").write_bytes(b"")
    assert "did you mean 'session.nwb'" in message(tmp_path / "sesion.nwb", FileNotFoundError)
    assert "no folder" in message(tmp_path / "no" / "a.nwb", FileNotFoundError)
    assert "1 entries" in message(tmp_path / "x", FileNotFoundError)


@pytest.mark.parametrize("keep", [20, 2000, -3000])
def test_a_file_that_was_cut_off(tmp_path, nwb_path, keep):
    path = tmp_path / "cut.nwb"
    path.write_bytes(nwb_path.read_bytes()[:keep])
    assert "cannot be opened" in message(path, OSError)


def test_a_file_whose_units_are_damaged(tmp_path, nwb_path):
    path = tmp_path / "bad.nwb"
    path.write_bytes(nwb_path.read_bytes())
    with h5py.File(path, "r+") as file:
        file["units/spike_times_index"][3] = 65000
    assert "do not fit its units" in message(path, OSError)
    with h5py.File(path, "r+") as file:
        del file["units/id"]
    assert "is damaged" in message(path, OSError)


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.nwb", b"hello", "cannot be opened"),
        ("a.nwb", b"", "cannot be opened"),
        ("a.xlsx", b"\x00\x01", "nothing that can be read"),
        ("a.mat", b"MATLAB 5.0 MAT-file\x00", "scipy.io.loadmat"),
        ("a.npy", b"\x93NUMPY\x01\x00", "np.savez"),
        ("a.npz", b"PK\x03\x04 and then nothing", "cannot be read"),
        ("a.parquet", b"PAR1 and then nothing", "cannot be read"),
        ("a.csv", b"time,x\n1,2\n1,2,3,4\n", "cannot be read"),
        ("a.csv", b"", "cannot be read"),
        ("a.csv", b"speed,x\n1,2\n", "does not say when its rows were"),
        ("a.csv", b"time,x\n2026-01-01,2\n", "no times in seconds"),
    ],
)
def test_files_that_hold_something_else(tmp_path, name, content, part):
    (tmp_path / name).write_bytes(content)
    kind = (OSError, ValueError)
    assert part in message(tmp_path / name, kind)


def test_arrays_without_times(tmp_path):
    np.savez(tmp_path / "a.npz", weights=np.eye(2))
    assert "weights (2, 2)" in message(tmp_path / "a.npz", ValueError)


def test_folders_that_are_no_recording(tmp_path, nwb_path):
    (tmp_path / "sub-1").mkdir()
    assert "name one of its folders: sub-1" in message(tmp_path, ValueError)
    for name in ("a.nwb", "b.nwb"):
        (tmp_path / name).write_bytes(b"")
    assert "2 NWB files" in message(tmp_path, ValueError)


def test_a_zarr_store(tmp_path):
    (tmp_path / "zarr.json").write_text("{}")
    assert "hdmf-zarr" in message(tmp_path, ValueError)


def test_a_file_that_is_locked(nwb_path, monkeypatch):
    def locked(*args):
        raise BlockingIOError("unable to lock file")

    monkeypatch.setattr(h5py, "File", locked)
    assert "HDF5_USE_FILE_LOCKING=FALSE" in message(nwb_path, OSError)


def test_a_file_that_is_cut_off_is_not_called_locked(tmp_path, nwb_path):
    """HDF5's own words for it have "sblock" in them."""
    short = tmp_path / "short.nwb"
    short.write_bytes(nwb_path.read_bytes()[:5000])
    assert "copy or download it again: it is cut off" in message(short, OSError)


def test_two_files_of_one_name(tmp_path):
    table = pd.DataFrame({"time": [0.0, 1.0], "x": [1.0, 2.0]})
    table.to_csv(tmp_path / "speed.csv", index=False)
    table.to_parquet(tmp_path / "speed.parquet")
    assert "series/speed, a second time" in message(tmp_path, ValueError)


def test_a_format_whose_package_is_missing(tmp_path, monkeypatch):
    pd.DataFrame({"time": [0.0], "x": [1.0]}).to_parquet(tmp_path / "a.parquet")

    def fails(path):
        raise ImportError("no parquet engine")

    monkeypatch.setattr(pd, "read_parquet", fails)
    with pytest.raises(ImportError, match=r"pip install .spikeglm\[tables\]"):
        nmo.recordings.read(tmp_path / "a.parquet")
