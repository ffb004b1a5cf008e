"""R's glmnet along the same strengths: one path per neuron and fold, for one set of features."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("glmnet_paths.R")


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return the seconds of all paths (folds, and all rows) of all neurons; save those of all rows.

    Arguments: as for the job ``strengths``, of whose sets only ``measured`` is fitted, and the
    ``threshold`` at which glmnet stops.
    """
    import numpy as np

    from benchmarks.problems import Problem

    problem = Problem.load(Path(arguments["problem"]))
    X = problem.X[:, : arguments["sizes"][arguments["measured"]]]
    data = {"X": X, "y": problem.y, "strengths": np.array(arguments["strengths"])}
    for name, values in data.items():
        np.ascontiguousarray(values.T, dtype=np.float64).tofile(Path(folder) / f"{name}.bin")
    sizes = [*X.shape, problem.n_neurons, len(data["strengths"]), arguments["n_folds"]]
    command = ["Rscript", "--vanilla", str(_SCRIPT), folder, *map(str, sizes)]
    command += [str(problem.l1_ratio), str(arguments["threshold"])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = np.fromfile(Path(folder) / "coef.bin").reshape(problem.n_neurons, -1, X.shape[1] + 1)
    by_strength = found.transpose(1, 2, 0)  # intercept first
    np.savez(Path(folder) / "path.npz", coef=by_strength[:, 1:], intercept=by_strength[:, 0])
    measured: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured
