"""Fits whose rows are never all in memory: how much is, and what a kill costs (nothing)."""

import os
import signal
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import spikeglm as nmo

T, N = 6000, 4
needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory by Linux")

DATA = """
import os, signal, sys
import numpy as np
import spikeglm as nmo
counts = np.memmap({path!r}, np.int8, "r", shape=({T}, {N}))
basis = nmo.basis.RaisedCosineLogConv(3, window_size=30)
def stored():
    import zarr
    return zarr.open_array({path!r} + ".zarr", mode="r")
X = {{"design": lambda: basis.design(counts), "zarr": stored}}[{kind!r}]()
def fit():
    model = nmo.PopulationGLM(solver_name="LBFGS", solver_kwargs={{"tol": 1e-11}})
    return model.fit(X, counts)
"""
KILLED = """
from spikeglm.engine.objective import Objective
visit, n_visits = Objective.visit, 0
def counted(*args):
    global n_visits
    n_visits += 1
    if n_visits == {last}:
        os.kill(os.getpid(), signal.SIGKILL)
    return visit(*args)
Objective.visit = counted
with nmo.config_context(checkpoint={path!r} + ".npz", checkpoint_seconds=0, memory="200KiB"):
    fit()
"""
RESIDENT = """
import sys
import numpy as np
import spikeglm as nmo
def resident(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) / 1024
X = np.memmap(sys.argv[1], np.float32, "r", shape=({T}, {p}))
y = np.zeros(({T}, 2), np.int8)
y[::3] = 1
nmo.PopulationGLM().fit(np.array(X[:3000]), y[:3000])
before = resident("VmRSS")
with nmo.config_context(memory="24MiB", n_threads=2):
    model = nmo.PopulationGLM().fit(X, y)
print(resident("VmHWM") - before)
"""


def run(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def path(tmp_path):
    """Counts in a file, and features of them in a zarr array beside it."""
    zarr = pytest.importorskip("zarr")
    path, rng = tmp_path / "counts", np.random.default_rng(0)
    counts = np.memmap(path, np.int8, "w+", shape=(T, N))
    counts[:] = rng.poisson(0.3, (T, N))
    counts.flush()
    features = rng.normal(size=(T, 6)).astype(np.float32)
    stored = zarr.create_array(f"{path}.zarr", shape=features.shape, chunks=(500, 6), dtype="f4")
    stored[:] = features
    return str(path)


@needs_posix
@pytest.mark.parametrize("kind", ["design", "zarr"])
def test_killed_and_resumed_is_the_same_answer(kind, path):
    data = DATA.format(path=path, T=T, N=N, kind=kind)
    for last in (3, 5):
        killed = run(data + KILLED.format(path=path, last=last))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert os.path.exists(f"{path}.npz")
    here: dict = {}
    exec(data, here)
    with nmo.config_context(checkpoint=f"{path}.npz"):
        resumed = here["fit"]()
    assert not os.path.exists(f"{path}.npz")
    whole = here["fit"]()
    np.testing.assert_allclose(resumed.coef_, whole.coef_, atol=1e-9)
    np.testing.assert_allclose(resumed.intercept_, whole.intercept_, atol=1e-9)


@needs_proc
@pytest.mark.slow
def test_memory_follows_the_budget_and_not_the_data(tmp_path):
    """120 MB of rows, a budget of 24 MiB."""
    n_rows, p = 600_000, 50
    table = np.memmap(tmp_path / "X.f4", np.float32, "w+", shape=(n_rows, p))
    table[:] = np.tile(np.random.default_rng(0).normal(size=(10_000, p)), (60, 1))
    table.flush()
    done = run(RESIDENT.format(T=n_rows, p=p), tmp_path / "X.f4")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60


@pytest.mark.parametrize("score_type", ["log-likelihood", "pseudo-r2-McFadden"])
def test_a_score_takes_little_more_memory_than_the_predictions(score_type):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(150_000, 1)), rng.poisson(0.3, (150_000, 20)).astype(np.int8)
    model = nmo.PopulationGLM().fit(X, y)
    predictions = 8 * y.size
    tracemalloc.start()
    model.score(X, y, score_type)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3.5 * predictions
