"""What says which rows are tested by which fit: numbers, a splitter, or pairs of row sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.timeseries import to_array
from ..typing import Array, ArrayLike, IntArray


@dataclass(frozen=True, eq=False)
class Folds:
    """K fits and the rows that each is tested on; T rows.

    Attributes
    ----------
    labels :
        (K,) what the folds are called.
    training :
        (T, K) how often a row counts in a fit.
    tested_by :
        (T,) the fit that a row tests, -1 where it tests none.
    """

    labels: Array
    training: Array
    tested_by: IntArray

    __repr__ = showing.of_fields


def read_folds(folds: Any, n_rows: int, y: ArrayLike, groups: ArrayLike | None = None) -> Folds:
    """Read what :func:`spikeglm.selection.cross_validated` takes as ``folds``.

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
    is_splitter = hasattr(folds, "split") and hasattr(folds, "get_n_splits")
    if groups is not None and not is_splitter:
        raise errors.value_error(
            "groups are for splitters.",
            given=f"groups with folds of type {type(folds).__name__}",
            expected="a splitter such as scikit-learn's GroupKFold(5)",
            todo="pass the groups themselves as folds to leave out one at a time.",
        )
    if isinstance(folds, Integral) and not isinstance(folds, bool):
        return _of_numbers(_runs(int(folds), n_rows), n_rows)
    if is_splitter:
        return _of_pairs(_split(folds, n_rows, y, groups), n_rows)
    if not hasattr(folds, "__len__") and isinstance(folds, Iterable):
        folds = list(folds)
    if isinstance(folds, list | tuple) and folds and isinstance(folds[0], list | tuple):
        return _of_pairs(folds, n_rows)
    return _of_numbers(to_array(folds, name="folds"), n_rows)


def _runs(n_folds: int, n_rows: int) -> IntArray:
    """Return the fold of each row (T,) for runs of nearly equal length, the longer ones first."""
    if not 2 <= n_folds <= n_rows:
        raise errors.value_error(
            "folds cannot be used.",
            given=f"{n_folds} folds of {n_rows} rows",
            expected="at least two, and no more than there are rows",
        )
    lengths = np.full(n_folds, n_rows // n_folds)
    lengths[: n_rows % n_folds] += 1
    return np.repeat(np.arange(n_folds), lengths)


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
            todo="make them with selection.interleaved_blocks.",
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
