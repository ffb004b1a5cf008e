"""How likely states begin and follow each other: Dirichlet priors, and the best under them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .. import errors, showing
from ..io.interop.timeseries import to_array
from ..typing import FloatArray

STAYS = 10.0
"""Moves that the sticky prior counts, from each state to itself, if nobody says how many."""


@dataclass(frozen=True, eq=False)
class Dirichlet:
    """Priors of K states: log p = sum (alpha - 1) log probability, up to a constant.

    Attributes
    ----------
    initial, transition :
        alpha - 1 >= 0, (K,) and (K, K): moves that are counted beside those that are seen.

    Examples
    --------
    >>> prior = Dirichlet(np.array([1.0, 0.5]), np.array([[2.0, 0.0], [0.0, 2.0]]))
    >>> firsts, moves = np.array([[0.8, 0.2]]), np.array([[[3.0, 1.0], [0.5, 1.5]]])
    >>> initial, transition = prior.best(firsts, moves, now=(firsts, moves))
    >>> initial, transition
    (array([[0.72, 0.28]]), array([[[0.83333333, 0.16666667],
            [0.125     , 0.875     ]]]))
    """

    initial: FloatArray
    transition: FloatArray

    __repr__ = showing.of_fields

    def best(
        self, firsts: FloatArray, moves: FloatArray, now: tuple[FloatArray, FloatArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Return the most likely probabilities, given expected counts.

        Parameters
        ----------
        firsts, moves :
            (R, K) sessions that begin in each state, and (R, K, K) moves between states.
        now :
            Probabilities (R, K) and (R, K, K), kept where nothing is counted.
        """
        return _shares(firsts + self.initial, now[0]), _shares(moves + self.transition, now[1])

    def log_density(self, initial: FloatArray, transition: FloatArray) -> FloatArray:
        """Return log p of probabilities (R, K) and (R, K, K), up to a constant, (R,)."""
        return _weighed(self.initial, initial).sum(axis=-1) + _weighed(
            self.transition, transition
        ).sum(axis=(-2, -1))


def read_dirichlet(initial: Any, transition: Any, n_states: int) -> Dirichlet:
    """Return the priors that two arguments of the constructor describe; None is none.

    ``"sticky"``, or ``("sticky", n)``, counts n stays in each state beside those that are seen.

    Raises
    ------
    ValueError
        If a shape is not that of the probabilities, an entry is below one, or for another name.
    """
    K = n_states
    n_stays = _named(transition)
    if n_stays is not None:
        transition = 1.0 + n_stays * np.eye(K)
    return Dirichlet(
        _alphas(initial, "dirichlet_initial_proba", (K,)),
        _alphas(transition, "dirichlet_transition_proba", (K, K)),
    )


def _named(given: Any) -> float | None:
    """Return the stays that a prior given by name counts; None if it is not given so."""
    name, *more = given if isinstance(given, tuple) else (given,)
    if not isinstance(name, str):
        return None
    if name != "sticky":
        raise errors.unknown_name("dirichlet_transition_proba", name, ["sticky"])
    n_stays = more[0] if more else STAYS
    if len(more) > 1 or not isinstance(n_stays, Real) or not 0.0 <= float(n_stays) < np.inf:
        raise errors.value_error(
            "This sticky prior cannot be used.",
            given=repr(given),
            expected=f"'sticky' ({STAYS:g} stays in each state), or ('sticky', n_stays)",
        )
    return float(n_stays)


def _alphas(given: Any, name: str, shape: tuple[int, ...]) -> FloatArray:
    if given is None:
        return np.zeros(shape)
    values = to_array(given, name=name).astype(np.float64)
    if values.shape != shape:
        raise errors.value_error(
            f"{name} does not fit the states.",
            given=f"shape {values.shape}",
            expected=f"{shape}, one entry for each "
            + ("state" if len(shape) == 1 else "move from a state (row) to a state (column)"),
        )
    if not (np.isfinite(values).all() and (values >= 1).all()):
        raise errors.value_error(
            f"{name} has entries that a prior cannot have.",
            given=f"a smallest entry of {np.min(values):g}",
            expected="finite numbers >= 1; 1 says nothing, larger ones count as alpha - 1 moves",
            todo="a sticky prior has a name: dirichlet_transition_proba='sticky'.",
        )
    return values - 1.0


def _shares(counts: FloatArray, now: FloatArray) -> FloatArray:
    """Return counts (..., K) over their sum; where that is zero, what is now."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1.0), now)


def _weighed(counts: FloatArray, probability: FloatArray) -> FloatArray:
    """Return counts times log-probability; zero where nothing is counted."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(counts > 0, counts * np.log(probability), 0.0)
