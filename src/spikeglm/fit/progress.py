"""Lines on the terminal while a long fit runs, if the user asked for them."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from ..rows.contract import Rows
from ..settings import get_config

_QUIET_SECONDS = 1.0  # fits that are shorter say nothing
_TICK_SECONDS = 1.0
_LOG_SECONDS = 10.0  # between lines in a file, where a line cannot be written over
_WIDTH = 78


@contextmanager
def pass_report(n_rows: int) -> Iterator[Callable[[int, int, float], None]]:
    """Give the solver something to call after each pass; silent unless ``progress`` is set.

    The line shows passes, rows per second, neurons left and the worst of their certificates (Newton
    decrement, or KKT violation where coefficients can be zero), from the first second on.
    """
    line = _Line()

    def report(n_passes: int, n_left: int, worst: float) -> None:
        if line.seconds > _QUIET_SECONDS:
            line.show(progress_line(n_passes, n_left, worst, n_rows=n_rows, seconds=line.seconds))

    with line.ending("solver done"):
        yield report if get_config().progress else lambda n_passes, n_left, worst: None


@contextmanager
def stage_report(doing: str, done: str) -> Iterator[None]:
    """Say what takes so long before there are passes to count, and for how long, every second.

    >>> with stage_report("reading X and y", "X and y read"):
    ...     pass
    """
    if not get_config().progress:
        yield
        return
    line, is_over = _Line(), threading.Event()

    def tick() -> None:
        while not is_over.wait(_QUIET_SECONDS if line.shown is None else _TICK_SECONDS):
            line.show(f"spikeglm: {doing} ... {line.seconds:.0f} s")

    ticking = threading.Thread(target=tick, name="spikeglm-progress", daemon=True)
    ticking.start()
    try:
        with line.ending(done):
            try:
                yield
            finally:
                is_over.set()
                ticking.join()  # it may be at its line just now
    finally:
        is_over.set()


def survey_report(rows: Rows) -> AbstractContextManager[None]:
    """Say that rows and features are looked at, before the passes of a solver."""
    features = f"{rows.n_features} features"
    return stage_report(f"looking at {rows.n_rows:,} rows of {features}", f"{features} looked at")


def responses_report(rows: Rows) -> AbstractContextManager[None]:
    """Say that responses are looked at, of which the features are not read."""
    return stage_report(f"looking at responses in {rows.n_rows:,} rows", "responses looked at")


def say(sentence: str) -> None:
    """Show a sentence of its own line, if ``progress`` is set."""
    if get_config().progress and sys.stderr is not None:
        print(f"spikeglm: {sentence}", file=sys.stderr, flush=True)


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


@dataclass
class _Line:
    """A line that is written over where that can be seen, and now and then anew in a log."""

    began: float = field(default_factory=time.monotonic)
    shown: float | None = None

    @property
    def seconds(self) -> float:
        """Since the line began."""
        return time.monotonic() - self.began

    def show(self, text: str) -> None:
        """Show a text in place of the last."""
        if sys.stderr is None:  # a program without a console
            return
        if _can_write_over():
            print(f"\r{text:<{_WIDTH}}", end="", file=sys.stderr, flush=True)
        elif self.shown is None or time.monotonic() - self.shown >= _LOG_SECONDS:
            print(text, file=sys.stderr, flush=True)
        else:
            return
        self.shown = time.monotonic()

    @contextmanager
    def ending(self, done: str) -> Iterator[None]:
        """End the line, if there was one: with ``done`` and the time; after an error as it is."""
        try:
            yield
            if self.shown is not None:
                self.shown = -math.inf  # the last is never left out
                self.show(f"spikeglm: {done}, {self.seconds:.0f} s")
        finally:
            if self.shown is not None and _can_write_over():
                print(file=sys.stderr)


def _can_write_over() -> bool:
    """Tell whether a carriage return begins a line anew: on terminals and in notebooks."""
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
