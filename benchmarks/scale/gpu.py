"""Coupled neurons on the devices of JAX: ``python -m benchmarks.scale.gpu``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo
from spikeglm.engine.columns import Columns, Source
from spikeglm.engine.kernels import loss_kernels
from spikeglm.engine.runners import jax_devices, jax_runner
from spikeglm.engine.runners.plan import Plan, plan
from spikeglm.engine.table import Table
from spikeglm.observation_models.likelihood import Likelihood
from spikeglm.observation_models.named import link_named, model_named
from spikeglm.rows import Rows

from ..problems import WINDOW
from .lockstep import counts_on_disk
from .measure import fitted

_PRODUCT_ROWS = 65536  # enough to keep a device busy
_REPEATS = 5


def products_per_s(n_features: int, n_neurons: int) -> float:
    """Return float32 multiplications with additions per second of X @ W and X' @ R, all devices."""
    jax = jax_devices.jax_module()
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    n_rows = _PRODUCT_ROWS * jax_devices.n_devices()
    with jax_devices.exact_arithmetic():
        by_rows, everywhere = jax_devices.by_rows(), jax_devices.everywhere()
        X = jax.device_put(drawn(n_rows, n_features), by_rows)
        R = jax.device_put(drawn(n_rows, n_neurons), by_rows)
        W = jax.device_put(drawn(n_features, n_neurons), everywhere)
        products = jax.jit(lambda X, W, R: (X @ W, X.T @ R), out_shardings=(by_rows, everywhere))
        seconds = best_of(lambda: jax.block_until_ready(products(X, W, R)))
    return 2 * n_rows * n_features * n_neurons / seconds


def best_of(work: Callable[[], Any], n: int = _REPEATS) -> float:
    """Return the seconds of the fastest of ``n`` calls, after one that compiles."""
    work()
    seconds = []
    for _ in range(n):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def one_pass(rows: Rows, counts: np.ndarray, how: Plan) -> dict[str, float]:
    """Return the seconds of a first pass, which sends the rows, and of one more; float32."""
    table = Table.cut(rows, rows.valid_rows(), how.block_rows).in_single()
    poisson = Likelihood(model_named("Poisson"), link_named("exp"))
    columns = Columns(poisson, Source.one_per_column(counts))
    W, b = np.zeros((rows.n_features, counts.shape[1])), np.full(counts.shape[1], -2.0)

    def visit() -> Any:
        return jax_runner.run(loss_kernels.loss_and_gradient, table, columns, W, b, how)

    begin = time.perf_counter()
    visit()
    first = time.perf_counter() - begin
    return {"first pass (s)": first, "pass (s)": best_of(visit, 2)}


def beside_threads(
    model: nmo.PopulationGLM, design: Rows, counts: np.ndarray, given: argparse.Namespace
) -> dict[str, float]:
    """Return the seconds of the same fits on this machine's cores, and how far they differ.

    A second fit on the devices compiles nothing.
    """
    with nmo.config_context(runner="jax", memory=given.memory):
        again = fitted(lambda: nmo.PopulationGLM().fit(design, counts))
    other = nmo.PopulationGLM()
    with nmo.config_context(runner="threads", memory=given.memory):
        line = fitted(lambda: other.fit(design, counts))
    difference = np.abs(other.coef_ - model.coef_).max()
    return {
        "second fit (s)": again["fit (s)"],
        f"fit on {nmo.get_config().workers} threads (s)": line["fit (s)"],
        "largest difference": float(difference),
    }


def measured(path: Path, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Measure a pass and a fit; how much of the devices' rate of products a pass reaches."""
    counts = np.memmap(path, np.int8, "r", shape=(given.bins, given.neurons))
    design = nmo.basis.RaisedCosineLogConv(given.functions, window_size=WINDOW).design(counts)
    p = design.n_features
    size = {"rows": given.bins, "features": p, "neurons": given.neurons}
    yield {"device": jax_devices.describe(), **size}
    with nmo.config_context(runner="jax", memory=given.memory):
        line = one_pass(design, counts, plan(design, given.neurons, iterative=True))
        work = 2 * design.n_rows * p * given.neurons
        rate = products_per_s(p, given.neurons)
        share = work / line["pass (s)"] / rate
        yield line | {"float32 TFLOP/s": 2 * rate / 1e12, "share of that rate": share}
        if given.no_fit:
            return
        model = nmo.PopulationGLM()
        yield fitted(lambda: model.fit(design, counts))
    if given.beside_threads:
        yield beside_threads(model, design, counts, given)


def main() -> None:
    """Simulate, measure, and print one line per number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=831)
    parser.add_argument("--functions", type=int, default=5)
    parser.add_argument("--bins", type=int, default=2_460_000)
    parser.add_argument("--memory", default="16GiB", help="of the host")
    parser.add_argument("--no-fit", action="store_true", help="only measure a pass")
    parser.add_argument("--beside-threads", action="store_true", help="fit on the cores, too")
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    path = counts_on_disk(given.folder, given.bins, given.neurons)
    print("measuring ...", file=sys.stderr, flush=True)
    for line in measured(path, given):
        for name, value in line.items():
            text = f"{value:.4g}" if isinstance(value, float) else value
            print(f"{name:>20}  {text}", flush=True)


if __name__ == "__main__":
    main()
