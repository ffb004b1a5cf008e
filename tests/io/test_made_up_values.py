"""Storages read what is not there as a number of their own; here it is an error that says so."""

import os
import shutil

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.engine.table import Table

T, N = 900, 3
RNG = np.random.default_rng(0)
VALUES = RNG.gamma(2.0, size=(T, N)).astype(np.float32)
COUNTS = RNG.poisson(2.0, (T, N)).astype(np.int8)
X = RNG.normal(size=(T, 2))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # external files of HDF5 are looked for there
    return tmp_path


def hdf5(**how):
    h5py = pytest.importorskip("h5py")
    file = h5py.File("values.h5", "a")
    return file.create_dataset(f"values{len(file)}", **({"shape": (T, N), "dtype": "f4"} | how))


def filled(dataset, n_rows=T):
    dataset[:n_rows] = VALUES[:n_rows].astype(dataset.dtype)
    return dataset


def virtual(n_sources=3, *, fill=0.0, gap=0, source_of=None):
    """Return a virtual dataset of three files, each a third of the rows."""
    h5py = pytest.importorskip("h5py")
    layout = h5py.VirtualLayout(shape=(T, N), dtype="f4")
    for k in range(n_sources):
        rows = slice(k * T // 3, (k + 1) * T // 3 - gap)
        with h5py.File(f"part{k}.h5", "w") as file:
            if source_of is not None and k == 1:
                source_of(file)
            else:
                file["x"] = VALUES[rows]
        layout[rows] = h5py.VirtualSource(f"part{k}.h5", "x", shape=VALUES[rows].shape)
    file = h5py.File("values.h5", "a")
    return file.create_virtual_dataset(f"virtual{len(file)}", layout, fillvalue=fill)


def reopened(dataset):
    h5py, name = pytest.importorskip("h5py"), dataset.name
    dataset.file.close()
    return h5py.File("values.h5", "r")[name]


def of_one_file(n_rows):
    """Return a virtual dataset of others in its own file, the last of them may be shorter."""
    h5py = pytest.importorskip("h5py")
    file = h5py.File("values.h5", "a")
    layout = h5py.VirtualLayout(shape=(T, N), dtype="f4")
    for k in range(3):
        rows = slice(k * T // 3, (k + 1) * T // 3)
        padded = np.vstack([VALUES[rows], VALUES[:50]])
        file[f"part{k}"] = padded if k < 2 else padded[:n_rows]
        layout[rows] = h5py.VirtualSource(".", f"part{k}", shape=padded.shape)[: T // 3]
    return file.create_virtual_dataset("all", layout)


def without_a_part(dataset):
    os.remove("part1.h5")
    return dataset


def external(n_bytes):
    VALUES.tofile("values.bin")
    os.truncate("values.bin", n_bytes)
    return hdf5(external="values.bin")


def resized():
    dataset = filled(hdf5(shape=(T - 100, N), chunks=(100, N), maxshape=(None, N)), T - 100)
    dataset.resize((T, N))
    return dataset


def zarr_array(n_rows=T, values=VALUES, **how):
    zarr = pytest.importorskip("zarr")
    shutil.rmtree("values.zarr", ignore_errors=True)
    plain = {"shape": values.shape, "chunks": (60, N), "dtype": values.dtype}
    stored = zarr.create_array("values.zarr", **(plain | how))
    stored[:n_rows] = values[:n_rows]
    return zarr.open_array("values.zarr", mode="r")


MADE_UP = {
    "HDF5, half of the chunks": lambda: filled(hdf5(chunks=(100, N)), 450),
    "HDF5, packed chunks": lambda: filled(hdf5(chunks=(100, N), compression="gzip"), 450),
    "HDF5, integers": lambda: filled(hdf5(chunks=(100, N), dtype="i2"), 450),
    "HDF5, another fill value": lambda: filled(hdf5(chunks=(100, N), fillvalue=1.0), 450),
    "HDF5, a NaN that is not filled in": lambda: filled(
        hdf5(chunks=(100, N), fillvalue=np.nan, fill_time="never"), 450
    ),
    "HDF5, nothing written": hdf5,
    "HDF5, rows added": resized,
    "HDF5, a source is gone": lambda: without_a_part(virtual()),
    "HDF5, a source is gone and the file was reopened": lambda: reopened(without_a_part(virtual())),
    "HDF5, a source in the same file is short": lambda: of_one_file(299),
    "HDF5, the same, reopened": lambda: reopened(of_one_file(299)),
    "HDF5, a source is another kind": lambda: virtual(source_of=lambda f: f.create_group("x")),
    "HDF5, a source lacks the name": lambda: virtual(source_of=lambda f: None),
    "HDF5, a source is short": lambda: reopened(
        virtual(source_of=lambda f: f.create_dataset("x", data=VALUES[:100]))
    ),
    "HDF5, a source is half written": lambda: virtual(
        source_of=lambda f: f.create_dataset("x", (300, N), "f4", chunks=(100, N))
    ),
    "HDF5, no source for some rows": lambda: virtual(gap=10),
    "HDF5, an external file is short": lambda: external(VALUES.nbytes - 400),
    "HDF5, an external file is empty": lambda: external(0),
    "zarr": lambda: zarr_array(450),
    "zarr, another fill value": lambda: zarr_array(450, fill_value=1.0),
    "zarr, in the other order": lambda: zarr_array(450, dtype=">f4", zarr_format=2),
    "zarr of version 2": lambda: zarr_array(450, zarr_format=2),
    "zarr of version 2, no fill value": lambda: zarr_array(450, zarr_format=2, fill_value=None),
    "zarr of version 2, no fill value, integers": lambda: zarr_array(
        450, COUNTS, zarr_format=2, fill_value=None
    ),
    "zarr, unpacked": lambda: zarr_array(450, compressors=None),
    "zarr, a shard is missing": lambda: zarr_array(480, shards=(240, N)),
    "zarr, a chunk of a shard is missing": lambda: zarr_array(900 - 60, shards=(180, N)),
}
WHOLE = {
    "HDF5, chunks": lambda: filled(hdf5(chunks=(128, 2), compression="gzip")),
    "HDF5, contiguous": lambda: filled(hdf5()),
    "HDF5, rows taken away": lambda: _shrunk(filled(hdf5(chunks=(100, N), maxshape=(None, N)))),
    "HDF5, virtual": virtual,
    "HDF5, virtual, reopened": lambda: reopened(virtual()),
    "HDF5, virtual, of one file": lambda: reopened(of_one_file(300)),
    "HDF5, external": lambda: external(VALUES.nbytes),
    "zarr": zarr_array,
    "zarr, shards": lambda: zarr_array(shards=(180, N)),
    "zarr of version 2": lambda: zarr_array(zarr_format=2),
}
MISSING = {  # NaN says itself that it is no number
    "HDF5": lambda: filled(hdf5(chunks=(100, N), fillvalue=np.nan), 500),
    "HDF5, virtual": lambda: virtual(2, fill=np.nan),
    "zarr": lambda: zarr_array(480, fill_value=np.nan),
}


def _shrunk(dataset):
    dataset.resize((T - 150, N))
    return dataset


def fit_features(stored):
    return nmo.PopulationGLM("Gaussian").fit(stored, VALUES[: stored.shape[0]])


USES = {
    "features": fit_features,
    "response": lambda y: nmo.PopulationGLM("Gaussian").fit(X[: y.shape[0]], y),
    "weights": lambda a: nmo.PopulationGLM().fit(X, COUNTS, sample_weight=a),
    "offset": lambda o: nmo.PopulationGLM().fit(X, COUNTS, offset=o),
    "a leaf of a tree": lambda x: nmo.PopulationGLM().fit({"a": x, "b": X}, COUNTS),
    "signal": lambda signal: nmo.basis.HistoryConv(9).design(signal),
    "prediction": lambda x: nmo.PopulationGLM("Gaussian").fit(VALUES, VALUES).predict(x),
}
SAYS = r"(Chunks of .* are missing|is not all there)\..*Given: .*reads as .*What to do: write"


@pytest.mark.parametrize("case", MADE_UP)
def test_made_up_features_are_an_error(case, folder):
    with pytest.raises(OSError, match=SAYS):
        fit_features(MADE_UP[case]())


@pytest.mark.parametrize("memory", ["64KiB", "1GiB"])
@pytest.mark.parametrize("case", ["HDF5, half of the chunks", "zarr", "HDF5, a source is gone"])
@pytest.mark.parametrize("use", USES)
def test_made_up_values_are_an_error_wherever_they_enter(use, case, memory, folder):
    stored = MADE_UP[case]()
    with nmo.config_context(memory=memory), pytest.raises(OSError, match=SAYS):
        USES[use](stored)


@pytest.mark.parametrize("case", ["HDF5, half of the chunks", "zarr", "zarr, unpacked"])
def test_made_up_values_are_an_error_on_a_cluster(case, folder):
    pytest.importorskip("dask")
    stored = MADE_UP[case]()
    with nmo.config_context(runner="dask"), pytest.raises(OSError, match=SAYS):
        fit_features(stored)


@pytest.mark.parametrize("case", ["HDF5, half of the chunks", "zarr"])
@pytest.mark.parametrize("use", ["features", "response", "signal"])
def test_made_up_values_behind_a_dask_array_are_a_warning(use, case, folder):
    """Dask may have cut off what is not there, so it is no error."""
    array = pytest.importorskip("dask.array").from_array(MADE_UP[case](), chunks=(300, N))
    with pytest.warns(UserWarning, match=r"computed by Dask from .* of (9|15) chunks"):
        USES[use](array)


def test_made_up_values_that_pynapple_has_not_read_yet_are_an_error(folder):
    nap = pytest.importorskip("pynapple")
    lazy = nap.TsdFrame(
        t=np.arange(float(T)), d=MADE_UP["HDF5, half of the chunks"](), load_array=False
    )
    with pytest.raises(OSError, match=SAYS):
        USES["features"](lazy)


@pytest.mark.parametrize("case", WHOLE)
@pytest.mark.parametrize("use", ["features", "response"])
def test_what_is_whole_is_no_error(use, case, folder):
    model = USES[use](WHOLE[case]())
    assert model.fit_report_.converged


@pytest.mark.parametrize("case", MISSING)
@pytest.mark.parametrize("use", ["features", "response"])
def test_a_fill_value_of_nan_leaves_rows_out(use, case, folder):
    stored = MISSING[case]()
    there = np.isfinite(stored[:]).all(axis=1)
    assert 400 < there.sum() < 700
    expected = USES[use](stored[:])
    np.testing.assert_allclose(USES[use](stored).coef_, expected.coef_, rtol=1e-5)


def test_a_source_that_the_user_holds_open_stays_open(folder):
    h5py = pytest.importorskip("h5py")
    virtual().file.close()
    with h5py.File("part1.h5", "r") as file, h5py.File("values.h5", "r") as whole:
        mine = file["x"]
        fit_features(whole["virtual0"])
        assert mine[0, 0] == VALUES[300, 0]


def test_virtual_datasets_that_grow_are_a_warning(folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File("part0.h5", "w") as file:
        source = file.create_dataset("x", data=VALUES, maxshape=(None, N), chunks=(100, N))
        endless = h5py.VirtualSource(source)[0 : h5py.h5s.UNLIMITED]
    layout = h5py.VirtualLayout(shape=(T, N), dtype="f4", maxshape=(None, N))
    layout[0 : h5py.h5s.UNLIMITED] = endless
    with h5py.File("values.h5", "w") as file:
        stored = file.create_virtual_dataset("grows", layout)
        with pytest.warns(UserWarning, match="does not say what it misses"):
            fit_features(stored)


@pytest.mark.parametrize("use", ["features", "response", "signal"])
def test_integers_that_zarr_may_have_left_out_are_a_warning(use, folder):
    stored = zarr_array(450, COUNTS)
    with pytest.warns(UserWarning, match=r"8 of 15 chunks; the others are read as 0"):
        USES[use](stored)


def test_integers_of_which_all_is_stored_are_no_warning(folder):
    zeros = zarr_array(values=0 * COUNTS, config={"write_empty_chunks": True})
    assert nmo.PopulationGLM("Gaussian").fit(X, zeros).coef_.shape == (2, N)


@pytest.mark.parametrize("use", ["features", "response"])
@pytest.mark.parametrize(
    "how",
    [{}, {"compressors": None}, {"zarr_format": 2}, {"values": COUNTS},
     {"values": COUNTS, "compressors": None}],
    ids=["float", "unpacked", "version 2", "integers", "unpacked integers"],
)  # fmt: skip
def test_chunks_that_vanish_while_the_fit_runs_are_an_error(use, how, folder, monkeypatch):
    stored = zarr_array(**how)
    read, n_reads = Table.read, []

    def reading(table, block):
        n_reads.append(block)
        if len(n_reads) == 40:
            for path in (folder / "values.zarr").rglob("*"):
                if path.is_file() and str(path).endswith(("c/5/0", "5.0")):
                    path.unlink()
        return read(table, block)

    monkeypatch.setattr(Table, "read", reading)
    says = pytest.raises(OSError, match=r"Chunks of . are missing")
    with nmo.config_context(memory="16KiB"), says:
        USES[use](stored)
    assert len(n_reads) >= 40
