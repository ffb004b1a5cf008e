"""The penalised mean loss of all columns, in coordinates in which every feature looks alike.

Solvers see parameters theta (p + 1, C): weights of the centred features in units of their standard
deviation, and the intercept at the mean of the features in the last row:

    w_j = theta_j / s_j,        b = theta_last - sum_j mean_j w_j

Features of wildly different size then ask for steps of the same size, and the intercept decouples
from the weights. Penalties always refer to the user's scale, w.

Columns without an intercept have the same parameters, of which the last stays zero: it is frozen,
its derivatives are zero, and features are not centred (their mean counts as zero, and their root
mean square as the standard deviation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from .. import showing
from ..regularizer.base import PenaltyTerm
from ..regularizer.nonsmooth import Kinks
from ..regularizer.squares import Squares, squares_of
from ..typing import Array, BoolArray, FloatArray, IntArray
from .columns import Columns
from .coordinates.feature_facts import Features
from .coordinates.whitening import Whitening
from .kernels import feature_kernels, loss_kernels
from .kernels.loss_kernels import Kernel, Sums
from .runners import threads
from .runners.dispatch import run
from .runners.plan import Plan
from .table import Table

_ROWS_FOR_MOMENTS = 3_000  # enough for a preconditioner; more rows are sampled regularly


class Watch(Protocol):
    """Is told of each evaluation of an objective."""

    def __call__(
        self, theta: FloatArray, active: IntArray, value: FloatArray, *, is_single: bool
    ) -> None:
        """Take points (p + 1, A) of columns (A,), and their values (A,)."""
        ...


@dataclass(frozen=True)
class Evaluation:
    """Objective and gradient of A columns at one point each."""

    value: FloatArray  # (A,)
    gradient: FloatArray  # (p + 1, A)

    __repr__ = showing.of_fields

    @property
    def finite(self) -> BoolArray:
        """(A,) True where value and gradient are finite."""
        return np.isfinite(self.value) & np.isfinite(self.gradient).all(axis=0)


@dataclass(frozen=True)
class Moments:
    """Mean and variance of coordinates z of the features under each column's own curvature h."""

    h: FloatArray  # (A,)        mean of h
    mean: FloatArray  # (p, A)
    variance: FloatArray  # (p, A)

    __repr__ = showing.of_fields


@dataclass
class Objective:
    """Value, gradient and curvature of C penalised column problems.

    Attributes
    ----------
    table, columns, plan :
        The rows, the column problems over them, and how a pass runs.
    penalty :
        Penalty on the weights in the user's scale.
    features :
        Mean, scale and correlation of the features.
    total_weight :
        (C,) sum of the row weights of each column.
    n_passes :
        Visits of all rows so far.
    watch :
        Is told of each evaluation, or None.
    sample :
        Some of the rows, once they were needed.
    """

    table: Table
    columns: Columns
    plan: Plan
    penalty: PenaltyTerm
    features: Features
    total_weight: FloatArray
    n_passes: int = 0
    watch: Watch | None = None
    sample: Table | None = None

    __repr__ = showing.of_fields

    @property
    def n_parameters(self) -> int:
        """p + 1."""
        return len(self.features.mean) + 1

    @property
    def n_columns(self) -> int:
        """C."""
        return self.columns.n_columns

    @property
    def is_single(self) -> bool:
        """Whether products are computed in float32."""
        return self.table.is_single

    def use_double(self) -> None:
        """Compute all further products in float64, whatever the storage."""
        self.table = self.table.in_double()

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient of the active columns; one pass."""
        W, b = self.to_user(theta)
        kernel = (
            loss_kernels.loss_and_gradient if W.any() else loss_kernels.loss_and_gradient_at_zero
        )
        sums = self.visit(kernel, W, b, active)
        return self._evaluation(sums, theta, W, active)

    def evaluate_with_moments(
        self,
        theta: FloatArray,
        active: IntArray,
        bases: Sequence[Whitening],
        basis_of: IntArray,
    ) -> tuple[Evaluation, Moments]:
        """Also return moments of the features under each column's curvature; one pass.

        The moments, over a sample of the rows, are those of the coordinates z = B x of the
        standardised features x, with ``bases[basis_of[a]]`` for active column a.
        """
        evaluation = self.evaluate(theta, active)
        W, b = self.to_user(theta)
        features = self.features
        views = [
            feature_kernels.View(
                bases[g], features.mean, features.inverse_scale, np.flatnonzero(basis_of == g)
            )
            for g in np.unique(basis_of)
        ]
        if self.sample is None:
            self.sample = threads.sampled(self.table, _ROWS_FOR_MOMENTS, self.plan)
        every = max(1, self.sample.n_kept * len(views) // _ROWS_FOR_MOMENTS)
        sample = self.sample.thinned(every)
        kernel = partial(feature_kernels.moments, views=views)
        sums = threads.run(kernel, sample, self._columns_of(active), W, b, self.plan)
        mean = sums.h_z / sums.h
        moments = Moments(
            h=sums.h / sums.weight,
            mean=mean,
            variance=np.maximum(sums.h_zz / sums.h - mean**2, 0.0),
        )
        return evaluation, moments

    def evaluate_with_hessian(
        self, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, FloatArray]:
        """Also return the (A, p + 1, p + 1) second derivatives by theta; one pass."""
        W, b = self.to_user(theta)
        sums = self.visit(loss_kernels.loss_and_hessian, W, b, active)
        evaluation = self._evaluation(sums, theta, W, active)
        return evaluation, self._hessian_by_theta(sums.hessian, active)

    def hessian_on(
        self, theta: FloatArray, active: IntArray, sets: Sequence[IntArray]
    ) -> FloatArray:
        """Return the loss's expected second derivatives on a set of features per column; one pass.

        (A, k + 1, k + 1) with k the size of the largest set: the set's features come first, the
        intercept last; a diagonal of one stands for the places that a smaller set leaves, and for
        an intercept that there is not.
        """
        W, b = self.to_user(theta)
        size = 1 + max(len(s) for s in sets)
        subsets = loss_kernels.Subsets(self.features.mean, self.features.inverse_scale, sets)
        kernel = partial(loss_kernels.information_on, subsets=subsets, size=size)
        H = self.visit(kernel, W, b, active).information / self.total_weight[active, None, None]
        for a, s in enumerate(sets):
            padding = np.arange(len(s), size - 1)
            H[a, padding, padding] = 1.0
        return H if self.columns.has_intercept else without_last(H)

    def take(self, columns: IntArray) -> Objective:
        """Return the problems of some columns; evaluations are told to the same watch."""
        watch = self.watch

        def told(
            theta: FloatArray, active: IntArray, value: FloatArray, *, is_single: bool
        ) -> None:
            if watch is not None:
                watch(theta, columns[active], value, is_single=is_single)

        return replace(
            self,
            columns=self.columns.take(columns),
            penalty=self.penalty.take(columns),
            total_weight=self.total_weight[columns],
            n_passes=0,
            watch=None if watch is None else told,
        )

    def with_penalty(self, penalty: PenaltyTerm) -> Objective:
        """Return the same problems with another penalty, no pass taken."""
        return replace(self, penalty=penalty, n_passes=0)

    def kinks(self) -> Kinks | None:
        """Return the part of the penalty that is not smooth, as a function of theta."""
        return self.kinks_in(np.ones(self.n_parameters - 1))

    def kinks_in(self, unit: FloatArray) -> Kinks | None:
        """Return :meth:`kinks` as a function of z, with weights theta = unit z; unit is (p,)."""
        return self.penalty.kinks(self.features.inverse_scale * unit, self.n_columns)

    def penalty_gradient(self, theta: FloatArray) -> FloatArray:
        """Return the derivative of the smooth part of the penalty, (p + 1, C)."""
        inverse = self.features.inverse_scale[:, None]
        weights = self.penalty.gradient(theta[:-1] * inverse) * inverse
        return np.vstack([weights, np.zeros((1, theta.shape[1]))])

    def penalty_curvature(self, active: IntArray) -> FloatArray:
        """Return the (p, A) diagonal of the penalty's second derivative by theta."""
        curvature = self.penalty.take(active).curvature((self.n_parameters - 1, len(active)))
        return curvature * self.features.inverse_scale[:, None] ** 2

    def squares(self, active: IntArray) -> Squares | None:
        """Return the penalty as squares of combinations of theta; None where it is a diagonal."""
        found = squares_of(self.penalty.take(active), len(active))
        return None if found is None else found.in_units(self.features.inverse_scale)

    def add_penalty_curvature(self, H: FloatArray, active: IntArray) -> None:
        """Add the penalty's second derivative by theta to matrices (A, p + 1, p + 1), in place."""
        squares, places = self.squares(active), np.arange(self.n_parameters - 1)
        if squares is None:
            H[:, places, places] += self.penalty_curvature(active).T
        else:
            squares.add_to(H)

    def frozen(self, active: IntArray) -> BoolArray:
        """Return (p + 1, A) True for parameters that stay zero.

        Those of masked or constant features, and the intercept where columns have none.
        """
        frozen = np.zeros((self.n_parameters, len(active)), dtype=bool)
        frozen[:-1] = (self.features.scale == 0)[:, None]
        frozen[-1] = not self.columns.has_intercept
        if self.columns.mask is not None:
            frozen[:-1] |= ~self.columns.mask[:, active]
        return frozen

    def balanced(self, values: FloatArray, active: IntArray) -> FloatArray:
        """Return parameters as they are: none of them balance out, as those of classes do."""
        return values

    def spread(self, step: FloatArray) -> FloatArray:
        """Return the mean square, (A,), of how steps (p + 1, A) move the linear predictor."""
        weights = step[:-1]
        return np.einsum("pc,pc->c", weights, self.features.correlation @ weights) + step[-1] ** 2

    def to_user(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights (p, A) and intercepts (A,) of the table's features."""
        W = theta[:-1] * self.features.inverse_scale[:, None]
        return W, theta[-1] - self.features.mean @ W

    def from_user(self, W: FloatArray, b: FloatArray) -> FloatArray:
        """Return theta (p + 1, A) for weights and intercepts of the table's features."""
        return np.vstack([W * self.features.scale[:, None], b + self.features.mean @ W])

    def visit(self, kernel: Kernel[Sums], W: FloatArray, b: FloatArray, active: IntArray) -> Sums:
        """Sum a kernel over all rows at weights and intercepts of the active columns."""
        self.n_passes += 1
        columns = self._columns_of(active)
        return run(kernel, self.table, columns, W, b, self.plan)

    def _columns_of(self, active: IntArray) -> Columns:
        if len(active) == self.n_columns and (active == np.arange(self.n_columns)).all():
            return self.columns
        return self.columns.take(active)  # some columns, or one column at several points

    def _evaluation(
        self,
        sums: loss_kernels.LossSums | loss_kernels.HessianSums,
        theta: FloatArray,
        W: FloatArray,
        active: IntArray,
    ) -> Evaluation:
        total = self.total_weight[active]
        penalty = self.penalty.take(active)
        g_b = sums.by_intercept / total * self.columns.has_intercept
        g_w = sums.by_weights / total + penalty.gradient(W)
        value = sums.loss / total + penalty.value(W)
        if self.watch is not None:
            self.watch(theta, active, value, is_single=self.is_single)
        return Evaluation(value, self.by_theta(g_w, g_b, active))

    def by_theta(self, g_w: FloatArray, g_b: FloatArray, active: IntArray) -> FloatArray:
        """Return derivatives by theta (p + 1, A), from those by weights and intercepts."""
        g_b = g_b * self.columns.has_intercept
        by_theta = (g_w - self.features.mean[:, None] * g_b) * self.features.inverse_scale[:, None]
        mask = self.columns.mask
        return np.vstack([by_theta if mask is None else by_theta * mask[:, active], g_b])

    def _hessian_by_theta(self, by_user: FloatArray, active: IntArray) -> FloatArray:
        to_user = self.change_of_coordinates
        H = to_user.T @ (by_user / self.total_weight[active, None, None]) @ to_user
        self.add_penalty_curvature(H, active)
        column, frozen = np.nonzero(self.frozen(active).T)
        H[column, frozen, :] = 0.0
        H[column, :, frozen] = 0.0
        H[column, frozen, frozen] = 1.0
        return H

    @property
    def change_of_coordinates(self) -> Array:
        """Return J (p + 1, p + 1) with (w, b) = J theta."""
        J = np.diag(np.append(self.features.inverse_scale, 1.0))
        J[-1, :-1] = -self.features.mean * self.features.inverse_scale
        return J


def without_last(H: FloatArray) -> FloatArray:
    """Return second derivatives (A, n, n), a one in the place of the last parameter's."""
    H[:, -1, :] = H[:, :, -1] = 0.0
    H[:, -1, -1] = 1.0
    return H
