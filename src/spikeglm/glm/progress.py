"""A line on the terminal while a long fit runs, if the user asked for one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from ..settings import get_config

_QUIET_SECONDS = 1.0


def pass_report() -> Callable[[int, int, float], None]:
    """Return what the solver calls after each pass; silent unless ``progress`` is switched on."""
    if not get_config().progress:
        return lambda n_passes, n_left, worst: None
    began = time.monotonic()

    def report(n_passes: int, n_left: int, worst: float) -> None:
        elapsed = time.monotonic() - began
        if elapsed > _QUIET_SECONDS:
            print(
                f"\rspikeglm: pass {n_passes}, {n_left} left, "
                f"worst decrement {worst:.1e}, {elapsed:.0f} s ",
                end="",
                file=sys.stderr,
                flush=True,
            )

    return report
