"""Where sessions begin, and which trials belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.epochs import is_epochs
from ..io.interop.timeseries import TimeAxis, to_array
from ..typing import Array, BoolArray, IntArray

_TODO = (
    "pass True where a session begins, (n_samples,); the numbers of the trials that begin one; or "
    "glm_hmm.session_starts(labels) for one label per trial, such as a day."
)


@dataclass(frozen=True, eq=False)
class Sessions:
    """The trials of a hidden chain among n rows, session after session.

    A session reaches from its first to its last trial with data. In between there may be trials
    without: there the state moves on unseen.

    Attributes
    ----------
    n_rows :
        n.
    trials :
        (T,) rows that are in a session.
    starts :
        (T,) True where one begins.

    Examples
    --------
    >>> has_data = np.array([False, True, False, True, True, False])
    >>> found = Sessions.of(np.arange(6) % 4 == 0, has_data)
    >>> found.trials, found.starts
    (array([1, 2, 3, 4]), array([ True, False, False,  True]))
    """

    n_rows: int
    trials: IntArray
    starts: BoolArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, marks: BoolArray, has_data: BoolArray) -> Sessions:
        """Return sessions, given rows (n,) where one begins and rows with data."""
        rows, n = np.arange(len(marks)), len(marks)
        first_rows = np.flatnonzero(marks)
        number = np.cumsum(marks) - 1
        first = np.minimum.reduceat(np.where(has_data, rows, n), first_rows)
        last = np.maximum.reduceat(np.where(has_data, rows, -1), first_rows)
        trials = np.flatnonzero((rows >= first[number]) & (rows <= last[number]))
        return cls(n, trials, np.diff(number[trials], prepend=-1) > 0)

    @property
    def n_sessions(self) -> int:
        """How many sessions have data."""
        return int(self.starts.sum())

    @property
    def covers_all(self) -> bool:
        """Whether every row is in a session."""
        return len(self.trials) == self.n_rows

    def among(self, values: Array) -> Array:
        """Return the entries (T, ...) of the trials among those of all rows (n, ...)."""
        return values if self.covers_all else values[self.trials]

    def spread(self, values: Array, fill: float) -> Array:
        """Return entries (T, ...) of the trials as (n, ...), others filled."""
        if self.covers_all:
            return values
        out = np.full((self.n_rows, *values.shape[1:]), fill, dtype=np.result_type(values, fill))
        out[self.trials] = values
        return out


def session_starts(labels: Any) -> BoolArray:
    """Return where sessions begin, given a label for each trial, such as a day or an animal.

    Parameters
    ----------
    labels :
        (T,) of any kind; trials of a session lie together.

    Returns
    -------
    numpy.ndarray of bool
        (T,) True at the first trial of each session: what ``session_starts=`` takes.

    Raises
    ------
    ValueError
        If a label comes back after another, or they are no list.

    Examples
    --------
    >>> session_starts(["mon", "mon", "tue", "wed", "wed"])
    array([ True, False,  True,  True, False])
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise errors.value_error(
            "Labels of sessions must be a list.",
            given=f"shape {values.shape}",
            expected="(n_samples,), one label per trial",
        )
    if not len(values):
        return np.zeros(0, dtype=bool)
    starts = np.concatenate([[True], values[1:] != values[:-1]])
    firsts = values[starts].tolist()
    seen: set[Any] = set()
    for label in firsts:
        if label in seen:
            raise errors.value_error(
                "The trials of a session do not lie together.",
                given=f"label {label!r} comes back after others",
                expected="all trials of a session in a row",
                todo="sort X and y by session first, in the order in which trials were made.",
            )
        seen.add(label)
    return np.asarray(starts, dtype=bool)


def read_session_starts(given: Any, n_rows: int, axis: TimeAxis | None) -> BoolArray:
    """Return (n,) where sessions begin, given what a user says of them.

    Parameters
    ----------
    given :
        None: where epochs of X or y begin, or one session. A bool array (n,); an array of
        integers: zeros and ones (n,), or the numbers of rows; a pynapple IntervalSet.
    n_rows :
        n.
    axis :
        Of y, or of X, where they have times.

    Raises
    ------
    TypeError
        For anything else, or epochs without times to compare them with.
    ValueError
        For arrays of another size, or numbers that are none of rows.
    """
    marks = np.zeros(n_rows, dtype=bool)
    if given is None:
        if axis is not None:
            marks[axis.epoch_starts] = True
    elif is_epochs(given):
        marks[_of_epochs(given, axis)] = True
    else:
        marks = _of_array(given, n_rows)
    if n_rows:
        marks[0] = True
    return marks


def _of_epochs(epochs: Any, axis: TimeAxis | None) -> IntArray:
    """Return the rows that begin epochs."""
    if axis is None:
        raise errors.type_error(
            "Epochs begin at times, and neither y nor X has any.",
            given="an IntervalSet as session_starts",
            expected="y or X as a pynapple object",
            todo=_TODO,
        )
    begin, end = np.asarray(epochs.values, dtype=float).reshape(-1, 2).T
    rows = np.searchsorted(axis.times, begin - 1e-9)
    reaches = np.searchsorted(axis.times, end + 1e-9) > rows
    if not reaches.any():
        raise errors.value_error(
            "No trial is in these epochs.",
            given=f"epochs from {begin.min():g} to {end.max():g} s",
            expected=f"some among trials from {axis.times[0]:g} to {axis.times[-1]:g} s",
            todo="give both in seconds on one clock.",
        )
    return rows[reaches]


def _of_array(given: Any, n_rows: int) -> BoolArray:
    """Return (n,) marks, given marks or numbers of rows."""
    if isinstance(given, (list, tuple)) or not hasattr(given, "dtype"):
        raise _no_marks(given, f"a {type(given).__name__}")
    values = to_array(given, name="session_starts")
    if values.dtype.kind not in "biu" or values.ndim != 1:
        raise _no_marks(given, f"an array of {values.dtype}, shape {values.shape}")
    if values.dtype.kind == "b":
        if len(values) != n_rows:
            raise errors.value_error(
                "session_starts does not fit the data.",
                given=f"{len(values)} marks for {n_rows} rows",
                expected="one for each row",
                todo=_TODO,
            )
        return values.copy()
    if len(values) == n_rows and np.isin(values, (0, 1)).all() and n_rows > 1:
        _check_marks(values)
        return values.astype(bool)
    return _of_numbers(values, n_rows)


def _of_numbers(values: IntArray, n_rows: int) -> BoolArray:
    is_row = (values >= 0) & (values < n_rows)
    if not is_row.all() or len(np.unique(values)) < len(values):
        what = "some that come twice" if is_row.all() else f"{values[~is_row][0]} among them"
        raise errors.value_error(
            "session_starts are no numbers of rows.",
            given=f"{len(values)} integers, {what}",
            expected=f"different rows, each from 0 to {n_rows - 1}",
            todo=_TODO,
        )
    marks = np.zeros(n_rows, dtype=bool)
    marks[values] = True
    return marks


def _check_marks(values: IntArray) -> None:
    """Refuse zeros and ones that look like the numbers of two sessions, 0 0 0 1 1 1."""
    if values.sum() > 1 and values[0] == 0 and (np.diff(values.astype(int)) >= 0).all():
        raise errors.value_error(
            "session_starts may be marks or labels.",
            given=f"zeros and then {int(values.sum())} ones: as marks, each of these is a session "
            "of one trial",
            expected="marks as bools, so that there is no doubt",
            todo="glm_hmm.session_starts(labels) if they number two sessions, .astype(bool) if "
            "they are marks.",
        )


def _no_marks(given: Any, what: str) -> TypeError:
    return errors.type_error(
        "session_starts cannot be read.",
        given=what,
        expected="an array of bools or of integers, or a pynapple IntervalSet",
        todo=_TODO,
    )
