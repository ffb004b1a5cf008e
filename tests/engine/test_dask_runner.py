"""Sums on a Dask cluster are those of threads, and survive their workers.

For every kind of rows: ``test_runners.py``.
"""

import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import feature_kernels, loss_kernels
from spikeglm.engine.runners import dask_runner, dispatch, threads
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.observation_models import PoissonObservations
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.rows import ArrayRows
from spikeglm.rows.dask_rows import DaskRows

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

T, P, N = 3000, 5, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
Y = RNG.poisson(np.exp(X @ RNG.normal(size=(P, N)) * 0.3 - 1))
GAPS = np.where(RNG.random((T, P)) < 0.001, np.nan, X)
TIGHT = {"solver_name": "LBFGS", "solver_kwargs": {"tol": 1e-12}}


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as local:
        yield local


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as there:
        yield there


@pytest.fixture(params=["Dask's threads", "processes"])
def scheduler(request):
    """Without a client Dask runs on threads of this process."""
    if request.param == "processes":
        request.getfixturevalue("client")


def chunked(values=X, rows=700, columns=3):
    return da.from_array(values, chunks=(rows, columns))


def column_problems(rng=RNG):
    return Columns(
        Likelihood(PoissonObservations(), PoissonObservations().default_inverse_link_function),
        Source(Y, np.array([0, 1, 2, 3, 0])),
        Source(rng.random((T, 2)), np.array([0, 0, 0, 0, 1])),
        Source(rng.normal(size=(T, 1)), np.zeros(5, dtype=int)),
    )


@pytest.mark.parametrize(
    "kernel",
    [loss_kernels.loss_and_gradient, feature_kernels.gram, loss_kernels.loss_and_hessian,
     loss_kernels.fisher_information, loss_kernels.loss],
)  # fmt: skip
def test_sums_are_those_of_threads(kernel, scheduler):
    columns, keep = column_problems(), np.isfinite(GAPS).all(axis=1)
    W, b = RNG.normal(size=(P, 5)) * 0.1, RNG.normal(size=5)
    here = Table.cut(ArrayRows(GAPS), keep, 512)
    there = Table.cut(DaskRows.of_array(chunked(GAPS)), keep, 512)
    expected = threads.run(kernel, here, columns, W, b, plan(here.rows, 5))
    found = dispatch.run(kernel, there, columns, W, b, plan(there.rows, 5))
    for term, same in zip(expected, found, strict=True):
        np.testing.assert_allclose(same, term, rtol=1e-10, atol=1e-10 * np.abs(term).max())


def test_a_part_without_rows_that_count_adds_nothing():
    keep = np.arange(T) >= 1500
    columns, W, b = column_problems(), np.zeros((P, 5)), np.zeros(5)
    table = Table.cut(DaskRows.of_array(chunked(rows=500)), keep, 512)
    sums = dispatch.run(loss_kernels.loss, table, columns, W, b, plan(table.rows, 5))
    expected = columns.block(np.flatnonzero(keep)).weights.sum(axis=0)
    np.testing.assert_allclose(sums.weight, expected)


MODELS = {
    "Poisson": lambda: nmo.PopulationGLM(**TIGHT),
    "Gamma": lambda: nmo.PopulationGLM("Gamma", inverse_link_function="exp", **TIGHT),
    "Lasso": lambda: nmo.PopulationGLM(
        regularizer="Lasso", regularizer_strength=0.02, solver_kwargs={"tol": 1e-10}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_fits_are_those_of_threads(name, scheduler):
    y = Y + (name == "Gamma")
    here, there = MODELS[name]().fit(GAPS, y), MODELS[name]().fit(chunked(GAPS), y)
    assert there.fit_report_.result.plan.startswith("dask")
    np.testing.assert_allclose(there.coef_, here.coef_, atol=1e-10)
    np.testing.assert_allclose(there.intercept_, here.intercept_, atol=1e-10)
    np.testing.assert_allclose(there.scale_, here.scale_, rtol=1e-9)
    rate = there.predict(chunked(GAPS))
    assert type(rate) is np.ndarray
    np.testing.assert_allclose(rate, here.predict(GAPS), rtol=1e-9)
    assert there.score(chunked(GAPS), y) == pytest.approx(here.score(GAPS, y), rel=1e-9)


def test_classifiers(client):
    labels = Y[:, 0].clip(0, 2)
    kwargs = {"regularizer": "Ridge", "regularizer_strength": 0.1} | TIGHT
    here = nmo.ClassifierGLM(3, **kwargs).fit(X, labels)
    there = nmo.ClassifierGLM(3, **kwargs).fit(chunked(), labels)
    np.testing.assert_allclose(there.coef_, here.coef_, atol=1e-10)


@pytest.mark.parametrize("chunks", [(700, 2), (1000, 4), T])
def test_responses_may_be_dask_arrays(chunks, scheduler):
    y = da.from_array(Y, chunks=chunks)
    there = nmo.PopulationGLM(**TIGHT).fit(chunked(), y, sample_weight=chunked()[:, 0] ** 2)
    here = nmo.PopulationGLM(**TIGHT).fit(X, Y, sample_weight=X[:, 0] ** 2)
    np.testing.assert_allclose(there.coef_, here.coef_, atol=1e-10)


def test_responses_are_checked():
    wrong = np.where(np.arange(T) == 8, -1, Y[:, 0])
    with pytest.raises(ValueError, match="Given"):
        nmo.GLM().fit(chunked(), da.from_array(wrong))
    with pytest.raises(ValueError, match="same number of samples"):
        nmo.GLM().fit(chunked(), da.from_array(Y[:-1, 0]))


def test_weights_are_sent_once_per_pass_and_rows_once(client, monkeypatch):
    """The rest of a pass is as long as the parameters, whatever T."""
    sent = []
    monkeypatch.setattr(dask_runner, "_sent", lambda *args, real=dask_runner._sent: (
        sent.append(1), real(*args))[1])  # fmt: skip
    nmo.PopulationGLM(**TIGHT).fit(chunked(), Y)
    assert len(sent) == 1


def test_a_worker_that_dies_changes_nothing(client, monkeypatch):
    rows, expected = chunked(), nmo.PopulationGLM(**TIGHT).fit(chunked(), Y)
    run, n_passes, killed = dask_runner.run, 0, []

    def fragile(*args):
        nonlocal n_passes
        n_passes += 1
        if n_passes == 4:
            killed.extend(list(client.run(os.getpid).values())[:1])
            os.kill(killed[0], signal.SIGKILL)
        return run(*args)

    monkeypatch.setitem(dispatch.RUNNERS, "dask", fragile)
    found = nmo.PopulationGLM(**TIGHT).fit(rows, Y)
    assert killed
    assert n_passes > 5
    np.testing.assert_allclose(found.coef_, expected.coef_, atol=1e-10)
    np.testing.assert_allclose(found.intercept_, expected.intercept_, atol=1e-10)
    client.wait_for_workers(2)


def test_a_lost_scheduler_is_a_clear_error_and_the_checkpoint_stays(tmp_path, monkeypatch):
    """What was reached goes on elsewhere."""
    import dask

    run, n_passes = dask_runner.run, 0
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as lost,
        distributed.Client(lost) as client,
        nmo.config_context(checkpoint=tmp_path / "fit"),
    ):

        def cut_off(*args):
            nonlocal n_passes
            n_passes += 1
            if n_passes == 4:
                client.sync(lost.scheduler.close)
            return run(*args)

        monkeypatch.setitem(dispatch.RUNNERS, "dask", cut_off)
        with pytest.raises(ConnectionError, match=r"Dask.*Given.*What to do"):
            nmo.PopulationGLM(**TIGHT).fit(chunked(), Y)
    assert (tmp_path / "fit.npz").exists()
    with nmo.config_context(checkpoint=tmp_path / "fit"):
        here = nmo.PopulationGLM(**TIGHT).fit(X, Y)
    np.testing.assert_allclose(here.coef_, nmo.PopulationGLM(**TIGHT).fit(X, Y).coef_, atol=1e-10)


@pytest.mark.parametrize("columns", [3, P], ids=["chunks to put together", "whole rows"])
def test_rows_of_a_cluster_that_is_closed_are_a_clear_error(columns):
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as closed,
        distributed.Client(closed),
    ):
        persisted = chunked(columns=columns).persist()
    with pytest.raises(ConnectionError, match=r"Dask.*Given.*What to do: check that the"):
        nmo.PopulationGLM().fit(persisted, Y)


def test_nothing_is_said_of_large_graphs(client):
    """Dask warns of data within a graph; here they are there so that it can send them again."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = nmo.PopulationGLM(regularizer="Ridge")
        model.fit(chunked(np.tile(X, (200, 1)), rows=10**5), np.tile(Y, (200, 1)))
    assert not [w for w in said if "graph" in str(w.message)]


@pytest.mark.parametrize("runner", [None, "dask"])
def test_dicts_with_dask_arrays(runner):
    tree = {"a": chunked(X[:, :2]), "b": X[:, 2:]}
    with nmo.config_context(runner=runner):
        there = nmo.PopulationGLM(**TIGHT).fit(tree, Y)
    here = nmo.PopulationGLM(**TIGHT).fit({"a": X[:, :2], "b": X[:, 2:]}, Y)
    np.testing.assert_allclose(there.coef_["a"], here.coef_["a"], atol=1e-10)
    np.testing.assert_allclose(there.coef_["b"], here.coef_["b"], atol=1e-10)


def test_minibatches_are_fetched():
    there = nmo.PopulationGLM(solver_name="SVRG").fit(chunked(), Y)
    np.testing.assert_allclose(there.coef_, nmo.PopulationGLM().fit(X, Y).coef_, atol=1e-5)


def test_the_settings_of_distributed_stay_as_they_are():
    """In a process that has not imported it before the first fit."""
    code = (
        "import dask, dask.array as da, numpy as np, spikeglm as nmo\n"
        "nmo.GLM().fit(da.ones((50, 1)), np.ones(50))\n"
        "import distributed\n"
        "assert dask.config.get('distributed.comm.timeouts.connect')\n"
        "assert dask.config.get('distributed.admin.large-graph-warning-threshold') == '10MB'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
