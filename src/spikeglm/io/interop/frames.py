"""Tables with named columns: pandas, polars, pyarrow, xarray and Dask frames, known by their faces.

None of these packages is imported here: objects are recognised by where their class comes from.
"""

from __future__ import annotations

from typing import Any


def package_of(x: object) -> str:
    """Return the package that a class comes from.

    >>> package_of(3)
    'builtins'
    """
    return type(x).__module__.partition(".")[0]


def is_from(package: str, x: object) -> bool:
    """Tell whether the class of ``x``, or one that it derives from, is of a package.

    >>> is_from("pandas", [1.0])
    False
    """
    return any(cls.__module__.partition(".")[0] == package for cls in type(x).__mro__)


def index_of(x: Any) -> Any:
    """Return the labels of the rows of ``x`` as a pandas.Index, None where it has none.

    >>> import pandas as pd
    >>> index_of(pd.Series([1.0, 2.0], index=["a", "b"])).tolist(), index_of([1.0])
    (['a', 'b'], None)
    """
    if is_from("xarray", x):
        dims: Any = getattr(x, "dims", ())
        return x.indexes.get(dims[0]) if len(dims) else None
    index: Any = getattr(x, "index", None)
    if is_from("pandas", index):
        return index
    return index.compute() if is_dask_frame(x) else None


def column_labels(x: Any) -> tuple[Any, ...] | None:
    """Return the labels of the columns of a table (n, columns), None where it has none.

    >>> import pandas as pd
    >>> column_labels(pd.DataFrame({"speed": [1.0], "angle": [2.0]}))
    ('speed', 'angle')
    """
    if is_from("xarray", x):
        dims: Any = getattr(x, "dims", ())
        found = x.indexes.get(dims[1]) if len(dims) == 2 else None
    elif is_from("pyarrow", x):
        found = getattr(x, "column_names", None)
    else:
        found = getattr(x, "columns", None)
    if found is None or callable(found):
        return None
    return tuple(found.tolist() if hasattr(found, "tolist") else found)


def is_dask_frame(x: Any) -> bool:
    """Tell whether ``x`` is a table or series of Dask's, which lies in parts.

    >>> is_dask_frame([1.0])
    False
    """
    return package_of(x) in ("dask", "dask_expr") and hasattr(x, "to_dask_array")


def in_memory(x: Any) -> Any:
    """Return tables of Dask and pyarrow as those of pandas; anything else as it is.

    >>> in_memory(3)
    3
    """
    if is_dask_frame(x):
        return x.compute()
    if package_of(x) == "pyarrow" and hasattr(x, "to_pandas"):
        return x.to_pandas()
    return x


def is_named_table(x: Any) -> bool:
    """Tell whether ``x`` is a table, a column or an index of pandas, polars, pyarrow or the like.

    Each column of such a table has a type of its own, which NumPy forgets.

    >>> import pandas as pd
    >>> is_named_table(pd.Series([1.0])), is_named_table([1.0])
    (True, False)
    """
    if is_from("pandas", x) or is_dask_frame(x) or package_of(x) == "pyarrow":
        return True
    return hasattr(x, "to_numpy") and hasattr(x, "__getitem__") and not is_from("xarray", x)
