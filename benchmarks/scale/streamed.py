"""A table larger than memory, from storage: ``python -m benchmarks.scale.streamed``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo

from .measure import bare_rows_per_s, finished, fitted, in_fresh_process, show

KINDS = ("array", "memmap", "zarr", "zarr, compressed")
_PIECE = 100_000


def table_on_disk(folder: Path, kind: str, n_rows: int, n_features: int) -> Path:
    """Write X (T, p) float32, once per kind; an array in memory is read from the plain file."""
    plain = kind in {"array", "memmap"}
    path = folder / f"X_{n_rows}_{n_features}_{'plain' if plain else kind.replace(', ', '_')}"
    if path.exists():
        return path
    unfinished = path.with_suffix(".part")
    shape = n_rows, n_features
    if plain:
        stored = np.memmap(unfinished, np.float32, "w+", shape=shape)
    else:
        import zarr

        compressors = "auto" if "compressed" in kind else None
        stored = zarr.create_array(
            store=str(unfinished), shape=shape, chunks=(8192, n_features), dtype="f4",
            compressors=compressors, overwrite=True,
        )  # fmt: skip
    for k, start in enumerate(range(0, n_rows, _PIECE)):
        stop = min(start + _PIECE, n_rows)
        stored[start:stop] = piece(k, stop - start, n_features)
    os.replace(unfinished, path)
    return path


def piece(k: int, n_rows: int, n_features: int) -> np.ndarray:
    """Return features (n_rows, p) that vary slowly, as behaviour does, to three digits."""
    noise = np.random.default_rng(k).normal(size=(n_rows + 9, n_features))
    smooth = np.cumsum(noise, axis=0)
    return np.round((smooth[9:] - smooth[:-9]) / 3.0, 3)[:n_rows].astype(np.float32)


def response(path: Path, n_rows: int, n_features: int, n_neurons: int) -> np.ndarray:
    """Return counts (T, N) that depend on the features, drawn piece by piece."""
    file = path.with_name(f"y_{n_rows}_{n_features}_{n_neurons}.npy")
    if not file.exists():
        rng = np.random.default_rng(0)
        weights = rng.normal(0, 0.5 / np.sqrt(n_features), (n_features, n_neurons))
        counts = np.empty((n_rows, n_neurons), np.int8)
        for k, start in enumerate(range(0, n_rows, _PIECE)):
            X = piece(k, min(_PIECE, n_rows - start), n_features)
            counts[start : start + len(X)] = rng.poisson(np.exp(X @ weights - 2.0)).clip(0, 100)
        np.save(file, counts)
    return np.load(file)


def child(arguments: dict[str, Any]) -> None:
    """Fit from storage and print the line as JSON."""
    kind, path = arguments["kind"], Path(arguments["path"])
    shape = arguments["bins"], arguments["features"]
    if kind == "array":
        X = np.fromfile(path, np.float32).reshape(shape)
    elif kind == "memmap":
        X = np.memmap(path, np.float32, "r", shape=shape)
    else:
        import zarr

        X = zarr.open_array(str(path), mode="r")
    y = response(path, *shape, arguments["neurons"])
    with nmo.config_context(memory=arguments["memory"], runner=arguments["runner"]):
        line = fitted(lambda: nmo.PopulationGLM().fit(X, y))
    print(json.dumps(line))


def main() -> None:
    """Write the tables, fit from each in a fresh process, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bins", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--neurons", type=int, nargs="+", default=[10])
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--memory", default="512MiB")
    parser.add_argument("--runner", default=None)
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--child", type=json.loads)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for neurons in given.neurons:
        bare = bare_rows_per_s(given.features, neurons, nmo.get_config().workers)
        for bins in given.bins:
            for kind in given.kinds:
                path = table_on_disk(given.folder, kind, bins, given.features)
                response(path, bins, given.features, neurons)
                print(f"fitting {bins} rows from {kind} ...", file=sys.stderr, flush=True)
                size = {"bins": bins, "features": given.features, "neurons": neurons}
                how = {"memory": given.memory, "runner": given.runner}
                arguments = size | how | {"kind": kind, "path": str(path)}
                line = in_fresh_process("benchmarks.scale.streamed", arguments)
                line |= {"rows": bins, "features": given.features, "neurons": neurons}
                lines.append(finished(line | {"rows held as": kind}, bare))
    print(show(lines))


if __name__ == "__main__":
    main()
