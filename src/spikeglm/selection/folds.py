"""What says which rows are tested by which fit: numbers, a splitter, or pairs of row sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..glm.reading.fit_inputs import read_rows
from ..glm.reading.known_labels import check_rows
from ..io.interop.timeseries import to_array
from ..rows import ArrayRows
from ..rows.contract import Rows
from ..rows.given_terms import with_terms
from ..typing import Array, ArrayLike, IntArray
from .leaks import warn_of_leaks
from .splitters import ContiguousBlocks

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Folds:
    """K fits and the rows that each is tested on; T rows.

    It is a splitter of scikit-learn's kind, too.

    Attributes
    ----------
    labels :
        (K,) what the folds are called.
    training :
        (T, K) how often a row counts in a fit.
    tested_by :
        (T,) the fit that a row tests, -1 where it tests none.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> folds = nmo.selection.fixed_folds(2, np.zeros((5, 1)))
    >>> folds.tested_by
    array([0, 0, 0, 1, 1])
    """

    labels: Array
    training: Array
    tested_by: IntArray

    __repr__ = showing.of_fields

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return K.

        >>> import numpy as np
        >>> read_folds(3, 6, np.zeros(6)).get_n_splits()
        3
        """
        return len(self.labels)

    def split(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield row numbers (train, test) of each fold; a row that counts twice is there twice.

        >>> import numpy as np
        >>> [test.tolist() for _, test in read_folds(2, 5, np.zeros(5)).split()]
        [[0, 1, 2], [3, 4]]
        """
        rows = np.arange(len(self.tested_by))
        for k in range(len(self.labels)):
            train = np.repeat(rows, self.training[:, k].astype(np.intp))
            yield train, np.flatnonzero(self.tested_by == k)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table of rows per fold: ``n_train``, ``n_test``, ``n_left_out``.

        >>> import numpy as np
        >>> read_folds(2, 5, np.zeros(5)).to_frame()["n_train"].tolist()
        [2, 3]
        """
        import pandas as pd

        n_test = np.array([(self.tested_by == k).sum() for k in range(len(self.labels))])
        n_train = np.count_nonzero(self.training, axis=0)
        columns = {
            "n_train": n_train,
            "n_test": n_test,
            "n_left_out": len(self.tested_by) - n_train - n_test,
        }
        return pd.DataFrame(columns, index=pd.Index(self.labels, name="fold"))


def fixed_folds(
    folds: Any,
    X: Any,
    y: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    terms: Any = None,
) -> Folds:
    """Make folds once, to be used by every model that is compared.

    Models whose kernels have other lengths need other gaps: make the folds for the design with the
    longest one, and all models see the same rows.

    Parameters
    ----------
    folds :
        As for :func:`cross_validated`.
    X, terms :
        The largest design.
    y, groups :
        For splitters of scikit-learn's that want them.

    Raises
    ------
    ValueError, TypeError
        As :func:`cross_validated` raises them for folds.

    Warns
    -----
    UserWarning
        If tested rows share samples with rows that their fit has seen.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> design = nmo.basis.HistoryConv(5, label="past").design(np.zeros(100))
    >>> folds = nmo.selection.fixed_folds(4, design)
    >>> folds.to_frame()["n_left_out"].tolist()
    [5, 10, 10, 5]
    """
    rows = rows_to_split(X, terms, y)
    check_rows(rows, y=y, folds=folds, groups=groups)
    response = np.zeros(rows.n_rows) if y is None else y
    return read_folds(folds, rows.n_rows, response, groups, rows=rows)


def rows_to_split(X: Any, terms: Any = None, y: Any = None) -> Rows:
    """Return a table with the terms that say how far its kernels reach."""
    rows = read_rows(X, y)
    return rows if terms is None else with_terms(rows, terms)


def read_folds(
    folds: Any,
    n_rows: int,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    rows: Rows | None = None,
) -> Folds:
    """Read what :func:`spikeglm.selection.cross_validated` takes as ``folds``.

    Parameters
    ----------
    rows :
        The table, for gaps as long as its kernels, and a warning where folds leak.

    Raises
    ------
    ValueError
        If it does not fit the rows, tests a row twice or on itself, or makes fewer than two fits
        (one, for pairs); also for groups that nothing asks for.
    TypeError
        If it is nothing of the kind.

    Examples
    --------
    >>> read_folds(2, 5, np.zeros(5)).tested_by
    array([0, 0, 0, 1, 1])
    """
    table: Rows = ArrayRows(np.empty((n_rows, 0))) if rows is None else rows
    found = _read(folds, table, y, groups)
    warn_of_leaks(found, table)
    return found


def _read(folds: Any, rows: Rows, y: ArrayLike, groups: ArrayLike | None) -> Folds:
    n_rows = rows.n_rows
    is_splitter = hasattr(folds, "split") and hasattr(folds, "get_n_splits")
    if groups is not None and not is_splitter:
        raise errors.value_error(
            "groups are for splitters.",
            given=f"groups with folds of type {type(folds).__name__}",
            expected="a splitter such as scikit-learn's GroupKFold(5)",
            todo="pass the groups themselves as folds to leave out one at a time.",
        )
    if isinstance(folds, Integral) and not isinstance(folds, bool):
        _check_number(int(folds), n_rows)
        folds = ContiguousBlocks(int(folds))
    if isinstance(folds, Folds):
        return _checked(folds, n_rows)
    if hasattr(folds, "fold_of_rows"):
        return _of_pairs(list(folds.split(rows)), n_rows)
    if is_splitter:
        return _of_pairs(_split(folds, n_rows, y, groups), n_rows)
    if not hasattr(folds, "__len__") and isinstance(folds, Iterable):
        folds = list(folds)
    if isinstance(folds, list | tuple) and folds and isinstance(folds[0], list | tuple):
        return _of_pairs(folds, n_rows)
    if isinstance(folds, str):
        raise errors.value_error(
            "folds cannot be used.",
            given=repr(folds),
            expected="a number of folds, a splitter, pairs (train, test), or a fold for every row",
            todo="make some with selection.InterleavedBlocks(5), or pass 5.",
        )
    return _of_numbers(to_array(folds, name="folds"), n_rows)


def _check_number(n_folds: int, n_rows: int) -> None:
    if not 2 <= n_folds <= n_rows:
        raise errors.value_error(
            "folds cannot be used.",
            given=f"{n_folds} folds of {n_rows} rows",
            expected="at least two, and no more than there are rows",
        )


def _checked(folds: Folds, n_rows: int) -> Folds:
    if len(folds.tested_by) != n_rows:
        raise errors.value_error(
            "folds cannot be used.",
            given=f"folds of {len(folds.tested_by)} rows for {n_rows} rows",
            expected="folds that were made for these rows",
        )
    return folds


def _split(splitter: Any, n_rows: int, y: ArrayLike, groups: ArrayLike | None) -> list[Any]:
    """Return the pairs of a splitter, which sees the rows' number, the response and the groups."""
    known = None if groups is None else np.asarray(groups)
    return list(splitter.split(np.zeros((n_rows, 1)), np.asarray(y), known))


def _of_numbers(numbers: Array, n_rows: int) -> Folds:
    if not np.isfinite(numbers).all():
        raise errors.value_error(
            "folds cannot be used.",
            given=f"NaN or inf in {np.count_nonzero(~np.isfinite(numbers))} of {n_rows} rows",
            expected="a fold for every row",
            todo="rows that no fit should see get a NaN in y, or come in no pair (train, test).",
        )
    labels, fold = np.unique(numbers, return_inverse=True)
    if numbers.ndim != 1 or len(labels) < 2 or len(numbers) != n_rows:
        raise errors.value_error(
            "folds cannot be used.",
            given=f"shape {numbers.shape} with {len(labels)} distinct fold(s); {n_rows} rows",
            expected="(n_samples,) integers with at least two distinct values, a number of folds, "
            "a splitter, or pairs (train, test)",
            todo="make them with selection.InterleavedBlocks(5).",
        )
    return Folds(labels, fold[:, None] != np.arange(len(labels)), fold)


def _of_pairs(pairs: Any, n_rows: int) -> Folds:
    if any(len(pair) != 2 for pair in pairs):
        raise _no_pairs(f"an entry of {next(len(p) for p in pairs if len(p) != 2)} parts")
    training = np.zeros((n_rows, len(pairs)), dtype=np.int32)
    tested_by = np.full(n_rows, -1)
    for k, (train, test) in enumerate(pairs):
        rows = _rows(train, n_rows)
        training[:, k] = np.bincount(rows, minlength=n_rows)
        tested = _rows(test, n_rows)
        if training[tested, k].any():
            seen = int(tested[training[tested, k] > 0][0])
            raise _no_pairs(f"row {seen}, which pair {k} trains and tests on")
        if (tested_by[tested] >= 0).any():
            again = int(tested[tested_by[tested] >= 0][0])
            raise _no_pairs(
                f"row {again}, which pairs {tested_by[again]} and {k} test",
                "repeated or random splits test rows several times: call this once per repeat.",
            )
        tested_by[tested] = k
    if training.max(initial=0) <= 1:
        training = training.astype(bool)
    return Folds(np.arange(len(pairs)), training, tested_by)


def _rows(rows: ArrayLike, n_rows: int) -> IntArray:
    """Return the row numbers that a mask or an array of row numbers names."""
    found = np.asarray(rows)
    if found.dtype == bool and found.shape == (n_rows,):
        return np.flatnonzero(found)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise _no_pairs(f"an array of {found.dtype} of shape {found.shape}")
    if found.size and not (found.min() >= 0 and found.max() < n_rows):
        raise _no_pairs(f"row {found.max() if found.max() >= n_rows else found.min()}")
    return found.astype(np.intp)


def _no_pairs(given: str, todo: str = "") -> ValueError:
    return errors.value_error(
        "folds cannot be used.",
        given=given,
        expected="pairs (train, test) of row numbers or masks of all rows, each row tested once at "
        "most and never by a fit that has seen it",
        todo=todo,
    )
