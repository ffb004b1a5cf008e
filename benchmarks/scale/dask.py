"""Two worker processes of Dask against two threads: ``python -m benchmarks.scale.dask``.

The rows lie in memory in both cases, on the workers in one of them. ``--pairs`` fits of each are
timed in turns, since other work of the machine weighs on both; the table has the fastest of each.
"""

from __future__ import annotations

import argparse
from typing import Any

import dask.array as da
import numpy as np
from dask import config, persist
from distributed import Client, LocalCluster, wait

import spikeglm as nmo

from .measure import bare_rows_per_s, finished, fitted, problem, show

MOST = 1.3  # times the seconds of threads
# Dask has workers give memory back at once; a fit then asks the system for each block anew.
KEEP_MEMORY = {
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**27,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 2**26,
}


def in_turns(X: np.ndarray, y: np.ndarray, n_chunks: int, n_pairs: int) -> list[dict[str, Any]]:
    """Fit on threads and on two worker processes, in turns; return the fastest line of each."""
    lines: dict[str, list[dict[str, Any]]] = {"threads": [], "dask": []}
    with (
        config.set(KEEP_MEMORY),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        (there,) = persist(da.from_array(X, chunks=(-(-len(X) // n_chunks), X.shape[1])))
        wait(there)
        for _ in range(n_pairs):
            with nmo.config_context(runner="threads", n_threads=2):
                lines["threads"].append(fitted(lambda: nmo.PopulationGLM().fit(X, y)))
            lines["dask"].append(fitted(lambda: nmo.PopulationGLM().fit(there, y)))
    return [min(of_one, key=lambda line: line["fit (s)"]) for of_one in lines.values()]


def main() -> None:
    """Make a problem of the given size, fit it both ways, print a table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--features", type=int, default=240)
    parser.add_argument("--neurons", type=int, default=30)
    parser.add_argument("--chunks", type=int, default=4)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    X, y = problem(given.rows, given.features, given.neurons)
    bare = bare_rows_per_s(given.features, given.neurons, 2)
    size = {"rows": given.rows, "features": given.features, "neurons": given.neurons}
    here, there = in_turns(X, y, given.chunks, given.pairs)
    print(show([
        finished(size | here | {"rows held as": "array"}, bare),
        finished(size | there | {"rows held as": f"{given.chunks} chunks on 2 workers"}, bare),
    ]))  # fmt: skip
    ratio = there["fit (s)"] / here["fit (s)"]
    shape = f"{given.rows} rows x {given.features} features x {given.neurons} neurons"
    print(f"\ndask / threads: {ratio:.2f} for {shape} (at most {MOST} is wanted)")


if __name__ == "__main__":
    main()
