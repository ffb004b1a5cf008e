"""What comes with a term, as sums over tested rows: with it less without it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ... import errors, showing
from ...inference.nulls.moved import MovedRows
from ...numerics import quiet
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..held_out_sums import Sums
from ..set_fits import SetFits
from ..set_problem import Scored, SetProblem
from .shapley import Orders, combined, orders_of
from .shuffling import moves_of

REST = "(rest)"


@dataclass(frozen=True, eq=False)
class Loss:
    """What comes with J terms, in D draws; Q bins, K folds, N neurons.

    Attributes
    ----------
    sums :
        (J, Q, K, N) mean over draws.
    sampling_error :
        (J, N) standard error in nats of that mean, over bins and folds together.
    trouble :
        (J, K, N) statuses of fits that are missing, ``""`` where all are there.
    """

    sums: Sums
    sampling_error: FloatArray
    trouble: Array

    __repr__ = showing.of_fields

    @classmethod
    def of_draws(cls, draws: Sums, trouble: Array) -> Loss:
        """Return the mean of draws (D, J, Q, K, N)."""
        D = len(draws.deviance)
        total = np.nansum(draws.log_likelihood, axis=(2, 3))
        se = np.zeros(total.shape[1:])
        if D > 1:
            with quiet():  # of rows that a fit held to be impossible the loss is infinite
                se = total.std(axis=0, ddof=1) / np.sqrt(D)
        return cls(draws.each(lambda values: values.mean(axis=0)), se, trouble)


@dataclass
class Plan:
    """Which sets of features are to be fitted; each once, whoever asks for it."""

    n_features: int
    masks: list[BoolArray] = field(default_factory=list)
    places: dict[bytes, int] = field(default_factory=dict)

    def place(self, mask: BoolArray) -> int:
        """Return the number of a set, which is noted if it is new."""
        key = mask.tobytes()
        if key not in self.places:
            self.places[key] = len(self.masks)
            self.masks.append(mask.copy())
        return self.places[key]

    def without(self, features: IntArray) -> int:
        """Return the number of the set of all other features."""
        mask = np.ones(self.n_features, dtype=bool)
        mask[features] = False
        return self.place(mask)

    def only(self, features: IntArray) -> int:
        """Return the number of the set of these features."""
        mask = np.zeros(self.n_features, dtype=bool)
        mask[features] = True
        return self.place(mask)


@dataclass(frozen=True, eq=False)
class Study:
    """Terms of a problem, and the fits of all sets that somebody asks about.

    Attributes
    ----------
    problem :
        Data and folds.
    players :
        (J,) labels, each with its features.
    how :
        Ways to ask.
    plan :
        The sets.
    orders :
        Of Shapley values.
    of_orders :
        (S,) which of the sets the orders pass through.
    rng, n_shuffles, way :
        For shuffles.
    """

    problem: SetProblem
    players: dict[Any, IntArray]
    how: tuple[str, ...]
    plan: Plan
    orders: Orders | None
    of_orders: IntArray
    rng: np.random.Generator
    n_shuffles: int
    way: str

    __repr__ = showing.of_fields

    @classmethod
    def planned(
        cls,
        problem: SetProblem,
        how: tuple[str, ...],
        rng: np.random.Generator,
        *,
        n_orders: int | None,
        n_shuffles: int,
        way: str,
    ) -> Study:
        """Note which sets are to be fitted."""
        players = with_rest(problem.asked, problem.inputs.rows.n_features)
        plan = Plan(problem.inputs.rows.n_features)
        plan.without(np.empty(0, dtype=np.intp))  # the full model is set 0
        plan.only(np.empty(0, dtype=np.intp))  # and the constant one set 1
        for features in players.values():
            if "unique" in how:
                plan.without(features)
            if "alone" in how:
                plan.only(features)
        orders, places = None, np.empty(0, dtype=np.intp)
        if "shapley" in how:
            check_apart(players)
            orders = orders_of(len(players), n_orders, rng)
            groups = list(players.values())
            nothing = [np.empty(0, dtype=np.intp)]
            places = np.array(
                [
                    plan.only(np.concatenate(nothing + [groups[j] for j in np.flatnonzero(row)]))
                    for row in orders.members
                ]
            )
        return cls(problem, players, how, plan, orders, places, rng, n_shuffles, way)

    def fitted(self) -> Scored:
        """Fit and score all sets."""
        masks = np.array(self.plan.masks).T
        keeps = "zeroed" in self.how
        if not keeps:
            return self.problem.score_sets(masks)
        full = self.problem.score_sets(masks[:, :1], keeps_fits=True)
        rest = self.problem.score_sets(masks[:, 1:])
        return Scored(
            Sums(*map(np.concatenate, zip(full.sums.parts, rest.sums.parts, strict=True))),
            np.concatenate([full.status, rest.status]),
            full.coef,
            full.intercept,
            full.scale,
        )

    def losses(self, scored: Scored) -> dict[str, Loss]:
        """Return what comes with each term, for every way to ask."""
        asked = {
            "unique": self.unique,
            "alone": self.alone,
            "zeroed": self.zeroed,
            "shuffled": self.shuffled,
            "shapley": self.shapley,
        }
        return {how: asked[how](scored) for how in self.how}

    def unique(self, scored: Scored) -> Loss:
        """Return what is lost by refits without each term."""
        without = [self.plan.without(features) for features in self.players.values()]
        return self._pairs(scored, [0] * len(without), without)

    def alone(self, scored: Scored) -> Loss:
        """Return what each term gains over the constant model."""
        only = [self.plan.only(features) for features in self.players.values()]
        return self._pairs(scored, only, [1] * len(only))

    def shapley(self, scored: Scored) -> Loss:
        """Return the mean gain over orders."""
        assert self.orders is not None
        weights, places = self.orders.weights, self.of_orders
        draws = scored.sums.each(lambda values: combined(weights, values[places]))
        trouble = worst(scored.status[places])
        return Loss.of_draws(draws, np.repeat(trouble[None], len(self.players), axis=0))

    def zeroed(self, scored: Scored) -> Loss:
        """Return what the full model loses if the part of a term stays at its training mean."""
        problem, J = self.problem, len(self.players)
        coef, intercept, scale = scored.estimates
        parts = []
        for features in self.players.values():
            mean = np.einsum("kp,kpn->kn", problem.training.mean[:, features], coef[0][:, features])
            rest = coef[0].copy()
            rest[:, features] = 0.0
            status = scored.status[0]
            own = None if scale is None else scale[0]
            fits = SetFits(rest, intercept[0] + mean, own, status)
            parts.append(problem.sums_of(problem.shared, fits, np.arange(problem.n_neurons)))
        without = Sums(*(np.stack(each) for each in zip(*(p.parts for p in parts), strict=True)))
        with_all = scored.sums.each(lambda values: values[:1])
        trouble = np.repeat(worst(scored.status[:1])[None], J, axis=0)
        return Loss(with_all.minus(without), np.zeros((J, problem.n_neurons)), trouble)

    def shuffled(self, scored: Scored) -> Loss:
        """Return what is lost by refits in which a term comes from other times."""
        problem, inputs = self.problem, self.problem.inputs
        moves = moves_of(self.way, inputs.keep, self.n_shuffles, self.rng)
        every = np.ones((inputs.rows.n_features, 1), dtype=bool)
        found: list[list[Scored]] = []
        for features in self.players.values():
            moved = np.zeros(len(every), dtype=bool)
            moved[features] = True
            found.append([])
            for move in moves:
                rows = MovedRows(inputs.rows, move, moved)
                elsewhere = problem.shared.on(replace(inputs, rows=rows))
                found[-1].append(problem.scored(elsewhere, every, keeps_fits=False))
        draws = [
            np.stack([[one.sums.parts[part][0] for one in term] for term in found], axis=1)
            for part in range(3)
        ]
        full = scored.sums.each(lambda values: values[:1])
        trouble = np.array(
            [
                worst(np.concatenate([scored.status[:1], *(one.status for one in term)]))
                for term in found
            ]
        )
        return Loss.of_draws(full.minus(Sums(*draws)), trouble)

    def _pairs(self, scored: Scored, more: list[int], less: list[int]) -> Loss:
        sums = scored.sums.each(lambda values: values[more]).minus(
            scored.sums.each(lambda values: values[less])
        )
        trouble = np.array(
            [worst(scored.status[[m, k]]) for m, k in zip(more, less, strict=True)], dtype=object
        )
        return Loss(sums, np.zeros((len(more), self.problem.n_neurons)), trouble)


def with_rest(asked: dict[Any, IntArray], n_features: int) -> dict[Any, IntArray]:
    """Return terms with one more of all features that belong to none of them, if there are some.

    >>> with_rest({"a": np.array([0])}, 3)
    {'a': array([0]), '(rest)': array([1, 2])}
    """
    used = np.concatenate([*asked.values(), np.empty(0, dtype=np.intp)])
    rest = np.setdiff1d(np.arange(n_features), used)
    return asked | {REST: rest} if len(rest) else dict(asked)


def check_apart(players: dict[Any, IntArray]) -> None:
    """Raise a ValueError for terms that share features: their gains cannot be divided."""
    seen: dict[int, Any] = {}
    for label, features in players.items():
        for j in features.tolist():
            if j in seen:
                raise errors.value_error(
                    "Shapley values need terms that share no features.",
                    given=f"feature {j} in {seen[j]!r} and in {label!r}",
                    expected="each feature in one term",
                    todo="ask for 'unique' or 'alone', or give groups that do not overlap.",
                )
            seen[j] = label


def worst(status: Array) -> Array:
    """Return (K, N) how a fit ended that is missing among some (S, K, N), "" if none is.

    >>> worst(np.array([[["converged"]], [["silent"]]], dtype=object))
    array([['silent']], dtype=object)
    """
    out = np.full(status.shape[1:], "", dtype=object)
    for one in status:
        is_missing = ~np.isin(one.astype(str), ["converged", "approximate"])
        out = np.where((out == "") & is_missing, one, out)
    return out
