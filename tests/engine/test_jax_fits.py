"""Fits under the jax runner: the same answers, few compilations, nobody's flags touched."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from tests.catalogue import CANONICAL_CASES
from tests.engine.test_jax_runner import POISSON
from tests.glm import dense

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import loss_kernels
from spikeglm.engine.runners import jax_devices, jax_runner
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.rows import ArrayRows
from spikeglm.settings import Settings

jax = pytest.importorskip("jax")

DATA = np.random.default_rng(6)
X = DATA.normal(size=(900, 5))
Y = DATA.poisson(np.exp(X @ DATA.normal(0, 0.2, (5, 6)) - 0.3))
FITS = {
    "GLM": (nmo.GLM(), Y[:, 0]),
    "Quadratic": (
        nmo.PopulationGLM(
            regularizer=nmo.regularizer.Quadratic([([0, 2], [[1.0, -1.0], [-1.0, 1.0]])]),
            regularizer_strength=0.1,
        ),
        Y,
    ),
    "PopulationGLM": (nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.1), Y),
    "LBFGS": (nmo.PopulationGLM(solver_name="LBFGS"), Y),
    "Gamma": (nmo.GLM("Gamma", inverse_link_function="exp"), Y[:, 0] + 0.5),
    "Lasso": (nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02), Y),
    "scales": (
        nmo.PopulationGLM(nmo.observation_models.NegativeBinomialObservations("estimate")),
        Y + 3 * (Y > 2),
    ),
    "no intercept": (nmo.PopulationGLM(fit_intercept=False), Y),
    "ClassifierGLM": (nmo.glm.ClassifierGLM(3), np.minimum(Y[:, 0], 2)),
}


@pytest.mark.parametrize("name", FITS)
def test_fits_scores_and_standard_errors(name):
    model, y = FITS[name]
    here = clone(model).fit(X, y)
    with nmo.config_context(runner="jax"):
        there = clone(model).fit(X, y)
        score, predicted = there.score(X, y), there.predict(X)
    assert there.fit_report_.converged
    assert "jax runner" in str(there.fit_report_)
    assert_allclose(there.coef_, here.coef_, rtol=1e-6, atol=1e-8)
    assert_allclose(score, here.score(X, y), rtol=1e-7)
    assert_allclose(predicted, here.predict(X), rtol=1e-6)
    if name in ("GLM", "PopulationGLM", "Gamma"):
        with nmo.config_context(runner="jax"):
            errors = there.standard_errors(X, y)
        for ours, theirs in zip(errors, here.standard_errors(X, y), strict=True):
            assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("case", CANONICAL_CASES, ids=str)
def test_the_optimum_is_the_oracles(case):
    X, y = case.data()
    with nmo.config_context(runner="jax"):
        model = case.glm().fit(X, y[:, 0])
    oracle = case.oracle(X, y[:, 0])
    expected = np.append(oracle.coef, oracle.intercept)
    assert dense.distance(dense.parameters_of(model), expected, X, y[:, 0], case) < 2e-8
    assert_allclose(model.predict(X), oracle.mean, rtol=2e-7)


def test_long_fits_begin_in_float32_and_end_in_float64(monkeypatch):
    monkeypatch.setattr("spikeglm.engine.runners.plan._SINGLE_PAYS_FROM", 0)
    design = nmo.basis.RaisedCosineLogConv(3, window_size=20).design(Y[:, :2])
    here = nmo.PopulationGLM(solver_name="LBFGS").fit(design, Y)
    with nmo.config_context(runner="jax"):
        there = nmo.PopulationGLM(solver_name="LBFGS").fit(design, Y)
    assert "float32" in str(there.fit_report_)
    assert there.fit_report_.converged
    assert_allclose(there.coef_, here.coef_, rtol=1e-5, atol=1e-7)


def test_trouble_is_told_as_by_threads():
    y, gaps = Y.copy(), X.copy()
    y[:, 1] = 0
    y[:, 4] = 50 * (X[:, 0] > 0)
    gaps[10:20, 2] = np.nan
    here = nmo.PopulationGLM()
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        here.fit(gaps, y)
    there = nmo.PopulationGLM()
    with nmo.config_context(runner="jax"), pytest.warns(nmo.exceptions.NothingToFitWarning):
        there.fit(gaps, y)
    assert there.fit_report_.status == here.fit_report_.status
    fine = np.array(here.fit_report_.status) == "converged"
    assert_allclose(there.coef_[:, fine], here.coef_[:, fine], rtol=1e-6)


def test_a_model_of_ones_own():
    jnp = jax.numpy
    arguments = {"inverse_link_function": lambda eta: jnp.log1p(jnp.exp(2.0 * eta))}
    here = nmo.GLM(**arguments).fit(X, Y[:, 0])
    with nmo.config_context(runner="jax"):
        there = nmo.GLM(**arguments).fit(X, Y[:, 0])
    assert_allclose(there.coef_, here.coef_, rtol=1e-7)


class TestCompilations:
    """Programs are compiled for a shape and a likelihood, once."""

    @pytest.fixture
    def compiled(self):
        events = []
        jax.monitoring.register_event_duration_secs_listener(
            lambda event, *_, **__: events.append(event) if "backend_compile" in event else None
        )
        yield events
        jax.monitoring.clear_event_listeners()

    @pytest.mark.parametrize("solver", ["LBFGS", "Newton"])
    def test_a_second_fit_of_similar_size_compiles_nothing(self, solver, compiled):
        rng = np.random.default_rng(7)
        with nmo.config_context(runner="jax"):
            nmo.PopulationGLM(solver_name=solver).fit(X[:, :4], Y)
            n_first = len(compiled)
            again = rng.poisson(0.7, (870, 5))
            nmo.PopulationGLM(solver_name=solver).fit(rng.normal(size=(870, 4)), again)
        assert n_first > 0
        assert len(compiled) == n_first

    def test_columns_that_drop_out_need_few_programs(self, compiled):
        how = replace(plan(ArrayRows(X), 6), runner="jax")
        table = Table.cut(ArrayRows(X), np.ones(len(X), bool), 900)
        columns = Columns(POISSON, Source.one_per_column(np.repeat(Y, 8, axis=1)))
        for n in range(48, 0, -1):
            some, W = columns.take(np.arange(n)), np.zeros((5, n))
            jax_runner.run(loss_kernels.loss_and_gradient, table, some, W, np.zeros(n), how)
        assert len(compiled) <= 4


def test_the_users_flags_stay_as_they_are():
    before = dict(jax.config.values)
    with nmo.config_context(runner="jax"):
        nmo.GLM().fit(X, Y[:, 0])
    assert dict(jax.config.values) == before
    assert jax.numpy.ones(1).dtype == jax.numpy.zeros(1, float).dtype == np.float32


def test_the_users_debugging_of_nan_is_no_obstacle():
    with jax.debug_nans(True), nmo.config_context(runner="jax"):
        gamma = nmo.GLM("Gamma", inverse_link_function="identity").fit(X, Y[:, 0] + 0.5)
    assert gamma.fit_report_.converged


SCRIPT = """
import jax, numpy as np, spikeglm as nmo
rng = np.random.default_rng(0)
X, y = rng.normal(size=(1003, 4)), rng.poisson(1.0, (1003, 5))
y[3, 2] = 0
here = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
with nmo.config_context(runner="jax"):
    there = nmo.PopulationGLM(solver_name="LBFGS").fit(X, y)
np.testing.assert_allclose(there.coef_, here.coef_, rtol=1e-7, atol=1e-10)
from spikeglm.engine.runners import jax_devices
from spikeglm.engine.runners.jax_blocks import blocks_on_devices
from spikeglm.engine.runners.jax_memory import DeviceMemory
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.table import Table
from spikeglm.rows import ArrayRows
table = Table.cut(ArrayRows(X), np.ones(1003, bool), 600)
columns = Columns(None, Source.one_per_column(y))
for block in blocks_on_devices(table, columns, DeviceMemory(0), n_threads=1):
    pieces = {s.device: s.data.shape for s in block.X.addressable_shards}
    print(len(pieces), set(pieces.values()), str(there.fit_report_).count("4 x cpu"))
"""


FOUR_DEVICES = "--xla_force_host_platform_device_count=4"


def run_fresh(script, **environment):
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rows_are_shared_by_all_devices():
    out = run_fresh(SCRIPT, JAX_PLATFORMS="cpu", XLA_FLAGS=FOUR_DEVICES)
    assert out.splitlines() == ["4 {(256, 4)} 1", "4 {(128, 4)} 1"]


class TestPlan:
    """When JAX runs, and what is said about it."""

    large = ArrayRows(np.broadcast_to(np.zeros(1), (10**6, 200)))

    def test_asked_for_it_runs(self):
        made = plan(ArrayRows(X), 3, settings=Settings(runner="jax"))
        assert made.runner == "jax"
        assert f"the settings ask for JAX: {jax_devices.describe()}" in made.explain()

    def test_an_accelerator_is_used_where_it_pays(self, monkeypatch):
        found = jax_devices.Found(True, "JAX computes on gpu")
        monkeypatch.setattr(jax_devices, "accelerator", lambda: found)
        monkeypatch.setattr(jax_devices, "memory_for_rows", lambda: 10**10)
        made = plan(self.large, 20, settings=Settings(), iterative=True)
        assert made.runner == "jax"
        assert made.device_memory.budget == 10**10
        assert not made.keeps_copy
        assert "JAX computes on gpu" in made.explain()
        assert "stay on the devices" in made.explain()
        assert plan(self.large, 20, settings=Settings()).runner == "threads"
        assert plan(ArrayRows(X), 3, settings=Settings(), iterative=True).runner == "threads"
        threads_asked = Settings(runner="threads")
        assert plan(self.large, 20, settings=threads_asked, iterative=True).runner == "threads"

    def test_blocks_fit_the_hosts_memory_and_a_program(self):
        made = plan(self.large, 20, settings=Settings(runner="jax", memory="100MiB"))
        assert made.block_rows & (made.block_rows - 1) == 0
        assert made.block_rows * made.n_threads * 4 * 8 * (200 + 60) <= 100 * 2**20

    def test_nothing_points_to_an_accelerator_and_jax_is_not_imported(self):
        script = (
            "import sys, numpy as np\n"
            "from spikeglm.engine.runners import jax_devices\n"
            "from spikeglm.engine.runners.plan import plan\n"
            "from spikeglm.rows import ArrayRows\n"
            "jax_devices._DEVICE_FILES = ()\n"
            "rows = ArrayRows(np.broadcast_to(np.zeros(1), (10**6, 200)))\n"
            "print(plan(rows, 20, iterative=True).explain(), 'jax' in sys.modules)"
        )
        out = run_fresh(script)
        assert "threads (no accelerator was found)" in out
        assert out.endswith("False\n")

    def test_jax_is_missing(self):
        script = (
            "import sys, numpy as np, spikeglm as nmo\n"
            "sys.modules['jax'] = None\n"
            "with nmo.config_context(runner='jax'):\n"
            "    try:\n"
            "        nmo.GLM().fit(np.ones((9, 1)), np.ones(9))\n"
            "    except ImportError as error:\n"
            "        print(error)"
        )
        assert 'pip install "spikeglm[jax]"' in run_fresh(script)


def test_degrees_of_freedom_from_a_sample_of_the_rows():
    """A Gaussian model with a penalty takes them from runs of rows, which devices do not read."""
    rows = np.random.default_rng(0).normal(size=(5000, 3))
    y = rows + np.random.default_rng(1).normal(size=(5000, 3))
    model = nmo.PopulationGLM("Gaussian", regularizer="Ridge", regularizer_strength=0.1)
    here = clone(model).fit(rows, y)
    with nmo.config_context(runner="jax"):
        there = clone(model).fit(rows, y)
    assert_allclose(there.scale_, here.scale_, rtol=1e-8)
