"""Encodings to files and back: a model, tables, a search, and their origin, in one ``.npz``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..glm.saving.persistence import installed_versions, model_of, nodes_of, reader, writer
from ..io.files import saved
from ..selection import TermSearch

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Parts:
    """What an analysis has computed, or a stage of it.

    Attributes
    ----------
    model :
        Fitted, or None.
    tables :
        Tidy ones, by name.
    search :
        For terms, or None.
    warnings :
        What was warned of meanwhile.
    """

    model: Any = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    search: TermSearch | None = None
    warnings: tuple[str, ...] = ()

    __repr__ = showing.of_fields

    def __or__(self, other: Parts) -> Parts:
        """Return both; of what both have the other's."""
        warnings = dict.fromkeys((*self.warnings, *other.warnings))
        model = self.model if other.model is None else other.model
        search = self.search if other.search is None else other.search
        return Parts(model, self.tables | other.tables, search, tuple(warnings))


def write_parts(path: Any, parts: Parts, origin: dict[str, Any]) -> None:
    """Write what was computed, and what it is of.

    Raises
    ------
    OSError, ValueError, TypeError
        As :meth:`spikeglm.GLM.save_params`.
    """
    notes = writer()
    nodes = {
        "model": None if parts.model is None else nodes_of(parts.model, notes),
        "tables": {name: notes.node(_plain(table)) for name, table in parts.tables.items()},
        "search": notes.node(None if parts.search is None else _in_few_bytes(parts.search)),
        "warnings": list(parts.warnings),
        "origin": notes.node(origin),
    }
    saved.write(path, {"saved_with": installed_versions(), "encoding": nodes}, notes.arrays)


def read_parts(path: Any) -> tuple[Parts, dict[str, Any]]:
    """Return what :func:`write_parts` wrote; files of older versions have no search.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or it is damaged or holds something else.
    """
    header, arrays = saved.read(path)
    nodes = saved.part_of(header, "encoding", path)
    try:
        values = reader(arrays)
        model = None if nodes["model"] is None else model_of(nodes["model"], values)
        tables = {name: values.value(node) for name, node in nodes["tables"].items()}
        search = values.value(nodes.get("search"))
        if search is not None:
            str(search)  # it can be printed, or its file is refused
        warnings = tuple(map(str, nodes.get("warnings", ())))
        return Parts(model, tables, search, warnings), values.value(nodes["origin"])
    except Exception as error:  # whatever a header that makes no sense runs into
        raise saved.unreadable(path, f"{type(error).__name__}: {error}") from error


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns a file can hold: text as lists, categories as what they name."""
    return table.astype({name: object for name in table if table[name].dtype.kind not in "biuf"})


def _in_few_bytes(search: TermSearch) -> TermSearch:
    """Return a search whose folds, which have as many rows as the data, take a byte per row."""
    if search.folds is None or not search.folds.training.size:
        return search
    training = search.folds.training
    small = training.astype(np.result_type(np.min_scalar_type(training.max()), bool))
    return replace(search, folds=replace(search.folds, training=small))
