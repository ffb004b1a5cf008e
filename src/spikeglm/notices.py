"""Warnings that point at the user's line, however deep in the library they are found."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PACKAGE = __name__.partition(".")[0]
_keepers: ContextVar[tuple[list[tuple[str, type[Warning]]], ...]] = ContextVar(
    "spikeglm_keepers", default=()
)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning at the innermost frame outside of this package."""
    for keeper in _keepers.get():
        keeper.append((message, category))
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


@contextmanager
def kept() -> Iterator[list[tuple[str, type[Warning]]]]:
    """Collect what is warned of meanwhile, with its category; it is warned of all the same.

    >>> with warnings.catch_warnings(), kept() as told:
    ...     warnings.simplefilter("ignore")
    ...     warn("Folds leak.")
    >>> told
    [('Folds leak.', <class 'UserWarning'>)]
    """
    told: list[tuple[str, type[Warning]]] = []
    token = _keepers.set((*_keepers.get(), told))
    try:
        yield told
    finally:
        _keepers.reset(token)


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(_PACKAGE + ".")
