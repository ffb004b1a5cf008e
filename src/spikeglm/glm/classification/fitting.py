"""From class columns to a fitted record: what :mod:`~spikeglm.fit.fitting` tells, for labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.features.near_dependence import View
from ...engine.features.survey import Responses, Survey
from ...engine.objective import Objective
from ...engine.runners.plan import Plan
from ...engine.softmax_objective import SoftmaxObjective
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import prepare
from ...fit.problems import First, Parameters, class_columns
from ...fit.record import FitResult
from ...fit.user_scale import for_the_solver
from ...regularizer import Penalty, UnRegularized
from ...rows.contract import Rows
from ...solvers import Status
from ...solvers.curvature.softmax_curvature import SoftmaxCurvature
from ...typing import BoolArray, FloatArray, IntArray
from .separating import separating_features


def fit_classes(
    rows: Rows,
    columns: Columns,
    *,
    n_classes: int,
    penalty: Penalty,
    keep: BoolArray,
    solver: SolverChoice,
    start: Parameters | None = None,
) -> FitResult:
    """Fit all neurons at once and say of each how it went.

    Parameters
    ----------
    rows :
        The table (T, p).
    columns :
        K·N class columns with one-hot responses; column k·N + n is class k of neuron n.
    n_classes :
        K.
    penalty :
        On the coefficients (p K, N).
    keep :
        (T,) rows that take part.
    solver :
        Which solver, and when to stop.
    start :
        First coefficients (p, K·N) and intercepts (K·N,); default: zero, and class frequencies.

    Returns
    -------
    FitResult
        ``coef`` (p, K·N) and ``intercept`` (K·N,); all else has one entry per neuron. Of equally
        good parameters they are those of smallest norm.
    """
    ready = prepare(rows, columns, keep=keep, iterative=penalty.is_smooth)
    kind = partial(Classes, n_classes=n_classes)
    result = fit_prepared(ready, columns, penalty=penalty, solver=solver, start=start, kind=kind)
    return replace(result, n_passes=ready.survey.n_passes + result.n_passes)


@dataclass(frozen=True, eq=False)
class Classes:
    """N problems of K classes, see :class:`~spikeglm.fit.problems.Problems`.

    Attributes
    ----------
    columns, penalty, observed, n_classes :
        K·N columns, the penalty on coefficients (p K, N), moments of the responses, and K.
    """

    columns: Columns
    penalty: Penalty
    observed: Responses
    n_classes: int

    __repr__ = showing.of_fields

    @cached_property
    def seen(self) -> Frequencies:
        """How often each class occurs."""
        has_intercept = self.columns.has_intercept
        return _frequencies(self.observed, self.n_classes, has_intercept=has_intercept)

    @property
    def h(self) -> FloatArray:
        """(N,) typical curvature of the loss per row."""
        return np.full(len(self.seen.weight), 1.0 / self.n_classes)

    def take(self, which: IntArray) -> Classes:
        """Keep only some neurons."""
        mine, penalty = class_columns(self, which), self.penalty.take(which)
        return Classes(self.columns.take(mine), penalty, self.observed.take(mine), self.n_classes)

    def first(self, n_features: int, start: Parameters | None) -> First:
        """Return the class frequencies, or the user's start; not of classes that are absent."""
        seen, intercept = self.seen, _intercepts(self.columns, self.seen, self.observed)
        coef = np.zeros((n_features, *intercept.shape))
        if start is not None:
            walking = First(coef, intercept, seen.hopeless).walking
            coef[:, :, walking] = start[0].reshape(coef.shape)[:, :, walking]
            of_classes = np.where(seen.absent, intercept, start[1].reshape(intercept.shape))
            intercept[:, walking] = of_classes[:, walking]
        wide = coef.reshape(n_features, intercept.size)
        return First(wide, intercept.ravel(), seen.hopeless)

    def objective(self, view: View, how: Plan) -> SoftmaxObjective:
        """Return the neurons of a view."""
        absent = self.seen.absent[:, view.columns]
        columns = self.columns.take(class_columns(self, view.columns))
        weight = np.tile(self.seen.weight[view.columns], self.n_classes)
        no_penalty = UnRegularized().bind(None, (0, 0))
        classes = Objective(view.table, columns, how, no_penalty, view.features, weight)
        return SoftmaxObjective(classes, view.penalty, absent)

    def over_rows(self, objective: SoftmaxObjective) -> Objective:
        """Return that of the class columns."""
        return objective.classes

    def begin(
        self, objective: SoftmaxObjective, theta: FloatArray, which: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Return theta with a row per parameter and class; its losses are finite everywhere."""
        everyone = np.arange(len(which))
        return objective.balanced(objective.stacked(theta), everyone), everyone[:0]

    def task(
        self, objective: SoftmaxObjective, theta: FloatArray, which: IntArray
    ) -> dict[str, Any]:
        """Return the curvature, which is that of the softmax."""
        frequency = self.seen.frequency[:, which]
        return {
            "h": self.h[which],
            "unit": np.ones(len(which)),
            "curvature_of": lambda *_: SoftmaxCurvature.of(objective, frequency),
            "is_of_features": False,
        }

    def settled(
        self, objective: SoftmaxObjective, theta: FloatArray, which: IntArray
    ) -> FloatArray:
        """Return the best of parameters with the same probabilities and the same penalty."""
        theta = _with_middle_at_zero(objective, theta)
        K = self.n_classes
        theta[-K:] = _with_half_an_event(theta[-K:], self.seen, which)
        return objective.widened(theta)

    def separating(
        self, survey: Survey, how: Plan, estimates: Parameters, status: Sequence[Status]
    ) -> tuple[BoolArray | None, tuple[Status, ...]]:
        """Look for features that tell classes apart perfectly."""
        everyone = np.arange(len(status))
        rows_as_they_are = View(everyone, survey.table, survey.features, self.penalty, estimates[0])
        objective = self.objective(rows_as_they_are, how)
        theta = objective.stacked(for_the_solver(objective.classes, *estimates))
        found = separating_features(objective, theta, status)
        return found.separating, found.status

    def told(
        self, intercept: FloatArray, status: tuple[Status, ...]
    ) -> tuple[FloatArray, tuple[Status, ...]]:
        """Return intercepts whose mean over the classes is zero, and say which lack a class."""
        of_classes = intercept.reshape(self.n_classes, -1)
        centred = (of_classes - of_classes.mean(axis=0)).ravel()
        return centred, _with_absent_classes(status, self.seen.absent)

    def remarks(self, rank: int, n_features: int, status: Sequence[Status]) -> tuple[str, ...]:
        """Return nothing: classes that are absent or rare have statuses of their own."""
        return ()


@dataclass(frozen=True)
class Frequencies:
    """How often each class occurs; (K, N) and (N,).

    A class that never occurs gets half an event in the whole recording (the posterior mean under
    Jeffreys' prior): the optimum would be a probability of zero. Without intercepts that is for the
    features to say, and what is known before them is that classes are as many as they are.
    """

    frequency: FloatArray
    absent: BoolArray
    weight: FloatArray

    __repr__ = showing.of_fields

    @property
    def hopeless(self) -> list[Status | None]:
        """(N,) why there is nothing to fit, or None."""
        n_found = (~self.absent).sum(axis=0)
        return [
            Status.NO_ROWS if weight == 0 else Status.ONE_CLASS if n < 2 else None
            for weight, n in zip(self.weight, n_found, strict=True)
        ]


def _frequencies(observed: Responses, n_classes: int, *, has_intercept: bool) -> Frequencies:
    total = observed.weight.reshape(n_classes, -1)[0]
    even = 1.0 / n_classes
    frequency = np.nan_to_num(observed.mean, nan=even).reshape(n_classes, -1)
    if not has_intercept:
        frequency = np.full_like(frequency, even)
    absent = frequency <= 0
    half = 0.5 / np.maximum(total, 1.0)
    return Frequencies(np.where(absent, half, frequency), absent, total)


def _with_middle_at_zero(objective: SoftmaxObjective, theta: FloatArray) -> FloatArray:
    """Shift the weights of a feature by what changes neither probabilities nor absolute values.

    sum_k |w_k - c| is smallest for c between the two middle values of w; of those the c next to the
    mean gives the smallest norm, which is also the limit of an elastic net whose squares vanish.
    Source: Friedman, Hastie & Tibshirani (2010), J Stat Softw 33(1), section 4.1.
    """
    K, kinks = objective.n_classes, objective.kinks()
    if kinks is None or not kinks.is_piecewise_linear:
        return theta.copy()
    ridge = objective.ridge(np.arange(objective.n_columns))
    weight = kinks.slope(np.ones(theta.T.shape)).T[:-K].reshape(-1, K, theta.shape[1])
    frozen = objective.frozen(np.arange(theta.shape[1]))[:-K].reshape(weight.shape)
    open_ = (weight == weight[:, :1]) & (weight > 0) & ~frozen & (ridge.reshape(weight.shape) == 0)
    w = theta[:-K].reshape(weight.shape)
    middle = np.sort(w, axis=1)[:, [(K - 1) // 2, K // 2]]
    shift = np.clip(w.mean(axis=1), middle[:, 0], middle[:, 1])
    w = w - np.where(open_.all(axis=1), shift, 0.0)[:, None]
    return np.vstack([w.reshape(-1, theta.shape[1]), theta[-K:]])


def _with_half_an_event(theta: FloatArray, seen: Frequencies, walking: IntArray) -> FloatArray:
    """Return intercepts (K, A); those of absent classes so that they are as rare as that."""
    absent, frequency = seen.absent[:, walking], seen.frequency[:, walking]
    total = np.log(np.sum(np.exp(theta - theta.max(axis=0)), axis=0)) + theta.max(axis=0)
    return np.where(absent, np.log(frequency) + total, theta)


def _with_absent_classes(status: tuple[Status, ...], absent: BoolArray) -> tuple[Status, ...]:
    """Mark neurons that were fitted well, but for a class that they never show."""
    return tuple(
        Status.ABSENT_CLASS if word is Status.CONVERGED and lacks else word
        for word, lacks in zip(status, np.any(absent, axis=0).tolist(), strict=True)
    )


def _intercepts(columns: Columns, seen: Frequencies, observed: Responses) -> FloatArray:
    """Return those of the model without features, (K, N): log frequencies less offsets, centred."""
    if not columns.has_intercept:
        return np.zeros_like(seen.frequency)
    out = np.log(seen.frequency) - np.nan_to_num(observed.offset).reshape(seen.frequency.shape)
    return out - out.mean(axis=0)
