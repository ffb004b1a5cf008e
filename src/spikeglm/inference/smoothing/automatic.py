"""A fit whose penalty has the strengths that the data choose, by marginal likelihood.

Strengths are the hyperparameters of the prior that a penalty states; they maximise the probability
of the responses with the coefficients integrated out by Laplace's approximation (restricted maximum
likelihood, for a Gaussian model exactly).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ... import errors, showing
from ...engine.columns import Columns
from ...engine.kernels import bending_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import planned
from ...engine.runners.threads import one_blas_thread
from ...fit.fitting import SolverChoice
from ...fit.held_rows import in_memory
from ...fit.prepared import Prepared, prepare
from ...fit.problems import Parameters
from ...fit.record import FitResult
from ...numerics import quiet
from ...regularizer.adjustable import Adjustable
from ...rows.contract import Rows
from ...solvers import Cheapest
from ...typing import BoolArray, FloatArray, IntArray
from .choose import Chosen
from .coordinates import labels_of
from .setting import Setting

_RUGGED = Cheapest(1e-2)  # for a fit that only begins
_MOST_TURNS = 20  # of strengths at known scales of the likelihood, and scales at known strengths
_SAME_SCALE = 1e-4  # relative
_NEARLY = 1e-2  # nats that a marginal likelihood may be short of its maximum


@dataclass(frozen=True, eq=False)
class AutomaticFit:
    """A fit of C columns, and how its R strengths were chosen.

    Attributes
    ----------
    result :
        The fit at these strengths; its passes are all that were taken.
    strength :
        (R, C) as users give them: of the mean loss per row. NaN where there is no choice.
    log_marginal_likelihood :
        (C,) nats, with all constants; NaN where there is no choice.
    at_bound :
        (R, C) 1 where any larger strength does the same: what the entry penalises is gone; -1
        where any smaller one does: it penalises nothing.
    short :
        (C,) nats by which the marginal likelihood is short of its maximum, at most; NaN where
        there is no choice.
    scale :
        (C,) the dispersion that goes with the marginal likelihood.
    labels :
        (R,) what the entries are called.
    """

    result: FitResult
    strength: FloatArray
    log_marginal_likelihood: FloatArray
    at_bound: IntArray
    short: FloatArray
    scale: FloatArray
    labels: tuple[str, ...]

    @property
    def is_known(self) -> BoolArray:
        """(C,) whether strengths are the best ones, to within what data could tell."""
        return np.less(self.short, _NEARLY)

    __repr__ = showing.of_fields


def fit_automatically(
    rows: Rows,
    columns: Columns,
    *,
    penalty: Adjustable,
    keep: BoolArray,
    solver: SolverChoice,
    start: Parameters | None = None,
) -> AutomaticFit:
    """Choose the strengths of all columns, and fit them.

    Parameters are those of :func:`~spikeglm.fit.fitting.fit_columns`.

    Raises
    ------
    TypeError
        For a model whose dispersion has no likelihood.
    ValueError
        If matrices overlap in a way that cannot be handled.

    References
    ----------
    Wood (2011), J R Stat Soc B 73:3-36, eq. 4; Wood & Fasiolo (2017), Biometrics 73:1071-81.
    """
    check_model(columns)
    rows = in_memory(rows)
    ready = prepare(rows, columns, keep=keep, looks_at_all=solver.reads_correlations)
    with one_blas_thread(), quiet():
        setting = Setting(ready, columns, penalty, ready.responses(columns))
        rho = setting.first_guess()
        last = setting.fitted(setting.bound(rho), SolverChoice(None, _RUGGED), start)
    n_passes, turns = 1 + ready.survey.n_passes + last.n_passes, 0
    while True:
        turns += 1
        with one_blas_thread(), quiet():
            chosen = setting.chosen(rho, last)
        strength, begin = setting.of_users(rho, chosen), setting.reached(last, chosen)
        result = setting.fitted(penalty.with_strengths(np.nan_to_num(strength)), solver, begin)
        n_passes += result.n_passes + sum(part.n_rounds for _, part in chosen)
        is_settled = _is_settled(last.scale, result.scale) and not setting.lost(result, strength)
        if turns == _MOST_TURNS or is_settled:
            break
        last = result
    return _told(setting, replace(result, n_passes=n_passes), strength, chosen)


def _is_settled(before: FloatArray | None, now: FloatArray | None) -> bool:
    """Tell whether scales of the likelihood, where it has some, are those of the strengths."""
    if before is None or now is None:
        return True
    with np.errstate(invalid="ignore"):
        return not bool((np.abs(now - before) > _SAME_SCALE * (_SAME_SCALE + now)).any())


def check_model(columns: Columns) -> None:
    """Raise a TypeError for a model whose dispersion has no likelihood."""
    model = columns.likelihood.model
    if model.log_peak(np.ones(1)) is None:
        raise errors.type_error(
            "Strengths cannot be chosen for this observation model: its dispersion has no "
            "likelihood.",
            given=f"regularizer_strength='auto' with {model.name}",
            expected="one of the built-in models, or one without a dispersion",
            todo="give strengths as numbers, and compare some by selection.cross_validated.",
        )


def _told(
    setting: Setting,
    result: FitResult,
    strength: FloatArray,
    chosen: list[tuple[IntArray, Chosen]],
) -> AutomaticFit:
    """Return the fit with what its strengths are worth."""
    columns, penalty = setting.at_scales(result), setting.penalty
    C, R = columns.n_columns, len(penalty.strength)
    marginal, scale = np.full(C, np.nan), np.full(C, np.nan)
    at_bound, short = np.zeros((R, C), dtype=np.intp), np.full(C, np.nan)
    value = penalty.with_strengths(np.nan_to_num(strength)).value(result.coef)
    for which, part in chosen:
        phi = part.scale
        data = _log_likelihood(setting.ready, columns.take(which), result, which, phi)
        nats = result.total_weight[which] / columns.likelihood.model.loss_unit
        free = part.n_unpenalised * np.log(2.0 * np.pi * phi)
        worth = data - nats * value[which] / phi - 0.5 * part.log_det + 0.5 * free
        is_known = (part.short < _NEARLY) & np.isfinite(worth)
        marginal[which], scale[which] = np.where(is_known, worth, np.nan), phi
        at_bound[:, which], short[which] = part.at_bound.T, part.short
    result = replace(result, n_passes=result.n_passes + len(chosen))
    return AutomaticFit(result, strength, marginal, at_bound, short, scale, labels_of(penalty))


def _log_likelihood(
    ready: Prepared, columns: Columns, result: FitResult, which: IntArray, phi: FloatArray
) -> FloatArray:
    model = columns.likelihood.model
    scale = phi if model.has_dispersion else model.by_column  # None: the model's own
    table, how = planned(ready.rows, ready.keep, columns.n_columns)
    table = table.in_double()
    kernel = partial(bending_kernels.log_likelihood, scale=scale)
    W, b = result.coef[:, which], result.intercept[which]
    with one_blas_thread(), quiet():
        total: FloatArray = run(kernel, table, columns, W, b, how).total
    return total
