"""A line on the terminal while a long fit runs, if the user asked for one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..settings import get_config

_QUIET_SECONDS = 1.0
_WIDTH = 78


@contextmanager
def pass_report(n_rows: int) -> Iterator[Callable[[int, int, float], None]]:
    """Give the solver something to call after each pass; silent unless ``progress`` is set.

    The line shows passes, rows per second, neurons left and the worst of their certificates (Newton
    decrement, or KKT violation where coefficients can be zero), from the first second on.
    """
    began, shown = time.monotonic(), False

    def report(n_passes: int, n_left: int, worst: float) -> None:
        nonlocal shown
        elapsed = time.monotonic() - began
        if elapsed > _QUIET_SECONDS:
            shown = True
            line = progress_line(n_passes, n_left, worst, n_rows=n_rows, seconds=elapsed)
            print(f"\r{line:<{_WIDTH}}", end="", file=sys.stderr, flush=True)

    try:
        yield report if get_config().progress else lambda n_passes, n_left, worst: None
    finally:
        if shown:
            print(file=sys.stderr)


def progress_line(n_passes: int, n_left: int, worst: float, *, n_rows: int, seconds: float) -> str:
    """Return the line for passes over ``n_rows`` rows that took ``seconds`` together.

    >>> progress_line(8, 3, 2e-5, n_rows=1_000_000, seconds=16.0)
    'spikeglm: pass 8, 5.0e+05 rows/s, 3 left, worst certificate 2.0e-05, 16 s'
    """
    rate = n_passes * n_rows / seconds
    return (
        f"spikeglm: pass {n_passes}, {rate:.1e} rows/s, {n_left} left, "
        f"worst certificate {worst:.1e}, {seconds:.0f} s"
    )
