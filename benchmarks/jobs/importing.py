"""Import a module: seconds, and what else that pulled in."""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds of the import alone and from process start, and which ``watched`` came along.

    Arguments: ``module``, ``watched`` (names).
    """
    begin = time.perf_counter()
    importlib.import_module(arguments["module"])
    seconds = time.perf_counter() - begin
    return {
        "import_s": seconds,
        "all_s": time.monotonic() - started,
        "pulled_in": [name for name in arguments["watched"] if name in sys.modules],
        "n_modules": len(sys.modules),
    }
