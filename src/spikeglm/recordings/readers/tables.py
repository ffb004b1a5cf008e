"""Tables with a column of times: parquet and csv.

What the columns are called says what a table is: a time and a unit are spikes, a start and an end
are intervals, a time and numbers are a signal, times alone are events.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...typing import Array
from ..intervals import Events, Intervals
from ..series import Series
from ..units import Units
from .parts import Part

if TYPE_CHECKING:
    import pandas as pd

TEXTS = (".csv", ".tsv", ".txt")
TIMES = ("time", "times", "t", "timestamp", "timestamps", "spike_time", "spike_times")
UNITS = ("unit", "units", "neuron", "neurons", "cluster", "clusters", "cell", "cells", "unit_id",
         "cluster_id", "neuron_id", "spike_clusters", "spike_units")  # fmt: skip
STARTS = ("start", "start_time", "starts", "onset")
ENDS = ("end", "stop", "end_time", "stop_time", "ends", "stops", "offset")
_SCALES = {"": 1.0, "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6}
_SEPARATORS = "\t;,"


def read_parquet(path: Path) -> Part:
    """Return what a parquet file holds.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    OSError, ValueError
        If it is damaged, or has no times.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise errors.missing_package("pyarrow", purpose="Parquet", extra="tables") from None
    except Exception as error:  # pyarrow has many
        raise _damaged(path, error, "a parquet file") from error
    if frame.index.name is not None:
        frame = frame.reset_index()
    return part_of(frame, path.stem, str(path), "parquet")


def read_csv(path: Path) -> Part:
    """Return what a table as text holds, with a header; commas, semicolons or tabs.

    Raises
    ------
    OSError, ValueError
        If it is no table, or has no times.
    """
    import pandas as pd

    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header, first = file.readline(), file.readline()
    separator = max(_SEPARATORS, key=header.count)
    decimal = "," if separator != "," and "," in first and "." not in first else "."
    try:
        frame = pd.read_csv(
            path, sep=separator, decimal=decimal, skipinitialspace=True, encoding="utf-8-sig"
        )
    except Exception as error:  # pandas has many
        raise _damaged(
            path, error, "a table with a header and as many cells in each line"
        ) from error
    return part_of(frame, path.stem, str(path), "csv")


def part_of(frame: pd.DataFrame, name: str, source: str, format: str) -> Part:
    """Return what a table holds.

    Raises
    ------
    ValueError
        If no column says when rows were.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"time_ms": [0, 20], "speed": [1.0, 2.0]})
    >>> part_of(frame, "run", "run.csv", "csv").series["run"].times
    array([0.  , 0.02])
    """
    start, end, time = (_column(frame, names) for names in (STARTS, ENDS, TIMES))
    if start and end:
        columns = {str(c): values_of(frame[c]) for c in frame if c not in (start, end)}
        table = Intervals.of(name, _seconds(frame, start), _seconds(frame, end), columns)
        return Part.of_intervals(table, format=format)
    if not time:
        raise errors.value_error(
            f"{source} does not say when its rows were.",
            given=f"columns {', '.join(repr(str(c)) for c in frame.columns[:12])}",
            expected="'time' in seconds (or time_ms), with 'unit' for spikes; or 'start' and 'end'",
            todo="rename a column.",
        )
    times, unit = _seconds(frame, time), _column(frame, UNITS)
    others = [c for c in frame if c not in (time, unit)]
    if unit:
        left_out = tuple(f"{name}: column {str(c)!r} is left out" for c in others)
        units = units_of(times, frame[unit].to_numpy())
        return Part(units=units, format=format, remarks=left_out)
    return replace(_signal(frame, name, times, others), format=format)


def units_of(times: Any, of: Any, metadata: Any = None) -> Units:
    """Return units of spike times (n,) and the unit (n,) that each is of.

    >>> units_of([0.1, 0.2, 0.3], [7, 3, 7]).names
    (3, 7)
    """
    labels = np.asarray(of)
    labels = labels if labels.dtype.kind in "iu" else _whole(labels)
    order = np.argsort(labels, kind="stable")
    names, first = np.unique(labels[order], return_index=True)
    trains = np.split(np.asarray(times, dtype=np.float64)[order], first[1:])
    return Units.of(dict(zip(names.tolist(), trains, strict=False)), metadata)


def _whole(labels: Array) -> Array:
    """Return whole numbers as such, all else as text."""
    if labels.dtype.kind == "f" and (labels == np.floor(labels)).all():
        return labels.astype(np.intp)
    return labels.astype(str)


def _signal(frame: pd.DataFrame, name: str, times: Array, columns: list[Any]) -> Part:
    numbers = [c for c in columns if frame[c].dtype.kind in "biuf"]
    texts = [c for c in columns if c not in numbers]
    if not numbers:
        labels = values_of(frame[texts[0]]) if texts else None
        left_out = tuple(f"{name}: column {str(c)!r} is left out" for c in texts[1:])
        return Part(events={name: Events(name, times, labels)}, remarks=left_out)
    remarks = tuple(f"{name}: column {str(c)!r} is text and left out" for c in texts)
    table = frame[numbers].to_numpy(dtype=np.float64)
    is_one = len(numbers) == 1
    series = Series(
        name, times, table[:, 0] if is_one else table, () if is_one else tuple(map(str, numbers))
    )
    return Part(series={name: series}, remarks=remarks)


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> Any:
    """Return the column that is called like that, perhaps with a unit: ``time_ms``."""
    by_name = {str(c).strip().lower().replace(" ", "_"): c for c in frame.columns}
    for name in names:
        for unit in _SCALES:
            called = f"{name}_{unit}" if unit else name
            if called in by_name:
                return by_name[called]
    return None


def _seconds(frame: pd.DataFrame, column: Any) -> Array:
    values = frame[column]
    if values.dtype.kind not in "iuf":
        raise errors.value_error(
            f"The column {str(column)!r} has no times in seconds.",
            given=f"entries such as {values.iloc[0] if len(values) else ''!r}",
            expected="numbers: seconds (or a name such as time_ms)",
            todo="convert dates to seconds since the start of the recording.",
        )
    unit = str(column).strip().lower().rpartition("_")[2]
    return values.to_numpy(dtype=np.float64) * _SCALES.get(unit, 1.0)


def values_of(column: pd.Series) -> Array:
    """Return a column as numbers, or all else as text, ``"nan"`` where it is missing.

    >>> import pandas as pd
    >>> values_of(pd.Series(["left", None, "right"]))
    array(['left', 'nan', 'right'], dtype='<U5')
    """
    values = column.to_numpy()
    if values.dtype.kind in "biuf":
        return values
    if column.dtype.kind in "biuf":  # numbers that pandas keeps beside a mask of what is missing
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    # One by one: of text with a gap, to_numpy(dtype=str) of pandas keeps first letters.
    text = column.astype(str).to_numpy(dtype=object)
    pairs = zip(text, column.isna(), strict=True)
    return np.array(["nan" if is_missing else str(each) for each, is_missing in pairs], dtype=str)


def _damaged(path: Path, error: Exception, expected: str) -> OSError:
    return errors.storage_error(
        f"{path} cannot be read.",
        given=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
        expected=expected,
        todo="look at its first lines, or write it again.",
    )
