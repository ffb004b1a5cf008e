"""What goes wrong, in two lines: what it is, and what to do. A traceback only where asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

DONE, FAILED, BAD_INPUT = 0, 1, 2
_SHAPE = re.compile(
    r"(?P<cause>.*? Given: .*? Expected: .*?)(?: What to do: (?P<todo>.*))?",
    re.DOTALL,
)
_ADVICE = re.compile(r"(?P<problem>.*?) What to do: (?P<todo>.*)", re.DOTALL)
_OF_SYSTEM = {
    FileNotFoundError: "check the path; 'ls' shows what is there.",
    IsADirectoryError: "name a file in it.",
    NotADirectoryError: "check the path: a part of it is a file.",
    PermissionError: "ask whoever owns it for the right, or use a copy of your own.",
}
_STOPPED = "run the same command again: what was finished is not computed anew."


class FailedError(Exception):
    """An analysis that came to no answer, though nothing was wrong with what was given."""


@contextmanager
def told(*, as_json: bool, debug: bool) -> Iterator[None]:
    """Turn whatever goes wrong into two lines and an exit code; ``debug`` lets it through."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt:
        _stop("Stopped.", _STOPPED, FAILED, as_json)
    except Exception as problem:
        if debug:
            raise
        _stop(*in_words(problem), as_json)


def in_words(problem: Exception) -> tuple[str, str, int]:
    """Return cause, remedy ("" where none is known) and exit code of an error.

    Examples
    --------
    >>> in_words(ValueError("No. Given: 1. Expected: 2. What to do: count."))
    ('No. Given: 1. Expected: 2.', 'count.', 2)
    >>> in_words(FileNotFoundError(2, "No such file or directory", "a.nwb"))[0]
    'a.nwb: No such file or directory.'
    >>> in_words(KeyError("x"))[2]
    1
    """
    message = " ".join(str(problem).split())
    if shaped := _SHAPE.fullmatch(message):
        return shaped["cause"], shaped["todo"] or "", BAD_INPUT
    if isinstance(problem, ImportError) and (shaped := _ADVICE.fullmatch(message)):
        return shaped["problem"], shaped["todo"], BAD_INPUT
    if isinstance(problem, OSError):
        return (*_of_system(problem, message), BAD_INPUT)
    if isinstance(problem, MemoryError):
        return "The memory is full.", "longer bins, fewer functions, or --dask ADDRESS.", FAILED
    if isinstance(problem, FailedError):
        return message, "look at the reasons in the tables.", FAILED
    name = type(problem).__name__
    todo = "--debug shows where; please report it, it may be an error of spikeglm's."
    return f"{name}: {message}", todo, FAILED


def _of_system(problem: OSError, message: str) -> tuple[str, str]:
    """Return cause and remedy of what the system, or the network, refused."""
    said = " ".join((problem.strerror or message).split()).removesuffix(".")
    name = f"{problem.filename}: " if problem.filename else ""
    if shaped := _ADVICE.fullmatch(said):
        return name + shaped["problem"], shaped["todo"]
    todo = next((do for kind, do in _OF_SYSTEM.items() if isinstance(problem, kind)), "")
    return f"{name}{said}.", todo or "check the path and the disk."


def _stop(cause: str, todo: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"exit_code": code, "error": cause, "todo": todo}, ensure_ascii=False))
    screen = Console(stderr=True, soft_wrap=True, highlight=False)
    screen.print(f"[bold red]Error:[/] {escape(cause)}")
    if todo:
        screen.print(f"[bold]What to do:[/] {escape(todo)}")
    raise typer.Exit(code)
