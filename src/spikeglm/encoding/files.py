"""Encodings to files and back: a model, tables, and where they come from, in one ``.npz``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..glm.saving.persistence import installed_versions, model_of, nodes_of, reader, writer
from ..io.files import saved

if TYPE_CHECKING:
    import pandas as pd


def write_parts(
    path: Any, model: Any, tables: dict[str, pd.DataFrame], origin: dict[str, Any]
) -> None:
    """Write a fitted model (or None), tables, and what they are of.

    Raises
    ------
    OSError, ValueError, TypeError
        As :meth:`spikeglm.GLM.save_params`.
    """
    notes = writer()
    parts = {
        "model": None if model is None else nodes_of(model, notes),
        "tables": {name: notes.node(_plain(table)) for name, table in tables.items()},
        "origin": notes.node(origin),
    }
    saved.write(path, {"saved_with": installed_versions(), "encoding": parts}, notes.arrays)


def read_parts(path: Any) -> tuple[Any, dict[str, pd.DataFrame], dict[str, Any]]:
    """Return what :func:`write_parts` wrote.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or it is damaged or holds something else.
    """
    header, arrays = saved.read(path)
    parts = saved.part_of(header, "encoding", path)
    try:
        values = reader(arrays)
        model = None if parts["model"] is None else model_of(parts["model"], values)
        tables = {name: values.value(node) for name, node in parts["tables"].items()}
        return model, tables, values.value(parts["origin"])
    except Exception as error:  # whatever a header that makes no sense runs into
        raise saved.unreadable(path, f"{type(error).__name__}: {error}") from error


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns a file can hold: text as lists, categories as what they name."""
    return table.astype({name: object for name in table if table[name].dtype.kind not in "biuf"})
