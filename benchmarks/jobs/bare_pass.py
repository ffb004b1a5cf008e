"""The bar that no fit can beat: the two matrix products of one pass over the rows, and no more."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ..problems import Array, Problem

_BLOCK_ROWS = (512, 1024, 2048, 4096)


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds of each repetition per way of computing X @ W and X' @ R.

    Arguments: ``problem`` (folder), ``n_repeats``, ``n_threads``.
    """
    problem = Problem.load(Path(arguments["problem"]))
    X, R = problem.X, problem.y
    W = np.random.default_rng(0).normal(size=(problem.n_features, problem.n_neurons))
    n_threads = arguments["n_threads"]
    ways: dict[str, Callable[[], Any]] = {"whole array, BLAS threads": lambda: (X @ W, X.T @ R)}
    for rows in _BLOCK_ROWS:
        name = f"blocks of {rows} rows, one BLAS thread per worker"
        ways[name] = partial(_in_blocks, X, W, R, rows, n_threads)
    return {name: _timed(way, arguments["n_repeats"]) for name, way in ways.items()}


def _timed(way: Callable[[], Any], n_repeats: int) -> list[float]:
    way()
    seconds = []
    for _ in range(n_repeats):
        begin = time.perf_counter()
        way()
        seconds.append(time.perf_counter() - begin)
    return seconds


def _in_blocks(X: Array, W: Array, R: Array, rows: int, n_threads: int) -> Array:
    starts = range(0, len(X), rows)
    edges = [len(starts) * k // n_threads for k in range(n_threads + 1)]

    def work(share: range) -> Array:
        total = np.zeros_like(W)
        for start in share:
            block = X[start : start + rows]
            _ = block @ W
            total += block.T @ R[start : start + rows]
        return total

    shares = [starts[first:last] for first, last in pairwise(edges)]
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        return np.sum(list(pool.map(work, shares)), axis=0)
