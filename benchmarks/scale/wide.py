"""More features than a curvature matrix has room for: ``python -m benchmarks.scale.wide``.

Some neurons of a population that shares slow drives are explained by the history of all, counts on
disk. The table tells how many seconds went into the survey of the features, before the first step
of the solver.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import spikeglm as nmo
from spikeglm.fit import prepared

from ..problems import WINDOW
from .measure import bare_rows_per_s, finished, fitted, in_fresh_process, show

LINE = (
    "rows", "features", "neurons", "fit (s)", "survey (s)", "passes", "rows/s a pass",
    "resident (MiB)", "share of the bare rate", "certificate", "status",
)  # fmt: skip

_DRIVES, _SLOW, _LOAD, _RATE = 20, 100, 0.7, 0.05  # how many, bins, of log rates, counts a bin
_PIECE = 10_000  # bins drawn at a time


def counts_on_disk(folder: Path, n_bins: int, n_neurons: int) -> Path:
    """Draw counts (T, N) as int8 into a file, once: Poisson, rates that follow slow drives."""
    path = folder / f"driven_{n_bins}_{n_neurons}.i8"
    if not path.exists():
        rng = np.random.default_rng(0)
        drives = rng.normal(size=(n_bins + _SLOW, _DRIVES)).cumsum(axis=0)
        drives = (drives[_SLOW:] - drives[:-_SLOW]) / np.sqrt(_SLOW)
        loads = rng.normal(0, _LOAD / np.sqrt(_DRIVES), (_DRIVES, n_neurons))
        unfinished = path.with_suffix(".part")
        file = np.memmap(unfinished, np.int8, "w+", shape=(n_bins, n_neurons))
        for start in range(0, n_bins, _PIECE):
            rates = _RATE * np.exp(drives[start : start + _PIECE] @ loads)
            file[start : start + _PIECE] = rng.poisson(rates).clip(0, 100)
        file.flush()
        os.replace(unfinished, path)
    return path


@contextmanager
def surveyed() -> Iterator[list[float]]:
    """Collect the seconds that fits inside the ``with`` block spend on surveys of features."""
    seconds: list[float] = []
    survey = prepared.survey_features

    def timed(*args: Any, **kwargs: Any) -> Any:
        begin = time.perf_counter()
        try:
            return survey(*args, **kwargs)
        finally:
            seconds.append(time.perf_counter() - begin)

    with patch.object(prepared, "survey_features", timed):
        yield seconds


def child(arguments: dict[str, Any]) -> None:
    """Fit from the file and print the line as JSON."""
    shape = arguments["bins"], arguments["neurons"]
    counts = np.memmap(arguments["path"], np.int8, "r", shape=shape)
    design = nmo.basis.RaisedCosineLogConv(arguments["functions"], window_size=WINDOW).design(
        counts
    )
    y = np.array(counts[:, : arguments["fitted"]])
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=arguments["strength"])
    with nmo.config_context(memory=arguments["memory"]), surveyed() as seconds:
        line = fitted(lambda: model.fit(design, y))
    print(model.fit_report_.result.plan, file=sys.stderr)
    print(json.dumps(line | {"survey (s)": sum(seconds)}))


def main() -> None:
    """Simulate, fit in fresh processes, print a table line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=500, help="whose history is seen")
    parser.add_argument("--functions", type=int, default=8, help="history functions of each")
    parser.add_argument("--fitted", type=int, nargs="+", default=[1, 10, 100], help="explained")
    parser.add_argument("--bins", type=int, default=200_000)
    parser.add_argument("--strength", type=float, default=1e-2, help="of Ridge")
    parser.add_argument("--memory", default="1GiB")
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--child", type=json.loads)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    path = counts_on_disk(given.folder, given.bins, given.neurons)
    p, lines = given.neurons * given.functions, []
    for n in given.fitted:
        size = {"rows": given.bins, "features": p, "neurons": n}
        print(f"fitting {size} ...", file=sys.stderr, flush=True)
        arguments = vars(given) | {"fitted": n, "path": str(path), "folder": None, "child": None}
        line = in_fresh_process("benchmarks.scale.wide", arguments)
        bare = bare_rows_per_s(p, n, nmo.get_config().workers, rows=256)
        lines.append(finished(size | line, bare))
    print(show(lines, LINE))


if __name__ == "__main__":
    main()
