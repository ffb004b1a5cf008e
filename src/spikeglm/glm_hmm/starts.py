"""Where runs begin: one model of all trials, split into states, and other ways.

Where all states are alike the likelihood has a saddle: nothing tells them apart, and runs that
begin near by take long to leave it, in a direction that rounding chooses. So by default one GLM is
fitted to all trials, and the states of each run are that GLM moved in random directions, far enough
to predict differently and adding up to none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import errors, showing
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..fit.user_scale import location
from ..io.interop.timeseries import to_array
from ..numerics import quiet
from ..typing import Array, FloatArray
from .emissions import Emissions
from .parameters import Parameters
from .slots import Slot

_STAY = 0.95
_FARTHEST = 1.5  # moves of a predictor on a log or log-odds scale, in its units
_FIRST_TURNS = 4  # of coefficients and dispersion of the one GLM
_LEAST = 0.02  # probability of a state that no cluster shows


@dataclass(frozen=True, eq=False)
class Starts:
    """What starts are made of.

    Attributes
    ----------
    emissions :
        Data and model.
    slots :
        How each part is found.
    generator :
        Of random numbers.
    given :
        What functions of a user get, by name.
    n_inputs :
        Inputs that moves follow: weights begin at zero.
    """

    emissions: Emissions
    slots: dict[str, Slot]
    generator: np.random.Generator
    given: dict[str, Any]
    n_inputs: int | None = None

    __repr__ = showing.of_fields

    def of_runs(self, n_runs: int) -> Parameters:
        """Return first parameters of R runs."""
        one, K = self.one_model, self.emissions.n_states
        shape = n_runs, K, self.emissions.n_outputs
        coef, intercept = self._coefficients(n_runs)
        scale = self._scales(n_runs, one)
        begun = Parameters(
            coef,
            intercept,
            np.broadcast_to(scale, shape).copy(),
            self._initial(n_runs),
            self._transition(n_runs),
            None if self.n_inputs is None else np.zeros((self.n_inputs, n_runs, K, K)),
        )
        return self.emissions.tied(begun)

    @cached_property
    def one_model(self) -> Parameters:
        """The model of one state: the GLM of all trials."""
        emissions = self.emissions
        N, alone = emissions.n_outputs, emissions.alone()
        trials = emissions.sessions.trials
        y = emissions.y[trials]
        there = True if emissions.seen is None else emissions.seen[trials]
        p = emissions.rows.n_features
        intercept = emissions.likelihood.start(y.mean(axis=0, where=there))
        found = Parameters(
            np.zeros((p, 1, 1, N)),
            intercept.reshape(1, 1, N),
            np.full((1, 1, N), 1.0 if emissions.has_scale else emissions.likelihood.model.scale),
            np.ones((1, 1)),
            np.ones((1, 1, 1)),
        )
        found = alone.tied(found)
        for _ in range(_FIRST_TURNS if emissions.has_scale else 1):
            found = alone.maximised(found, np.ones((len(trials), 1, 1)))
        return found

    def _initial(self, n_runs: int) -> FloatArray:
        slot, K = self.slots["initial_proba_init"], self.emissions.n_states
        match slot.option:
            case "uniform":
                found = np.full((n_runs, K), 1.0 / K)
            case "random":
                found = self.generator.random((n_runs, K))
            case "dirichlet":
                alphas = np.broadcast_to(slot.arguments.get("alphas", 1.0), K)
                found = self.generator.dirichlet(alphas, n_runs)
            case "kmeans":
                starts = self.emissions.sessions.starts
                shares = self._clusters(n_runs)[starts].mean(axis=0)
                found = shares + slot.arguments.get("minimum_prob", _LEAST)
            case _:
                found = self._of_function("initial_proba_init", n_runs, (K,))
        return np.asarray(found / found.sum(axis=-1, keepdims=True))

    def _transition(self, n_runs: int) -> FloatArray:
        slot, K = self.slots["transition_proba_init"], self.emissions.n_states
        shape = (n_runs, K, K)
        match slot.option:
            case "sticky":
                stay = _probability(slot.arguments.get("prob_stay", _STAY))
                one = np.full((K, K), (1.0 - stay) / max(K - 1, 1))
                np.fill_diagonal(one, stay if K > 1 else 1.0)
                found = np.broadcast_to(one, shape)
            case "uniform":
                found = np.ones(shape)
            case "random":
                found = self.generator.random(shape)
            case "dirichlet":
                alphas = np.broadcast_to(slot.arguments.get("alphas", 1.0), (K, K))
                rows = [self.generator.dirichlet(row, n_runs) for row in alphas]
                found = np.stack(rows, axis=1)
            case "kmeans":
                clusters = self._clusters(n_runs)
                follows = ~self.emissions.sessions.starts[1:, None, None]
                counts = np.einsum("tri,trj->rij", clusters[:-1] * follows, clusters[1:])
                shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1.0)
                found = shares + slot.arguments.get("minimum_prob", _LEAST)
            case _:
                found = self._of_function("transition_proba_init", n_runs, (K, K))
        return np.asarray(found / found.sum(axis=-1, keepdims=True))

    def _coefficients(self, n_runs: int) -> tuple[FloatArray, FloatArray]:
        """Return first coefficients (p, R, K, N) and intercepts (R, K, N)."""
        slot, K, one = self.slots["glm_params_init"], self.emissions.n_states, self.one_model
        shape = n_runs, K, self.emissions.n_outputs
        coef = np.broadcast_to(one.coef, (len(one.coef), *shape))
        intercept = np.broadcast_to(one.intercept, shape)
        match slot.option:
            case "split":
                return self._split(coef, intercept, float(slot.arguments.get("spread", 1.0)))
            case "random":
                spread = float(slot.arguments.get("std_dev", 1e-3))
                y, trials = self.emissions.y, self.emissions.sessions.trials
                start = self.emissions.likelihood.start(y[trials].mean(axis=0))
                return spread * self.generator.normal(size=coef.shape), np.broadcast_to(
                    start, shape
                ).copy()
            case "kmeans":
                found = self._of_clusters(n_runs)
                return found.coef, found.intercept
        called = [self._called("glm_params_init") for _ in range(n_runs)]
        parts = [self.given["shapes"].read_parameters(each) for each in called]
        return (
            np.stack([part[0] for part in parts], axis=1).reshape(coef.shape),
            np.stack([part[1] for part in parts]).reshape(shape),
        )

    def _split(
        self, coef: FloatArray, intercept: FloatArray, spread: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return copies of one GLM, moved apart: how much differs between runs."""
        emissions, one = self.emissions, self.one_model
        survey = emissions.ready.survey
        unit = survey.features.inverse_scale / np.sqrt(max(len(coef), 1))
        n_runs = len(intercept)
        size = spread * np.exp(self.generator.uniform(-1.0, 0.5, (n_runs, 1, 1)))
        size = size * self._reach(one)
        moves = self.generator.normal(size=coef.shape) * unit[:, None, None, None] * size
        shifts = 0.5 * self.generator.normal(size=intercept.shape) * size
        if intercept.shape[1] > 1:
            moves -= moves.mean(axis=2, keepdims=True)
            shifts -= shifts.mean(axis=1, keepdims=True)
        if emissions.mask is not None:
            moves *= emissions.mask.reshape(len(coef), 1, *intercept.shape[1:])
        if not emissions.has_intercept:
            return coef + moves, np.zeros(intercept.shape)
        about_mean = np.einsum("p,prkn->rkn", location(survey), moves)
        return coef + moves, intercept + shifts - about_mean

    def _reach(self, one: Parameters) -> FloatArray:
        """Return (N,) the move of a predictor that changes a response by about its deviation."""
        scale = one.scale[0, 0]
        likelihood = self.emissions.likelihood.at_scale(scale)
        with quiet():
            curvature = likelihood.fisher(one.intercept[0, 0]) / likelihood.model.loss_unit
            if likelihood.model.has_dispersion:
                curvature = curvature / scale
            reach = 1.0 / np.sqrt(curvature)
        if likelihood.model.natural == "mean":
            return np.where(np.isfinite(reach), reach, 1.0)
        return np.minimum(np.where(np.isfinite(reach), reach, _FARTHEST), _FARTHEST)

    def _scales(self, n_runs: int, one: Parameters) -> Any:
        slot = self.slots["scale_init"]
        if not self.emissions.has_scale:
            return one.scale
        match slot.option:
            case "glm":
                return one.scale
            case "constant":
                return float(slot.arguments.get("scale_val", 1.0))
            case "kmeans":
                return self._of_clusters(n_runs).scale
        K, N = self.emissions.n_states, self.emissions.n_outputs
        found = [to_array(self._called("scale_init"), name="scale") for _ in range(n_runs)]
        return np.stack([np.reshape(self.given["shapes"].columns(s), (K, N)) for s in found])

    def _clusters(self, n_runs: int) -> FloatArray:
        """Return which of K clusters of features and responses a trial is in, (T, R, K) 0 or 1."""
        if "clusters" not in self.given:
            self.given["clusters"] = self._found_clusters(n_runs)
        return np.asarray(self.given["clusters"])

    def _found_clusters(self, n_runs: int) -> FloatArray:
        from sklearn.cluster import KMeans

        rows, K = self.emissions.rows, self.emissions.n_states
        p = rows.n_features
        X = products(rows, np.eye(p), plan(rows, p))
        table = self.emissions.sessions.among(np.hstack([X, self.emissions.y]))
        is_whole = np.isfinite(table).all(axis=1)
        centre, spread = table[is_whole].mean(axis=0), table[is_whole].std(axis=0)
        table = (np.where(np.isfinite(table), table, centre) - centre) / np.where(
            spread > 0, spread, 1.0
        )
        out = np.zeros((len(table), n_runs, K))
        for r in range(n_runs):
            seed = int(self.generator.integers(2**31))
            labels = KMeans(K, n_init=1, random_state=seed).fit(table).labels_
            out[np.arange(len(table)), r, labels] = 1.0
        return out

    def _of_clusters(self, n_runs: int) -> Parameters:
        """Return the GLM of each cluster, in each run."""
        one, K, N = self.one_model, self.emissions.n_states, self.emissions.n_outputs
        shape = n_runs, K, N
        alike = Parameters(
            np.broadcast_to(one.coef, (len(one.coef), *shape)).copy(),
            np.broadcast_to(one.intercept, shape).copy(),
            np.broadcast_to(one.scale, shape).copy(),
            np.ones((n_runs, K)) / K,
            np.ones((n_runs, K, K)) / K,
        )
        return self.emissions.maximised(self.emissions.tied(alike), self._clusters(n_runs))

    def _of_function(self, name: str, n_runs: int, shape: tuple[int, ...]) -> FloatArray:
        found = [to_array(self._called(name), name=name) for _ in range(n_runs)]
        for values in found:
            if values.shape != shape:
                raise errors.value_error(
                    f"A function for {name} returns another shape.",
                    given=str(values.shape),
                    expected=str(shape),
                )
            check_probabilities(values, name)
        return np.stack(found)

    def _called(self, name: str) -> Any:
        """Call a function of the user."""
        slot = self.slots[name]
        function: Any = slot.option
        names = ("n_states", "X", "y", "session_starts")
        more = {} if name.endswith("proba_init") else self.given["of_model"]
        key = int(self.generator.integers(2**31))
        given = {each: self.given[each] for each in names}
        return function(**given, **more, random_key=key, **slot.arguments)


def check_probabilities(values: Array, name: str) -> None:
    """Check that the last axis of an array holds probabilities.

    Raises
    ------
    ValueError
        If some are negative, or do not add up to one.
    """
    values = np.asarray(values)
    is_fine = np.isfinite(values).all() and (values >= 0).all()
    if not is_fine or not np.allclose(values.sum(axis=-1), 1.0, atol=1e-6):
        raise errors.value_error(
            f"{name} holds no probabilities.",
            given=f"rows that add up to {np.round(values.sum(axis=-1), 4)}",
            expected="numbers >= 0 that add up to one, along the last axis",
        )


def _probability(value: Any) -> float:
    if not 0.0 < float(value) < 1.0:
        raise errors.value_error(
            "prob_stay must be a probability.", given=repr(value), expected="between 0 and 1"
        )
    return float(value)
