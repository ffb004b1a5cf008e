"""Tables on their way through a scikit-learn pipeline: the inputs of a basis side by side."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ... import errors
from ...io.interop.column_names import require_same_columns
from ...io.interop.frames import column_labels, in_memory
from ...io.interop.row_labels import require_same_rows
from ...io.interop.timeseries import is_pynapple, time_axis_of, to_array
from ...rows.design import Signals
from ...typing import Array, ArrayLike, FloatArray

if TYPE_CHECKING:
    from ..tree.basis import Basis

CONTAINERS = ["default", "pandas", "polars"]
Labels: TypeAlias = tuple[Any, ...] | None


def signals_of(basis: Basis, X: ArrayLike, y: ArrayLike) -> Signals:
    """Cut a table (T, sum of S) into the inputs of a basis, each in the shape it knows.

    Raises
    ------
    RuntimeError
        A shape is not known.
    ValueError
        X is no 2-D table, or has another number of columns, or of rows than y.
    """
    table = _table(X)
    require_same_rows(X=X, y=y)
    _check_shape(table.shape, n_columns(basis))
    _check_length(len(table), y)
    arrays = []
    stop = 0
    for i, (shape, read) in enumerate(
        zip(basis.input_shape, basis.node.formula.readers, strict=True)
    ):
        start, stop = stop, stop + math.prod(shape)
        values = read(_columns(table, start, stop), name=f"Input {i} (columns {start}:{stop} of X)")
        arrays.append(values.reshape(len(table), *shape))
    return Signals(tuple(arrays), time_axis_of(X))


def n_columns(basis: Basis) -> int:
    """Return how many columns the inputs of a basis take; RuntimeError if it does not know."""
    if None in basis.input_shape:
        raise RuntimeError(
            "The basis does not know the shape of its inputs. Given: a basis whose shapes were "
            "cleared, or a part of it exchanged. What to do: call set_input_shape."
        )
    return sum(math.prod(shape) for shape in basis.input_shape)


def require_rows(signals: Signals) -> None:
    """Raise ValueError where there is nothing to learn a range from."""
    if signals.n_rows == 0:
        raise errors.value_error(
            "Found array with 0 sample(s) while a minimum of 1 is required.",
            given="a table without rows",
            expected="samples whose range the features cover",
        )


def column_names(X: ArrayLike) -> Array | None:
    """Return the names of the columns of a data frame if all are strings, None for other tables."""
    if _package(X) not in ("pandas", "polars"):
        return None
    names = list(X.columns)
    return name_array(names) if all(isinstance(name, str) for name in names) else None


def check_column_names(fitted: Array | None, X: ArrayLike) -> None:
    """Raise ValueError unless a data frame has the columns that ``fit`` saw, in this order."""
    names = column_names(X)
    if fitted is None or names is None or list(names) == list(fitted):
        return
    raise errors.value_error(
        "The feature names should match those that were passed during fit.",
        given=", ".join(names),
        expected=", ".join(fitted),
        todo="Select and order the columns: X[list(model.feature_names_in_)].",
    )


def check_columns(fitted: Labels, X: ArrayLike) -> None:
    """Raise ValueError unless X calls its columns, by text or numbers, as the table of ``fit``."""
    require_same_columns(
        column_labels(X),
        fitted,
        table="X",
        what="those passed during fit",
        todo="select them in that order.",
    )


def name_array(names: Any) -> Array:
    """Return names as scikit-learn keeps them: an array of objects."""
    return np.array(list(names), dtype=object)


def chosen_container(transformer: Any) -> str:
    """Return the container that ``set_output``, or else scikit-learn's configuration, asks for."""
    chosen = getattr(transformer, "_sklearn_output_config", {}).get("transform")
    if chosen is None and "sklearn" in sys.modules:
        chosen = sys.modules["sklearn"].get_config()["transform_output"]
    return chosen or "default"


def as_frame(kind: str, features: FloatArray, names: tuple[str, ...], X: ArrayLike) -> Any:
    """Return features (T, p) as a data frame, on the index of X if that is pandas too."""
    if kind == "polars":
        import polars

        return polars.DataFrame(features, schema=list(names))
    import pandas

    index = X.index if _package(X) == "pandas" else None
    return pandas.DataFrame(features, columns=list(names), index=index)


def tags(base: Any) -> Any:
    """Add to scikit-learn's description: a transformer, which takes NaN."""
    from sklearn.utils import TransformerTags

    base.transformer_tags = TransformerTags(preserves_dtype=["float64"])
    base.input_tags.allow_nan = True
    return base


def _package(x: object) -> str:
    return type(x).__module__.partition(".")[0]


def _table(X: ArrayLike) -> Any:
    """Return X with ``shape`` and rows to index: a pandas frame as it is, else a NumPy array."""
    X = in_memory(X)
    if isinstance(X, np.ma.MaskedArray):
        to_array(X, name="X")  # which says what to do
    if _package(X) == "pandas":
        return X
    if _package(X) == "scipy" and hasattr(X, "toarray"):
        raise errors.type_error(
            "Sparse data cannot be placed in the range of a basis.",
            given=f"a sparse {type(X).__name__}",
            expected="a dense array",
            todo="Call .toarray() on it.",
        )
    if not isinstance(X, list | tuple) and not hasattr(X, "__array__"):
        raise errors.value_error(
            "X is not a table.",
            given=repr(X),
            expected="a 2-D array, data frame or TsdFrame (n_samples, n_columns)",
        )
    table = np.asarray(X.values if is_pynapple(X) else X)
    if table.dtype.kind == "c":
        raise errors.value_error(
            "Complex data not supported.",
            given=f"a table of {table.dtype}",
            expected="real numbers, or labels",
            todo="Take the real part, or modulus and phase, as separate columns.",
        )
    return table


def _columns(table: Any, start: int, stop: int) -> Any:
    """Return some columns, in the dtype of their own where the table is of mixed objects."""
    if not isinstance(table, np.ndarray):
        return table.iloc[:, start:stop]
    piece = table[:, start:stop]
    return np.asarray(piece.tolist()).reshape(piece.shape) if piece.dtype == object else piece


def _check_shape(shape: tuple[int, ...], n_expected: int) -> None:
    """Raise ValueError, in words that scikit-learn's checks know, for a table of another shape."""
    if len(shape) == 2 and shape[1] == n_expected:
        return
    if len(shape) != 2:
        problem = "X is not a 2-D table. Reshape your data."
    elif shape[1] == 0:
        problem = f"Found array with 0 feature(s) (shape={shape}) while a minimum of 1 is required."
    else:
        problem = (
            f"X has {shape[1]} features, but TransformerBasis is expecting {n_expected} features "
            "as input."
        )
    raise errors.value_error(
        problem,
        given=f"an array of shape {shape}",
        expected=f"(n_samples, {n_expected}), the inputs side by side",
        todo="For inputs of several numbers per time bin call set_input_shape.",
    )


def _check_length(n_rows: int, y: ArrayLike) -> None:
    if y is None or not hasattr(y, "__len__") or len(y) == n_rows:
        return
    raise errors.value_error(
        "X and y differ in their number of samples.",
        given=f"{n_rows} rows of X and {len(y)} of y",
        expected="one row of y per row of X",
    )
