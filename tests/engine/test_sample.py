"""The sample of rows that guides a fit shows all of a recording, whatever holds the rows."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.counting_rows import CountingRows

import spikeglm as nmo
from spikeglm.engine.runners import threads
from spikeglm.engine.runners.plan import Plan
from spikeglm.engine.table import Held, Table
from spikeglm.rows import ArrayRows, StackedRows, StoredRows

T = 20_000
HOW = Plan("threads", 2, 5000, False, False, ())


def number_of_each_row(n_rows: int = T) -> np.ndarray:
    return np.arange(n_rows, dtype=float)[:, None]


def tables(tmp_path, n_rows: int) -> dict:
    X = number_of_each_row(n_rows)
    stored = np.memmap(tmp_path / "X.dat", dtype=float, mode="w+", shape=X.shape)
    stored[:] = X
    design = nmo.basis.IdentityEval().design(X[:, 0])
    return {
        "array": ArrayRows(X),
        "design": design,
        "tree": StackedRows((design,), ("x",)),
        "stored": StoredRows(stored),
    }


@pytest.mark.parametrize("held", ["array", "design", "tree", "stored"])
@pytest.mark.parametrize("block_rows", [700, 400_000])
@pytest.mark.parametrize("n_rows", [T, 400_000])
def test_a_sample_of_rows_in_one_block_is_not_the_beginning_of_the_recording(
    held, block_rows, n_rows, tmp_path
):
    rows = tables(tmp_path, n_rows)[held]
    keep = np.ones(n_rows, dtype=bool)
    keep[n_rows // 2 : n_rows // 2 + 100] = False
    sample = threads.sampled(Table.cut(rows, keep, block_rows), 3000, HOW)
    where = np.concatenate([np.arange(n_rows)[block.rows] for block in sample.blocks])
    assert 2800 <= len(where) <= 4000 and sample.n_kept == len(where)
    assert keep[where].all() and len(np.unique(where)) == len(where)
    assert_array_equal(np.concatenate([sample.read(block)[:, 0] for block in sample.blocks]), where)
    counts = np.histogram(where, bins=16, range=(0, n_rows))[0]
    assert counts.min() > 100  # no sixteenth of the recording is missing


def test_what_was_computed_once_is_kept_and_can_be_thinned():
    rows = CountingRows(number_of_each_row(10))
    table = Table.cut(StackedRows((rows,), ("x",)), np.arange(10) != 4, 5)
    sample = threads.sampled(table, 3000, replace(HOW, n_threads=1))
    (block,) = sample.blocks
    assert isinstance(block, Held) and sample.read(block) is block.values
    few = sample.thinned(4)
    assert list(few.blocks[0].rows) == [0, 5, 9] == list(few.blocks[0].values[:, 0])
    assert few.n_kept == 3 and rows.reads.max() == 1


def test_a_sample_of_computed_rows_costs_no_more_than_a_visit():
    rows = CountingRows(number_of_each_row())
    table = Table.cut(StackedRows((rows,), ("x",)), np.ones(T, dtype=bool), 5000)
    threads.sampled(table, 3000, HOW)
    assert rows.reads.max() == 1


def test_a_sample_beyond_its_share_of_the_budget_is_not_kept():
    design = nmo.basis.IdentityEval().design(number_of_each_row()[:, 0])
    with nmo.config_context(memory="256KiB"):
        sample = threads.sampled(Table.cut(design, np.ones(T, dtype=bool), 5000), 3000, HOW)
    assert not any(isinstance(block, Held) for block in sample.blocks)
