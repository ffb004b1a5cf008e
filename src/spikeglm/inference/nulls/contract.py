"""What a null is: draws of the data in which a term has nothing to do with the response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ... import errors, showing
from ...rows.contract import Rows
from ...rows.sampling import bins_in
from ...typing import ArrayLike, BoolArray, FloatArray, IntArray
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

    def session_starts(self, sessions: ArrayLike | None) -> IntArray:
        """Return the first row of each session: of runs of equal labels (T,), else of each epoch.

        Raises
        ------
        ValueError
            If there are labels, not one per row.
        """
        if sessions is None:
            axis = self.fit.optimum.rows.time_axis
            return np.zeros(1, np.intp) if axis is None else np.asarray(axis.epoch_starts)
        labels = np.asarray(sessions)
        if labels.shape != (self.n_rows,):
            raise errors.value_error(
                "sessions does not say of each row which session it is of.",
                given=f"an array of shape {labels.shape}",
                expected=f"({self.n_rows},), a label per row",
            )
        return np.concatenate([[0], np.flatnonzero(labels[1:] != labels[:-1]) + 1]).astype(np.intp)

    def bins(self, duration: int | str, *, name: str) -> int:
        """Return a number of bins, given as such or as a text with a unit, such as ``"60 s"``.

        Raises
        ------
        TypeError
            For a number that is not whole: it may be meant in seconds or in bins.
        ValueError
            If a text is no duration, or the data do not say how long a bin is.
        """
        if isinstance(duration, str):
            if self.fit.bin_s is None:
                raise errors.value_error(
                    f"{name} is in seconds, and the data do not say how long their bins are.",
                    given=f"{name}={duration!r}",
                    expected="pynapple objects in the fit, or a number of bins",
                )
            return bins_in(duration, self.fit.bin_s, name=name)
        if isinstance(duration, bool) or not isinstance(duration, int | np.integer):
            raise errors.type_error(
                f"{name} is neither a number of bins nor a duration.",
                given=f"{name}={duration!r}",
                expected="a whole number of bins, or a text with a unit such as '60 s'",
            )
        return int(duration)


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
