"""What is known of the linear predictor over many rows from moments of features and offset.

With z the standardised features, eta = z·w + b + o has over any set of rows

    mean        m = mean(z)·w + b + mean(o)
    variance    v = w' S w + 2 w' k + var(o)        S = cov(z), k = cov(z, o)

The survey that precedes a fit knows S over rows that all columns count alike. Visits of the rows
add what it does not know: moments over events (rows counted y times), with offsets, under
weightings of a column's own, and the mean of features that no intercept has centred.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import errors, showing
from ...engine.columns import Source
from ...engine.kernels import moment_kernels
from ...engine.kernels.loss_kernels import Kernel
from ...engine.objective import Objective
from ...settings import get_config
from ...typing import FloatArray, IntArray

_SHARE_OF_MEMORY = 0.25  # for second moments of the features


@dataclass(frozen=True, eq=False)
class Cloud:
    """Moments of the standardised features z and of the offset o over the rows of C columns.

    Attributes
    ----------
    mean :
        (p, C) mean of z.
    covariances, which :
        Covariances of z, (p, p) each, and which of them is a column's, (C,).
    offset, offset_variance :
        (C,) mean and variance of the offset.
    z_offset :
        (p, C) covariance of z with the offset.
    """

    mean: FloatArray
    covariances: tuple[FloatArray, ...]
    which: IntArray
    offset: FloatArray
    offset_variance: FloatArray
    z_offset: FloatArray

    __repr__ = showing.of_fields

    def take(self, columns: IntArray) -> Cloud:
        """Keep only some columns."""
        return replace(
            self,
            mean=self.mean[:, columns],
            which=self.which[columns],
            offset=self.offset[columns],
            offset_variance=self.offset_variance[columns],
            z_offset=self.z_offset[:, columns],
        )

    def predictor(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return mean (C,) and variance (C,) of eta at theta (p + 1, C), and its cov(z, eta)."""
        w, b = theta[:-1], theta[-1]
        spread = self.z_offset.copy()
        for g in np.unique(self.which):
            mine = self.which == g
            spread[:, mine] += self.covariances[g] @ w[:, mine]
        mean = np.einsum("pc,pc->c", self.mean, w) + b + self.offset
        variance = np.einsum("pc,pc->c", w, spread + self.z_offset) + self.offset_variance
        return mean, variance, spread


def over_rows(objective: Objective) -> Cloud:
    """Return moments over the rows of each column; no pass where the survey knows them."""
    columns, n = objective.columns, objective.n_columns
    shared = columns.weights is None or columns.weights.values.shape[1] == 1
    if shared and columns.offsets is None and columns.has_intercept:
        none, zero = np.zeros(n), np.zeros((objective.n_parameters - 1, n))
        return Cloud(zero, (_shared(objective),), np.zeros(n, np.intp), none, none, zero)
    # Columns with the same weights and offsets have the same moments.
    series = np.stack([_series(columns.weights, n), _series(columns.offsets, n)])
    _, first, which = np.unique(series, axis=1, return_index=True, return_inverse=True)
    which = which.ravel()
    if shared:
        cloud = _first(_visited(objective, moment_kernels.over_rows, first), objective)
        return replace(cloud.take(which), which=np.zeros(n, np.intp))
    _check_memory(objective, len(first))
    sums = _visited(objective, moment_kernels.over_rows_with_gram, first)
    return _second(sums, objective).take(which)


def sums_over_events(objective: Objective) -> FloatArray:
    """Return mean(y z) and, last, mean(y) of each column, (p + 1, C); one pass."""
    sums = _visited(objective, moment_kernels.over_events, np.arange(objective.n_columns))
    z = _standardised(sums.x, sums.weight, objective)
    return np.vstack([z, sums.weight[None]]) / objective.total_weight


def over_events(objective: Objective) -> tuple[Cloud, FloatArray]:
    """Return moments over the events of each column, and mean(y), (C,); one pass."""
    n = objective.n_columns
    _check_memory(objective, n)
    sums = _visited(objective, moment_kernels.over_events_with_gram, np.arange(n))
    return _second(sums, objective), sums.weight / objective.total_weight


def _shared(objective: Objective) -> FloatArray:
    """Return mean products of the standardised features over rows that count alike."""
    return objective.features.correlation.dense


def _series(source: Source | None, n_columns: int) -> IntArray:
    return np.zeros(n_columns, dtype=np.intp) if source is None else source.of


def _visited(objective: Objective, kernel: Kernel[Any], columns: IntArray) -> Any:
    W = np.zeros((objective.n_parameters - 1, len(columns)))
    return objective.visit(kernel, W, np.zeros(len(columns)), columns)


def _standardised(x: FloatArray, weight: FloatArray, objective: Objective) -> FloatArray:
    """Return sums of z for sums of x (p, C) and of weights (C,)."""
    features = objective.features
    return (x - features.mean[:, None] * weight) * features.inverse_scale[:, None]


def _first(sums: Any, objective: Objective) -> Cloud:
    """Return first moments as a cloud, with the covariance that all rows share."""
    x, offset = sums.x / sums.weight, sums.offset / sums.weight
    by_offset = sums.x_offset / sums.weight - x * offset
    z = _standardised(sums.x, sums.weight, objective) / sums.weight
    return Cloud(
        mean=z,
        covariances=(_shared(objective) - np.outer(z[:, 0], z[:, 0]),),
        which=np.zeros(len(offset), np.intp),
        offset=offset,
        offset_variance=np.maximum(sums.offset_squared / sums.weight - offset**2, 0.0),
        z_offset=by_offset * objective.features.inverse_scale[:, None],
    )


def _second(sums: Any, objective: Objective) -> Cloud:
    """Return first and second moments as a cloud."""
    x, unit = sums.x / sums.weight, objective.features.inverse_scale
    covariances = tuple(
        (xx / weight - np.outer(mean, mean)) * np.outer(unit, unit)
        for xx, weight, mean in zip(sums.xx, sums.weight, x.T, strict=True)
    )
    which = np.arange(len(covariances))
    return replace(_first(sums, objective), covariances=covariances, which=which)


def _check_memory(objective: Objective, n_matrices: int) -> None:
    p = objective.n_parameters - 1
    size, budget = 8 * n_matrices * p**2, _SHARE_OF_MEMORY * get_config().memory_bytes
    if size > budget:
        raise errors.value_error(
            "PolynomialApproximation keeps second moments per neuron here (the link is not "
            "canonical, or rows weigh differently), which are too large.",
            given=f"{n_matrices} matrices of {p} x {p}, {size / 2**30:.1f} GiB",
            expected=f"at most {budget / 2**30:.1f} GiB, a quarter of the memory budget",
            todo="fit neurons in groups, use the canonical link, or leave solver_name=None.",
        )
