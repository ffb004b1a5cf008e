"""Every runner gives the same numbers for every kind of rows: those of plain NumPy, to 1e-10.

One table of runners and one of kinds; the laws loop over both. What is special to a runner (workers
that die, compilations, memory of a device) is tested beside it.
"""

from dataclasses import replace

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm import settings
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import feature_kernels, loss_kernels, score_kernels
from spikeglm.engine.runners import dispatch
from spikeglm.engine.runners.dispatch import products, run
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.glm.reading.fit_inputs import read_rows
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named

T, P, C = 1100, 6, 3
RNG = np.random.default_rng(0)
FEATURES = np.where(RNG.random((T, P)) < 0.001, np.nan, RNG.normal(size=(T, P)))
SIGNALS = RNG.poisson(0.4, (T, 2)).astype(np.int8)
BASIS = nmo.basis.RaisedCosineLogConv(3, window_size=15)
COUNTS = RNG.poisson(np.exp(np.nan_to_num(FEATURES) @ RNG.normal(0, 0.2, (P, C)) - 0.7))
COUNTS = COUNTS.astype(np.int8)
WEIGHTS = RNG.integers(0, 3, (T, C)).astype(np.uint8)
OFFSET = RNG.normal(0, 0.1, (T, 1))


def as_counts(values):
    """Return whole numbers that int8 can hold, without gaps."""
    return np.nan_to_num(10 * values).round().astype(np.int8)


def memmap(folder, values):
    """All but the first rows of a map, as another recording may stand before them in a file."""
    stored = np.memmap(folder / "X.dat", values.dtype, "w+", shape=(T + 7, *values.shape[1:]))
    stored[7:] = values
    stored.flush()
    return np.memmap(folder / "X.dat", values.dtype, "r", shape=stored.shape)[7:]


def hdf5(folder, values):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "X.h5", "w") as file:
        file.create_dataset("deep/X", data=values, chunks=(256, values.shape[1]))
    return h5py.File(folder / "X.h5", "r")["deep/X"]


def zarr(folder, values, **how):
    package = pytest.importorskip("zarr")
    chunks = 256, values.shape[1]
    stored = package.create_array(
        folder / "X.zarr", shape=values.shape, chunks=chunks, dtype=values.dtype, **how
    )
    stored[:] = values
    return package.open_array(folder / "X.zarr", mode="r")


def dask_array(values):
    return pytest.importorskip("dask.array").from_array(values, chunks=(300, 4))


F32 = FEATURES.astype(np.float32)
DENSE_DESIGN = BASIS.compute_features(SIGNALS)
# name: what a user passes, from a folder; and the same table, written out
KINDS = {
    "array": (lambda folder: FEATURES, FEATURES),
    "array, float32": (lambda folder: F32, F32),
    "array, int8": (lambda folder: as_counts(FEATURES), as_counts(FEATURES)),
    "array, Fortran order": (lambda folder: np.asfortranarray(FEATURES), FEATURES),
    "memory map": (lambda folder: memmap(folder, FEATURES), FEATURES),
    "memory map, float32": (lambda folder: memmap(folder, F32), F32),
    "memory map, int8": (lambda folder: memmap(folder, as_counts(FEATURES)), as_counts(FEATURES)),
    "HDF5": (lambda folder: hdf5(folder, FEATURES), FEATURES),
    "HDF5, float32": (lambda folder: hdf5(folder, F32), F32),
    "zarr": (lambda folder: zarr(folder, FEATURES), FEATURES),
    "zarr, plain chunks": (lambda folder: zarr(folder, FEATURES, compressors=None), FEATURES),
    "zarr, int8": (lambda folder: zarr(folder, as_counts(FEATURES)), as_counts(FEATURES)),
    "dask array": (lambda folder: dask_array(FEATURES), FEATURES),
    "dask array, float32": (lambda folder: dask_array(F32), F32),
    "design": (lambda folder: BASIS.design(SIGNALS), DENSE_DESIGN),
    "design of a memory map": (lambda folder: BASIS.design(memmap(folder, SIGNALS)), DENSE_DESIGN),
    "design of HDF5": (lambda folder: BASIS.design(hdf5(folder, SIGNALS)), DENSE_DESIGN),
    "design of zarr": (lambda folder: BASIS.design(zarr(folder, SIGNALS)), DENSE_DESIGN),
    "dict": (
        lambda folder: {"a": FEATURES, "b": BASIS.design(SIGNALS), "c": memmap(folder, F32)},
        np.hstack([FEATURES, DENSE_DESIGN, F32]),
    ),
}
RUNNERS = tuple(dispatch.RUNNERS)
of_kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as local,
        distributed.Client(local),
    ):
        yield


@pytest.fixture(params=RUNNERS)
def runner(request):
    """A runner by name, in force; Dask's on two processes."""
    if request.param == "jax":
        pytest.importorskip("jax")
    if request.param == "dask":
        request.getfixturevalue("cluster")
    with nmo.config_context(runner=request.param, n_threads=2, memory="1MiB"):
        yield request.param


def test_settings_and_the_table_of_runners_have_the_same_names():
    assert set(settings.RUNNERS) == set(RUNNERS)


def sums_of_numpy(X, W, b):
    """What the kernels sum for Poisson counts with the link exp, by its formulas."""
    keep = np.isfinite(X).all(axis=1)
    X, y, a = X[keep].astype(np.float64), COUNTS[keep].astype(float), WEIGHTS[keep].astype(float)
    eta = X @ W + b + OFFSET[keep]
    mean, X1 = np.exp(eta), np.column_stack([X, np.ones(keep.sum())])
    loss, slope = a * (mean - y * eta), a * (mean - y)
    gradient = loss.sum(0), slope.sum(0), X.T @ slope
    hessian = np.einsum("tc,ti,tj->cij", a * mean, X1, X1)
    shared, weight = a.mean(axis=1), a.sum(axis=0)
    u = mean - y
    return {
        score_kernels.score_products: (np.einsum("tc,ti,tj->cij", a * u**2, X1, X1),),
        score_kernels.sampled_score_products: (np.einsum("tc,ti,tj->cij", (a * u) ** 2, X1, X1),),
        loss_kernels.loss_and_gradient: gradient,
        loss_kernels.loss_and_hessian: (*gradient, hessian),
        loss_kernels.fisher_information: (hessian,),
        feature_kernels.gram: (shared.sum(), shared @ X, (X.T * shared) @ X),
        loss_kernels.loss: (loss.sum(0), weight),
    }


def assert_close(found, expected, *, relative=1e-10):
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * np.abs(expected).max())


@of_kinds
def test_every_sum_of_a_pass(kind, runner, tmp_path):
    given, dense = KINDS[kind]
    columns = Columns(
        Likelihood(model_named("Poisson"), link_named("exp")),
        Source.one_per_column(COUNTS),
        Source.one_per_column(WEIGHTS),
        Source(OFFSET, np.zeros(C, int)),
    )
    rows = read_rows(given(tmp_path))
    how = plan(rows, C)
    assert how.runner == ("dask" if kind.startswith("dask") else runner)
    assert rows.n_features == dense.shape[1]
    scale = 0.1 / np.nanstd(dense)
    W, b = RNG.normal(0, scale, (dense.shape[1], C)), RNG.normal(-0.5, 0.1, C)
    table = Table.cut(rows, rows.valid_rows(), min(how.block_rows, 250)).in_double()
    for kernel, expected in sums_of_numpy(dense, W, b).items():
        for found, term in zip(run(kernel, table, columns, W, b, how), expected, strict=True):
            assert_close(found, term)


@of_kinds
def test_a_product_for_every_row(kind, runner, tmp_path):
    """In blocks that end inside of stored chunks; a row with a gap has none."""
    given, dense = KINDS[kind]
    rows = read_rows(given(tmp_path))
    W = RNG.normal(size=(dense.shape[1], C))
    how = replace(plan(rows, C), block_rows=130)
    expected = dense.astype(np.float64) @ W
    found = products(rows, W, how)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert_close(np.nan_to_num(found), np.nan_to_num(expected))


def tight(dense):
    """Fit NumPy's float64 array on threads until nothing moves."""
    with nmo.config_context(runner="threads"):
        return model().fit(dense.astype(np.float64), COUNTS, sample_weight=WEIGHTS, offset=OFFSET)


def model():
    return nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=1e-3, solver_kwargs={"tol": 1e-13}
    )


@of_kinds
def test_whole_fits(kind, runner, tmp_path):
    given, dense = KINDS[kind]
    expected, X = tight(dense), given(tmp_path)
    found = model().fit(X, COUNTS, sample_weight=WEIGHTS, offset=OFFSET)
    assert found.fit_report_.converged
    coef = np.concatenate(list(found.coef_.values())) if kind == "dict" else found.coef_
    assert_close(coef, expected.coef_)
    assert_close(found.intercept_, expected.intercept_)
    assert_close(found.scale_, expected.scale_)
    with nmo.config_context(runner="threads"):
        assert list(found.feature_names_) == list(read_rows(X).feature_names)
    rate, same = found.predict(X, offset=OFFSET), expected.predict(dense, offset=OFFSET)
    assert_close(np.nan_to_num(rate), np.nan_to_num(same), relative=1e-9)
    np.testing.assert_array_equal(np.isnan(rate), np.isnan(same))


@pytest.mark.parametrize("store", [memmap, hdf5, zarr], ids=["memory map", "HDF5", "zarr"])
def test_responses_may_be_stored_too(store, runner, tmp_path):
    expected = tight(FEATURES)
    y = store(tmp_path, COUNTS)
    found = model().fit(FEATURES, y, sample_weight=WEIGHTS, offset=OFFSET)
    assert_close(found.coef_, expected.coef_)
