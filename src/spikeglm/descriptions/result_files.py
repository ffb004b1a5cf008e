"""What a folder of results holds: the result, its description, tables, a page, and a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..csv_tables import write_csv
from ..encoding import Encoding
from ..reporting import report
from .description import Description
from .result_folder import DESCRIPTION, LOG, RESULT
from .states.files import origin_now, said, tables_of, write_states
from .states.finding import FoundStates

if TYPE_CHECKING:
    import pandas as pd

    from .running import Run

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")  # of files, on any system


def write_result(run: Run, folder: Path) -> None:
    """Write everything that there is to keep of an analysis.

    Raises
    ------
    ImportError
        If tables are to be Parquet and pyarrow is not installed.
    """
    output, found = run.description.output, run.encoding
    (folder / DESCRIPTION).write_text(_told(run.description), encoding="utf-8")
    if isinstance(found, FoundStates):
        write_states(found, folder)
    else:
        found.save(folder / RESULT)
    if output.report:  # its tables are CSV
        write_report(found, folder)
    forms = [form for form in output.tables if form != "csv" or not output.report]
    if forms:
        tables = _tables(found)
    for form in forms:
        write_tables(tables, folder, form)
    (folder / LOG).write_text(_log(run), encoding="utf-8")


def write_report(found: Encoding | FoundStates, folder: Path) -> None:
    """Write the page of a result."""
    if isinstance(found, FoundStates):
        report(found.result, folder, **found.for_report)
    else:
        report(found, folder)


def _tables(found: Encoding | FoundStates) -> dict[str, pd.DataFrame]:
    """Return all tables: of neurons ``terms`` (neuron x term), ``neurons``, and ``.tables``."""
    if isinstance(found, FoundStates):
        return tables_of(found)
    return {"terms": found.table(), "neurons": found.neurons(), **found.tables}


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path, form: str) -> None:
    """Write every table by its name."""
    for name, table in tables.items():
        path = folder / f"{_NOT_IN_NAMES.sub('_', name)}.{form}"
        if form == "csv":
            write_csv(table, path)
        else:
            require_parquet()
            texts = [column for column in table if table[column].dtype == object]
            table.astype(dict.fromkeys(texts, str)).to_parquet(path)


def require_parquet() -> None:
    """Raise ImportError if no table can be written as Parquet."""
    if find_spec("pyarrow") is None:
        raise errors.missing_package("pyarrow", purpose="A table as Parquet", extra="tables")


def _told(description: Description) -> str:
    """Return the description with paths from anywhere."""
    paths = {"recording.path": description.path, "output.nwb": description.nwb}
    places = [f"{k}={str(p.resolve())!r}" for k, p in paths.items() if isinstance(p, Path)]
    return Description.read(description.to_toml(), places).to_toml()


def _log(run: Run) -> str:
    found = run.encoding
    origin = origin_now() if isinstance(found, FoundStates) else found.origin
    lines = [
        f"made {origin['made']} in {run.seconds:.0f} s on {origin['machine']}",
        ", ".join(f"{name} {version}" for name, version in origin["versions"].items()),
        "",
        said(found) if isinstance(found, FoundStates) else str(found),
        "",
        *(f"warned: {remark}" for remark in run.remarks or ("of nothing",)),
    ]
    return "\n".join(lines) + "\n"
