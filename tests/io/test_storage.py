"""Stored responses and signals are read as they are stored; what is missing is a clear error."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.io.storage.stored_arrays import from_file, start_in_file

T, N = 900, 3
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.5, (T, N)).astype(np.int8)
X = RNG.normal(size=(T, 2))


def memmap(folder, values=COUNTS):
    stored = np.memmap(folder / "values.dat", values.dtype, "w+", shape=values.shape)
    stored[:] = values
    stored.flush()
    return stored


def hdf5(folder, values=COUNTS):
    h5py = pytest.importorskip("h5py")
    file = h5py.File(folder / "values.h5", "w")
    return file.create_dataset("y", data=values, chunks=(64, *values.shape[1:]))


def zarr_array(folder, values=COUNTS):
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(
        store=str(folder / "values.zarr"), shape=values.shape, dtype=values.dtype,
        chunks=(64, *values.shape[1:]),
    )  # fmt: skip
    stored[:] = values
    return stored


KINDS = {"memmap": memmap, "hdf5": hdf5, "zarr": zarr_array}
of_kinds = pytest.mark.parametrize("kind", KINDS)


def damaged(folder, content):
    """Replace a chunk of a zarr array by other bytes, or by nothing."""
    chunk = sorted(path for path in (folder / "values.zarr").rglob("c/*/*"))[2]
    chunk.unlink() if content is None else chunk.write_bytes(content)


@of_kinds
def test_stored_counts_are_a_response(kind, tmp_path):
    stored = KINDS[kind](tmp_path)
    assert from_file(stored, name="y").dtype == np.int8
    model = nmo.PopulationGLM().fit(X, stored)
    np.testing.assert_array_equal(model.coef_, nmo.PopulationGLM().fit(X, COUNTS).coef_)
    assert model.score(X, stored) == model.score(X, COUNTS)


@of_kinds
def test_one_stored_neuron(kind, tmp_path):
    stored = KINDS[kind](tmp_path, COUNTS[:, 0])
    np.testing.assert_array_equal(
        nmo.GLM().fit(X, stored).coef_, nmo.GLM().fit(X, COUNTS[:, 0]).coef_
    )


@of_kinds
def test_features_of_stored_signals(kind, tmp_path):
    basis = nmo.basis.RaisedCosineLogConv(3, window_size=20)
    design = basis.design(KINDS[kind](tmp_path))
    np.testing.assert_array_equal(design.read(0, T), basis.design(COUNTS).read(0, T))


@pytest.mark.parametrize("use", ["response", "signal"])
def test_a_truncated_map_is_an_error_that_names_the_file(use, tmp_path):
    """In a process of its own: without the check it would be killed."""
    memmap(tmp_path)
    path = tmp_path / "values.dat"
    calls = {
        "response": "nmo.PopulationGLM().fit(np.ones((900, 1)), counts)",
        "signal": "nmo.basis.HistoryConv(9).design(counts)",
    }
    code = (
        "import os, numpy as np, spikeglm as nmo\n"
        f"counts = np.memmap({str(path)!r}, np.int8, 'r', shape=(900, 3))\n"
        f"os.truncate({str(path)!r}, 100)\n" + calls[use]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for part in (
        "StorageError",
        "too short",
        "values.dat",
        "100 bytes",
        "2700 bytes",
        "What to do",
    ):
        assert part in done.stderr


def test_a_whole_part_of_a_truncated_map_is_fine(tmp_path):
    stored = memmap(tmp_path)
    os.truncate(tmp_path / "values.dat", 450 * N)
    np.testing.assert_array_equal(from_file(stored[:450], name="y"), COUNTS[:450])
    with pytest.raises(OSError, match="1353 bytes"):
        from_file(stored[:451], name="y")


@pytest.mark.parametrize("offset", [0, 24, 8192])
@pytest.mark.parametrize("start", [0, 5])
def test_where_a_map_begins_in_its_file(offset, start, tmp_path):
    shape = 2000, 2
    stored = np.memmap(tmp_path / "x.dat", np.int16, "w+", offset, shape)
    assert start_in_file(stored[start:]) == offset + 4 * start


def test_what_was_computed_from_a_map_needs_no_file(tmp_path):
    stored = memmap(tmp_path)
    doubled = stored * 2
    os.truncate(tmp_path / "values.dat", 0)
    np.testing.assert_array_equal(from_file(stored[:0], name="y"), COUNTS[:0])
    assert nmo.PopulationGLM().fit(X, doubled).fit_report_.converged


@pytest.mark.parametrize("use", ["response", "signal"])
def test_missing_chunks_of_measurements_are_an_error(use, tmp_path):
    stored = zarr_array(tmp_path, COUNTS.astype(np.float32))
    damaged(tmp_path, None)
    with pytest.raises(OSError, match=r"Chunks of .* are missing.*rows 640 to 704.*What to do"):
        if use == "response":
            nmo.PopulationGLM().fit(X, stored)
        else:
            nmo.basis.HistoryConv(9).design(stored)


def test_a_damaged_chunk_is_an_error_with_the_words_of_the_storage(tmp_path):
    stored = zarr_array(tmp_path)
    damaged(tmp_path, b"no chunk")
    with pytest.raises(OSError, match=r"y could not be read.*Given: \w+Error.*What to do"):
        nmo.PopulationGLM().fit(X, stored)


@pytest.mark.parametrize("given", ["X", "y"])
def test_a_closed_file_of_one_neuron_is_told_too(given, tmp_path):
    stored = hdf5(tmp_path)
    stored.file.close()
    data = {"X": X, "y": COUNTS[:, 0], given: stored}
    with pytest.raises(OSError, match=rf"file of {given} is closed.*h5py\.File"):
        nmo.GLM().fit(data["X"], data["y"])


@pytest.mark.parametrize("use", ["features", "response", "signal"])
def test_a_closed_file_is_an_error_that_says_so(use, tmp_path):
    """The usual mistake: a dataset taken out of a ``with`` block."""
    stored = hdf5(tmp_path)
    stored.file.close()
    with pytest.raises(OSError, match=r"file of .* is closed.*What to do.*h5py\.File"):
        if use == "features":
            nmo.PopulationGLM().fit(stored, COUNTS)
        elif use == "response":
            nmo.PopulationGLM().fit(X, stored)
        else:
            nmo.basis.HistoryConv(9).design(stored)


@of_kinds
def test_stored_responses_of_another_length_are_refused(kind, tmp_path):
    with pytest.raises(ValueError, match=r"900 rows in X and 899 in y.*What to do"):
        nmo.PopulationGLM().fit(X, KINDS[kind](tmp_path, COUNTS[1:]))


def test_groups_of_datasets_are_designs(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "X.h5", "w") as file:
        file["a"], file["b"] = X[:, :1], X[:, 1:]
        model = nmo.PopulationGLM().fit(file, COUNTS)
    together = nmo.PopulationGLM().fit(X, COUNTS)
    np.testing.assert_allclose(np.vstack([model.coef_["a"], model.coef_["b"]]), together.coef_)


@of_kinds
@pytest.mark.parametrize("use", ["features", "response"])
def test_stored_complex_numbers_are_refused(kind, use, tmp_path):
    stored = KINDS[kind](tmp_path, COUNTS + 1j)
    with pytest.raises(TypeError, match=r"complex.*Complex data not supported"):
        nmo.PopulationGLM().fit(*((stored, COUNTS) if use == "features" else (X, stored)))


@pytest.mark.parametrize("path", ["X.npy", Path("X.npy")])
def test_the_name_of_a_file_is_not_its_content(path):
    with pytest.raises(TypeError, match=r"X\.npy.*What to do: Open the file"):
        nmo.PopulationGLM().fit(path, COUNTS)


@pytest.mark.parametrize("field", [None, "x"])
def test_views_of_a_dataset_are_no_way_round(field, tmp_path):
    """They read as zeros what was never written."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "half.h5", "w") as file:
        dtype = "f8" if field is None else [(field, "f8")]
        dataset = file.create_dataset("signal", (40,), dtype, chunks=(10,))
        view = dataset.astype("f4") if field is None else dataset.fields(field)
        with pytest.raises(OSError, match="is not all there"):
            nmo.basis.IdentityEval().compute_features(view)
        dataset[:] = np.ones(40, dtype)
        assert (nmo.basis.IdentityEval().compute_features(view) == 1).all()
    with pytest.raises(OSError, match="is closed"):
        nmo.basis.IdentityEval().compute_features(view)
