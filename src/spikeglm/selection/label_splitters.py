"""Splitters by what rows belong to: trials, sessions, epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.epochs import epoch_of, is_epochs
from ..rows.contract import Rows
from ..rows.group_labels import is_missing, read_groups
from ..typing import Array, ArrayLike, IntArray
from .splitters import TimeSplitter, check_number


@dataclass(frozen=True, eq=False)
class TrialFolds(TimeSplitter):
    """Whole trials, dealt to the folds in turn in the order in which they come.

    Parameters
    ----------
    trials :
        (T,) the label of the trial that each row is in; NaN or None outside of all: such rows are
        neither trained nor tested on.
    n_folds :
        K; None leaves out one trial at a time.
    gap :
        Bins (a number), time (``"200 ms"``) or None, the longest kernel of the design.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> folds = nmo.selection.TrialFolds([1, 1, 2, 2, 3, 3, 4, 4], n_folds=2)
    >>> [test.tolist() for _, test in folds.split(np.zeros((8, 1)))]
    [[0, 1, 4, 5], [2, 3, 6, 7]]
    """

    trials: ArrayLike
    n_folds: int | None = 5
    gap: Any = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        if self.n_folds is not None:
            check_number(self.n_folds, "n_folds")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return self.n_folds or int(_numbered(self.trials).max()) + 1

    def fold_of_rows(self, rows: Rows) -> IntArray:
        """Return (T,) the fold of each row, -1 outside of all trials."""
        return _dealt(read_groups(self.trials, rows, name="trials"), self.n_folds, "trials")


@dataclass(frozen=True, eq=False)
class SessionFolds(TimeSplitter):
    """One session (day, animal, recording) left out at a time.

    Sessions are no neighbours in time: no gap is needed between them. Features must not reach over
    their borders; those of designs do not where sessions are epochs.

    Parameters
    ----------
    sessions :
        (T,) the label of the session that each row is in; NaN or None: in none.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> folds = nmo.selection.SessionFolds(["mon", "mon", "tue", "wed"])
    >>> [test.tolist() for _, test in folds.split(np.zeros((4, 1)))]
    [[0, 1], [2], [3]]
    """

    sessions: ArrayLike

    __repr__ = showing.of_fields
    gap = 0

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of sessions."""
        return int(_numbered(self.sessions).max()) + 1

    def fold_of_rows(self, rows: Rows) -> IntArray:
        """Return (T,) the number of each row's session, -1 for none."""
        return _dealt(read_groups(self.sessions, rows, name="sessions"), None, "sessions")


@dataclass(frozen=True, eq=False)
class EpochFolds(TimeSplitter):
    """Whole epochs, dealt to the folds in turn; rows outside of all take no part.

    Parameters
    ----------
    epochs :
        A pynapple IntervalSet, or starts and ends (n, 2) in seconds.
    n_folds :
        K; None leaves out one epoch at a time.
    gap :
        Bins (a number), time (``"200 ms"``) or None, the longest kernel of the design.
    times :
        (T,) seconds of the rows, for an X that does not know them.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> epochs = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    >>> folds = nmo.selection.EpochFolds(epochs, n_folds=None, times=np.arange(6) + 0.5)
    >>> [test.tolist() for _, test in folds.split(np.zeros((6, 1)))]
    [[0], [2], [4]]
    """

    epochs: Any
    n_folds: int | None = 5
    gap: Any = None
    times: ArrayLike | None = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        if self.n_folds is not None:
            check_number(self.n_folds, "n_folds")
        shape = np.shape(self.epochs)
        if not is_epochs(self.epochs) and (len(shape) != 2 or shape[1] != 2):
            raise errors.value_error(
                "epochs cannot be used.",
                given=f"{type(self.epochs).__name__} of shape {shape}",
                expected="a pynapple IntervalSet, or (n, 2) starts and ends in seconds",
            )

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return self.n_folds or len(self.epochs)

    def fold_of_rows(self, rows: Rows) -> IntArray:
        """Return (T,) the fold of each row, -1 outside of all epochs."""
        axis = rows.time_axis
        times = self.times if self.times is not None else None if axis is None else axis.times
        if times is None or len(np.asarray(times)) != rows.n_rows:
            raise errors.value_error(
                "It is not known when the rows are.",
                given="an X without times" if times is None else f"{len(np.asarray(times))} times",
                expected=f"{rows.n_rows} times, of a pynapple object or a design made of some",
                todo="pass times=, the seconds of the rows.",
            )
        epoch = epoch_of(np.asarray(times, dtype=float), self.epochs)
        known = np.unique(epoch[epoch >= 0])
        if self.n_folds is None:
            return epoch
        _check_enough(len(known), self.n_folds, "epochs")
        return np.where(epoch >= 0, np.searchsorted(known, epoch) % self.n_folds, -1)


def _check_enough(n: int, n_folds: int | None, what: str) -> None:
    if n < (n_folds or 2):
        raise errors.value_error(
            f"There are not enough {what}.",
            given=f"{n} {what} that have rows, for {n_folds or 'one fold each'}"
            + (" folds" if n_folds else ""),
            expected=f"at least {n_folds or 2}",
            todo="use fewer folds, or n_folds=None to leave out one at a time.",
        )


def _numbered(labels: ArrayLike) -> IntArray:
    """Return labels (T,) as numbers in the order in which they first come; -1 for NaN and None."""
    given = np.asarray(labels)
    is_known = ~is_missing(given)
    _, first, which = np.unique(given[is_known], return_index=True, return_inverse=True)
    out = np.full(len(given), -1)
    out[is_known] = np.argsort(np.argsort(first))[which]
    return out


def _dealt(labels: Array, n_folds: int | None, what: str) -> IntArray:
    numbers = _numbered(labels)
    _check_enough(int(numbers.max(initial=-1)) + 1, n_folds, what)
    return numbers if n_folds is None else np.where(numbers >= 0, numbers % n_folds, -1)
