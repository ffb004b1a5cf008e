"""Coefficients together with scales of the likelihood: one of each column, from the same data.

The best coefficients depend little on the scale: the two are orthogonal in expectation (Lawless
1987, section 2). So they are found in turns: coefficients at known scales, by the fit that any
other model has, then scales at known means (a visit of the rows a step), until the derivatives by
both vanish together. The first fit is the Poisson model's, at scale zero: where squared residuals
there exceed counts by nothing the likelihood falls with the scale, and zero is the best one.

References
----------
Lawless (1987), Negative binomial and mixed Poisson regression, Can J Stat 15:209-25. Self & Liang
(1987), J Am Stat Assoc 82:605-10, case 5, for the test at the boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from ..engine.columns import Columns
from ..engine.kernels import scale_kernels
from ..engine.runners.dispatch import run
from ..numerics import quiet
from ..observation_models.scale_search import ScaleSearch, ScaleSums
from ..regularizer.base import Penalty
from ..settings import config_context, get_config
from ..solvers import WELL, Status
from ..typing import BoolArray, FloatArray, IntArray
from .prepared import Prepared
from .problems import Parameters
from .record import FitResult

Fit = Callable[[Columns, Penalty, Parameters | None], FitResult]
"""From columns at known scales, their penalty and a start to a record."""

_TOLERANCE = 1e-8  # of the decrement by the scale, as of that by coefficients
_MOST_TURNS = 50
_NEAR = 0.02  # standard errors: Newton's next step squares what is left
_MOST_STEPS = 30  # of a search at given means
_NO_FIT = (Status.SILENT, Status.SATURATED, Status.OUT_OF_RANGE, Status.NO_ROWS)


def fit_with_scales(
    fit: Fit,
    ready: Prepared,
    columns: Columns,
    penalty: Penalty,
    start: Parameters | None,
    *,
    tolerance: float | None,
) -> FitResult:
    """Fit columns whose likelihoods have a scale each, and find these.

    Parameters
    ----------
    fit :
        Of columns at known scales.
    ready, columns, penalty, start :
        As for :func:`~spikeglm.fit.fitting.fit_prepared`.
    tolerance :
        That of the solver.
    """
    everything = np.arange(columns.n_columns)
    result = fit(columns.at_scale(np.zeros(len(everything))), penalty, start)
    turns = _Turns.begun(ready, columns, penalty, result, tolerance or _TOLERANCE)
    for k in range(_MOST_TURNS):
        active = turns.active
        if len(active) == 0:
            break
        turns.search(active)
        some = columns.take(active).at_scale(turns.scale[active])
        known = turns.result.coef[:, active], turns.result.intercept[active]
        with _checkpoint_of(k):
            turns.take(active, fit(some, penalty.take(active), known))
    return turns.recorded()


def _checkpoint_of(turn: int) -> AbstractContextManager[object]:
    """Let a turn that is stopped leave a checkpoint of its own: it is another problem than others.

    The next try finds the same scales on its way, and goes on from there.
    """
    path = get_config().checkpoint
    if path is None:
        return nullcontext()
    path = Path(path)
    return config_context(checkpoint=path.with_name(f"{path.name}.scales{turn + 1}"))


@dataclass
class _Turns:
    """Where C columns stand between a fit of coefficients and a search for scales."""

    ready: Prepared
    columns: Columns
    penalty: Penalty
    result: FitResult
    tolerance: float
    poisson: FloatArray  # (C,) penalised log-likelihood of the first fit
    scale: FloatArray  # (C,)
    decrement: FloatArray  # (C,) of the mean loss by the scale, at the last coefficients
    value: FloatArray  # (C,) penalised log-likelihood there
    curvature: FloatArray  # (C,) of the log-likelihood by the scale
    known: tuple[IntArray, ScaleSums] | None = None  # columns, and sums at their scales now

    @classmethod
    def begun(
        cls,
        ready: Prepared,
        columns: Columns,
        penalty: Penalty,
        result: FitResult,
        tolerance: float,
    ) -> _Turns:
        """Look at the Poisson fit: which columns vary more than it says, and about how much."""
        zero = np.zeros(columns.n_columns)
        turns = cls(
            ready, columns, penalty, result, tolerance, zero, zero.copy(), zero.copy(), zero, zero
        )
        at_zero = turns.sums(np.arange(len(zero)))
        search = ScaleSearch.begun(at_zero)
        has_fit = np.array([status not in _NO_FIT for status in result.status])
        turns.scale = np.where(has_fit, search.scale, 0.0)
        turns.decrement = np.where(turns.scale > 0, np.inf, 0.0)
        turns.poisson = turns.penalised(np.arange(len(zero)), at_zero)
        turns.value, turns.curvature = turns.poisson.copy(), at_zero.curvature.copy()
        return turns

    @property
    def active(self) -> IntArray:
        """The columns whose coefficients are not yet those of the best scale."""
        return np.flatnonzero(self.decrement > self.tolerance)

    def sums(self, which: IntArray) -> ScaleSums:
        """Sum the likelihood of the scales of some columns at their coefficients: one visit."""
        table = self.ready.survey.table.in_double()
        coef, intercept = self.result.coef[:, which], self.result.intercept[which]
        columns = self.columns.take(which).at_scale(self.scale[which])
        at = table.weights_here(coef, intercept)
        self.result = replace(self.result, n_passes=self.result.n_passes + 1)
        return run(scale_kernels.likelihood_of_scales, table, columns, *at, self.ready.how)

    def penalised(self, which: IntArray, sums: ScaleSums) -> FloatArray:
        """Return the log-likelihood of some columns less their penalty."""
        penalty = self.penalty.take(which).value(self.result.coef[:, which])
        return sums.value - self.result.total_weight[which] * penalty

    def search(self, which: IntArray) -> None:
        """Find better scales of some columns at their coefficients, best to a few steps.

        The last step is not looked at: the next turn does, at new coefficients.
        """
        wanted = self.wanted(which)
        search = ScaleSearch.at(self.scale[which], np.full(len(which), np.inf))
        for k in range(_MOST_STEPS):
            sums = self.sums(which) if k or self.known is None else self._known(which)
            search = search.looked(sums, wanted)
            self.scale[which] = search.scale
            if not search.unfinished(np.maximum(wanted, _NEAR)).any():
                break

    def _known(self, which: IntArray) -> ScaleSums:
        """Return what the last turn has seen of some columns, all of which were in it."""
        of, sums = cast(tuple[IntArray, ScaleSums], self.known)
        places = np.searchsorted(of, which)
        return ScaleSums(*(values[places] for values in sums))

    def wanted(self, which: IntArray) -> FloatArray:
        """Return the tolerance in standard errors of the scales."""
        return self.tolerance * np.sqrt(self.result.total_weight[which])

    def take(self, which: IntArray, part: FitResult) -> None:
        """Note new coefficients of some columns, and how far their scales are from the best now."""
        self.result = self.result.with_columns(which, part)
        sums = self.sums(which)
        self.known = which, sums
        with quiet():
            away = np.abs(sums.slope) / np.sqrt(-sums.curvature * self.result.total_weight[which])
        self.decrement[which] = np.where(sums.curvature < 0, away, np.inf)
        self.value[which], self.curvature[which] = self.penalised(which, sums), sums.curvature

    def recorded(self) -> FitResult:
        """Write down scales, their errors and certificates."""
        result, is_open = self.result, self.decrement > self.tolerance
        words = zip(result.status, is_open, strict=True)
        has_none = np.array([status is Status.NO_ROWS for status in result.status])
        with quiet():
            error = np.where(self.scale > 0, 1.0 / np.sqrt(-self.curvature), np.nan)
        return replace(
            result,
            status=tuple(Status.LIMIT if o and s in WELL else s for s, o in words),
            decrement=np.hypot(result.decrement, self.decrement),
            scale=np.where(has_none, np.nan, self.scale),
            scale_error=error,
            poisson_ratio=np.where(has_none, np.nan, np.maximum(self._gained(), 0.0)),
            remarks=(*result.remarks, *_remarks(self.scale == 0, result.status)),
        )

    def _gained(self) -> FloatArray:
        """Return twice what the log-likelihood gains by the scales, (C,)."""
        return np.where(self.scale > 0, 2.0 * (self.value - self.poisson), 0.0)


def _remarks(is_zero: BoolArray, status: tuple[Status, ...]) -> tuple[str, ...]:
    """Return a line on columns that vary no more than Poisson counts."""
    has_fit = np.array([word not in _NO_FIT for word in status])
    n = int((is_zero & has_fit).sum())
    if not n:
        return ()
    return (
        f"no overdispersion in {n} of {len(status)} columns (neurons, folds): their counts vary no "
        "more than Poisson counts, so their scale is 0 and their fit is the Poisson model's",
    )
