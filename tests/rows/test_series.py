"""Responses in storage: indexed like the array they hold, and read no further than asked."""

import os
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.counting_rows import CountingRows

import spikeglm as nmo
from spikeglm.rows.sending import cut_to_send
from spikeglm.rows.series import StoredSeries, pieces, stored_series

T, N = 20_000, 3
VALUES = np.random.default_rng(0).integers(-100, 100, (T, N)).astype(np.int16)
SMALL = "8KiB"  # no response stays in memory


def memmap(folder, values=VALUES):
    stored = np.memmap(folder / "y.dat", values.dtype, "w+", 6, values.shape)
    stored[:] = values
    stored.flush()
    return np.memmap(folder / "y.dat", values.dtype, "r", 6, values.shape)


def hdf5(folder, values=VALUES):
    h5py = pytest.importorskip("h5py")
    file = h5py.File(folder / "y.h5", "w")
    return file.create_dataset("y", data=values, chunks=(512, 1))


def zarr_array(folder, values=VALUES):
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(
        store=str(folder / "y.zarr"), shape=values.shape, chunks=(700, 2), dtype=values.dtype
    )
    stored[:] = values
    return stored


KINDS = {"memmap": memmap, "hdf5": hdf5, "zarr": zarr_array}
of_kinds = pytest.mark.parametrize("kind", KINDS)
INDICES = {
    "a run": slice(30, 1000),
    "to the end": slice(T - 3, None),
    "every other": slice(5, 60, 2),
    "nothing": slice(7, 7),
    "in order": np.array([3, 4, 900]),
    "far apart": np.array([0, 1, 9000, 9001, T - 1]),
    "in any order, twice": np.array([T - 1, 5, 12_000, 5]),
    "no rows": np.zeros(0, dtype=int),
}


@of_kinds
@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("held_bytes", [0, 10**6])
def test_rows_are_those_of_the_array(kind, name, held_bytes, tmp_path):
    with nmo.config_context(memory=SMALL):
        stored = stored_series(KINDS[kind](tmp_path), name="y")
    series = StoredSeries(stored.table, held_bytes)
    for _ in range(2):  # the second time from what is held
        found = series[INDICES[name]]
        assert_array_equal(found, VALUES[INDICES[name]])
        assert found.dtype == VALUES.dtype
    assert (series.shape, len(series), series.nbytes) == (VALUES.shape, T, VALUES.nbytes)


@of_kinds
def test_what_takes_little_memory_is_read_once(kind, tmp_path):
    found = stored_series(KINDS[kind](tmp_path), name="y")
    assert type(found) is np.ndarray  # no map: a file that is cut off later does no harm
    assert_array_equal(found, VALUES)


def test_one_series_is_read_through_the_file(tmp_path):
    with nmo.config_context(memory=SMALL):
        found = stored_series(memmap(tmp_path, VALUES[:, 0].copy()), name="y")
    assert type(found) is np.ndarray
    assert_array_equal(found, VALUES[:, 0])


def test_other_things_are_left_to_others(tmp_path):
    for values in (VALUES, [1, 2], memmap(tmp_path)[:, :2], None):
        assert stored_series(values, name="y") is None


def test_a_map_whose_file_is_gone_is_still_there(tmp_path):
    stored = memmap(tmp_path)
    (tmp_path / "y.dat").unlink()
    assert stored_series(stored, name="y") is None
    assert nmo.PopulationGLM("Gaussian").fit(np.ones((T, 1)), stored).coef_.shape == (1, N)


class Chunked(CountingRows):
    """Rows in chunks of 100 that must be waited for."""

    waits_for_storage = True
    efficient_block_rows = 100


def test_a_chunk_is_read_once_while_its_rows_are_asked_for():
    table = Chunked(VALUES[:1000])
    series = StoredSeries(table, held_bytes=10**6)
    for start in range(0, 1000, 20):
        assert_array_equal(series[start : start + 20], VALUES[start : start + 20])
    assert (table.reads == 1).all()


def test_rows_between_those_that_are_far_apart_are_not_read():
    table = CountingRows(VALUES)
    StoredSeries(table)[np.array([0, 1, 10_000, 19_999])]
    assert table.reads.sum() == 4


@of_kinds
def test_what_is_sent_is_the_place(kind, tmp_path):
    with nmo.config_context(memory=SMALL):
        series = stored_series(KINDS[kind](tmp_path), name="y")
    if kind == "hdf5":
        series.table.values.file.flush()
    sent = pickle.dumps(cut_to_send(series)(100, 400))
    assert len(sent) < 20_000
    assert_array_equal(pickle.loads(sent).opened()[10:20], VALUES[110:120])


def test_pieces_are_all_rows_in_order():
    wide = np.empty((3000, 1000))
    parts = [np.arange(3000)[part] for part in pieces(wide)]
    assert len(parts) > 1
    assert_array_equal(np.concatenate(parts), np.arange(3000))


def test_a_file_cut_off_while_it_is_used_is_an_error_not_the_end(tmp_path):
    with nmo.config_context(memory=SMALL):
        series = stored_series(memmap(tmp_path), name="y")
    os.truncate(tmp_path / "y.dat", 6 + 500 * N * 2)
    assert_array_equal(series[:500], VALUES[:500])
    with pytest.raises(OSError, match=r"too short.*row 500"):
        series[:501]
