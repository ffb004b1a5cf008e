"""Rows that are computed when they are read, under NumPy's rules of indexing.

What is asked for is read and comes as an array; the rest of the table is not touched.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from .. import errors
from ..settings import get_config
from ..typing import Array, FloatArray, IntArray

Read: TypeAlias = Callable[[int, int], FloatArray]
"""``read(start, stop)``: rows ``start:stop`` as (stop - start, p)."""

_TOGETHER = 1024  # rows that are read in one go where only some of them are wanted


def taken(read: Read, shape: tuple[int, int], key: Any) -> Any:
    """Return ``X[key]`` of a (T, p) table X that is read in blocks, as NumPy would.

    Raises
    ------
    IndexError
        If the key fits no table of two axes.
    ValueError
        If the rows are larger than the memory budget.

    Examples
    --------
    >>> X = np.arange(12.0).reshape(6, 2)
    >>> taken(lambda start, stop: X[start:stop], X.shape, (slice(0, 6, 3), 1))
    array([1., 7.])
    """
    rows, columns = _by_axis(key)
    if isinstance(rows, slice):
        return _of_slice(read, shape, rows)[:, columns]
    if np.ndim(rows) == 0 and not isinstance(rows, bool | np.bool_):
        place = int(_inside(np.array([_integer(rows)]), shape[0])[0])
        return read(place, place + 1)[0][columns]
    rows = np.asarray(rows)
    if rows.dtype == bool and rows.ndim == 2:  # a mask of all entries
        return _of_slice(read, shape, slice(None))[rows]
    places = _places(rows, shape[0])
    if isinstance(columns, slice):
        gathered = _gathered(read, shape[1], places.ravel())
        return gathered.reshape(*places.shape, shape[1])[..., columns]
    distinct, where = np.unique(places, return_inverse=True)
    return _gathered(read, shape[1], distinct)[where.reshape(places.shape), columns]


def one_by_one(read: Read, n_rows: int) -> Iterator[FloatArray]:
    """Yield the rows (p,), read some at a time.

    >>> [row.sum() for row in one_by_one(lambda start, stop: np.ones((stop - start, 2)), 3)]
    [np.float64(2.0), np.float64(2.0), np.float64(2.0)]
    """
    for start in range(0, n_rows, _TOGETHER):
        yield from read(start, min(start + _TOGETHER, n_rows))


def check_fits(n_rows: int, n_features: int, itemsize: int = 8) -> None:
    """Refuse to write out more than the memory budget.

    Raises
    ------
    ValueError
        If so many rows take more.
    """
    size, budget = n_rows * n_features * itemsize, get_config().memory_bytes
    if size > budget:
        raise errors.value_error(
            "This part of the design is larger than the memory budget.",
            given=f"{n_rows} rows x {n_features} features, {size / 2**30:.2g} GiB",
            expected=f"at most {budget / 2**30:.2g} GiB",
            todo="models take the design itself and never write it out: fit(design, y). Else read "
            "fewer rows at a time, call to_array(), or raise set_config(memory=...).",
        )


def _by_axis(key: Any) -> tuple[Any, Any]:
    """Return the keys of rows and columns."""
    keys = key if isinstance(key, tuple) else (key,)
    dots = [k for k, part in enumerate(keys) if part is Ellipsis]
    if len(dots) == 1:
        missing = (slice(None),) * (3 - len(keys))
        keys = (*keys[: dots[0]], *missing, *keys[dots[0] + 1 :])
    if len(dots) > 1 or not 1 <= len(keys) <= 2 or any(part is None for part in keys):
        raise _no_such(key)
    return keys if len(keys) == 2 else (keys[0], slice(None))


def _of_slice(read: Read, shape: tuple[int, int], rows: slice) -> FloatArray:
    start, stop, step = rows.indices(shape[0])
    places = range(start, stop, step)
    if step != 1:
        return _gathered(read, shape[1], np.arange(start, stop, step))
    check_fits(len(places), shape[1])
    return read(start, start + len(places))


def _places(rows: Array, n_rows: int) -> IntArray:
    """Return the rows that an array of integers or a mask names, >= 0."""
    if rows.size == 0 and rows.dtype.kind == "f":  # an empty list
        return rows.astype(np.intp)
    if rows.dtype == bool:
        if rows.shape != (n_rows,):
            raise _no_such(f"a mask of shape {rows.shape}", f"({n_rows},), an entry per row")
        return np.flatnonzero(rows)
    if rows.dtype.kind not in "iu":
        raise _no_such(f"rows of type {rows.dtype}")
    return _inside(rows, n_rows)


def _inside(rows: IntArray, n_rows: int) -> IntArray:
    places = np.where(rows < 0, rows + n_rows, rows)
    outside = (places < 0) | (places >= n_rows)
    if outside.any():
        raise _no_such(f"row {rows[outside].flat[0]}", f"rows 0 to {n_rows - 1}")
    return places


def _integer(row: Any) -> int:
    try:
        return operator.index(row)
    except TypeError:
        raise _no_such(row) from None


def _gathered(read: Read, n_features: int, places: IntArray) -> FloatArray:
    """Return rows (n, p) in the order of ``places`` (n,); near ones are read together."""
    check_fits(len(places), n_features)
    out = np.empty((len(places), n_features))
    order = np.argsort(places, kind="stable")
    sorted_places = places[order]
    first = 0
    while first < len(places):
        start = int(sorted_places[first])
        last = int(np.searchsorted(sorted_places, start + _TOGETHER))
        block = read(start, int(sorted_places[last - 1]) + 1)
        out[order[first:last]] = block[sorted_places[first:last] - start]
        first = last
    return out


def _no_such(key: Any, expected: str = "") -> IndexError:
    return errors.index_error(
        "There is no such part of a table of rows and columns.",
        given=key if isinstance(key, str) and expected else repr(key),
        expected=expected or "[rows] or [rows, columns]: integers, slices, masks or arrays of them",
        todo="" if expected else "features by name: design[:, design.feature_names.index(name)].",
    )
