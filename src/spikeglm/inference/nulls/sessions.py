"""The null that exchanges sessions: covariates of one with the spikes of another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from ... import errors, notices, showing
from ...typing import BoolArray, FloatArray, IntArray
from .contract import RESPONSE, Draws, Setting, at_random, check_count, what_moves
from .moved import Exchanged
from .question import Question

_FEWEST = 20  # orders of sessions, the true one included, with which p can be 0.05


@dataclass(frozen=True, eq=False)
class SessionPermutation:
    """Pair the covariates of each session with the spikes of another: none, however slow, can fit.

    All sessions are cut to the length of the shortest, so that every pairing has as many rows. With
    k of D random orders of the sessions that have a statistic at least as large as the true one,
    p = (1 + k) / (1 + D); where there are no more than D orders, all are taken.

    Parameters
    ----------
    sessions :
        (T,) labels, a session per run of them, or epochs (a pynapple IntervalSet); None takes the
        epochs that the data came with. Trials do as well, if nothing drifts from one to the next.
    n_permutations :
        D.
    moves :
        As of :class:`~spikeglm.inference.LinearShift`: ``"term"``, ``"response"`` or None.

    References
    ----------
    Harris (2020), Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719.

    Examples
    --------
    >>> SessionPermutation(sessions=np.repeat(np.arange(8), 100)).name
    'session_permutation'
    """

    sessions: Any = None
    n_permutations: int = 199
    moves: str | None = None

    __repr__ = showing.of_fields
    name = "session_permutation"

    def moving(self, question: Question) -> str:
        """Return what moves."""
        return what_moves(self.moves, question)

    def draws(self, setting: Setting) -> Draws:
        """Return orders of the sessions.

        Raises
        ------
        ValueError
            If there is but one session.
        """
        starts, lengths = setting.sessions(self.sessions)
        n, T = len(starts), setting.n_rows
        if n < 2:
            raise errors.value_error(
                "One session cannot be exchanged with another.",
                given="data of one session",
                expected="sessions=, a label per row, or pynapple objects of several epochs",
                todo='within a session, null="linear_shift" may do.',
            )
        length = int(lengths.min())
        session = np.full(T, -1, dtype=np.intp)
        place = np.zeros(T, dtype=np.intp)
        for s, start in enumerate(starts):
            session[start : start + length] = s
            place[start : start + length] = np.arange(length)
        orders = _orders(n, check_count(self.n_permutations, name="n_permutations"), setting.rng)
        moves = tuple(Exchanged(session, place, starts, order) for order in orders)
        return Draws(self._kept(setting, session, place, starts, length), moves)

    def _kept(
        self,
        setting: Setting,
        session: IntArray,
        place: IntArray,
        starts: IntArray,
        length: int,
    ) -> BoolArray:
        """Return (T,) the rows that are there in every order."""
        moves_response = self.moving(setting.question) == RESPONSE
        whole, features = setting.keep, setting.valid
        still, moved = (features, whole) if moves_response else (whole, features)
        in_all = np.logical_and.reduce(moved[np.add.outer(starts, np.arange(length))])
        keep = still & (session >= 0) & in_all[place]
        if not keep.any():
            raise errors.value_error(
                "No row can be compared in all orders of the sessions.",
                given=f"{len(starts)} sessions, the shortest of {length} rows",
                expected="rows that are complete in every session",
                todo="leave out the shortest session, or one with gaps.",
            )
        return keep

    def p_values(self, at_least: IntArray, n_draws: int) -> FloatArray:
        """Return the rank among all orders."""
        return at_random(at_least, n_draws)

    def assumption(self, question: Question) -> str:
        """Return what must hold."""
        return (
            "Sessions are alike and independent: what one session had could as well have come "
            "with the spikes of any other."
        )


def _orders(n: int, n_wanted: int, rng: np.random.Generator) -> list[IntArray]:
    """Return orders of n sessions beside the true one: all, if there are no more than wanted."""
    n_orders = math.factorial(min(n, 20))
    if n_orders < _FEWEST:
        notices.warn(
            f"{n} sessions have {n_orders} orders, so no p value can be less than "
            f"1 / {n_orders}. What to do: take more sessions (four have 24 orders), or another "
            "null."
        )
    if n_orders - 1 <= n_wanted:
        return [np.array(order) for order in permutations(range(n))][1:]
    return [rng.permutation(n) for _ in range(n_wanted)]
