"""How the cost of a fit grows with rows and with neurons: ``python -m benchmarks.scale.growth``.

The number of passes differs a little from size to size, so there are two exponents: of the seconds
of a fit, and of those of a pass. An exponent of one is linear growth; below one, part of the cost
does not depend on the size.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo

from .measure import fitted, in_fresh_process, show
from .streamed import response, table_on_disk

LINE = (
    "rows", "features", "neurons", "rows held as", "fit (s)", "passes", "pass (s)",
    "resident (MiB)", "status",
)  # fmt: skip
EXPONENTS = ("grows with", "sizes", "exponent of the fit", "of a pass", "of a pass, last step")
_QUICK = 1.0  # seconds; the fastest of a few fits counts where one takes less
_REPEATS = 5


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the slope of log cost over log size."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def child(arguments: dict[str, Any]) -> None:
    """Fit from the file, as often as that takes no time, and print the fastest as JSON."""
    shape = arguments["rows"], arguments["features"]
    X = np.memmap(arguments["path"], np.float32, "r", shape=shape)
    y = response(Path(arguments["path"]), *shape, arguments["neurons"])
    lines = []
    with nmo.config_context(memory=arguments["memory"]):
        nmo.PopulationGLM().fit(X[:1000], y[:1000])  # imports what a fit needs
        while len(lines) < _REPEATS and sum(line["fit (s)"] for line in lines) < _QUICK:
            lines.append(fitted(lambda: nmo.PopulationGLM().fit(X, y)))
    print(json.dumps(min(lines, key=lambda line: line["fit (s)"])))


def measured(size: dict[str, int], given: argparse.Namespace) -> dict[str, Any]:
    """Write the data of a size once, fit in a fresh process, return a table line."""
    path = table_on_disk(given.folder, "memmap", size["rows"], size["features"])
    response(path, size["rows"], size["features"], size["neurons"])
    print(f"fitting {size} ...", file=sys.stderr, flush=True)
    how = {"path": str(path), "memory": given.memory}
    line = in_fresh_process("benchmarks.scale.growth", size | how)
    return size | line | {"rows held as": "memmap", "pass (s)": line["fit (s)"] / line["passes"]}


def growth(lines: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return how the cost grew along the lines, which differ in the number called ``name``."""
    sizes = [line[name] for line in lines]
    passes = [line["pass (s)"] for line in lines]
    return {
        "grows with": name,
        "sizes": f"{sizes[0]} to {sizes[-1]}",
        "exponent of the fit": exponent(sizes, [line["fit (s)"] for line in lines]),
        "of a pass": exponent(sizes, passes),
        "of a pass, last step": exponent(sizes[-2:], passes[-2:]),
    }


def main() -> None:
    """Fit along rows and along neurons; print the fits and the exponents as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--rows-features", type=int, default=50)
    parser.add_argument("--rows-neurons", type=int, default=10)
    parser.add_argument("--neurons", type=int, nargs="+", default=[3, 30, 300])
    parser.add_argument("--neurons-features", type=int, default=200)
    parser.add_argument("--neurons-rows", type=int, default=50_000)
    parser.add_argument("--memory", default="1GiB")
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--child", type=json.loads)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    p, n = given.rows_features, given.rows_neurons
    along_rows = [{"rows": T, "features": p, "neurons": n} for T in given.rows]
    p, T = given.neurons_features, given.neurons_rows
    along_neurons = [{"rows": T, "features": p, "neurons": N} for N in given.neurons]
    by_rows = [measured(size, given) for size in along_rows]
    by_neurons = [measured(size, given) for size in along_neurons]
    print(show([*by_rows, *by_neurons], LINE), end="\n\n")
    print(show([growth(by_rows, "rows"), growth(by_neurons, "neurons")], EXPONENTS))


if __name__ == "__main__":
    main()
