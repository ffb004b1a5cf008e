"""Responses too many for memory: every estimate is that of the same responses in an array."""

import os
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.engine.objective import Objective
from spikeglm.rows.series import StoredSeries

T, P, N = 3000, 4, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
X_WITH_GAPS = np.where(RNG.random((T, P)) < 0.002, np.nan, X)
COUNTS = RNG.poisson(np.exp(X @ RNG.normal(0, 0.3, (P, N)) - 0.5)).astype(np.int8)
SIZES = RNG.gamma(2.0, size=(T, N)).astype(np.float32)
SMALL = "64KiB"  # no response of these stays in memory
TIGHT = {"solver_name": "LBFGS", "solver_kwargs": {"tol": 1e-11}}


def memmap(folder, values):
    stored = np.memmap(folder / "y.dat", values.dtype, "w+", shape=values.shape)
    stored[:] = values
    stored.flush()
    return np.memmap(folder / "y.dat", values.dtype, "r", shape=values.shape)


def hdf5(folder, values):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "y.h5", "w") as file:
        file.create_dataset("y", data=values, chunks=(500, 2))
    return h5py.File(folder / "y.h5", "r")["y"]


def zarr(folder, values, **how):
    package = pytest.importorskip("zarr")
    stored = package.create_array(
        folder / "y.zarr", shape=values.shape, chunks=(500, 2), dtype=values.dtype, **how
    )
    stored[:] = values
    return package.open_array(folder / "y.zarr", mode="r")


KINDS = {"memmap": memmap, "hdf5": hdf5, "zarr": zarr}
of_kinds = pytest.mark.parametrize("kind", KINDS)


def both(fit, y, stored, **settings):
    """Return what a function gives for a response in memory, and in storage."""
    with nmo.config_context(memory=SMALL, **settings):
        return fit(y), fit(stored)


def assert_same(model, other):
    assert_allclose(other.coef_, model.coef_, rtol=1e-8, atol=1e-10)
    assert_allclose(other.intercept_, model.intercept_, rtol=1e-8)
    assert_allclose(other.scale_, model.scale_, rtol=1e-8)
    assert_array_equal(other.dof_resid_, model.dof_resid_)


@of_kinds
def test_it_stays_in_storage(kind, tmp_path):
    stored = KINDS[kind](tmp_path, COUNTS)
    with nmo.config_context(memory=SMALL):
        inputs = nmo.PopulationGLM().read_inputs(X, stored)
    assert isinstance(inputs.columns.responses.values, StoredSeries)


@of_kinds
@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_fit_is_that_in_memory(kind, n_threads, tmp_path):
    stored = KINDS[kind](tmp_path, COUNTS)
    assert_same(
        *both(
            lambda y: nmo.PopulationGLM(**TIGHT).fit(X_WITH_GAPS, y),
            COUNTS,
            stored,
            n_threads=n_threads,
        )
    )


@of_kinds
def test_offsets_stay_in_storage_too(kind, tmp_path):
    offset = RNG.normal(0, 0.1, (T, N))
    offset[33, 2] = np.nan
    stored = KINDS[kind](tmp_path, offset)

    def fit(offset):
        return nmo.PopulationGLM(**TIGHT).fit(X, COUNTS, offset=offset)

    one, other = both(fit, offset, stored)
    assert_same(one, other)
    expected, found = both(lambda o: one.predict(X, offset=o), offset, stored)
    assert_allclose(found, expected, rtol=1e-12)


@of_kinds
def test_row_weights_are_read(kind, tmp_path):
    weights = RNG.integers(0, 3, (T, N)).astype(np.int16)
    stored = KINDS[kind](tmp_path, weights)

    def fit(weights):
        return nmo.PopulationGLM(**TIGHT).fit(X, COUNTS, sample_weight=weights)

    assert_same(*both(fit, weights, stored))


@of_kinds
@pytest.mark.parametrize("gaps", ["whole rows", "of some neurons"])
def test_missing_responses_are_left_out(kind, gaps, tmp_path):
    y = SIZES.copy()
    y[[0, 17, 1000]] = np.nan
    if gaps == "of some neurons":
        y[[5, 900], [1, 2]] = np.nan, np.inf
    stored = KINDS[kind](tmp_path, y)
    assert_same(*both(lambda y: nmo.PopulationGLM("Gamma", "exp", **TIGHT).fit(X, y), y, stored))


ASKED = {
    "score": lambda model, y: [model.score(X, y)],
    "loss": lambda model, y: [model.compute_loss((model.coef_, model.intercept_), X, y)],
    "first parameters": lambda model, y: model.initialize_params(X, y),
    "standard errors": lambda model, y: model.standard_errors(X, y),
}


@of_kinds
@pytest.mark.parametrize("name", ASKED)
def test_so_is_what_else_is_asked_of_it(kind, name, tmp_path):
    model = nmo.PopulationGLM().fit(X, COUNTS)
    stored = KINDS[kind](tmp_path, COUNTS)
    expected, found = both(lambda y: ASKED[name](model, y), COUNTS, stored)
    for one, other in zip(found, expected, strict=True):
        assert_allclose(one, other, rtol=1e-9)


@of_kinds
@pytest.mark.parametrize("solver", ["Newton", "SVRG", "PolynomialApproximation"])
def test_all_ways_of_reading_the_rows_find_the_response(kind, solver, tmp_path):
    stored = KINDS[kind](tmp_path, COUNTS)

    def fit(y):
        return nmo.PopulationGLM("Poisson", "softplus", solver_name=solver).fit(X, y)

    assert_same(*both(fit, COUNTS, stored))


@of_kinds
@pytest.mark.parametrize("runner", ["jax", "dask"])
def test_all_runners_give_the_same(kind, runner, tmp_path):
    pytest.importorskip(runner)
    stored = KINDS[kind](tmp_path, COUNTS)
    assert_same(
        *both(lambda y: nmo.PopulationGLM(**TIGHT).fit(X, y), COUNTS, stored, runner=runner)
    )


def test_dask_workers_read_it_where_it_lies(tmp_path):
    distributed = pytest.importorskip("distributed")
    stored = memmap(tmp_path, COUNTS)
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as local,
        distributed.Client(local),
    ):
        assert_same(
            *both(lambda y: nmo.PopulationGLM(**TIGHT).fit(X, y), COUNTS, stored, runner="dask")
        )


@of_kinds
def test_folds_share_it(kind, tmp_path):
    stored = KINDS[kind](tmp_path, COUNTS)
    folds = nmo.selection.interleaved_blocks(T, 3, block_rows=100)
    model = nmo.PopulationGLM(**TIGHT)
    expected, found = both(
        lambda y: nmo.selection.cross_validated(model, X, y, folds).prediction, COUNTS, stored
    )
    assert_allclose(found, expected, rtol=1e-8)


def test_a_fit_interrupted_with_the_response_in_memory_goes_on_in_storage(tmp_path, monkeypatch):
    path, stored = tmp_path / "fit.npz", memmap(tmp_path, COUNTS)
    n_visits, visit = 0, Objective.visit

    def interrupted(*args):
        nonlocal n_visits
        n_visits += 1
        if n_visits == 4:
            raise KeyboardInterrupt
        return visit(*args)

    with nmo.config_context(checkpoint=path):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Objective, "visit", interrupted)
            nmo.PopulationGLM(**TIGHT).fit(X, COUNTS)
        assert path.exists()
        with nmo.config_context(memory=SMALL):
            model = nmo.PopulationGLM(**TIGHT).fit(X, stored)
    assert not path.exists()
    assert_same(nmo.PopulationGLM(**TIGHT).fit(X, COUNTS), model)


def test_impossible_responses_are_named(tmp_path):
    y = COUNTS.copy()
    y[2500, 3] = -4
    with nmo.config_context(memory=SMALL), pytest.raises(ValueError, match=r"y\[2500, 3\] = -4"):
        nmo.PopulationGLM().fit(X, memmap(tmp_path, y))


def test_a_file_cut_off_during_the_fit_is_an_error(tmp_path):
    stored = memmap(tmp_path, COUNTS)
    with nmo.config_context(memory=SMALL):
        inputs = nmo.PopulationGLM().read_inputs(X, stored)
        os.truncate(tmp_path / "y.dat", 1000 * N)
        with pytest.raises(OSError, match=r"y\.dat is too short"):
            inputs.columns.block(slice(900, 1100))


def test_one_neuron_is_read_and_no_map_of_it_is_kept(tmp_path):
    stored = memmap(tmp_path, COUNTS[:, 0].copy())
    values = nmo.GLM().read_inputs(X, stored).columns.responses.values
    assert values.base is None or not isinstance(values.base, np.memmap)
    assert_same(*both(lambda y: nmo.GLM(**TIGHT).fit(X, y), COUNTS[:, 0], stored))


def test_memory_follows_the_budget_not_the_response(tmp_path):
    n_rows, n_neurons = 300_000, 64
    y = np.memmap(tmp_path / "y.dat", np.int8, "w+", shape=(n_rows, n_neurons))
    for start in range(0, n_rows, 50_000):
        y[start : start + 50_000] = RNG.integers(0, 3, (50_000, n_neurons))
    y.flush()
    features = RNG.normal(size=(n_rows, 1))
    with nmo.config_context(memory="4MiB", n_threads=1):
        tracemalloc.start()
        nmo.PopulationGLM("Gaussian").fit(features, y)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < y.nbytes / 2
