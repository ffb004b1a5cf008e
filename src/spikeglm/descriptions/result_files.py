"""What a folder of results holds: the result, its description, tables, a page, and a log."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..csv_tables import write_csv
from ..encoding import Encoding
from ..reporting import report
from .description import Description
from .result_folder import DESCRIPTION, LOG, RESULT

if TYPE_CHECKING:
    from .running import Run

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")  # of files, on any system


def write_result(run: Run, folder: Path) -> None:
    """Write everything that there is to keep of an analysis.

    Raises
    ------
    ImportError
        If tables are to be Parquet and pyarrow is not installed.
    """
    output = run.description.output
    run.encoding.save(folder / RESULT)
    (folder / DESCRIPTION).write_text(_told(run.description), encoding="utf-8")
    if output.report:
        report(run.encoding, folder)  # its tables are CSV
    for form in output.tables:
        if form != "csv" or not output.report:
            write_tables(run.encoding, folder, form)
    (folder / LOG).write_text(_log(run), encoding="utf-8")


def write_tables(found: Encoding, folder: Path, form: str) -> None:
    """Write every table: ``terms`` (neuron x term), ``neurons``, and those of ``.tables``."""
    tables = {"terms": found.table(), "neurons": found.neurons(), **found.tables}
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
    origin = run.encoding.origin
    lines = [
        f"made {origin['made']} in {run.seconds:.0f} s on {origin['machine']}",
        ", ".join(f"{name} {version}" for name, version in origin["versions"].items()),
        "",
        str(run.encoding),
        "",
        *(f"warned: {remark}" for remark in run.remarks or ("of nothing",)),
    ]
    return "\n".join(lines) + "\n"
