"""Shapley values: the mean gain of a term over all orders in which terms may enter a model.

With J terms and v(S) what the model of the terms S predicts,

    phi_j = sum over S without j of |S|! (J - |S| - 1)! / J!  (v(S + j) - v(S)),

and sum_j phi_j = v(all) - v(none), whatever v is. That are 2^J models. For many terms the mean is
taken over some orders only; each of them adds up, so that their mean does, too.

References
----------
Shapley (1953), A value for n-person games, Contributions to the Theory of Games II, 307-17. Castro,
Gomez & Tejada (2009), Polynomial calculation of the Shapley value based on sampling, Comput Oper
Res 36:1726-30.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from ... import errors, showing
from ...typing import BoolArray, FloatArray, IntArray

MOST_TERMS = 10
_FEWEST = 10


@dataclass(frozen=True, eq=False)
class Orders:
    """Sets of J terms, and how the values of these sets make contributions.

    Attributes
    ----------
    members :
        (S, J) True where a set has a term.
    weights :
        (D, J, S): phi_j = mean over D of sum_S weights v(S). One draw where all orders are counted.
    """

    members: BoolArray
    weights: FloatArray

    __repr__ = showing.of_fields

    @property
    def n_draws(self) -> int:
        """D."""
        return len(self.weights)


def every_order(n_terms: int) -> Orders:
    """Return all sets, (2^J, J), with their weights.

    >>> orders = every_order(2)
    >>> orders.members.astype(int).tolist(), orders.weights[0].tolist()
    ([[0, 0], [1, 0], [0, 1], [1, 1]], [[-0.5, 0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5]])
    """
    J = n_terms
    numbers = np.arange(2**J)
    members = (numbers[:, None] >> np.arange(J)) & 1 == 1
    size = members.sum(axis=1)
    share = np.array([factorial(s) * factorial(J - s - 1) for s in range(J)]) / factorial(J)
    weights = np.zeros((J, len(numbers)))
    for j in range(J):
        without = ~members[:, j]
        weights[j, without] = -share[size[without]]
        weights[j, numbers[without] + 2**j] = share[size[without]]
    return Orders(members, weights[None])


def some_orders(n_terms: int, n_orders: int, rng: np.random.Generator) -> Orders:
    """Return the sets that some orders pass through; a draw is an order and its reverse.

    >>> orders = some_orders(3, 4, np.random.default_rng(0))
    >>> orders.n_draws, np.allclose(orders.weights.sum(axis=1)[:, orders.members.all(axis=1)], 1)
    (2, True)
    """
    J, n_draws = n_terms, max(1, n_orders // 2)
    places: dict[bytes, int] = {}
    found: list[BoolArray] = []

    def place(members: BoolArray) -> int:
        key = members.tobytes()
        if key not in places:
            places[key] = len(found)
            found.append(members.copy())
        return places[key]

    steps: list[tuple[int, int, int, int]] = []
    for d in range(n_draws):
        order: IntArray = rng.permutation(J)
        for way in (order, order[::-1]):
            members = np.zeros(J, dtype=bool)
            for j in way.tolist():
                before = place(members)
                members[j] = True
                steps.append((d, j, before, place(members)))
    weights = np.zeros((n_draws, J, len(found)))
    for d, j, before, after in steps:
        weights[d, j, before] -= 0.5
        weights[d, j, after] += 0.5
    return Orders(np.array(found), weights)


def orders_of(n_terms: int, n_orders: int | None, rng: np.random.Generator) -> Orders:
    """Return all orders, or as many as were asked for if they take fewer sets than all do.

    Raises
    ------
    ValueError
        If there are too many terms to have all, or a number of orders that cannot be.
    """
    if n_orders is not None and (not isinstance(n_orders, int | np.integer) or n_orders < _FEWEST):
        raise errors.value_error(
            "There are no such orders.",
            given=f"n_orders={n_orders!r}",
            expected=f"an even number from {_FEWEST} on, or None for all",
            todo="take more, so that their spread says how sure the mean is.",
        )
    if n_orders is not None and 2**n_terms > n_orders * (n_terms - 1) + 2:
        return some_orders(n_terms, int(n_orders), rng)
    if n_terms > MOST_TERMS:
        raise errors.value_error(
            "Shapley values of so many terms take too many models.",
            given=f"{n_terms} terms: 2^{n_terms} sets",
            expected=f"no more than {MOST_TERMS} terms, or n_orders=",
            todo="put terms into groups, terms={'task': [...], 'movement': [...]}, or take some "
            "orders in which terms enter: n_orders=100.",
        )
    return every_order(n_terms)


def combined(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Return sum_S weights (..., S) values (S, ...), NaN where a set that counts has no value.

    >>> combined(np.array([[1.0, 0.0]]), np.array([[2.0, np.nan], [np.nan, 3.0]]))
    array([[ 2., nan]])
    """
    missing = ~np.isfinite(values)
    total = np.tensordot(weights, np.where(missing, 0.0, values), axes=1)
    if not missing.any():
        return np.asarray(total)
    lost = np.tensordot((weights != 0).astype(float), missing.astype(float), axes=1) > 0
    return np.where(lost, np.nan, total)
