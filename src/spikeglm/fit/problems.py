"""What is to be solved over prepared rows, as the story of a fit sees it; here: numbers.

A *problem* is what one column of a solver minimises. Where responses are numbers it is one column
of the engine; where they are labels it is K of them (:mod:`spikeglm.glm.classification.fitting`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from .. import showing
from ..engine.columns import Columns
from ..engine.features.near_dependence import View
from ..engine.features.survey import Responses, Survey
from ..engine.objective import Objective
from ..engine.runners.plan import Plan
from ..regularizer.base import Penalty
from ..regularizer.firth import is_of_information
from ..solvers import Status
from ..typing import BoolArray, FloatArray, IntArray
from .few_events import remarks_on_events
from .separating import separating_features
from .starts import dispersion, made_possible, typical_curvature, without_features

_FINITE_WITH_PRIOR = (Status.SILENT, Status.SATURATED)

Parameters: TypeAlias = tuple[FloatArray, FloatArray]
"""Coefficients (p, K N) and intercepts (K N,) in the user's scale."""


class First(NamedTuple):
    """Where problems begin, and which can have no fit: they stay there."""

    coef: FloatArray  # (p, K N)
    intercept: FloatArray  # (K N,)
    hopeless: Sequence[Status | None]  # (N,) why, or None

    @property
    def walking(self) -> IntArray:
        """The problems (A,) that can have a fit."""
        return np.flatnonzero([status is None for status in self.hopeless])


class Problems(Protocol):
    """N problems of K columns each whose responses were seen; column k·N + n is the k-th of n."""

    @property
    def columns(self) -> Columns:
        """K N of them."""
        ...

    @property
    def penalty(self) -> Penalty:
        """On coefficients (p K, N)."""
        ...

    @property
    def observed(self) -> Responses:
        """Moments of the responses, (K N,)."""
        ...

    @property
    def n_classes(self) -> int:
        """K."""
        ...

    @property
    def h(self) -> FloatArray:
        """(N,) typical curvature of the loss per row."""
        ...

    def take(self, which: IntArray) -> Problems:
        """Keep only some problems."""
        ...

    def first(self, n_features: int, start: Parameters | None) -> First:
        """Return where to begin: at the user's parameters, if there are some."""
        ...

    def objective(self, view: View, how: Plan) -> Any:
        """Return what a solver sees of the problems of a view."""
        ...

    def over_rows(self, objective: Any) -> Objective:
        """Return the objective over rows behind it, or the same."""
        ...

    def begin(
        self, objective: Any, theta: FloatArray, which: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Return a first point with finite losses, from one (p + 1, K A); and where is none."""
        ...

    def task(self, objective: Any, theta: FloatArray, which: IntArray) -> dict[str, Any]:
        """Return what a solver is told beside objective and first point, see :class:`Task`."""
        ...

    def settled(self, objective: Any, theta: FloatArray, which: IntArray) -> FloatArray:
        """Return the best of all parameters that are as good as theta, as (p + 1, K A)."""
        ...

    def separating(
        self, survey: Survey, how: Plan, estimates: Parameters, status: Sequence[Status]
    ) -> tuple[BoolArray | None, tuple[Status, ...]]:
        """Return the features (p, N) that separate responses, if somebody looked, and statuses."""
        ...

    def told(
        self, intercept: FloatArray, status: tuple[Status, ...]
    ) -> tuple[FloatArray, tuple[Status, ...]]:
        """Return intercepts and statuses as the record has them."""
        ...

    def remarks(self, rank: int, n_features: int, status: Sequence[Status]) -> tuple[str, ...]:
        """Return what there is to say of the responses, a line each."""
        ...


def class_columns(problems: Problems, which: IntArray) -> IntArray:
    """Return the columns (K A,) of some problems (A,)."""
    n_problems = problems.columns.n_columns // problems.n_classes
    return (np.arange(problems.n_classes)[:, None] * n_problems + which).ravel()


MakeProblems: TypeAlias = Callable[[Columns, Penalty, Responses], Problems]
"""From columns, penalty and what was seen of the responses to problems."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """C problems of one column each: responses are numbers.

    Attributes
    ----------
    columns, penalty, observed :
        C columns, the penalty on their coefficients (p, C), and moments of their responses.
    """

    columns: Columns
    penalty: Penalty
    observed: Responses
    n_classes: int = 1

    __repr__ = showing.of_fields

    @cached_property
    def h(self) -> FloatArray:
        """(C,) typical curvature of the loss per row."""
        return typical_curvature(self.columns, self.observed)

    def take(self, which: IntArray) -> Numbers:
        """Keep only some columns."""
        columns, penalty = self.columns.take(which), self.penalty.take(which)
        return Numbers(columns, penalty, self.observed.take(which))

    def first(self, n_features: int, start: Parameters | None) -> First:
        """Return the fit without features, or the user's start where there can be another fit."""
        nothing = First(*without_features(self.columns, self.observed, n_features))
        if is_of_information(self.penalty):  # whose estimates are finite also without any event
            nothing = nothing._replace(
                hopeless=[None if s in _FINITE_WITH_PRIOR else s for s in nothing.hopeless]
            )
        if start is None:
            return nothing
        coef, intercept, hopeless = nothing
        if self.columns.likelihood.link.range is None:
            # Where no intercept was found for a user's own link, the user's start may do.
            hopeless = [None if s is Status.OUT_OF_RANGE else s for s in hopeless]
        walking = First(coef, intercept, hopeless).walking
        coef[:, walking], intercept[walking] = start[0][:, walking], start[1][walking]
        return First(coef, intercept, hopeless)

    def objective(self, view: View, how: Plan) -> Objective:
        """Return the columns of a view."""
        columns, weight = self.columns.take(view.columns), self.observed.weight[view.columns]
        columns = replace(columns, is_solved=True)
        return Objective(view.table, columns, how, view.penalty, view.features, weight)

    def over_rows(self, objective: Objective) -> Objective:
        """Return the same: it is one over rows."""
        return objective

    def begin(
        self, objective: Objective, theta: FloatArray, which: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Return theta where losses are finite, and the columns (of the view) without one."""
        return made_possible(objective, theta, self.observed.take(which))

    def task(self, objective: Objective, theta: FloatArray, which: IntArray) -> dict[str, Any]:
        """Return curvatures and the unit of the decrement."""
        likelihood, observed = self.columns.likelihood.take(which), self.observed.take(which)
        at_start = likelihood.fisher(theta[-1] + np.nan_to_num(observed.offset))
        return {
            "h": self.h[which],
            "unit": np.sqrt(dispersion(likelihood, observed, theta[-1])),
            "h_at_start": np.nan_to_num(at_start, posinf=0.0),
        }

    def settled(self, objective: Objective, theta: FloatArray, which: IntArray) -> FloatArray:
        """Return theta: no others are as good, but for what features leave open."""
        return theta

    def separating(
        self, survey: Survey, how: Plan, estimates: Parameters, status: Sequence[Status]
    ) -> tuple[BoolArray | None, tuple[Status, ...]]:
        """Look for features that predict responses perfectly."""
        if is_of_information(self.penalty):
            return None, tuple(status)
        columns, penalty, table = self.columns, self.penalty, survey.table
        return separating_features(
            table, columns, how, penalty, self.observed, estimates, status, survey.features
        )

    def told(
        self, intercept: FloatArray, status: tuple[Status, ...]
    ) -> tuple[FloatArray, tuple[Status, ...]]:
        """Return both as they are."""
        return intercept, status

    def remarks(self, rank: int, n_features: int, status: Sequence[Status]) -> tuple[str, ...]:
        """Return a line if there are few events for as many parameters."""
        columns, observed, penalty = self.columns, self.observed, self.penalty
        return remarks_on_events(columns, observed, penalty, rank, n_features, status)
