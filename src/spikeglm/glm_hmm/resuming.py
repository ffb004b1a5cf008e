"""Finished fits of a comparison in a folder: the same call finds them and goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors, showing
from ..fit.progress import say
from ..glm.saving.finished_parts import folder_of_parts, hash_of
from ..glm.saving.persistence import installed_versions, model_of, nodes_of, reader, writer
from ..io.files import saved
from ..typing import ArrayLike, IntArray
from .estimator import GLMHMM, warn_unless_well
from .reading import Data

_PART = "states"


@dataclass(frozen=True, eq=False)
class Bench:
    """Computes what a comparison needs of one number of states, or finds it where it was left.

    Attributes
    ----------
    folder :
        A file per finished fit; None keeps nothing.
    n_states :
        Of the fits.
    origin :
        A hash of all that fits depend on: those of another are made anew and replaced.
    """

    folder: Path | None
    n_states: int
    origin: str

    __repr__ = showing.of_fields

    @classmethod
    def at(cls, folder: Any, model: GLMHMM, data: Data, fold_of: IntArray) -> Bench:
        """Return a bench over a folder, which is made if it is not there.

        Raises
        ------
        ValueError, TypeError
            If the folder is a file, or the model has arguments that no file can hold.
        """
        place = folder_of_parts(folder)
        n_states = int(model.n_states)
        return cls(place, n_states, "" if place is None else _origin(model, data, fold_of))

    def held_out(self, fold: int, compute: Callable[[], float]) -> float:
        """Return the bits per trial of a fold that is held out."""
        name = f"states_{self.n_states}_fold_{fold}"
        found = self._found(name)
        if found is None:
            bits = compute()
            self._keep(name, {"bits": bits}, {})
            return bits
        return float(found[0]["bits"])

    def of_all(self, model: GLMHMM, X: ArrayLike, y: ArrayLike, **given: Any) -> GLMHMM:
        """Return the model fitted to all sessions, as they are given to ``fit``."""
        name = f"states_{self.n_states}"
        found = self._found(name)
        if found is None:
            fitted = model.fit(X, y, **given)
            if self.folder is not None:
                notes = writer()
                self._keep(name, {"model": nodes_of(fitted, notes)}, notes.arrays)
            return fitted
        nodes, arrays = found
        fitted = model_of(nodes["model"], reader(arrays))
        warn_unless_well(fitted)
        return fitted

    def _found(self, name: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return a finished part of the same comparison, with its arrays."""
        path = None if self.folder is None else self.folder / f"{name}.npz"
        if path is None or not path.exists():
            return None
        header, arrays = saved.read(path)
        nodes = saved.part_of(header, _PART, path)
        if nodes.get("origin") != self.origin:
            return None
        say(f"{name}: found in {self.folder}")
        return nodes, arrays

    def _keep(self, name: str, nodes: dict[str, Any], arrays: dict[str, Any]) -> None:
        if self.folder is not None:
            header = {"saved_with": installed_versions(), _PART: {"origin": self.origin, **nodes}}
            saved.write(self.folder / f"{name}.npz", header, arrays)


def _unsaved(node: Any) -> Iterator[str]:
    """Yield names of what stands in a file by its name alone.

    >>> list(_unsaved({"a": [{"unsaved": {"name": "mine.start"}}], "b": 1}))
    ['mine.start']
    """
    if isinstance(node, dict):
        if "unsaved" in node:
            yield str(node["unsaved"]["name"])
        node = list(node.values())
    if isinstance(node, list | tuple):
        for part in node:
            yield from _unsaved(part)


def _origin(model: GLMHMM, data: Data, fold_of: IntArray) -> str:
    """Return a hash of data, folds, arguments and versions."""
    emissions, inputs = data.problem.emissions, data.problem.inputs
    marks = data.sessions.spread(data.sessions.starts.astype(float), 0.0)
    of_inputs = None if inputs is None else inputs.values
    notes = writer()
    arguments = nodes_of(model, notes)
    own = list(_unsaved(arguments))
    if own:
        raise errors.type_error(
            "Fits with functions of your own cannot be kept: other ones may have the same name.",
            given=f"folder= and {', '.join(own)}",
            expected="one of them",
        )
    digest = blake2b(digest_size=16)
    rows = data.inputs.rows
    names = [list(map(repr, of or ())) for of in (rows.feature_names, data.inputs.neurons)]
    words = [arguments, installed_versions(), names]
    digest.update(json.dumps(words, sort_keys=True, default=str).encode())
    for name, values in sorted(notes.arrays.items()):
        digest.update(f"{name}{values.shape}{values.dtype}".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    digest.update(hash_of(rows, emissions.y, emissions.seen, marks, of_inputs, fold_of).encode())
    return digest.hexdigest()
