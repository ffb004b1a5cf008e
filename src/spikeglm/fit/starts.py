"""Where a fit starts: the model without features, or, where it has no intercept, nothing at all."""

from __future__ import annotations

import numpy as np

from ..engine.columns import Columns
from ..engine.coordinates.whitening import Whitening
from ..engine.features.survey import Responses
from ..engine.kernels import loss_kernels, moment_kernels
from ..engine.objective import Objective
from ..observation_models.likelihood import Likelihood
from ..solvers import Status
from ..typing import FloatArray, IntArray

_SMALLEST_SPREAD = 1e-7  # of a response relative to its mean; below, its variance is rounding
_WORDS = {
    "silent": Status.SILENT,
    "saturated": Status.SATURATED,
    "outside the link's range": Status.OUT_OF_RANGE,
    "no finite response": Status.NO_ROWS,
}


def without_features(
    columns: Columns, observed: Responses, n_features: int
) -> tuple[FloatArray, FloatArray, list[Status | None]]:
    """Return the fit without features, and which columns can have no other.

    A silent unit has no finite best intercept; it gets the rate of half an event in the whole
    recording (the posterior mean under Jeffreys' prior), and a saturated one of half a failure.
    Without an intercept the fit without features is the offset alone, whatever the response: what
    is best with features is for the solver to find.
    """
    likelihood = columns.likelihood
    words = likelihood.no_start(observed.mean)
    statuses = [_WORDS.get(str(word)) for word in words]
    coef = np.zeros((n_features, len(words)))
    if not columns.has_intercept:
        statuses = [None if status is not Status.NO_ROWS else status for status in statuses]
        return coef, np.zeros(len(words)), statuses
    with np.errstate(divide="ignore", invalid="ignore"):
        half = 0.5 / observed.weight
    mean = np.where(
        words == "silent", half, np.where(words == "saturated", 1 - half, observed.mean)
    )
    intercept = likelihood.start(mean) - np.nan_to_num(observed.offset)
    return coef, intercept, statuses


def typical_curvature(columns: Columns, observed: Responses) -> FloatArray:
    """Return the curvature of the loss per row, (C,) > 0, as it is without features.

    Without an intercept that is at the offset alone, or, where a link has no mean for it (a rate of
    1 / sqrt(0)), at the mean response.
    """
    likelihood = columns.likelihood
    is_at_mean = columns.has_intercept or not likelihood.takes_any_predictor
    eta = likelihood.start(observed.mean) if is_at_mean else observed.offset
    return np.maximum(np.nan_to_num(likelihood.fisher(eta)), np.finfo(float).tiny)


def dispersion(likelihood: Likelihood, observed: Responses, start: FloatArray) -> FloatArray:
    """Return the dispersion without features, (C,): the unit of a squared decrement.

    A response without any spread has one of rounding size, relative to its mean; where that is
    zero too, relative to the mean at the first intercepts ``start`` (C,).
    """
    if not likelihood.model.has_dispersion:
        return np.ones_like(observed.mean)
    eta = likelihood.start(observed.mean)
    first = np.nan_to_num(likelihood.mean(start), posinf=0.0, neginf=0.0)
    is_zero = (observed.mean == 0) & (observed.variance == 0)
    size = np.abs(np.where(is_zero, first, observed.mean))
    spread = np.maximum(np.sqrt(observed.variance), _SMALLEST_SPREAD * size)
    unit = likelihood.model.estimate_scale(
        (observed.mean + spread)[None], likelihood.mean(eta)[None], 1.0
    )
    return np.maximum(unit, np.finfo(float).tiny)


def made_possible(
    objective: Objective, theta: FloatArray, observed: Responses
) -> tuple[FloatArray, IntArray]:
    """Return theta (p + 1, C) at which losses are finite, and the columns where none was found.

    Some links and models do not allow all predictions: no rate of zero, no mean of 1 / -1. With an
    intercept, which suits the mean of the offset, that of some rows may be one; then intercepts are
    tried with which all rows lie on one side. Without one, zero weights predict the offset alone.
    There, first the weights are tried whose predictions come nearest to those of the mean response;
    then those to which all features add alike, which are right for features of one sign each.
    """
    columns = objective.columns
    is_at_mean = columns.has_intercept and columns.offsets is None
    if is_at_mean or columns.likelihood.takes_any_predictor:
        return theta, np.zeros(0, dtype=np.intp)
    theta = theta.copy()
    everything = np.arange(objective.n_columns)
    lost = everything[~objective.evaluate(theta, everything).finite]
    guesses = _intercepts if columns.has_intercept else _guesses
    for guess in guesses(objective, observed) if len(lost) else ():
        there = objective.evaluate(guess[:, lost], lost).finite
        theta[:, lost[there]] = guess[:, lost[there]]
        lost = lost[~there]
        if len(lost) == 0:
            break
    return theta, lost


def _intercepts(objective: Objective, observed: Responses) -> tuple[FloatArray, FloatArray]:
    """Return zero weights (p + 1, C) and intercepts for the rows of smallest and largest offset."""
    columns = objective.columns
    wanted = columns.likelihood.start(observed.mean)
    low, high = np.full_like(wanted, np.inf), np.full_like(wanted, -np.inf)
    for block in objective.table.blocks:
        part = columns.block(block.rows)
        offset = np.broadcast_to(np.asarray(part.offset), part.y.shape)
        counts = loss_kernels.row_weights(part, np) > 0
        low = np.minimum(low, np.where(counts, offset, np.inf).min(axis=0))
        high = np.maximum(high, np.where(counts, offset, -np.inf).max(axis=0))
    lowest, highest = np.zeros((2, objective.n_parameters, len(wanted)))
    lowest[-1], highest[-1] = wanted - low, wanted - high
    return lowest, highest


def _guesses(objective: Objective, observed: Responses) -> tuple[FloatArray, FloatArray]:
    """Return weights (p + 1, C) whose predictions are near those of the mean response."""
    columns, features = objective.columns, objective.features
    everything = np.arange(objective.n_columns)
    nowhere = np.zeros((len(features.mean), len(everything))), np.zeros(len(everything))
    sums = objective.visit(moment_kernels.over_rows, *nowhere, everything)
    unit = features.inverse_scale[:, None]
    wanted = columns.likelihood.start(observed.mean)
    mean = sums.x / sums.weight * unit
    target = mean * wanted - sums.x_offset / sums.weight * unit
    still = objective.frozen(everything)[:-1]
    nearest, alike = np.zeros((2, objective.n_parameters, len(everything)))
    for c in everything:
        B = Whitening.of(features.correlation, 1.0, np.zeros(len(mean)), still[:, c])
        nearest[:-1, c] = B.transposed_times(B @ target[:, c : c + 1])[:, 0]
        used = np.flatnonzero(~still[:, c] & (mean[:, c] != 0))
        share = (wanted[c] - sums.offset[c] / sums.weight[c]) / max(len(used), 1)
        alike[used, c] = share / mean[used, c]
    return nearest, alike
