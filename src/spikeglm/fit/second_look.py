"""A second look at fits of small tables whose features go together in ways that X'X hides.

The certificate of a fit is computed from sums over rows. Where features are copies or combinations
of others, in units far apart, behind a mask or a kink, these sums may have no digit left of a
direction in which the objective still falls. A table of few rows is looked at again, from the
user's own features and the coefficients as they are stored: in coordinates in which the rows are
orthonormal (:mod:`~spikeglm.fit.resolved_rows`), and with linear predictors in extended precision.
Whoever is at the optimum stays there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .. import showing
from ..engine.columns import Source
from ..engine.coordinates.feature_facts import Features
from ..engine.features.near_dependence import View
from ..engine.features.survey import Survey
from ..engine.runners.plan import Plan
from ..engine.table import Table
from ..regularizer.firth import is_of_information
from ..rows.arrays import ArrayRows
from ..solvers import Outcome, Status, minimise
from ..solvers.smooth.newton import NewtonDirections
from ..solvers.sparse.free_parameters import AS_VIOLATION
from ..typing import Array, BoolArray, FloatArray, IntArray
from .problems import Parameters, Problems, class_columns
from .resolved_rows import Coordinates, Extended, PenaltyHere, resolved
from .user_scale import for_the_solver, location

_MOST_ENTRIES = 10_000  # rows times features times classes
_MOST_PARAMETERS = 64
_FEW_ROWS = 2  # times the features: nearly any are combinations, whose differences may count
_UNITS_APART = 1e4  # size of a feature over the deviation of another
_MISSED, _MISSED_AT_KINKS = 1e-9, 1e-8  # of the objective, in units of the loss: by certificates
_COARSE = 1e-7  # of the same: what the rounding of coefficients may make of it
_ROUNDING = 1e-13  # of an objective
_TOLERANCE, _KKT_TOLERANCE = 1e-8, 1e-7  # of decrements in units of the loss, of violations
_LEAST_CURVATURE = 1e-100
_MOST_STEPS, _MOST_PASSES = 5, 30
_ONLY = np.zeros(1, dtype=np.intp)


def look_again(
    problems: Problems, objective: Any, survey: Survey, estimates: Parameters, part: Outcome
) -> tuple[FloatArray, FloatArray, Outcome]:
    """Return the estimates and the outcome of problems, or lower points where there are some.

    A lower point is "converged" where its own certificate holds there, and otherwise "stalled". So
    is whoever has coefficients so large that their rounding alone is more than a certificate may
    miss.

    Parameters
    ----------
    problems, objective :
        A problems of K columns each, and what the solver saw of them.
    survey :
        What is known of their features.
    estimates :
        (p, K A) and (K A,) in the user's scale: column k A + n is class k of problem n.
    part :
        How the solve of them went.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> x, small = np.random.default_rng(0).normal(size=(2, 50))
    >>> X = np.column_stack([1e8 * x, 2e8 * x + small, small])
    >>> masked = nmo.GLM("Gaussian", feature_mask=np.array([1, 1, 0])).fit(X, small)
    >>> bool(masked.score(X, small, score_type="pseudo-r2-Cohen") > 0.999)
    True
    """
    (W, b), done = estimates, [word is Status.CONVERGED for word in part.status]
    if not (any(done) and _is_worth_it(problems, survey)):
        return W, b, part
    everyone, over_rows = np.arange(len(done)), problems.over_rows(objective)
    told = problems.task(objective, for_the_solver(over_rows, W, b), everyone)
    rows = _Rows.of(survey, replace(over_rows.plan, runner="threads", begins_in_single=False))
    W, b, status = W.copy(), b.copy(), list(part.status)
    value, decrement = part.value.copy(), part.decrement.copy()
    for n in everyone[done]:
        own, mine = everyone[[n]], class_columns(problems, everyone[[n]])
        look = _Look(problems.take(own), rows, told["h"][own], told["unit"][own])
        found = look.judged(W[:, mine], b[mine])
        if found is not None:
            W[:, mine], b[mine], value[n] = found.W, found.b, found.value
            decrement[n] = max(decrement[n], found.certificate)
            status[n] = Status.CONVERGED if found.is_certain else Status.STALLED
    outcome = replace(
        part,
        value=value,
        decrement=decrement,
        status=tuple(status),
        n_passes=part.n_passes + 1,
    )
    return W, b, outcome


def _is_worth_it(problems: Problems, survey: Survey) -> bool:
    """Tell whether a table is small, and its features such that a certificate may miss something.

    Splines that add up to a constant are exact combinations of each other, too, but all of a size.
    """
    features, K = survey.features, problems.n_classes
    p = len(features.scale)
    if p * K > _MOST_PARAMETERS or survey.table.n_kept * p * K > _MOST_ENTRIES:
        return False
    if is_of_information(problems.penalty):
        return False
    if survey.near_copies or (survey.rounded is not None and survey.rounded.size):
        return True
    if features.null_space.shape[1] and survey.table.n_kept <= _FEW_ROWS * p:
        return True
    varying = features.scale[features.scale > 0]
    size = np.hypot(location(survey), features.scale).max(initial=0.0)
    is_apart = size > _UNITS_APART * varying.min(initial=np.inf)
    return bool(features.null_space.shape[1] and is_apart)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The M rows of a survey that take part: all there is to know of them."""

    survey: Survey
    how: Plan
    table: Table  # as the user has it
    places: IntArray  # (M,) which of all rows
    X: Array  # (M, p) in extended precision

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, survey: Survey, how: Plan) -> _Rows:
        """Read them."""
        table = replace(survey.table.in_double(), shift=None, combinations=None, copy=None)
        everything = np.arange(table.rows.n_rows)
        places = np.concatenate([everything[block.rows] for block in table.blocks])
        X = np.concatenate([table.read(block) for block in table.blocks])
        return cls(survey, how, table, places, X.astype(Extended))

    def placed(self, values: Array) -> FloatArray:
        """Return (T, k) for all rows, given (M, k); zero elsewhere."""
        out = np.zeros((self.table.rows.n_rows, values.shape[1]))
        out[self.places] = values
        return out


class _Point(NamedTuple):
    """Where a problem stands, as stored: coefficients (p, K) and intercepts (K,)."""

    W: FloatArray
    b: FloatArray
    value: float
    certificate: float  # the decrement of what moves, with kinks as a violation
    is_certain: bool  # whether nothing lower is near


@dataclass(frozen=True, eq=False)
class _Look:
    """One problem of K columns over the user's own rows."""

    problem: Problems
    rows: _Rows
    h: FloatArray  # (1,) typical curvature of the loss per row
    unit: FloatArray  # (1,) of decrements

    __repr__ = showing.of_fields

    def judged(self, W: FloatArray, b: FloatArray) -> _Point | None:
        """Return a lower point, or the same if nothing is certain of it, or None: all is well."""
        here, following = self._at(W, b)
        stored = here
        for _ in range(_MOST_STEPS):
            if following is None:
                break
            there, following = self._at(*following)
            slack = _ROUNDING * abs(here.value) if there.is_certain else 0.0
            if not there.value < here.value + slack:
                break
            here = there
        if stored.value - here.value > self._missed(stored):
            return here._replace(is_certain=here.is_certain and not self._is_coarse(here))
        allowed = self._missed(stored) + self._unclear(stored)
        is_doubtful = self._promised(stored) > allowed
        is_sure = not (is_doubtful or self._is_coarse(stored))
        return None if is_sure else stored._replace(is_certain=False)

    def _is_coarse(self, point: _Point) -> bool:
        """Tell whether the rounding of coefficients may hide more than certificates may miss."""
        return bool(self.h[0] * self._rounding(point.W, point.b) ** 2 > self._unclear(point))

    def _unclear(self, point: _Point) -> float:
        """Return what rounding may make of the objective there."""
        return _COARSE * float(self.unit[0]) ** 2 + _ROUNDING * abs(point.value)

    def _missed(self, point: _Point) -> float:
        """Return what a certificate may miss of the objective there."""
        penalty, loss = self.problem.penalty, float(self.unit[0]) ** 2
        if penalty.is_smooth:
            return _MISSED * loss + _ROUNDING * abs(point.value)
        kinks = float(penalty.value(point.W.reshape(-1, 1))[0])
        return _MISSED_AT_KINKS * loss + _KKT_TOLERANCE * kinks + _ROUNDING * abs(point.value)

    def _promised(self, point: _Point) -> float:
        """Return by how much Newton's method expects the objective to fall, nothing with kinks."""
        if point.is_certain or not self.problem.penalty.is_smooth:
            return 0.0
        return point.certificate**2 / 2

    def _at(self, W: FloatArray, b: FloatArray) -> tuple[_Point, Parameters | None]:
        """Return what is known of a point, and where Newton's method leads to from there."""
        penalty, free = PenaltyHere.of(self.problem.penalty, W), self._free
        moves: BoolArray = np.all(free & penalty.moves, axis=1)
        seen = self._coordinates(moves, penalty)
        objective = self._objective(W, b, seen, penalty)
        start = np.zeros((seen.rows.shape[1] + 1, len(b)))
        theta, _ = self.problem.begin(objective, start, _ONLY)
        newton = NewtonDirections(objective)
        evaluation = newton.evaluate(theta, _ONLY)
        value, certificate = float(evaluation.value[0]), np.inf
        is_elsewhere = len(b) == 1 and theta.any()  # where losses are finite
        if evaluation.finite.all() and not is_elsewhere:
            step = newton.propose(evaluation.gradient, _ONLY)
            decrement = newton.decrement(evaluation.gradient, step, _ONLY)
            certificate = float(decrement[0]) * self._certificate_unit
        is_optimum = certificate <= self._tolerance
        here = _Point(W, b, value, certificate, is_optimum and not free[~moves].any())
        if is_optimum or not np.isfinite(certificate):
            return here, None
        found = minimise(
            objective,
            newton,
            theta,
            tolerance=_TOLERANCE,
            unit=self.unit,
            max_passes=_MOST_PASSES,
            h=self.h,
        )
        move = (found.theta - theta).reshape(start.shape)
        there = W + seen.weights @ move[:-1]
        shift = move[-1] - seen.centre @ (there.astype(Extended) - W)
        return here, (there, (b + shift).astype(np.float64))

    @property
    def _certificate_unit(self) -> float:
        """What a decrement of one counts as."""
        return 1.0 if self.problem.penalty.is_smooth else AS_VIOLATION / float(self.unit[0])

    @property
    def _tolerance(self) -> float:
        """What the certificate must not exceed."""
        is_smooth = self.problem.penalty.is_smooth
        return _TOLERANCE * float(self.unit[0]) if is_smooth else _KKT_TOLERANCE

    @cached_property
    def _features(self) -> Features:
        """As they are for the problem's penalty, which may tie constant ones to others."""
        return self.rows.survey.features.moved_by(self.problem.penalty, 1)

    @cached_property
    def _free(self) -> BoolArray:
        """(p, K) which coefficients may differ from zero."""
        mask, K = self.problem.columns.mask, self.problem.n_classes
        varies = np.repeat(self._features.scale[:, None] > 0, K, axis=1)
        return varies if mask is None else varies & mask

    def _coordinates(self, moves: BoolArray, penalty: PenaltyHere) -> Coordinates:
        columns, known = self.problem.columns, self.rows.survey.features
        weights, rows = columns.weights, self.rows
        shares = np.ones((len(rows.X), 1)) if weights is None else weights.block(rows.places)
        is_constant = (known.scale == 0) & columns.has_intercept
        return resolved(
            np.where(is_constant, Extended(0), rows.X),
            shares[:, 0],
            moves=moves,
            scale=self._features.scale,
            null=known.null_space,
            root=penalty.root / np.sqrt(max(self.h[0], _LEAST_CURVATURE)),
            is_centred=columns.has_intercept,
        )

    def _objective(
        self, W: FloatArray, b: FloatArray, seen: Coordinates, penalty: PenaltyHere
    ) -> Any:
        """Return the problem as a function of steps from a point, in some coordinates."""
        columns, rows = self.problem.columns, self.rows
        eta = rows.X @ W.astype(Extended) + b
        if columns.offsets is not None:
            eta = eta + columns.offsets.block(rows.places)
        offsets = Source.one_per_column(rows.placed(eta))
        problem: Any = self.problem
        here = replace(columns, offsets=offsets, mask=None, is_solved=False)
        features = Features.as_they_come(seen.rows.shape[1])
        table = replace(rows.table, rows=ArrayRows(rows.placed(seen.rows)))
        view = View(_ONLY, table, features, penalty.along(seen.weights), features.null_space)
        return replace(problem, columns=here).objective(view, rows.how)

    def _rounding(self, W: FloatArray, b: FloatArray) -> float:
        """Return by how much linear predictors are off because of how coefficients are stored."""
        size = np.abs(self.rows.X) @ np.abs(W) + np.abs(b)
        return float(size.max()) * float(np.finfo(np.float64).eps)
