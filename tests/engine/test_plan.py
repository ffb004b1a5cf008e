"""The plan: blocks that fit the memory budget and the cache, threads where they pay, in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikeglm as nmo
from spikeglm.engine.runners.plan import plan
from spikeglm.rows import ArrayRows
from spikeglm.settings import Settings


def rows(n_rows, n_features):
    return ArrayRows(np.broadcast_to(np.zeros(1), (n_rows, n_features)))


@given(
    st.integers(0, 10**7), st.integers(0, 5000), st.integers(1, 2000),
    st.sampled_from([1000, "1MiB", "2GiB"]), st.none() | st.integers(1, 8),
)  # fmt: skip
def test_any_plan_can_run(n_rows, n_features, n_columns, memory, n_threads):
    settings = Settings(memory=memory, n_threads=n_threads)
    made = plan(rows(n_rows, n_features), n_columns, settings=settings)
    assert made.block_rows >= 1
    assert made.block_rows <= max(n_rows, 1)
    assert made.n_threads >= 1
    assert n_threads is None or made.n_threads <= n_threads
    if made.block_rows > 1:
        assert made.block_rows * (n_features + n_columns) * 8 <= settings.memory_bytes
    assert str(made.block_rows) in made.explain()
    assert len(made.explain().splitlines()) == 1 + len(made.reasons) + len(made.look.reasons)


def test_the_plan_follows_the_settings_in_force():
    table = rows(10**6, 100)
    with nmo.config_context(n_threads=3):
        assert plan(table, 10).n_threads == 3
    with nmo.config_context(memory="1MiB"):
        assert plan(table, 10).block_rows * 100 * 8 <= 2**20


def test_small_work_stays_on_one_thread():
    assert plan(rows(100, 3), 1, settings=Settings(n_threads=8)).n_threads == 1


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_report_of_a_fit_carries_the_plan(n_threads):
    X = np.random.default_rng(0).normal(size=(300, 2))
    y = np.random.default_rng(1).poisson(1.0, 300)
    with nmo.config_context(n_threads=n_threads):
        text = str(nmo.GLM().fit(X, y).fit_report_)
    assert "threads runner" in text
    assert "300 rows a block" in text
