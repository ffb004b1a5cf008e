"""The order of neurons in a matrix: by what is known of them, or by what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import errors
from ...io.interop.column_names import require_same_columns
from ...io.interop.frames import index_of
from ...typing import Array, FloatArray, IntArray

CLUSTER = "cluster"
_MOST_GROUPS = 0.5  # per neuron: more values are no groups


class Order(NamedTuple):
    """An order (N,) of neurons, where groups of them end, and what they are called.

    >>> Order(np.array([1, 0]), (1, 2), ("a", "b")).groups
    ('a', 'b')
    """

    order: IntArray
    boundaries: tuple[int, ...] = ()
    groups: tuple[Any, ...] = ()


def order_of(by: Any, neurons: Sequence[Any], metadata: Any, strength: FloatArray) -> Order:
    """Return an order of neurons.

    Parameters
    ----------
    by :
        A column of the metadata, a value per neuron, or ``"cluster"``.
    neurons, metadata :
        Their names, and what pynapple knows of them (or None).
    strength :
        (N, M), for clusters.

    Raises
    ------
    ValueError
        If there is no such column, or the values are not one per neuron.

    Examples
    --------
    >>> order_of([3.0, 1.0, 2.0], (0, 1, 2), None, np.zeros((3, 3))).order
    array([1, 2, 0])
    """
    if isinstance(by, str):
        known = [] if metadata is None else [str(name) for name in metadata.columns]
        if by == CLUSTER and by not in known:
            return Order(_clustered(strength))
        if by not in known:
            raise errors.unknown_name("column of the metadata", by, [*known, CLUSTER])
        by = metadata[by].to_numpy()
    elif index_of(by) is not None:
        names = tuple(index_of(by).tolist())
        require_same_columns(
            names, tuple(neurons), table="the values to sort by", what="the neurons",
            todo="select them in that order.",
        )  # fmt: skip
    values = np.asarray(by)
    if values.shape != (len(neurons),):
        raise errors.value_error(
            "Neurons are sorted by a value each.",
            given=f"values of shape {values.shape}",
            expected=f"({len(neurons)},)",
        )
    return _by_value(values)


def _by_value(values: Array) -> Order:
    told = values.astype(str) if values.dtype.kind == "O" else values
    order = np.argsort(told, kind="stable")
    ordered = told[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, len(ordered))
    is_number = told.dtype.kind == "f"
    if is_number or (len(ends) > max(1, _MOST_GROUPS * len(ordered)) and told.dtype.kind in "iu"):
        return Order(order)
    return Order(order, tuple(map(int, ends)), tuple(ordered[ends - 1].tolist()))


def _clustered(strength: FloatArray) -> IntArray:
    """Return an order in which neurons with similar rows (and columns) are neighbours."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    n, m = strength.shape
    if n < 3:
        return np.arange(n)
    known = np.nan_to_num(strength)
    profile = np.hstack([known, known.T]) if n == m else known
    size = np.linalg.norm(profile, axis=1, keepdims=True)
    profile = profile / np.where(size > 0, size, 1.0)
    return np.asarray(
        leaves_list(linkage(profile, "average", optimal_ordering=True)), dtype=np.intp
    )
