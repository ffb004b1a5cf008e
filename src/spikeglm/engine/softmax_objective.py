"""The penalised mean loss of K-class problems: one column of the solver is one neuron.

Its parameters are those of all classes, theta ((p + 1) K, A): row j·K + k is parameter j of class
k, in the coordinates of :mod:`~spikeglm.engine.objective` (standardised features, and the
intercepts, in the last K rows, at their mean). Read in the same order, the same numbers are
(p + 1, K·A): K·A columns for an :class:`Objective`, which is therefore what visits the rows.

Adding a number to a parameter of all classes changes no probability. Where the penalty does not
choose, parameters are *balanced*: their mean over the classes is zero, which is the solution of
smallest norm, and gradients leave the other directions out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from .. import showing
from ..regularizer.base import PenaltyTerm
from ..regularizer.nonsmooth import Kinks
from ..regularizer.squares import Squares, squares_of
from ..typing import BoolArray, FloatArray, IntArray
from .coordinates.feature_facts import Features
from .coordinates.whitening import Whitening
from .kernels.softmax_kernels import Entries, curvature_on
from .objective import Evaluation, Moments, Objective, Watch, without_last

_NEVER = -1e4  # the intercept of a class that takes no part: e^-10000 is zero


@dataclass
class SoftmaxObjective:
    """Value, gradient and curvature of N penalised problems of K classes each.

    Attributes
    ----------
    classes :
        The unpenalised class columns, K·N; column k·N + n is class k of neuron n.
    penalty :
        On the weights (p K, N) in the user's scale, rows as in theta.
    absent :
        (K, N) True for classes that never occur; their parameters stay where they start.
    watch :
        Is told of each evaluation, or None.
    """

    classes: Objective
    penalty: PenaltyTerm
    absent: BoolArray
    watch: Watch | None = None

    __repr__ = showing.of_fields

    @property
    def n_classes(self) -> int:
        """K."""
        return len(self.absent)

    @property
    def n_columns(self) -> int:
        """N."""
        return self.absent.shape[1]

    @property
    def n_parameters(self) -> int:
        """(p + 1) K."""
        return self.classes.n_parameters * self.n_classes

    @property
    def total_weight(self) -> FloatArray:
        """(N,) sum of the row weights of each neuron."""
        return self.classes.total_weight[: self.n_columns]

    @property
    def n_passes(self) -> int:
        """Visits of all rows so far."""
        return self.classes.n_passes

    @property
    def features(self) -> Features:
        """Mean, scale and correlation of the features."""
        return self.classes.features

    @property
    def is_single(self) -> bool:
        """Whether products are computed in float32."""
        return self.classes.is_single

    def use_double(self) -> None:
        """Compute all further products in float64, whatever the storage."""
        self.classes.use_double()

    def class_columns(self, active: IntArray) -> IntArray:
        """Return the class columns (K·A,) of the active neurons."""
        return (np.arange(self.n_classes)[:, None] * self.n_columns + active).ravel()

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient of the active neurons; one pass."""
        wide = self.classes.evaluate(self.widened(theta), self.class_columns(active))
        return self._penalised(wide, theta, active)

    def evaluate_with_moments(
        self,
        theta: FloatArray,
        active: IntArray,
        bases: Sequence[Whitening],
        basis_of: IntArray,
    ) -> tuple[Evaluation, Moments]:
        """Also return moments of the features per class column, under p (1 - p); one pass."""
        wide, moments = self.classes.evaluate_with_moments(
            self.widened(theta), self.class_columns(active), bases, basis_of
        )
        return self._penalised(wide, theta, active), moments

    def evaluate_with_hessian(
        self, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, FloatArray]:
        """Also return the second derivatives (A, n, n) for n parameters; two passes."""
        everything = [np.arange(self.n_parameters - 1)] * len(active)
        H = self.hessian_on(theta, active, everything)
        self.add_penalty_curvature(H, active)
        column, frozen = np.nonzero(self.frozen(active).T)
        H[column, frozen, :] = H[column, :, frozen] = 0.0
        H[column, frozen, frozen] = 1.0
        return self.evaluate(theta, active), H

    def hessian_on(
        self, theta: FloatArray, active: IntArray, sets: Sequence[IntArray]
    ) -> FloatArray:
        """Return the loss's second derivatives on a set of parameters per neuron; one pass.

        (A, k + 1, k + 1) with k the size of the largest set: the set's parameters come first, the
        last parameter last; a diagonal of one stands for the places that a smaller set leaves.
        Directions that balanced parameters leave out have the curvature of their parameters, so
        that the matrix can be inverted.
        """
        H = self._curvature(theta, active, sets)
        for a in range(len(active)):
            nothing = np.flatnonzero(np.diag(H[a]) == 0)  # padding, and classes that are absent
            H[a, nothing, nothing] = 1.0
        return H if self.classes.columns.has_intercept else without_last(H)

    def information(self, theta: FloatArray, active: IntArray) -> FloatArray:
        """Return the loss's second derivatives on all parameters, (A, n, n); one pass.

        As :meth:`hessian_on`, but zero for what changes no probability of any row.
        """
        return self._curvature(theta, active, [np.arange(self.n_parameters - 1)] * len(active))

    def take_neurons(self, neurons: IntArray) -> SoftmaxObjective:
        """Return the problems of some neurons."""
        classes = self.classes.take(self.class_columns(neurons))
        absent = self.absent[:, neurons]
        return SoftmaxObjective(classes, self.penalty.take(neurons), absent)

    def _curvature(
        self, theta: FloatArray, active: IntArray, sets: Sequence[IntArray]
    ) -> FloatArray:
        K, features = self.n_classes, self.features
        entries = [Entries(*np.divmod(np.append(s, self.n_parameters - 1), K)) for s in sets]
        kernel = partial(
            curvature_on, entries=entries, centre=features.mean, unit=features.inverse_scale
        )
        W, b = self.classes.to_user(self.widened(theta))
        sums = self.classes.visit(kernel, W, b, self.class_columns(active))
        H = sums.information / self.classes.total_weight[active, None, None]
        for a, entry in enumerate(entries):
            last = len(entry.features) - 1
            places = np.append(np.arange(last), len(H[a]) - 1)
            H[a][np.ix_(places, places)] += self._left_out(entry, H[a][places, places], active[a])
        return H

    def kinks(self) -> Kinks | None:
        """Return the part of the penalty that is not smooth, as a function of theta."""
        return self.kinks_in(np.ones(self.n_parameters - 1))

    def kinks_in(self, unit: FloatArray) -> Kinks | None:
        """Return :meth:`kinks` as a function of z, with all but the last theta = unit z."""
        weights = np.repeat(self.features.inverse_scale, self.n_classes)
        kinks = self.penalty.kinks(weights * unit[: len(weights)], self.n_columns)
        if kinks is None:
            return None
        return kinks.on([np.arange(len(weights))] * self.n_columns, self.n_parameters)

    def penalty_gradient(self, theta: FloatArray) -> FloatArray:
        """Return the derivative of the smooth part of the penalty by theta."""
        unit = np.repeat(self.features.inverse_scale, self.n_classes)[:, None]
        weights = self.penalty.gradient(theta[: len(unit)] * unit) * unit
        return np.vstack([weights, np.zeros((self.n_classes, theta.shape[1]))])

    def penalty_curvature(self, active: IntArray) -> FloatArray:
        """Return the diagonal of the penalty's second derivative by all but the last parameter."""
        no_penalty = np.zeros((self.n_classes - 1, len(active)))
        return np.vstack([self.ridge(active), no_penalty])

    def ridge(self, active: IntArray) -> FloatArray:
        """Return the (p K, A) diagonal of the penalty's second derivative by the weights."""
        shape = self.n_parameters - self.n_classes, len(active)
        unit = np.repeat(self.features.inverse_scale, self.n_classes)
        return self.penalty.take(active).curvature(shape) * unit[:, None] ** 2

    def squares(self, active: IntArray) -> Squares | None:
        """Return the penalty as squares of combinations of the class columns' weights.

        None where its second derivative is a diagonal.
        """
        found = squares_of(self.penalty.take(active), len(active))
        return None if found is None else found.in_units(self.features.inverse_scale)

    def add_penalty_curvature(self, H: FloatArray, active: IntArray) -> None:
        """Add the penalty's second derivative by theta to matrices (A, n, n), in place."""
        squares, places = self.squares(active), np.arange(self.n_parameters - 1)
        if squares is None:
            H[:, places, places] += self.penalty_curvature(active).T
            return
        for k in range(self.n_classes):
            of_class = squares.take(k * len(active) + np.arange(len(active)))
            of_class.add_to(H, slice(k, None, self.n_classes))

    def frozen(self, active: IntArray) -> BoolArray:
        """Return ((p + 1) K, A) True for parameters that stay: masked, constant, absent class."""
        frozen = self.classes.frozen(self.class_columns(active))
        return self._by_class(frozen, active).reshape(self.n_parameters, -1)

    def spread(self, step: FloatArray) -> FloatArray:
        """Return the mean square, (A,), of how steps move the linear predictors, over classes."""
        return self.classes.spread(self.widened(step)).reshape(self.n_classes, -1).mean(axis=0)

    def balanced(self, values: FloatArray, active: IntArray) -> FloatArray:
        """Return ((p + 1) K, A) with the mean over classes of balanced parameters taken away."""
        parts = values.reshape(self.classes.n_parameters, self.n_classes, len(active))
        if self._is_balanced.all():
            return (parts - parts.mean(axis=1, keepdims=True)).reshape(values.shape)
        which = self._is_balanced[:, :, active]
        n = np.maximum(which.sum(axis=1, keepdims=True), 1)
        mean = np.where(which, parts, 0.0).sum(axis=1, keepdims=True) / n
        return np.where(which, parts - mean, parts).reshape(values.shape)

    def widened(self, theta: FloatArray) -> FloatArray:
        """Return theta as (p + 1, K·A): a column per class and neuron."""
        return theta.reshape(self.classes.n_parameters, -1)

    def stacked(self, wide: FloatArray) -> FloatArray:
        """Return parameters (p + 1, K·N) of class columns as theta, absent classes switched off."""
        theta = wide.reshape(self.n_parameters, self.n_columns).copy()
        theta[-self.n_classes :][self.absent] = _NEVER
        return theta

    def _penalised(self, wide: Evaluation, theta: FloatArray, active: IntArray) -> Evaluation:
        K, penalty = self.n_classes, self.penalty.take(active)
        unit = np.repeat(self.features.inverse_scale, K)[:, None]
        W = theta[:-K] * unit
        gradient = wide.gradient.reshape(theta.shape)
        gradient[:-K] += penalty.gradient(W) * unit
        if self.absent.any():
            gradient = np.where(self.frozen(active), 0.0, gradient)
        value = wide.value.reshape(K, -1).sum(axis=0) + penalty.value(W)
        if self.watch is not None:
            self.watch(theta, active, value, is_single=self.is_single)
        return Evaluation(value, self.balanced(gradient, active))

    def _by_class(self, frozen: BoolArray, active: IntArray) -> BoolArray:
        shape = self.classes.n_parameters, self.n_classes, len(active)
        return frozen.reshape(shape) | self.absent[:, active]

    def _left_out(self, entries: Entries, diagonal: FloatArray, neuron: int) -> FloatArray:
        """Return (k, k) the curvature lent to the directions that balanced parameters leave out."""
        is_balanced = self._is_balanced[entries.features, entries.classes, neuron]
        same = entries.features[:, None] == entries.features
        return (same & is_balanced & is_balanced[:, None]) * (np.abs(diagonal).mean() or 1.0)

    @cached_property
    def _is_balanced(self) -> BoolArray:
        """(p + 1, K, N) True for parameters whose mean over the classes is kept at zero.

        Intercepts are; weights where no mask, no kink and no strength tells their classes apart.
        """
        everything, K, N = np.arange(self.n_columns), self.n_classes, self.n_columns
        free = ~self.frozen(everything).reshape(-1, K, N)
        ridge = self.ridge(everything).reshape(-1, K, N)
        alike: BoolArray = np.all(free | self.absent, axis=1)
        alike[:-1] &= (ridge == ridge[:, :1]).all(axis=1)
        if self.squares(everything) is not None:  # what balances depends on all that goes with it
            is_penalised = ridge.any(axis=1)
            alike[:-1] &= ~is_penalised | np.all(alike[:-1] | ~is_penalised, axis=0)
        kinks = self.kinks()
        if kinks is not None:
            smooth = kinks.moves(np.zeros((N, self.n_parameters))).T.reshape(-1, K, N)
            alike &= smooth.all(axis=1)
        return free & alike[:, None]
