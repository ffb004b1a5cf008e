"""A folder that is there when everything in it is done, and not before."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .. import errors, showing

RESULT, DESCRIPTION, LOG = "encoding.npz", "description.toml", "log.txt"
STATES = "states.npz"
"""What stands for the result of a fit of hidden states."""


@dataclass(frozen=True)
class ResultFolder:
    """Where results go: ``parts`` as they are done, then everything at once under its name.

    Attributes
    ----------
    target :
        What the folder will be called. While work goes on, ``TARGET.partial`` stands beside it.

    Examples
    --------
    >>> folder = ResultFolder(Path(tempfile.mkdtemp()) / "session")
    >>> made = folder.begin()
    >>> folder.finish(lambda place: (place / "log.txt").write_text("well"))
    >>> [path.name for path in folder.target.iterdir()], folder.partial.exists()
    (['log.txt'], False)
    """

    target: Path

    __repr__ = showing.of_fields

    @property
    def partial(self) -> Path:
        """The folder of what is not done yet."""
        return self.target.with_name(self.target.name + ".partial")

    @property
    def parts(self) -> Path:
        """Where finished parts of an analysis are kept until all is done."""
        return self.partial / "parts"

    def begin(self) -> tuple[Path, ...]:
        """Make sure that the result can be written, and return the folders that were made for it.

        Raises
        ------
        ValueError
            If the folder has other things in it, or nothing can be written there.
        """
        if self.target.exists() and not self._may_be_replaced():
            raise errors.value_error(
                "The folder for results is in use.",
                given=f"{self.target}, which is no result of spikeglm",
                expected="a folder that is not there, is empty, or holds an older result",
                todo="choose another one with --out, or output.folder.",
            )
        made = tuple(place for place in self.target.parents if not place.exists())
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.partial):
                pass
        except OSError as problem:
            self.clear(made)
            raise errors.value_error(
                "The folder for results cannot be written to.",
                given=f"{self.target} ({problem.strerror})",
                expected="a folder, or a path where one can be made",
                todo="choose another one with --out, or output.folder.",
            ) from None
        return made

    def clear(self, made: Iterable[Path] = ()) -> None:
        """Leave no trace, unless finished parts are there for a later run to go on with.

        ``made`` are the folders that :meth:`begin` has made.
        """
        if not any(self.parts.glob("*.npz")):
            shutil.rmtree(self.partial, ignore_errors=True)
        for place in made:
            with suppress(OSError):  # something is in it
                place.rmdir()

    def finish(self, write: Callable[[Path], object]) -> None:
        """Write everything into a folder, give it its name, and take away the parts.

        An older result is replaced in one step.
        """
        ready, older = self.partial / "ready", self.partial / "older"
        for place in (ready, older):
            shutil.rmtree(place, ignore_errors=True)
        ready.mkdir()
        write(ready)
        if self.target.exists():
            os.rename(self.target, older)
        os.rename(ready, self.target)
        shutil.rmtree(self.partial, ignore_errors=True)

    def _may_be_replaced(self) -> bool:
        if not self.target.is_dir():
            return False
        is_there = {name: (self.target / name).is_file() for name in (RESULT, STATES, DESCRIPTION)}
        is_ours = is_there[DESCRIPTION] and (is_there[RESULT] or is_there[STATES])
        return is_ours or not any(self.target.iterdir())
