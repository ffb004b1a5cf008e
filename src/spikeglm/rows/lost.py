"""Rows that a table loses, because of which features; found only where many are lost.

The rows at the edges of an epoch whose window reaches out of it are lost as a matter of course.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..typing import BoolArray
from .contract import Rows

_MOST_ROWS = 2**17  # that are read to tell which columns are to blame
_MOST_EDGES = 0.5  # of all rows of short epochs: more are no edges of windows
_MOST_EDGES_OF_ONE = 0.2  # of a single epoch: a window is rarely a fifth of a recording


class Loss(NamedTuple):
    """Rows (T,) that a feature or an input loses, and why."""

    what: str
    why: str
    rows: BoolArray


def edges_of(rows: Rows, valid: BoolArray) -> BoolArray:
    """Return (T,) True where a window leaves its epoch.

    A design knows; of numbers that were computed elsewhere, these are the incomplete rows at the
    beginning and at the end of each epoch, unless they are too many for that.
    """
    known = getattr(rows, "edges_of_windows", None)
    if known is not None:
        found: BoolArray = known()
        return found
    axis = rows.time_axis
    starts = np.zeros(1, np.intp) if axis is None else axis.epoch_starts
    edges, most = _ends(valid, starts), _MOST_EDGES if len(starts) > 1 else _MOST_EDGES_OF_ONE
    return edges if edges.sum() <= most * len(edges) else np.zeros_like(edges)


def losses_of(rows: Rows, lost: BoolArray) -> list[Loss]:
    """Return what loses rows among those that are lost (T,), each feature or term for itself."""
    known = getattr(rows, "losses", None)
    if known is not None:
        found: list[Loss] = known(lost)
        return found
    return list(_by_column(rows, lost))


def _by_column(rows: Rows, lost: BoolArray) -> Iterator[Loss]:
    wanted = np.flatnonzero(lost)[:_MOST_ROWS]
    bad = np.zeros((len(wanted), rows.n_features), dtype=bool)
    step = max(256, rows.efficient_block_rows)
    for start in np.unique(wanted - wanted % step):
        stop = min(start + step, rows.n_rows)
        here = slice(*np.searchsorted(wanted, [start, stop]))
        bad[here] = ~np.isfinite(rows.read(int(start), int(stop))[wanted[here] - start])
    for j in np.flatnonzero(bad.any(axis=0)):
        mask = np.zeros(len(lost), dtype=bool)
        mask[wanted] = bad[:, j]
        yield Loss(repr(rows.feature_names[j]), "NaN or inf", mask)


def _ends(valid: BoolArray, starts: Any) -> BoolArray:
    """Return the rows before the first and after the last valid row of each epoch that has one."""
    places, n = np.flatnonzero(valid), len(valid)
    stops = np.append(starts[1:], n)
    first, last = np.searchsorted(places, starts), np.searchsorted(places, stops) - 1
    edges = np.zeros(n, dtype=bool)
    for start, stop, i, k in zip(starts, stops, first, last, strict=True):
        if i <= k:
            edges[start : places[i]] = edges[places[k] + 1 : stop] = True
    return edges
