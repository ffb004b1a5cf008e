"""What a null is: draws of the data in which a term has nothing to do with the response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ... import errors, showing
from ...io.interop.epochs import epoch_of, is_epochs
from ...rows.contract import Rows
from ...rows.group_labels import borders, is_missing, read_groups
from ...rows.sampling import Sampling, bin_size_of, bins_in
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..fit_on_data import FitOnData
from .moved import Move
from .question import Question

TERM, RESPONSE = "term", "response"


@dataclass(frozen=True, eq=False)
class Setting:
    """What a null may know of the data.

    Attributes
    ----------
    question :
        Of which fit, and which features are in question.
    rng :
        Where chance comes from.
    """

    question: Question
    rng: np.random.Generator

    __repr__ = showing.of_fields

    @property
    def fit(self) -> FitOnData:
        """The fit with its data."""
        return self.question.fit

    @property
    def n_rows(self) -> int:
        """T."""
        return self.fit.optimum.rows.n_rows

    @property
    def keep(self) -> BoolArray:
        """(T,) rows that took part in the fit."""
        return self.fit.optimum.keep

    @property
    def valid(self) -> BoolArray:
        """(T,) rows whose features are finite."""
        return self.fit.optimum.rows.valid_rows()

    def sessions(self, sessions: Any) -> tuple[IntArray, IntArray]:
        """Return first row and length of each session, (S,) each.

        Parameters
        ----------
        sessions :
            (T,) labels, of which every run is a session; epochs (a pynapple IntervalSet); or None
            for the epochs that the data came with, which end at gaps in time. Rows without a label
            (NaN, None, in no epoch) are of no session.

        Raises
        ------
        ValueError
            If there are labels, not one per row, or epochs, and rows have no times.
        """
        labels = self._labels(sessions)
        is_there = ~is_missing(labels)
        if is_epochs(sessions):
            is_there &= labels >= 0
        starts = np.append(0, np.flatnonzero(borders(labels)) + 1)
        lengths = np.diff(np.append(starts, len(labels)))
        known = is_there[starts]
        if not known.any():
            raise errors.value_error(
                "No row is in a session.", given=repr(sessions), expected="sessions with rows"
            )
        return starts[known], lengths[known]

    def _labels(self, sessions: Any) -> Array:
        axis = self.fit.optimum.time_axis
        if sessions is None:
            starts = np.zeros(1, np.intp) if axis is None else _starts_of(axis)
            return np.searchsorted(starts, np.arange(self.n_rows), side="right")
        if is_epochs(sessions):
            if axis is None:
                raise errors.value_error(
                    "Epochs need rows that have times.",
                    given="sessions as epochs, and X and y without times",
                    expected="X or y as pynapple objects, or sessions as a label per row",
                )
            return epoch_of(axis.times, sessions)
        return read_groups(sessions, self.fit.optimum.rows, name="sessions")

    def bins(self, duration: Any, *, name: str) -> int:
        """Return a number of bins: an int, or in seconds a float or a text such as ``"60 s"``.

        Raises
        ------
        TypeError
            If it is none of these.
        ValueError
            If a text is no duration, or the data do not say how long a bin is.
        """
        if isinstance(duration, int | np.integer) and not isinstance(duration, bool):
            return int(duration)
        if not isinstance(duration, str | float):
            raise errors.type_error(
                f"{name} is neither a number of bins nor a duration.",
                given=f"{name}={duration!r}",
                expected="an int, a number of bins; or seconds: a float, or a text such as '60 s'",
            )
        if self.fit.bin_s is None:
            raise errors.value_error(
                f"{name} is in seconds, and the data do not say how long their bins are.",
                given=f"{name}={duration!r}",
                expected="bin_s=..., pynapple objects in the fit, or an int, a number of bins",
            )
        text = duration if isinstance(duration, str) else f"{duration} s"
        return bins_in(text, self.fit.bin_s, name=name)


@dataclass(frozen=True, eq=False)
class Draws:
    """D versions of the data, and which rows are compared in all of them.

    Attributes
    ----------
    keep :
        (T,) the rows of every version, the data as they are included.
    moves :
        D ways to move what moves; () where features are replaced.
    tables :
        D tables (T, q) in the place of the features in question; () where something moves.
    lags :
        (D,) by how many bins each is moved; None where that means nothing.
    """

    keep: BoolArray
    moves: tuple[Move, ...] = ()
    tables: Sequence[Rows] = ()
    lags: IntArray | None = None

    __repr__ = showing.of_fields

    @property
    def n_draws(self) -> int:
        """D."""
        return len(self.moves) or len(self.tables)


class Null(Protocol):
    """A way to draw data in which a term is unrelated to the response.

    >>> from spikeglm.inference import LinearShift
    >>> LinearShift(max_shift=100).name
    'linear_shift'
    """

    @property
    def name(self) -> str:
        """What results call it."""
        ...

    def moving(self, question: Question) -> str:
        """Return what moves: ``"term"``, the features in question, or ``"response"``, the rest."""
        ...

    def draws(self, setting: Setting) -> Draws:
        """Return the draws; raises ValueError or TypeError where there are none."""
        ...

    def p_values(self, at_least: IntArray, n_draws: int) -> FloatArray:
        """Return p (N,) where so many of the draws have a statistic at least as large."""
        ...

    def assumption(self, question: Question) -> str:
        """Return in a sentence what must hold for p to be one."""
        ...


def _starts_of(axis: Any) -> IntArray:
    """Return the first row of each stretch of a time axis without a gap, or else of each epoch."""
    known = bin_size_of(axis) is not None
    return Sampling.of(axis).starts if known else np.asarray(axis.epoch_starts)


def what_moves(moves: Any, question: Question) -> str:
    """Return what a user says moves; None is the response where there are no other features.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if moves is None:
        return TERM if question.has_rest else RESPONSE
    if moves not in (TERM, RESPONSE):
        raise errors.unknown_name("choice of what moves", moves, [TERM, RESPONSE])
    return str(moves)


def at_random(at_least: IntArray, n_draws: int) -> FloatArray:
    """Return (1 + k) / (1 + D): the rank of the data among them and D draws that are alike.

    >>> at_random(np.array([0, 3]), 99)
    array([0.01, 0.04])
    """
    return (1.0 + at_least) / (1.0 + n_draws)


def check_count(value: Any, *, name: str, fewest: int = 1) -> int:
    """Return a whole number.

    Raises
    ------
    ValueError
        If it is none, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < fewest:
        raise errors.value_error(
            f"{name} is no number of draws.",
            given=f"{name}={value!r}",
            expected=f"a whole number from {fewest} on",
        )
    return int(value)
