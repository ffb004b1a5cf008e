"""One visit of the rows, then a fit from what it left: quadratic approximations of the loss.

The survey that precedes every fit knows mean, scale and correlation of the features. One more visit
sums the features over the events (y times each row). From these statistics the approximated loss is
minimised without reading anything again, and a last visit measures how far from the optimum it led.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ... import errors, showing
from ...engine.objective import Evaluation
from ...engine.objective import Objective as EngineObjective
from ...typing import BoolArray, FloatArray, IntArray
from ..certificate import DecrementJudge, Ledger
from ..contract import Objective, Outcome, Status
from ..curvature.shared_curvature import Curvature
from ..smooth.descent import minimise
from ..smooth.lbfgs import LBFGSDirections
from ..solver_settings import check_settings
from ..task import Task
from ..task import over_rows as over_rows_of
from .expected_loss import ExpectedLoss, Term
from .predictor_moments import over_events, over_rows, sums_over_events
from .quadratics import Interval, NormalSpread, Parts, Quadratic, parts_of

_TOLERANCE = 1e-8  # of the approximation's own optimum
_NEARLY = 1e-5  # Newton decrement from which the approximated problem has found its minimum
_MOST_STEPS = 200  # of the approximated problem, none of which visits a row
_CLOSE = 0.1  # share of what the features gain that an approximation may miss


@dataclass(frozen=True)
class PolynomialApproximation:
    """``"PolynomialApproximation"``: quadratics stand for the loss; one visit of the rows.

    For Ridge or no penalty. The fit is exact for squared errors with the identity link, and close
    where the linear predictor is nearly normal (many features) or varies little. The report says
    how close: half the squared Newton decrement estimates what the approximation costs, in nats per
    bin, and ``fit_report_.excess_bits_per_spike`` in bits. Such a fit has the status
    ``"approximate"``, or ``"rough approximation"`` if it misses more than a tenth of what the
    features gain. From ``init_params=(coef_, intercept_)`` any other solver goes on to the optimum.

    A fit takes four passes: two survey responses and features as for every fit, one sums the
    statistics, one certifies. With the model's canonical link X'X, X'y and sums suffice. For other
    links the second moments over each neuron's events are summed, too, which costs as much as a
    Newton step; the same holds for each weighting of the rows where neurons have different ones.
    Offsets and such weightings take a visit more.

    Parameters
    ----------
    interval :
        ``(low, high)``, in units of the linear predictor: Chebyshev's quadratics there, as in the
        paper. None means quadratics that are best where the linear predictor of the fit is.
    tol :
        Newton decrement from which a fit counts as exact; None means 1e-8.

    References
    ----------
    Zoltowski & Pillow (2018), Scaling the Poisson GLM to massive neural datasets through polynomial
    approximations, NeurIPS 31. Without an interval: Ramirez & Paninski (2014), Fast inference in
    generalized linear models via expected log-likelihoods, J Comput Neurosci 36:215-34.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> fast = nmo.GLM(solver_name="PolynomialApproximation").fit(X, y)
    >>> fast.fit_report_.status, fast.fit_report_.n_passes
    (('approximate',), 4)
    >>> exact = nmo.GLM().fit(X, y, init_params=(fast.coef_, fast.intercept_))
    >>> exact.fit_report_.status
    ('converged',)
    """

    interval: Any = None
    tol: float | None = None

    no_effect: ClassVar[tuple[str, ...]] = ()
    reads_correlations: ClassVar[bool] = True  # all of X'X, from all rows

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        check_settings(self)
        if self.interval is not None:
            Interval.read(self.interval)

    def solve(self, task: Task) -> Outcome:
        """Minimise the approximated loss of all columns, and certify each."""
        objective = over_rows_of(task)
        parts = parts_of(objective.columns.likelihood)
        judge = DecrementJudge(task, self.tol or _TOLERANCE)
        expected = _expected_loss(objective, parts, self._quadratic(parts))
        start = _without_features(expected, task)
        task.report(objective.n_passes, objective.n_columns, np.inf)
        end = _minimised(expected, start, task, judge.curvature)
        objective.use_double()
        ledger = Ledger(task, judge)
        ledger.give_up(ledger.active)
        ledger.n_iterations = end.n_iterations
        outcome = ledger.closed(end.theta)
        task.report(objective.n_passes, 0, float(outcome.decrement.max()))
        gain = _gain(expected, parts, start, end.theta)
        return replace(outcome, status=_named(outcome, end, gain))

    def _quadratic(self, parts: Parts) -> Quadratic:
        if self.interval is None:
            return NormalSpread(parts.is_everywhere)
        return Interval.read(self.interval)


@dataclass(frozen=True, eq=False)
class _AsItIs:
    """A model of the curvature that does not look at rows again."""

    model: Curvature

    def solve(self, gradient: FloatArray, columns: IntArray) -> FloatArray:
        return self.model.solve(gradient, columns)

    def observed(
        self, objective: Objective, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, _AsItIs, IntArray]:
        return objective.evaluate(theta, active), self, active[:0]  # type: ignore[return-value]


class _End(NamedTuple):
    """Where the approximated loss is least, and whether it has a minimum at all, per column."""

    theta: FloatArray  # (p + 1, C)
    is_minimum: BoolArray  # (C,)
    n_iterations: IntArray  # (C,)


def _minimised(expected: ExpectedLoss, start: FloatArray, task: Task, curvature: Curvature) -> _End:
    """Minimise; where there is no minimum, go to that of the quadratic at the mean response."""
    outcome = minimise(
        expected,  # type: ignore[arg-type]  # as much of an objective as L-BFGS asks for
        LBFGSDirections(expected, _AsItIs(curvature)),  # type: ignore[arg-type]
        start,
        tolerance=0.1 * _TOLERANCE,
        unit=task.unit,
        max_passes=_MOST_STEPS,
        h=task.h,
    )
    everything = np.arange(expected.n_columns)
    is_flat = np.array([status is Status.SEPARATED for status in outcome.status])
    is_minimum = (outcome.decrement <= _NEARLY * task.unit) & ~is_flat
    step = curvature.solve(expected.evaluate(start, everything).gradient, everything)
    theta = np.where(is_minimum, outcome.theta, start - np.where(np.isfinite(step), step, 0.0))
    return _End(theta, is_minimum, outcome.n_iterations)


def _gain(expected: ExpectedLoss, parts: Parts, start: FloatArray, theta: FloatArray) -> FloatArray:
    """Return by how much theta is better than the start, as far as statistics can tell, (C,)."""
    everything = np.arange(expected.n_columns)
    judged = replace(expected, quadratic=NormalSpread(parts.is_everywhere))
    return judged.evaluate(start, everything).value - judged.evaluate(theta, everything).value


def _named(outcome: Outcome, end: _End, gain: FloatArray) -> tuple[Status, ...]:
    """Tell approximations that serve from those that do not.

    Half the squared decrement estimates what is missing to the optimum.
    """
    serves = (0.5 * outcome.decrement**2 <= _CLOSE * gain) & end.is_minimum
    words = [Status.APPROXIMATE if is_close else Status.ROUGH for is_close in serves]
    return tuple(
        word if status is Status.INEXACT else status
        for status, word in zip(outcome.status, words, strict=True)
    )


def _expected_loss(objective: EngineObjective, parts: Parts, quadratic: Quadratic) -> ExpectedLoss:
    """Visit the rows and return the loss that quadratics make of it."""
    n = objective.n_columns
    rows = Term(parts.of_rows, over_rows(objective), np.ones(n))
    if parts.event_slope is not None:
        sums = sums_over_events(objective)
        return ExpectedLoss(objective, (rows,), parts.event_slope * sums, sums[-1], quadratic)
    _check_events(objective)
    cloud, mean_response = over_events(objective)
    events = Term(parts.of_events, cloud, -mean_response)
    no_pull = np.zeros((objective.n_parameters, n))
    return ExpectedLoss(objective, (rows, events), no_pull, mean_response, quadratic)


def _without_features(expected: ExpectedLoss, task: Task) -> FloatArray:
    """Return theta (p + 1, C) of the mean response; where no intercept gives it, the task's."""
    likelihood, mean = expected.rows.columns.likelihood, expected.mean_response
    theta = np.zeros_like(task.start)
    if not expected.rows.columns.has_intercept:
        return theta
    intercept = likelihood.start(mean) - expected.terms[0].cloud.offset
    theta[-1] = np.where(likelihood.no_start(mean) == "", intercept, task.start[-1])
    return theta


def _check_events(objective: EngineObjective) -> None:
    likelihood = objective.columns.likelihood
    if likelihood.model.means[0] < 0:
        raise errors.value_error(
            "PolynomialApproximation cannot count rows y times where y may be below zero, as it "
            "would for this link.",
            given=f"{type(likelihood.model).__name__} with {type(likelihood.link).__name__}",
            expected="the model's canonical link, or a model of counts, events or positive numbers",
            todo="leave solver_name=None.",
        )
