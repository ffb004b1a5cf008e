"""What stays on JAX's devices between passes, in which type it travels, and in which shapes."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.counting_rows import CountingRows
from tests.engine.test_jax_runner import POISSON, assert_same, both

from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import loss_kernels
from spikeglm.engine.runners import jax_runner
from spikeglm.engine.runners.jax_memory import DeviceMemory
from spikeglm.engine.runners.jax_shapes import padded, rounded_up, rows_of, widened
from spikeglm.engine.runners.plan import plan
from spikeglm.engine.table import Table
from spikeglm.rows import ArrayRows

jax = pytest.importorskip("jax")


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


class TestMemory:
    """What stays on the devices between passes."""

    def passes(self, memory, n=3):
        rows = CountingRows(np.random.default_rng(0).normal(size=(1024, 4)))
        table = Table.cut(rows, np.ones(1024, bool), 256)
        columns = Columns(POISSON, Source.one_per_column(np.ones((1024, 1), np.int8)))
        how = replace(plan(rows, 1), runner="jax", device_memory=memory)
        for _ in range(n):
            jax_runner.run(loss_kernels.loss, table, columns, np.zeros((4, 1)), np.zeros(1), how)
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
        assert_same(
            *both(loss_kernels.loss_and_gradient, table, columns, np.ones((2, 2)), np.zeros(2))
        )
        blocks = [x for x in sent if isinstance(x, np.ndarray)]
        assert [x.dtype for x in blocks] == [dtype, dtype]
