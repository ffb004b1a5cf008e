"""Every kind of rows, on every runner, in blocks of any length: the same covariances."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.inference.covariances.dense import Sandwich

import spikeglm as nmo

T, P, N, L = 700, 3, 2, 40
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P)) + np.array([0.0, 0.0, 50.0])
X[RNG.random((T, P)) < 0.01] = np.nan
KEEP = np.isfinite(X).all(axis=1)
COUNTS = RNG.poisson(np.exp(0.3 * np.nan_to_num(X[:, :1]) - 0.3), (T, N)).astype(np.int8)
WEIGHTS = RNG.integers(0, 3, (T, N)).astype(float)
TRIALS = np.arange(T) // 35
SCATTERED = RNG.integers(0, 30, T)
ASKED = {
    "HC0": {"cov_type": "HC0"},
    "HC3": {"cov_type": "HC3"},
    "trials": {"cov_type": "cluster", "groups": TRIALS},
    "scattered groups": {"cov_type": "cluster", "groups": SCATTERED},
    "CR2": {"cov_type": "cluster", "groups": TRIALS, "small_sample": "CR2"},
    "CR3, scattered": {"cov_type": "cluster", "groups": SCATTERED, "small_sample": "CR3"},
    "HAC": {"cov_type": "HAC", "lags": L},
    "HAC, many lags": {"cov_type": "HAC", "lags": 400},
    "HAC, chosen lags": {"cov_type": "HAC", "lags": "newey-west"},
    "HAC, chosen by Andrews": {"cov_type": "HAC", "lags": "andrews"},
    "HAC within trials": {"cov_type": "HAC", "lags": 20, "groups": TRIALS},
}
of_kinds = pytest.mark.parametrize("kind", ASKED)


def model(**more):
    return nmo.PopulationGLM(solver_kwargs={"tol": 1e-12}, **more)


def dask_array(folder):
    da = pytest.importorskip("dask.array")
    return da.from_array(X, chunks=((25, 300, 20, 20, 335), (P,)))  # some shorter than the lags


def zarr_array(folder):
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(folder / "X.zarr", shape=X.shape, chunks=(64, P), dtype=X.dtype)
    stored[:] = X
    return zarr.open_array(folder / "X.zarr", mode="r")


def memory_map(folder):
    stored = np.memmap(folder / "X.dat", float, "w+", shape=X.shape)
    stored[:] = X
    return stored


ROWS = {
    "array, small blocks": (lambda folder: X, {"memory": "64KiB", "n_threads": 2}),
    "memory map": (memory_map, {"memory": "100KiB", "n_threads": 1}),
    "zarr": (zarr_array, {"memory": "64KiB", "n_threads": 2}),
    "dask": (dask_array, {}),
    "dask, small blocks": (dask_array, {"memory": "64KiB"}),
    "jax": (lambda folder: X, {"runner": "jax"}),
}


@pytest.fixture(scope="module")
def expected():
    fit = model().fit(X, COUNTS, sample_weight=WEIGHTS)
    return fit, {
        kind: fit.covariance(X, COUNTS, sample_weight=WEIGHTS, **how) for kind, how in ASKED.items()
    }


@pytest.mark.parametrize("rows", ROWS)
def test_all_rows_and_runners_have_the_same_numbers(rows, expected, tmp_path):
    given, settings = ROWS[rows]
    if rows == "jax":
        pytest.importorskip("jax")
    fit, covariances = expected
    with nmo.config_context(**settings):
        table = given(tmp_path)
        for kind, covariance in covariances.items():
            found = fit.covariance(table, COUNTS, sample_weight=WEIGHTS, **ASKED[kind])
            assert_allclose(found, covariance, rtol=1e-6, atol=1e-12, err_msg=kind)


@of_kinds
def test_rows_that_are_dropped_are_gaps_in_time_and_weights_are_copies(kind, expected):
    fit, covariances = expected
    at = np.arange(T)
    for n in range(N):
        dense = Sandwich(
            X[KEEP], COUNTS[KEEP, n], fit.coef_[:, n], fit.intercept_[n],
            "Poisson", "exp", a=WEIGHTS[KEEP, n],
        )  # fmt: skip
        answers = {
            "HC0": lambda d=dense: d.hc("HC0"),
            "HC3": lambda d=dense: d.hc("HC3"),
            "trials": lambda d=dense: d.cluster(TRIALS[KEEP]),
            "scattered groups": lambda d=dense: d.cluster(SCATTERED[KEEP]),
            "CR2": lambda d=dense: d.reduced(TRIALS[KEEP], 0.5),
            "CR3, scattered": lambda d=dense: d.reduced(SCATTERED[KEEP], 1.0),
            "HAC": lambda d=dense: d.hac(L, at[KEEP]),
            "HAC, many lags": lambda d=dense: d.hac(400, at[KEEP]),
            "HAC within trials": lambda d=dense: d.hac(20, (at + 1000 * TRIALS)[KEEP]),
        }
        if kind in answers:
            assert_allclose(covariances[kind][n], answers[kind](), rtol=1e-6, atol=1e-12)


def test_epochs_of_pynapple_are_borders_and_groups():
    nap = pytest.importorskip("pynapple")
    at, edges = np.arange(T) * 0.01, [0.0, 1.995, 5.495]
    epochs = nap.IntervalSet(edges, [1.994, 5.494, 8.0])
    counts = nap.TsdFrame(t=at, d=COUNTS.astype(float), time_support=epochs)
    fit = model().fit(X, counts)
    number = np.searchsorted(edges, at, side="right")
    borders = {"cov_type": "HAC", "lags": L, "groups": number}
    by_hand = model().fit(X, COUNTS).covariance(X, COUNTS, **borders)
    for lags in (L, L * 0.01, "400 ms"):
        found = fit.covariance(X, counts, cov_type="HAC", lags=lags)
        assert_allclose(found, by_hand, rtol=1e-7)
    by_hand = fit.covariance(X, counts, cov_type="cluster", groups=number)
    for groups in (None, "epochs", epochs):
        found = fit.covariance(X, counts, cov_type="cluster", groups=groups)
        assert_allclose(found, by_hand, rtol=1e-12)


def test_bins_that_a_signal_lacks_are_gaps():
    nap = pytest.importorskip("pynapple")
    taken = np.ones(T, dtype=bool)
    taken[100:117] = False
    whole = nap.IntervalSet(0.0, 8.0)
    counts = nap.Tsd(t=np.arange(T)[taken] * 0.01, d=COUNTS[taken, 0] * 1.0, time_support=whole)
    with_gap = nmo.GLM().fit(X[taken], counts).covariance(X[taken], counts, cov_type="HAC", lags=L)
    y = np.where(taken, COUNTS[:, 0], np.nan)
    expected = nmo.GLM().fit(X, y).covariance(X, y, cov_type="HAC", lags=L)
    assert_allclose(with_gap, expected, rtol=1e-7)


def test_float32_rows_have_the_covariances_of_their_numbers():
    single = X.astype(np.float32)
    fit = model().fit(single, COUNTS)
    same = model().fit(single.astype(float), COUNTS)
    for how in ASKED.values():
        found = fit.covariance(single, COUNTS, **how)
        assert_allclose(found, same.covariance(single.astype(float), COUNTS, **how), rtol=2e-3)
