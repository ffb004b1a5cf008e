"""The script for accelerators at toy size, on a CPU: what it prints, not how long it takes."""

import sys

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from benchmarks.problems import population_counts  # noqa: E402
from benchmarks.scale import gpu, lockstep  # noqa: E402  (they import JAX when they run)


def test_it_prints_device_pass_rate_and_certificate(tmp_path, monkeypatch, capsys):
    sizes = ["--neurons", "3", "--functions", "2", "--bins", "3000", "--folder", str(tmp_path)]
    sizes.append("--beside-threads")
    monkeypatch.setattr(sys, "argv", ["gpu", *sizes])
    monkeypatch.setattr(gpu, "_PRODUCT_ROWS", 64)
    gpu.main()
    lines = dict(line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert "cpu" in lines["device"]
    assert lines["runner"].strip() == "jax"
    assert lines["status"].strip() == "converged"
    assert float(lines["certificate"]) < 1e-8
    assert float(lines["share of that rate"]) > 0
    assert float(lines["pass (s)"]) > 0
    assert float(lines["largest difference"]) < 1e-3  # coefficients, of standard errors about .1


def test_the_fastest_call_counts_after_one_that_compiles():
    calls = []
    assert 0 <= gpu.best_of(lambda: calls.append(np.ones(3)), 4) < 1
    assert len(calls) == 5


def test_counts_simulated_in_step_are_those_of_the_same_network(tmp_path):
    path = lockstep.counts_on_disk(tmp_path, 42_000, 6)
    counts = np.memmap(path, np.int8, "r", shape=(42_000, 6))
    others = population_counts(42_000, 6, seed=0, noise=1)
    for lag in (1, 2, 5):  # refractoriness and coupling, within five standard errors

        def products(n, lag=lag):
            return n[lag:, :, None] * np.asarray(n[:-lag, None, :], dtype=float)

        ours, theirs = products(counts), products(others)
        error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / len(ours))
        assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 5 * error + 1e-4).all()
    assert counts.min() == 0
    assert counts.max() <= 4
