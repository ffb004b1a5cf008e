"""Every neuron on the history of all, counts on disk: ``python -m benchmarks.scale.coupled``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo

from ..problems import WINDOW, population_counts
from .measure import bare_rows_per_s, finished, fitted, in_fresh_process, show

_PIECE = 50_000  # bins simulated at a time


def counts_on_disk(folder: Path, n_bins: int, n_neurons: int) -> Path:
    """Simulate counts (T, N) as int8 into a file, once."""
    path = folder / f"counts_{n_bins}_{n_neurons}.i8"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        file = np.memmap(unfinished, np.int8, "w+", shape=(n_bins, n_neurons))
        for k, start in enumerate(range(0, n_bins, _PIECE)):
            stop = min(start + _PIECE, n_bins)
            # Each piece starts from silence; the same weights, other noise.
            file[start:stop] = population_counts(stop - start, n_neurons, seed=0, noise=k)
        file.flush()
        os.replace(unfinished, path)
    return path


def child(arguments: dict[str, Any]) -> None:
    """Fit from the file and print the line as JSON."""
    shape = arguments["bins"], arguments["neurons"]
    counts = np.memmap(arguments["path"], np.int8, "r", shape=shape)
    basis = nmo.basis.RaisedCosineLogConv(arguments["functions"], window_size=WINDOW)
    with nmo.config_context(memory=arguments["memory"], runner=arguments["runner"]):
        line = fitted(lambda: nmo.PopulationGLM().fit(basis.design(counts), counts))
    print(json.dumps(line))


def main() -> None:
    """Simulate, fit in a fresh process, print a table line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=200)
    parser.add_argument("--functions", type=int, default=8)
    parser.add_argument("--bins", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--memory", default="1GiB")
    parser.add_argument("--runner", default=None)
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--child", type=json.loads)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    p = given.neurons * given.functions
    bare = bare_rows_per_s(p, given.neurons, nmo.get_config().workers)
    lines = []
    for bins in given.bins:
        path = counts_on_disk(given.folder, bins, given.neurons)
        print(f"fitting {bins} bins of {given.neurons} neurons ...", file=sys.stderr, flush=True)
        arguments = vars(given) | {"bins": bins, "path": str(path), "folder": None, "child": None}
        line = in_fresh_process("benchmarks.scale.coupled", arguments)
        line |= {"rows": bins, "features": p, "neurons": given.neurons}
        lines.append(finished(line | {"rows held as": "design over a memory map"}, bare))
    print(show(lines))


if __name__ == "__main__":
    main()
