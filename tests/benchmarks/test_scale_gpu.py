"""The script for accelerators at toy size, on a CPU: what it prints, not how long it takes."""

import sys

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from benchmarks.scale import gpu  # noqa: E402  (imports JAX when it runs)


def test_it_prints_device_pass_rate_and_certificate(tmp_path, monkeypatch, capsys):
    sizes = ["--neurons", "3", "--functions", "2", "--bins", "3000", "--folder", str(tmp_path)]
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


def test_the_fastest_call_counts_after_one_that_compiles():
    calls = []
    assert 0 <= gpu.best_of(lambda: calls.append(np.ones(3)), 4) < 1
    assert len(calls) == 5
