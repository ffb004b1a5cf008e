"""Where labels enter: text or numbers that name categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...typing import Array, ArrayLike
from .frames import in_memory
from .timeseries import to_array


def to_labels(x: ArrayLike, *, name: str) -> Array:
    """Return labels as a NumPy array of text, of numbers, or of objects where both occur.

    Parameters
    ----------
    x :
        Strings or numbers (n, ...) in an array, a list, a pandas or a pynapple object, or one of
        them. Objects that are neither are kept: they are no label that anybody knows.
    name :
        What the user calls this input; opens the error message.

    Raises
    ------
    TypeError
        ``x`` is neither text nor numbers: None, ragged lists, dicts, sparse arrays, spike times.

    Examples
    --------
    >>> to_labels(["left", "right"], name="side").shape
    (2,)
    """
    x = in_memory(x)
    if isinstance(x, np.ma.MaskedArray):
        return to_array(x, name=name)  # which says what to do
    labels = _as_array(x.to_numpy() if hasattr(x, "to_numpy") else x)
    if labels is None or labels.dtype.kind not in "USO" or _is_opaque(labels):
        return to_array(x, name=name)  # which knows what to say of most of it
    return labels.astype(str) if labels.dtype.kind == "S" else labels


def _as_array(x: Any) -> Array | None:
    try:
        return np.asarray(x)
    except ValueError:  # ragged
        return None


def _is_opaque(labels: Array) -> bool:
    """Whether NumPy took the whole for one object: a dict, a set, None."""
    return labels.dtype == object and labels.ndim == 0
