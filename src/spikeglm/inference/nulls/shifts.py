"""Nulls that move one of two signals in time: linear shift, and circular shift with a warning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...typing import BoolArray, FloatArray, IntArray
from .contract import RESPONSE, Draws, Setting, at_random, check_count, what_moves
from .moved import Rolled
from .question import Question

_FEWEST = 19  # shifts to a side, with which p can be 0.05
_FEW = 0.5  # of the rows that could be compared, were none lost
_SHARE = 4  # of the shortest session: by a quarter either way, half of its rows are compared


@dataclass(frozen=True, eq=False)
class LinearShift:
    """Shift one signal against the other and drop the ends: nothing wraps around.

    With K the largest shift, only rows that are K or more from either end of their session are
    compared, the same ones at every shift, so that all statistics are of as many rows. With M equal
    steps to each side and m of the 2 M + 1 statistics, the unshifted one included, at least as
    large as that,

        p = min(1, m / (M + 1))

    which is never too small: if what is shifted is stationary and independent of all else,
    P(p <= a) <= a, whatever the signals and however slow they are (Harris 2020). For many shifts
    that are far apart P tends to half of that: ``conservative=False`` takes m / (2 M + 1), which is
    right on average, but not in every case.

    Parameters
    ----------
    max_shift :
        K: an int, a number of bins; or seconds, a float or a text with a unit (``"60 s"``). A
        quarter of the shortest session if None. It should be many times as long as signals take to
        change.
    n_shifts :
        2 M, how many shifts; the smallest p is 1 / (M + 1).
    moves :
        ``"term"``: the features in question, which must be stationary then; all else, also other
        features, stays with the response. ``"response"``: the response, and with it row weights,
        offset and other features, which must be stationary. None: the response where there are no
        other features (all shifts are columns of one fit then), else the term.
    sessions :
        Over whose ends nothing is shifted: (T,) labels, a session per run of them, or epochs (a
        pynapple IntervalSet). None takes the epochs that the data came with, or a single one.
    conservative :
        Whether p is never too small, or right on average.

    References
    ----------
    Harris (2020), A shift test for independence in generic time series, arXiv:2012.06862; Harris
    (2020), Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719.

    Examples
    --------
    >>> LinearShift(max_shift="60 s", n_shifts=198).name
    'linear_shift'
    """

    max_shift: int | float | str | None = None
    n_shifts: int = 198
    moves: str | None = None
    sessions: Any = None
    conservative: bool = True

    __repr__ = showing.of_fields
    name = "linear_shift"

    def moving(self, question: Question) -> str:
        """Return what moves."""
        return what_moves(self.moves, question)

    def draws(self, setting: Setting) -> Draws:
        """Return equally spaced shifts, and the rows that are there at all of them.

        Raises
        ------
        ValueError
            If sessions are too short, or shifts too few.
        """
        starts, lengths = setting.sessions(self.sessions)
        K = self._largest(setting, int(lengths.max()), int(lengths.min()))
        M = min(check_count(self.n_shifts, name="n_shifts", fewest=2) // 2, K)
        if M < _FEWEST and self.conservative:
            notices.warn(
                f"With {M} shifts to each side no p value can be less than 1 / {M + 1}. What to "
                f"do: take n_shifts={2 * _FEWEST} or more, and max_shift as many bins."
            )
        lags = (K // M) * np.concatenate([np.arange(-M, 0), np.arange(1, M + 1)])
        inside = _inside(starts, lengths, int(lags[-1]), setting.n_rows)
        still, moved = _still_and_moved(setting, self.moving(setting.question))
        keep = inside & still
        n_wanted = int(keep.sum())
        moves = tuple(Rolled(int(k), setting.n_rows) for k in lags)
        for move in (Rolled(0, setting.n_rows), *moves):
            keep &= moved[move.of(np.arange(setting.n_rows))]
        _check_rows(keep, n_wanted, int(lags[-1]))
        return Draws(keep, moves, lags=lags)

    def p_values(self, at_least: IntArray, n_draws: int) -> FloatArray:
        """Return p (N,), see the class."""
        count = 1.0 + at_least
        if not self.conservative:
            return count / (1.0 + n_draws)
        return np.minimum(1.0, count / (n_draws // 2 + 1))

    def assumption(self, question: Question) -> str:
        """Return what must be stationary."""
        if self.moving(question) == RESPONSE:
            moved = "The response is stationary"
            if question.has_rest:
                moved = "Response and other features together are stationary"
            return f"{moved}: a stretch of it is as likely at any other time of the session."
        return (
            f"The variable of {question.label} is stationary: a stretch of it is as likely at any "
            "other time of the session."
        )

    def _largest(self, setting: Setting, longest: int, shortest: int) -> int:
        K = (
            shortest // _SHARE
            if self.max_shift is None
            else setting.bins(self.max_shift, name="max_shift")
        )
        if not 0 < 2 * K < longest:
            raise errors.value_error(
                "Rows that are shifted so far have nothing to be compared with.",
                given=f"max_shift of {K} bins in sessions of up to {longest}",
                expected=f"from 1 to {max((longest - 1) // 2, 1)} bins: both ends are dropped",
                todo="choose a smaller max_shift; short trials have nulls of their own, "
                'null="session_permutation".',
            )
        return K


@dataclass(frozen=True, eq=False)
class CircularShift:
    """Shift one signal against the other; what leaves at one end enters at the other.

    It is here because it is much used, and to be compared with: a slow signal jumps where its end
    meets its beginning, so that shifted signals are not like the one that was recorded, and p
    values are too small. :class:`LinearShift` drops the ends instead.

    Parameters
    ----------
    n_shifts :
        How many shifts, drawn at random.
    min_shift :
        The smallest, as the largest of :class:`LinearShift`.
    moves :
        As of :class:`LinearShift`.

    References
    ----------
    Harris (2020), Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719.

    Examples
    --------
    >>> CircularShift(n_shifts=199).name
    'circular_shift'
    """

    n_shifts: int = 199
    min_shift: int | float | str = 1
    moves: str | None = None

    __repr__ = showing.of_fields
    name = "circular_shift"

    def moving(self, question: Question) -> str:
        """Return what moves."""
        return what_moves(self.moves, question)

    def draws(self, setting: Setting) -> Draws:
        """Return random shifts.

        Raises
        ------
        ValueError
            If there are not so many.
        """
        notices.warn(
            "Circular shifts are no null for slow signals: their ends do not meet, and p values "
            'are too small. What to do: take null="linear_shift", or null="session_permutation".'
        )
        T, least = setting.n_rows, max(1, setting.bins(self.min_shift, name="min_shift"))
        n = check_count(self.n_shifts, name="n_shifts")
        if T + 1 - 2 * least < n:
            raise errors.value_error(
                "There are not so many circular shifts.",
                given=f"n_shifts={n} of at least {least} bins, in {T} rows",
                expected=f"at most {max(T + 1 - 2 * least, 0)}",
            )
        lags = np.sort(setting.rng.choice(T + 1 - 2 * least, size=n, replace=False)) + least
        still, moved = _still_and_moved(setting, self.moving(setting.question))
        keep, moves = still & moved, tuple(Rolled(int(k), T) for k in lags)
        n_wanted = int(still.sum())
        for move in moves:
            keep &= moved[move.of(np.arange(T))]
        _check_rows(keep, n_wanted, int(lags[-1]))
        return Draws(keep, moves, lags=lags)

    def p_values(self, at_least: IntArray, n_draws: int) -> FloatArray:
        """Return the rank among all."""
        return at_random(at_least, n_draws)

    def assumption(self, question: Question) -> str:
        """Return what must hold."""
        return (
            "What is shifted is stationary, and goes on at its end as it began: false for signals "
            "that are slow beside the recording."
        )


def _still_and_moved(setting: Setting, moves: str) -> tuple[BoolArray, BoolArray]:
    """Return (T,) which rows of what stays and of what moves can be used."""
    whole, features = setting.keep, setting.valid
    return (features, whole) if moves == RESPONSE else (whole, features)


def _inside(starts: IntArray, lengths: IntArray, K: int, n_rows: int) -> BoolArray:
    """Return (T,) True where a row is K or more from both ends of its session."""
    inside = np.zeros(n_rows, dtype=bool)
    for start, length in zip(starts, lengths, strict=True):
        inside[start + K : max(start + length - K, start + K)] = True
    return inside


def _check_rows(keep: BoolArray, n_wanted: int, largest: int) -> None:
    """Check that rows are left that can be compared at all shifts; warn where most are lost."""
    if keep.any():
        if keep.sum() < _FEW * n_wanted:
            notices.warn(
                f"Of {n_wanted} rows only {keep.sum()} are compared: all others meet, at some "
                "shift, a row that is lost (NaN, or a weight of zero). What to do: fill the gaps, "
                "or choose a smaller max_shift and fewer shifts."
            )
        return
    raise errors.value_error(
        "No row can be compared at all shifts.",
        given=f"shifts of up to {largest} bins, and rows that are lost in between",
        expected="rows that are K bins or more from the ends, and complete at every shift",
        todo="choose a smaller max_shift, or fill the gaps.",
    )
