"""Fit a problem with one library: once from process start, then again and again."""

from __future__ import annotations

import importlib
import time
import warnings
from pathlib import Path
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds of the first fit (from process start) and of each refit; save the last fit.

    Arguments: ``rival`` (adapter), ``problem`` (folder), ``n_refits``, ``refit_budget_s``: no
    refit starts after that many seconds of refits.
    """
    warnings.simplefilter("ignore")
    adapter = importlib.import_module(f"benchmarks.rivals.{arguments['rival']}")
    from benchmarks.problems import Problem

    problem = Problem.load(Path(arguments["problem"]))
    fitted = adapter.fit(problem)
    first = time.monotonic() - started
    refits: list[float] = []
    while len(refits) < arguments["n_refits"] and sum(refits) <= arguments["refit_budget_s"]:
        begin = time.perf_counter()
        fitted = adapter.fit(problem)
        refits.append(time.perf_counter() - begin)
    import numpy as np

    np.savez(Path(folder) / "fitted.npz", coef=fitted.coef, intercept=fitted.intercept)
    return {"first_s": first, "refits_s": refits, "n_passes": fitted.n_passes}
