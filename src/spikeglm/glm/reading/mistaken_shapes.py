"""What to do about data of a wrong shape: transposed, swapped, columns in a tuple, spike times."""

from __future__ import annotations

from typing import Any

from ... import errors
from ...io.interop.frames import is_from
from ...io.interop.refusals import COUNT_FIRST, look_like_times
from ...io.interop.trees import is_mapping
from ...io.storage.stored_arrays import is_in_file
from ...numerics import is_plain_array
from ...observation_models.likelihood import Likelihood
from ...rows.contract import Rows

_LOOKED_AT = 2**16  # rows of X, where the response cannot be one
_TRANSPOSED_X = (
    "X looks transposed: pass X.T; of features in a tuple or list, numpy.column_stack(X)."
)


def check_order(X: Any, y: Any) -> None:
    """Raise where y can be nothing but features, or X has one axis and y two: they changed places.

    Raises
    ------
    TypeError
        For a design, or a dictionary of features, as y.
    ValueError
        For X of one axis, and y of two.

    >>> check_order([[1.0], [2.0]], [0, 1])
    """
    if is_in_file(X) or is_in_file(y):  # the attributes of a closed dataset raise
        return
    if _is_table_of_features(y) and not _is_table_of_features(X):
        raise errors.type_error(
            "X and y look swapped.",
            given=f"y={type(y).__name__}, which holds features",
            expected="X: features (n_samples, n_features); y: the response",
            todo="swap the two.",
        )
    shapes = [getattr(values, "shape", ()) for values in (X, y)]
    n_axes = [len(shape) if isinstance(shape, tuple) else 0 for shape in shapes]
    if n_axes == [1, 2] and X.shape[0] == y.shape[0]:
        raise errors.value_error(
            "X must be 2-dimensional: X and y look swapped, or X is a single feature.",
            given=f"X of shape {tuple(X.shape)} and y of shape {tuple(y.shape)}",
            expected="features (n_samples, n_features), then the response",
            todo="the features come first, as in fit(features, response); a single feature is "
            f"{as_columns(X, 'X')}, and many neurons are for PopulationGLM.",
        )


def _is_table_of_features(values: Any) -> bool:
    """Whether these can be nothing but features: a dictionary of them, or a design."""
    return not is_plain_array(values) and (is_mapping(values) or isinstance(values, Rows))


def check_possible(likelihood: Likelihood, y: Any, X: Any) -> None:
    """Raise a ValueError where a model cannot produce y; it says whether it could produce X.

    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> from spikeglm.observation_models import PoissonObservations, links
    >>> check_possible(Likelihood(PoissonObservations(), links.Exp()), [0, 1, 2], None)
    """
    try:
        likelihood.check_response(y)
    except ValueError as refused:
        if not (is_plain_array(X) and X.ndim == 2):
            raise
        try:
            likelihood.check_response(X[:_LOOKED_AT])
        except ValueError:
            raise refused from None
        swap = "X holds none: if the two changed places, features come first, then the response."
        raise errors.saying_more(refused, swap) from None


def advice_on_length(rows: Rows, shape: tuple[int, ...], name: str, values: Any = None) -> str:
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
    if look_like_times(values):
        return f"{name} looks like spike times. " + COUNT_FIRST
    return "check that both were binned alike and restricted to the same epochs."


def advice_on_features(model: Any, rows: Rows, n_features: int) -> str:
    """Say what to do where X has other features than the fit of a model.

    >>> from spikeglm.rows import ArrayRows
    >>> import numpy as np
    >>> advice_on_features(None, ArrayRows(np.zeros((2, 9))), 2)
    'X looks transposed: pass X.T; ...
    """
    if rows.n_rows == n_features:
        return _TRANSPOSED_X
    names = getattr(model, "feature_names_in_", None)
    if names is not None and set(names) <= {*(getattr(rows, "columns", None) or ())}:
        return "X[list(model.feature_names_in_)] takes those of the fit."
    if getattr(model, "basis_", None) is not None:
        return "build X as that of the fit: model.basis_.design(...) of its signals."
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
