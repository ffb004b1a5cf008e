"""A line on the terminal while a long fit runs, if the user asked for one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..settings import get_config

_QUIET_SECONDS = 1.0


@contextmanager
def pass_report() -> Iterator[Callable[[int, int, float], None]]:
    """Give the solver something to call after each pass; silent unless ``progress`` is set.

    The line shows passes, neurons left and their worst Newton decrement, from the first second on.
    """
    began, shown = time.monotonic(), False

    def report(n_passes: int, n_left: int, worst: float) -> None:
        nonlocal shown
        elapsed = time.monotonic() - began
        if elapsed > _QUIET_SECONDS:
            shown = True
            line = f"pass {n_passes}, {n_left} left, worst decrement {worst:.1e}, {elapsed:.0f} s"
            print(f"\rspikeglm: {line:<70}", end="", file=sys.stderr, flush=True)

    yield report if get_config().progress else lambda n_passes, n_left, worst: None
    if shown:
        print(file=sys.stderr)
