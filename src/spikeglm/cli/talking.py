"""What commands say: answers on stdout, progress and warnings on stderr."""

from __future__ import annotations

import json
import sys
import warnings
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..settings import config_context


@contextmanager
def progress() -> Iterator[None]:
    """Say on stderr what is being done, and what is warned of, in a line each."""
    with warnings.catch_warnings(), config_context(progress=True):
        warnings.showwarning = _note
        yield


def _note(message: Any, *others: Any, **more: Any) -> None:
    print(f"Warning: {' '.join(str(message).split())}", file=sys.stderr, flush=True)


def answer(text: str, facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the answer of a command: for a person, or for a program."""
    print(json.dumps(facts, indent=2, ensure_ascii=False, default=str) if as_json else text)


def open_page(path: Path) -> None:
    """Show a page in the web browser, if there is one."""
    webbrowser.open(path.resolve().as_uri())
