"""What to do about data of a wrong shape: transposed, one column too many, columns in a tuple."""

from __future__ import annotations

from typing import Any

from ...io.interop.frames import is_from
from ...rows.contract import Rows

_TRANSPOSED_X = (
    "X looks transposed: pass X.T; of features in a tuple or list, numpy.column_stack(X)."
)


def advice_on_length(rows: Rows, shape: tuple[int, ...], name: str) -> str:
    """Say what to do where X and another input differ in rows.

    >>> from spikeglm.rows import ArrayRows
    >>> import numpy as np
    >>> advice_on_length(ArrayRows(np.zeros((9, 2))), (3, 9), "y")
    'y looks transposed: pass y.T, which has a row per sample.'
    """
    if len(shape) == 2 and shape[1] == rows.n_rows:
        return f"{name} looks transposed: pass {name}.T, which has a row per sample."
    if shape and shape[0] == rows.n_features:
        return _TRANSPOSED_X
    return "check that both were binned alike and restricted to the same epochs."


def advice_on_features(rows: Rows, n_features: int) -> str:
    """Say what to do where X has other features than the fit.

    >>> from spikeglm.rows import ArrayRows
    >>> import numpy as np
    >>> advice_on_features(ArrayRows(np.zeros((2, 9))), 2)
    'X looks transposed: pass X.T; ...
    """
    if rows.n_rows == n_features:
        return _TRANSPOSED_X
    return "build X with the basis that made the X of the fit."


def as_columns(values: Any, name: str) -> str:
    """Return the code that makes a table of one column of a series.

    >>> as_columns([1.0, 2.0], "y")
    'y[:, None]'
    """
    return f"{name}.to_frame()" if is_from("pandas", values) else f"{name}[:, None]"


def one_column(values: Any, name: str) -> str:
    """Return the code that takes one column (or, of a single row, that row) of a table.

    >>> one_column([[1.0], [2.0]], "y")
    'y[:, 0]'
    """
    first = ".iloc" if is_from("pandas", values) else ""
    shape = getattr(values, "shape", (0, 0))
    is_row = len(shape) == 2 and shape[0] == 1 < shape[1]
    return f"{name}{first}[0]" if is_row else f"{name}{first}[:, 0]"
