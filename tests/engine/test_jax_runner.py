"""The jax runner gives the sums of the threads, for every kernel and every kind of rows."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from tests.engine.test_kernels import GAMMA, VIEWS, problem
from tests.observation_models.catalogue import PAIRS, name_of

import spikeglm as nmo
from spikeglm.engine import jax_runner, kernels, threads
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.jax_blocks import DeviceMemory
from spikeglm.engine.jax_shapes import padded, rounded_up, rows_of, widened
from spikeglm.engine.plan import plan
from spikeglm.engine.softmax_kernels import Entries, Softmax, curvature_on
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.rows import ArrayRows, StackedRows, StoredRows
from spikeglm.settings import Settings

jax = pytest.importorskip("jax")

POISSON = Likelihood(model_named("Poisson"), link_named("exp"))
SUBSETS = kernels.Subsets(np.zeros(3), np.ones(3), [np.array([0, 2]), np.array([1])] * 2)
PARTIALS = {
    "moments": partial(kernels.moments, views=VIEWS),
    "information_on": partial(kernels.information_on, subsets=SUBSETS, size=3),
}
KERNELS = {kernel.__name__: kernel for kernel in jax_runner.COMPILED} | PARTIALS
of_kernels = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


def both(kernel, table, columns, W, b, *, memory=0):
    """Sums by threads and by JAX."""
    how = plan(table.rows, columns.n_columns, settings=Settings(n_threads=1))
    ours = replace(how, runner="jax", device_memory=DeviceMemory(memory))
    return (
        jax_runner.run(kernel, table, columns, W, b, ours),
        threads.run(kernel, table, columns, W, b, how),
    )


def assert_same(mine, theirs, *, rtol=1e-10):
    assert type(mine) is type(theirs)
    for field, ours, expected in zip(mine._fields, mine, theirs, strict=True):
        assert ours.dtype == np.float64, field
        assert ours.flags.writeable, field
        size = np.abs(expected).max(initial=0.0)
        assert_allclose(ours, expected, rtol=rtol, atol=rtol * size, err_msg=field)


@of_kernels
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("offset", [True, False])
def test_every_kernel(kernel, weighted, offset):
    X, columns, W, b = problem(GAMMA, weighted=weighted, offset=offset)
    keep = np.arange(len(X)) % 11 != 3
    assert_same(*both(kernel, Table.cut(ArrayRows(X), keep, 25), columns, W, b))


@pytest.mark.parametrize("pair", PAIRS, ids=name_of)
def test_every_model_and_link(pair):
    X, columns, W, b = problem(pair)
    table = Table.cut(ArrayRows(X), np.ones(len(X), bool), 32)
    assert_same(*both(kernels.loss_and_hessian, table, columns, W, b))


def kinds(folder):
    rng = np.random.default_rng(2)
    values = rng.normal(size=(700, 4))
    stored = np.memmap(folder / "X.dat", np.float64, "w+", shape=values.shape)
    stored[:] = values
    stored.flush()
    counts = rng.poisson(0.5, (700, 2)).astype(np.int8)
    basis = nmo.basis.RaisedCosineLogConv(2, window_size=9)
    design = basis.design(counts)
    return {
        "array": ArrayRows(values),
        "float32": ArrayRows(values.astype(np.float32)),
        "counts": ArrayRows(np.repeat(counts, 2, axis=1)),
        "stored": StoredRows(np.memmap(folder / "X.dat", np.float64, "r", shape=values.shape)),
        "design": design,
        "stacked": StackedRows((ArrayRows(values[:, :2]), design), ("a", "b")),
    }


@pytest.mark.parametrize("kind", ["array", "float32", "counts", "stored", "design", "stacked"])
@pytest.mark.parametrize("memory", [0, 9_000, 10**9], ids=["streamed", "in part", "kept"])
@pytest.mark.parametrize("shifted", [False, True])
def test_every_kind_of_rows_streamed_or_kept(kind, memory, shifted, tmp_path):
    rows = kinds(tmp_path)[kind]
    rng = np.random.default_rng(3)
    p = rows.n_features
    y = rng.poisson(1.0, (700, 3)).astype(np.int16)
    columns = Columns(POISSON, Source.one_per_column(y))
    table = Table.cut(rows, rows.valid_rows(), 200).in_double()
    table = table.moved(np.linspace(0.1, 0.4, p)) if shifted else table
    W, b = rng.normal(0, 0.1, (p, 3)), np.zeros(3)
    for kernel in (kernels.gram, kernels.loss_and_gradient):
        assert_same(*both(kernel, table, columns, W, b, memory=memory))


def test_float32_products_and_float64_sums():
    X, columns, W, b = problem(POISSON)
    table = Table.cut(ArrayRows(X), np.ones(len(X), bool), 25).in_single()
    assert_same(*both(kernels.loss_and_gradient, table, columns, W, b), rtol=1e-5)
    rng, n = np.random.default_rng(8), 300_000
    values, y = rng.normal(1, 1, (n, 2)).astype(np.float32), rng.normal(5, 1, (n, 1))
    gaussian = Likelihood(model_named("Gaussian"), link_named("identity"))
    columns = Columns(gaussian, Source.one_per_column(y))
    table = Table.cut(ArrayRows(values), np.ones(n, bool), n)
    assert table.is_single
    for kernel in (kernels.loss_and_gradient, kernels.gram):
        how = replace(plan(table.rows, 1), runner="jax", device_memory=DeviceMemory(0))
        W, b = np.ones((2, 1)), np.zeros(1)
        mine = jax_runner.run(kernel, table, columns, W, b, how)
        exact = threads.run(kernel, table.in_double(), columns, W, b, how)
        assert_same(mine, exact, rtol=2e-6)


@pytest.mark.parametrize("n_columns", [1, 3, 5, 17, 33])
@pytest.mark.parametrize("kernel", [kernels.gram, kernels.loss_and_hessian])
def test_any_number_of_columns(kernel, n_columns):
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(90, 2)), rng.poisson(1.0, (90, 2)).astype(np.uint8)
    columns = Columns(
        POISSON,
        Source(y, np.arange(n_columns) % 2),
        Source(rng.uniform(0, 2, (90, 3)), np.arange(n_columns) % 3),
        Source(rng.normal(0, 0.1, (90, n_columns)), np.arange(n_columns)[::-1].copy()),
    )
    W, b = rng.normal(0, 0.2, (2, n_columns)), rng.normal(0, 0.2, n_columns)
    table = Table.cut(ArrayRows(X), np.ones(90, bool), 40)
    assert_same(*both(kernel, table, columns, W, b))


@pytest.mark.parametrize("n_neurons", [1, 3])
def test_classes_stay_in_their_order(n_neurons):
    rng = np.random.default_rng(5)
    X, K = rng.normal(size=(80, 3)), 4
    labels = rng.integers(0, K, (80, n_neurons))
    y = (labels[:, None] == np.arange(K)[:, None]).reshape(80, -1).astype(np.int8)
    columns = Columns(Softmax(K), Source.one_per_column(y))
    W, b = rng.normal(0, 0.3, (3, y.shape[1])), rng.normal(0, 0.3, y.shape[1])
    table = Table.cut(ArrayRows(X), np.ones(80, bool), 30)
    assert_same(*both(kernels.loss_and_gradient, table, columns, W, b))
    entries = [Entries(np.array([0, 1, 3]), np.array([0, 2, 1]))] * n_neurons
    kernel = partial(curvature_on, entries=entries, centre=np.zeros(3), unit=np.ones(3))
    assert_same(*both(kernel, table, columns, W, b))


def test_rows_that_only_fill_a_shape_need_a_mean_no_model_has():
    """1/x has no mean where the linear predictor is zero, as it is for a row of zeros."""
    pair = Likelihood(model_named("Gamma"), link_named("one_over_x"))
    columns = Columns(pair, Source.one_per_column(np.ones((5, 3))))
    table = Table.cut(ArrayRows(np.ones((5, 1))), np.ones(5, bool), 5)
    for kernel in (kernels.pearson, kernels.loss_and_hessian):
        mine, theirs = both(kernel, table, columns, np.ones((1, 3)), np.zeros(3))
        assert_same(mine, theirs)
        assert all(np.isfinite(term).all() for term in mine)


def test_no_columns():
    X, columns, W, b = problem(POISSON)
    table, none = Table.cut(ArrayRows(X), np.ones(len(X), bool), 10), np.arange(0)
    assert_same(*both(kernels.loss, table, columns.take(none), W[:, none], b[none]))


class TestShapes:
    """Few shapes, and what fills them."""

    def test_rounding_up_wastes_little_and_gives_few_sizes(self):
        sizes = np.array([rounded_up(n) for n in range(1, 5000)])
        n = np.arange(1, 5000)
        assert (sizes >= n).all()
        assert (sizes[64:] <= 1.25 * n[64:]).all()
        assert len(np.unique(sizes)) <= 4 + 4 * 7

    @pytest.mark.parametrize("n_devices", [1, 3, 4, 8])
    def test_rows_are_shared_evenly(self, n_devices):
        for n in (1, 255, 256, 257, 5000):
            assert rows_of(n, n_devices) >= n
            assert rows_of(n, n_devices) % n_devices == 0

    def test_what_is_repeated(self):
        filled = padded(np.array([[1, 2], [3, 4]]), 3, 3)
        assert_array_equal(filled, [[1, 2, 1], [3, 4, 3], [3, 4, 3]])
        which, kept = widened(np.arange(6), 4, n_classes=2)
        assert_array_equal(which, [0, 1, 2, 0, 3, 4, 5, 3])
        assert_array_equal(which[kept], np.arange(6))


class CountingRows(ArrayRows):
    """Rows that remember how often they were read."""

    def __init__(self, values):
        super().__init__(values)
        object.__setattr__(self, "reads", np.zeros(len(values), int))

    def read(self, start, stop):
        self.reads[start:stop] += 1
        return super().read(start, stop)


class TestMemory:
    """What stays on the devices between passes."""

    def passes(self, memory, n=3):
        rows = CountingRows(np.random.default_rng(0).normal(size=(1024, 4)))
        table = Table.cut(rows, np.ones(1024, bool), 256)
        columns = Columns(POISSON, Source.one_per_column(np.ones((1024, 1), np.int8)))
        how = replace(plan(rows, 1), runner="jax", device_memory=memory)
        for _ in range(n):
            jax_runner.run(kernels.loss, table, columns, np.zeros((4, 1)), np.zeros(1), how)
        return rows.reads.reshape(4, 256)

    def test_rows_that_fit_are_read_once(self):
        memory = DeviceMemory(10**9)
        assert (self.passes(memory) == 1).all()
        assert memory.used == 1024 * (4 * 8 + 1)

    def test_rows_that_fit_in_part_are_read_in_part(self):
        memory = DeviceMemory(2 * 256 * 4 * 8 + 1000)
        reads = self.passes(memory)
        assert (reads[:2] == 1).all()
        assert (reads[2:] == 3).all()
        assert memory.used <= memory.budget

    def test_rows_that_do_not_fit_are_read_each_time(self):
        assert (self.passes(DeviceMemory(0)) == 3).all()

    def test_another_table_takes_the_place(self):
        memory = DeviceMemory(10**9)
        self.passes(memory)
        used = memory.used
        self.passes(memory)
        assert memory.used == used

    @pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.bool_])
    def test_counts_travel_as_they_are_stored(self, dtype, monkeypatch):
        sent = []
        put = jax.device_put
        monkeypatch.setattr(jax, "device_put", lambda x, *a: sent.append(x) or put(x, *a))
        counts = np.random.default_rng(0).integers(0, 2, (300, 2)).astype(dtype)
        columns = Columns(POISSON, Source.one_per_column(counts))
        table = Table.cut(ArrayRows(counts), np.ones(300, bool), 300)
        assert_same(*both(kernels.loss_and_gradient, table, columns, np.ones((2, 2)), np.zeros(2)))
        blocks = [x for x in sent if isinstance(x, np.ndarray)]
        assert [x.dtype for x in blocks] == [dtype, dtype]


DATA = np.random.default_rng(6)
X = DATA.normal(size=(900, 5))
Y = DATA.poisson(np.exp(X @ DATA.normal(0, 0.2, (5, 6)) - 0.3))
FITS = {
    "GLM": (nmo.GLM(), Y[:, 0]),
    "PopulationGLM": (nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.1), Y),
    "LBFGS": (nmo.PopulationGLM(solver_name="LBFGS"), Y),
    "Gamma": (nmo.GLM("Gamma", inverse_link_function="exp"), Y[:, 0] + 0.5),
    "Lasso": (nmo.PopulationGLM(regularizer="Lasso", regularizer_strength=0.02), Y),
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
            jax_runner.run(kernels.loss_and_gradient, table, some, W, np.zeros(n), how)
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
from spikeglm.engine import jax_devices
from spikeglm.engine.jax_blocks import DeviceMemory, blocks_on_devices
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.table import Table
from spikeglm.rows import ArrayRows
table = Table.cut(ArrayRows(X), np.ones(1003, bool), 600)
columns = Columns(None, Source.one_per_column(y))
for block in blocks_on_devices(table, columns, DeviceMemory(0)):
    pieces = {s.device: s.data.shape for s in block.X.addressable_shards}
    print(len(pieces), set(pieces.values()), str(there.fit_report_).count("4 x cpu"))
"""


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
    out = run_fresh(SCRIPT, XLA_FLAGS="--xla_force_host_platform_device_count=4")
    assert out.splitlines() == ["4 {(256, 4)} 1", "4 {(128, 4)} 1"]


class TestPlan:
    """When JAX runs, and what is said about it."""

    large = ArrayRows(np.broadcast_to(np.zeros(1), (10**6, 200)))

    def test_asked_for_it_runs(self):
        made = plan(ArrayRows(X), 3, settings=Settings(runner="jax"))
        assert made.runner == "jax"
        assert "the settings ask for JAX: 1 x cpu" in made.explain()

    def test_an_accelerator_is_used_where_it_pays(self, monkeypatch):
        from spikeglm.engine import jax_devices

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
            "from spikeglm.engine import jax_devices\n"
            "from spikeglm.engine.plan import plan\n"
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
