"""Finished parts of an analysis in a folder: the same call finds them and goes on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import errors, notices
from ..fit.progress import say
from ..glm.saving.finished_parts import folder_of_parts
from .files import Parts, read_parts, write_parts

_IN_TABLES = (errors.ConvergenceWarning, errors.NothingToFitWarning)  # the reason is told there


@dataclass(frozen=True)
class Workbench:
    """Computes parts, or finds them where an earlier call of the same analysis left them.

    Attributes
    ----------
    folder :
        Where parts are kept, ``part.npz`` each; None keeps nothing.
    origin :
        What the analysis is of; parts of another are computed anew and replaced.
    """

    folder: Path | None
    origin: dict[str, Any]

    @classmethod
    def at(cls, folder: Path | None, origin: dict[str, Any]) -> Workbench:
        """Return a bench over a folder, which is made if it is not there.

        Raises
        ------
        ValueError
            If the folder is a file.
        """
        return cls(folder_of_parts(folder), origin)

    def part(self, name: str, compute: Callable[[], Parts]) -> Parts:
        """Return what a stage computes, with what it warned of."""
        path = None if self.folder is None else self.folder / f"{name}.npz"
        if path is not None and path.exists():
            found, origin = read_parts(path)
            if _is_same(origin, self.origin):
                say(f"{name}: found in {self.folder}")
                return found
        with warnings.catch_warnings():  # what has no fit is a reason in the tables
            for kind in _IN_TABLES:
                warnings.simplefilter("ignore", kind)
            with notices.kept() as told:
                found = compute()
        found |= Parts(warnings=texts_of(told))
        if path is not None:
            write_parts(path, found, self.origin)
        return found


def texts_of(told: list[tuple[str, type[Warning]]]) -> tuple[str, ...]:
    """Return what was warned of, each once; fits without an answer are reasons in the tables."""
    kept = (text for text, kind in told if not issubclass(kind, _IN_TABLES))
    return tuple(dict.fromkeys(kept))


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two analyses are of the same data with the same settings and versions."""
    return all(one.get(key) == other[key] for key in ("data", "settings", "versions"))
