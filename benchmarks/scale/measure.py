"""What every script here measures: a fit in a process of its own, and the rate no fit can beat."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ..memory import peak_bytes

COLUMNS = (
    "rows", "features", "neurons", "rows held as", "runner", "fit (s)", "passes", "rows/s a pass",
    "resident (MiB)", "share of the bare rate", "certificate", "status",
)  # fmt: skip


def bare_rows_per_s(n_features: int, n_neurons: int, n_threads: int, *, rows: int = 2048) -> float:
    """Return rows per second of X @ W and X' @ R in float64, on blocks that stay in cache."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(n_features, n_neurons))

    def work(_: int) -> float:
        X, R = rng.normal(size=(rows, n_features)), rng.normal(size=(rows, n_neurons))
        products(X, R, W)
        begin = time.perf_counter()
        for _ in range(8):
            products(X, R, W)
        return 8 * rows / (time.perf_counter() - begin)

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        return sum(pool.map(work, range(n_threads)))


def products(X: np.ndarray, R: np.ndarray, W: np.ndarray) -> None:
    """Compute the two products of a bare pass."""
    _ = X @ W, X.T @ R


def problem(rows: int, features: int, neurons: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features (T, p) and counts (T, N) at about 0.2 spikes per bin."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, features))
    W = rng.normal(size=(features, neurons)) * 0.4 / np.sqrt(features)
    return X, rng.poisson(np.exp(X @ W - 1.6)).astype(np.int8)


def fitted(fit: Callable[[], Any]) -> dict[str, Any]:
    """Fit in this process and return what a table line needs."""
    begin = time.perf_counter()
    model = fit()
    seconds = time.perf_counter() - begin
    record = model.fit_report_.result
    return {
        "fit (s)": seconds,
        "passes": model.fit_report_.n_passes,
        "resident (MiB)": peak_bytes() / 2**20,
        "certificate": float(np.nanmax(record.decrement)),
        "status": ", ".join(sorted(set(model.fit_report_.status))),
        "runner": record.plan.split()[0],
    }


def in_fresh_process(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run ``python -m module --child ARGUMENTS`` and return the JSON it prints last."""
    command = [sys.executable, "-m", module, "--child", json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def finished(line: dict[str, Any], bare: float) -> dict[str, Any]:
    """Add rates to a line that knows rows, passes and seconds; ``bare`` in rows/s."""
    rate = line["rows"] * line["passes"] / line["fit (s)"]
    return line | {"rows/s a pass": rate, "share of the bare rate": rate / bare}


def show(lines: Sequence[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> str:
    """Return lines as a Markdown table."""
    head = "| " + " | ".join(columns) + " |\n|" + " ---: |" * len(columns)
    rows = [[_cell(line.get(name, "")) for name in columns] for line in lines]
    return "\n".join([head, *("| " + " | ".join(row) + " |" for row in rows)])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return (
            f"{value:.1e}" if value < 0.01 else f"{value:.3g}" if value < 1000 else f"{value:.0f}"
        )
    return str(value)
