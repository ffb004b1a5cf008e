"""Tables of an NWB file (DynamicTable): columns of numbers, truths and text out.

Rübel et al. (2022), eLife 11:e78362; the layout is that of hdmf-common's DynamicTable: a dataset
per column, ``colnames``, and where rows have several entries a second dataset, ``NAME_index``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array

_MOST_PARTS = 16  # of a column of several numbers per row that become columns of their own


def text_of(value: Any) -> str:
    """Return an attribute or entry as text.

    >>> text_of(b"cm"), text_of(None)
    ('cm', '')
    """
    if value is None:
        return ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def column_names(table: Any) -> list[str]:
    """Return the names of the columns of a table (an HDF5 group)."""
    return [text_of(name) for name in np.ravel(table.attrs.get("colnames", []))]


def columns_of(table: Any, *, without: tuple[str, ...] = ()) -> tuple[dict[str, Array], list[str]]:
    """Return columns (n,) by name, and the names of those that cannot be one.

    Text in lists is joined by commas; a few numbers per row become ``NAME_0``, ``NAME_1``, ...;
    references to electrodes and groups become their names and locations.
    """
    n = len(table["id"])
    found: dict[str, Array] = {}
    left_out: list[str] = []
    for name in column_names(table):
        if name in without:
            continue
        columns = _read(table, name, n)
        if not columns:
            left_out.append(name)
        for key, column in columns.items():
            found.setdefault(key, column)
    return found, left_out


def stops_of(table: Any, name: str) -> Array | None:
    """Return (n,) where the entries of each row end, None for one entry per row."""
    index = table.get(f"{name}_index")
    return None if index is None else np.asarray(index[:], dtype=np.intp)


def _read(table: Any, name: str, n: int) -> dict[str, Array]:
    dataset = table.get(name)
    if dataset is None or not hasattr(dataset, "dtype") or dataset.dtype.names is not None:
        return {}
    if f"{name}_index_index" in table:
        return {}
    stops = stops_of(table, name)
    if text_of(dataset.attrs.get("neurodata_type")) == "DynamicTableRegion":
        return _of_region(table, dataset, stops, n)
    if _is_reference(dataset):
        return _of_groups(table, dataset, name) if stops is None else {}
    values = _labels(table, dataset)
    if stops is not None:
        return _ragged(name, values, stops)
    return _parts(name, values) if len(values) == n else {}


def _labels(table: Any, dataset: Any) -> Array:
    """Return the entries of a dataset; numbers that stand for text (EnumData) as that text."""
    import h5py

    if h5py.check_string_dtype(dataset.dtype) is not None:
        return np.asarray([text_of(each) for each in dataset[:]], dtype=str)
    values = np.asarray(dataset[:])
    elements = dataset.attrs.get("elements")
    if elements is None:
        return values
    names = np.asarray([text_of(each) for each in table.file[elements][:]], dtype=str)
    return names[values.astype(np.intp)]


def _parts(name: str, values: Array) -> dict[str, Array]:
    if values.ndim == 1:
        return {name: values}
    if values.ndim == 2 and values.shape[1] <= _MOST_PARTS:
        return {f"{name}_{j}": values[:, j] for j in range(values.shape[1])}
    return {}


def _ragged(name: str, values: Array, stops: Array) -> dict[str, Array]:
    rows = np.split(values, stops[:-1]) if len(stops) else []
    if values.dtype.kind == "U":
        return {name: np.array([", ".join(row) for row in rows], dtype=str)}
    lengths = {len(row) for row in rows}
    if len(lengths) == 1 and values.ndim == 1 and values.dtype.kind in "biuf":
        (k,) = lengths
        return _parts(name, values.reshape(-1, k)) if k > 1 else {name: values}
    return {}


def _is_reference(dataset: Any) -> bool:
    import h5py

    return h5py.check_ref_dtype(dataset.dtype) is h5py.Reference


def _of_groups(table: Any, dataset: Any, name: str) -> dict[str, Array]:
    """Return the names of the groups that a column refers to, and where they are."""
    groups = [table.file[each] for each in dataset[:]]
    found = {name: np.array([group.name.rpartition("/")[2] for group in groups], dtype=str)}
    places = [group.get("location") for group in groups]
    if all(place is not None and place.shape == () for place in places):
        found["location"] = np.array([text_of(place[()]) for place in places], dtype=str)
    return found


def _of_region(table: Any, dataset: Any, stops: Array | None, n: int) -> dict[str, Array]:
    """Return where the first electrode of each unit is."""
    target = table.file[dataset.attrs["table"]]
    place = target.get("location")
    rows = np.asarray(dataset[:], dtype=np.intp)
    if stops is not None:
        starts = np.concatenate([[0], stops[:-1]]).astype(np.intp)
        if (stops <= starts).any():
            return {}
        rows = rows[starts]
    if place is None or place.shape is None or len(rows) != n or not len(rows):
        return {}
    return {"location": _labels(table, place)[rows]}
