"""Tables on disk: the same fit as in memory, whatever holds them; damage is a plain error."""

import os
import sys
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.rows.files import ChunkFiles
from spikeglm.rows.stored import StoredRows, is_stored

T, P = 700, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P)).astype(np.float32)
Y = RNG.poisson(np.exp(X @ RNG.normal(0, 0.3, (P, 2)) - 0.5))


def memmap(folder, values=X, offset=0):
    path = folder / "X.dat"
    stored = np.memmap(path, values.dtype, "w+", offset, values.shape)
    stored[:] = values
    stored.flush()
    return np.memmap(path, values.dtype, "r", offset, values.shape)


def hdf5(folder, values=X):
    h5py = pytest.importorskip("h5py")
    file = h5py.File(folder / "X.h5", "w")
    return file.create_dataset("X", data=values, chunks=(64, P))


def zarr_array(folder, values=X, **how):
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(
        store=str(folder / "X.zarr"), shape=values.shape, chunks=(64, P), dtype=values.dtype, **how
    )
    stored[:] = values
    return stored


def unpacked_zarr(folder, values=X):
    return zarr_array(folder, values, compressors=None)


def unpacked_zarr_of_version_2(folder, values=X):
    return zarr_array(folder, values, compressors=None, zarr_format=2)


UNPACKED = {"unpacked zarr": unpacked_zarr, "unpacked zarr 2": unpacked_zarr_of_version_2}
KINDS = {"memmap": memmap, "hdf5": hdf5, "zarr": zarr_array, **UNPACKED}
of_kinds = pytest.mark.parametrize("kind", KINDS)


@of_kinds
def test_a_stored_table_is_read_block_by_block(kind, tmp_path):
    rows = StoredRows(KINDS[kind](tmp_path))
    assert is_stored(rows.values)
    assert_array_equal(np.vstack([rows.read(0, 300), rows.read(300, T)]), X)
    assert rows.read(T - 1, T + 50).shape == (1, P)
    assert rows.dtype == np.float32
    assert rows.valid_rows().all()


@of_kinds
@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_fit_is_that_in_memory(kind, n_threads, tmp_path):
    stored = KINDS[kind](tmp_path)
    with nmo.config_context(n_threads=n_threads, memory="20KiB"):
        model = nmo.PopulationGLM(solver_name="LBFGS").fit(stored, Y)
        predicted = model.predict(stored)
    plain = nmo.PopulationGLM(solver_name="LBFGS").fit(X, Y)
    assert_allclose(model.coef_, plain.coef_, rtol=1e-6, atol=1e-8)
    assert_allclose(predicted, plain.predict(X), rtol=1e-6)


@of_kinds
def test_rows_with_nan_are_left_out(kind, tmp_path):
    gaps = X.copy()
    gaps[[3, 500], 1] = np.nan, np.inf
    model = nmo.PopulationGLM().fit(KINDS[kind](tmp_path, gaps), Y)
    kept = np.isfinite(gaps).all(axis=1)
    assert_allclose(model.coef_, nmo.PopulationGLM().fit(X[kept], Y[kept]).coef_, rtol=1e-5)


def test_small_integers_stay_small_in_storage(tmp_path):
    counts = RNG.poisson(0.5, (T, P)).astype(np.int8)
    rows = StoredRows(memmap(tmp_path, counts))
    assert rows.read(0, 5).dtype == np.int8
    model = nmo.PopulationGLM().fit(rows.values, Y)
    assert_allclose(model.coef_, nmo.PopulationGLM().fit(counts.astype(float), Y).coef_, rtol=1e-6)


@pytest.mark.parametrize("part", [slice(None), slice(100, 400), slice(T - 5, T)])
@pytest.mark.parametrize("offset", [0, 24, 8192])
def test_parts_of_a_map_are_found_in_the_file(part, offset, tmp_path):
    stored = memmap(tmp_path, offset=offset)[part]
    assert_array_equal(StoredRows(stored).read(0, len(stored)), X[part])


def test_maps_that_are_no_run_of_bytes_are_read_as_arrays(tmp_path):
    stored = memmap(tmp_path)
    for other in (
        stored[::2],
        stored[:, 1:],
        np.memmap(tmp_path / "X.dat", np.float32, "c", 0, (T, P)),
    ):
        assert not is_stored(other)
    model = nmo.PopulationGLM().fit(stored[::2], Y[::2])
    assert_allclose(model.coef_, nmo.PopulationGLM().fit(X[::2], Y[::2]).coef_, rtol=1e-6)


def test_a_truncated_file_is_an_error_that_names_the_row(tmp_path):
    stored = memmap(tmp_path)
    os.truncate(tmp_path / "X.dat", 400 * P * 4)
    with pytest.raises(OSError, match=r"too short.*row 400"):
        nmo.PopulationGLM().fit(stored, Y)


def test_a_file_that_is_gone_is_an_error(tmp_path):
    stored = memmap(tmp_path)
    (tmp_path / "X.dat").unlink()
    with pytest.raises(OSError, match=r"X\.dat"):
        nmo.PopulationGLM().fit(stored, Y)


def test_storage_that_fails_is_an_error_that_names_the_rows():
    class Failing:
        shape, dtype, ndim = (T, P), np.dtype(np.float32), 2

        def __getitem__(self, rows):
            raise RuntimeError("decompression failed")

    with pytest.raises(OSError, match=r"Rows 0 to 10.*decompression failed"):
        StoredRows(Failing()).read(0, 10)


def test_rows_that_do_not_match_y_are_refused(tmp_path):
    with pytest.raises(ValueError, match="700 rows in X and 699"):
        nmo.PopulationGLM().fit(memmap(tmp_path), Y[1:])


@pytest.mark.parametrize("kind", UNPACKED)
def test_unpacked_chunks_are_read_as_the_files_that_they_are(kind, tmp_path):
    stored = UNPACKED[kind](tmp_path)
    rows = StoredRows(stored)
    assert not rows.waits_for_storage
    for start, stop in ((0, 64), (0, T), (60, 70), (64, 128), (T - 1, T + 9), (5, 5)):
        assert_array_equal(rows.read(start, stop), X[start:stop])


@pytest.mark.parametrize("how", [{}, {"shards": (128, P)}, {"dtype": ">f4"}, {"filters": "auto"}])
def test_chunks_that_are_packed_or_turned_are_left_to_zarr(how, tmp_path):
    zarr = pytest.importorskip("zarr")
    how = {"dtype": "f4", "compressors": None, "zarr_format": 2 if "dtype" in how else 3} | how
    if "shards" not in how and how["zarr_format"] == 3:
        how["compressors"] = "auto"
    stored = zarr.create_array(store=str(tmp_path / "X.zarr"), shape=X.shape, chunks=(64, P), **how)
    stored[:] = X
    rows = StoredRows(stored)
    assert rows.waits_for_storage
    assert_array_equal(rows.read(60, 200), X[60:200])


OTHER_ORDER = {"little": "big", "big": "little"}[sys.byteorder]
Endian = Enum("Endian", {"little": "little", "big": "big"})


@pytest.mark.parametrize("endian", [sys.byteorder, Endian(sys.byteorder), None])
def test_the_order_of_bytes_may_be_told_as_versions_of_zarr_do(endian, tmp_path):
    """An Enum until zarr 3.1, a str from zarr 3.4 on, None for single bytes."""
    assert ChunkFiles.of(as_zarr_tells(tmp_path, endian)) is not None


@pytest.mark.parametrize("endian", [OTHER_ORDER, Endian(OTHER_ORDER)])
def test_bytes_in_the_other_order_are_left_to_zarr(endian, tmp_path):
    assert ChunkFiles.of(as_zarr_tells(tmp_path, endian)) is None


def as_zarr_tells(folder, endian):
    @dataclass
    class BytesCodec:
        endian: object

    return SimpleNamespace(
        store=SimpleNamespace(root=folder),
        path="",
        compressors=(),
        filters=(),
        shards=None,
        order="C",
        serializer=BytesCodec(endian),
        dtype=X.dtype,
        shape=X.shape,
        chunks=(64, P),
        metadata=SimpleNamespace(encode_chunk_key="{}".format),
    )


def test_a_chunk_of_counts_that_zarr_left_out_is_zero(tmp_path):
    counts = np.zeros((T, P), np.int8)
    counts[300:] = 1
    rows = StoredRows(unpacked_zarr(tmp_path, counts))
    assert_array_equal(rows.read(0, T), counts)


@pytest.mark.parametrize("kind", UNPACKED)
def test_a_chunk_that_was_cut_off_is_an_error(kind, tmp_path):
    stored = UNPACKED[kind](tmp_path)
    os.truncate(chunks_in(tmp_path)[3], 100)
    with pytest.raises(OSError, match="could not be read"):
        nmo.PopulationGLM().fit(stored, Y)


def chunks_in(folder):
    files = (path for path in (folder / "X.zarr").rglob("*") if path.is_file())
    return sorted(path for path in files if path.name[-1].isdigit())


@pytest.mark.parametrize("kind", ["zarr", *UNPACKED])
def test_a_missing_chunk_of_measurements_is_an_error(kind, tmp_path):
    stored = KINDS[kind](tmp_path)
    chunks_in(tmp_path)[0].unlink()
    with pytest.raises(OSError, match=r"without a chunk for rows 0 to 64\b"):
        nmo.PopulationGLM().fit(stored, Y)


def test_chunks_of_zeros_are_usual_among_counts_and_said(tmp_path):
    counts = RNG.poisson(0.5, (T, P)).astype(np.int8)
    counts[64:128] = 0
    with pytest.warns(UserWarning, match="10 of 11 chunks; the others are read as 0"):
        model = nmo.PopulationGLM().fit(zarr_array(tmp_path, counts), Y)
    assert_allclose(model.coef_, nmo.PopulationGLM().fit(counts, Y).coef_, rtol=1e-6)


def replace_file(path, values):
    values.tofile(path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def renamed_and_made_again(path, values):
    path.rename(path.with_suffix(".old"))
    values.tofile(path)


linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells")
REPLACED = r"X\.dat was replaced|file of .* was replaced.*What to do: map the file again"


@linux
@pytest.mark.parametrize("how", [replace_file, renamed_and_made_again])
@pytest.mark.parametrize("use", ["features", "response", "signal", "stored response"])
def test_a_map_of_a_file_that_was_replaced_says_so(use, how, tmp_path):
    """Its rows would be those of the new file, and its signals those of the old one."""
    stored = memmap(tmp_path)
    how(tmp_path / "X.dat", np.roll(X, 1, axis=0))
    memory = "16KiB" if use == "stored response" else "1GiB"
    with nmo.config_context(memory=memory), pytest.raises(OSError, match=REPLACED):
        if use == "features":
            nmo.PopulationGLM().fit(stored, Y)
        elif use == "signal":
            nmo.basis.HistoryConv(3).design(stored)
        else:
            nmo.PopulationGLM("Gaussian").fit(Y, stored)


def test_a_file_that_is_replaced_while_the_fit_runs_says_so(tmp_path):
    rows = StoredRows(memmap(tmp_path))
    assert_array_equal(rows.read(0, 5), X[:5])
    replace_file(tmp_path / "X.dat", np.roll(X, 1, axis=0))
    with pytest.raises(OSError, match=REPLACED):
        rows.read(5, 10)


def test_maps_through_links_and_odd_names_are_not_replaced(tmp_path):
    folder = tmp_path / "a b (deleted)"
    folder.mkdir()
    X.tofile(folder / "X.dat")
    (tmp_path / "link.dat").symlink_to(folder / "X.dat")
    os.link(folder / "X.dat", tmp_path / "hard.dat")
    for path in (folder / "X.dat", tmp_path / "link.dat", tmp_path / "hard.dat"):
        stored = np.memmap(path, X.dtype, "r", shape=X.shape)
        assert_array_equal(StoredRows(stored[3:]).read(0, 2), X[3:5])
