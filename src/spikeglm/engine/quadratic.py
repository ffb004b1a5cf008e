"""Losses that are quadratic functions of the parameters: known everywhere from one visit.

With the identity link the Gaussian loss of a column is, over all of its rows,

    h/2 [ q - 2 d'm + d'G d ],    G = mean z zᵀ,  m = mean z r,  q = mean r²

where z are standardised features and a one, r the response less offset and a reference intercept b,
and d the parameters less that intercept. Folds and strengths ask for many such columns, of which a
visit of the rows is then n² / T of one (n parameters, T rows).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from .. import showing
from ..settings import get_config
from ..typing import BoolArray, FloatArray, IntArray
from .columns import Columns, Source
from .coordinates.feature_facts import Features
from .group_moments import GroupMoments, Groups
from .objective import Evaluation, Moments, Objective
from .table import Table

_SHARE_FOR_MOMENTS = 1 / 8  # of the memory budget
_FEATURES_PER_COLUMN = 16  # beyond, X'X costs more than the visits that it saves
_MOST_SERIES = 64  # of row weights; folds are few, rows that each neuron misses are others


class _Distinct(NamedTuple):
    first: IntArray  # a column with each
    of: IntArray  # (C,) which of them a column has


@dataclass(frozen=True, eq=False)
class Quadratic:
    """The loss of C columns by its moments: of D pairs of a response and one of V row weights.

    Attributes
    ----------
    curvature :
        h.
    gram :
        (V, n, n).
    series :
        (D,) which row weights a pair has.
    moment, square, reference :
        (n, D), (D,) and (D,): m, q and b.
    of :
        (C,) the pair of each column.
    """

    curvature: float
    gram: FloatArray
    series: IntArray
    moment: FloatArray
    square: FloatArray
    reference: FloatArray
    of: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def seen(
        cls,
        table: Table,
        columns: Columns,
        features: Features,
        keep: BoolArray,
        reference: FloatArray,
    ) -> Quadratic | None:
        """Sum up the moments of columns in one visit; None where they have none, or dear ones.

        Parameters
        ----------
        table, keep, features :
            The rows, which of them (T,) take part, and what is known of the features.
        columns :
            C of them.
        reference :
            (C,) about their best intercepts.
        """
        n = len(features.mean) + 1
        if not is_quadratic(columns) or n > _FEATURES_PER_COLUMN * columns.n_columns:
            return None
        pairs = _distinct(columns.responses, columns.offsets, columns.weights)
        columns = columns.take(pairs.first)
        used, series = _series(columns)
        if len(used) > _MOST_SERIES:
            return None
        groups = Groups.of(columns.weights, used, keep)
        if not _fits(len(groups.share) + len(used), n):
            return None
        each = _distinct(columns.responses, columns.offsets)
        about = reference[pairs.first][each.first]
        sums = GroupMoments.summed(table, columns.take(each.first), features, groups, about)
        total = groups.share.T @ sums.weight
        if not (np.isfinite(sums.square).all() and (total > 0).all()):
            return None  # of some responses, rows are missing that others have
        share = groups.share / total
        return cls(
            curvature=float(columns.likelihood.information(np.zeros(1), np.zeros(1))[0]),
            gram=np.einsum("gv,gij->vij", share, sums.gram),
            series=series,
            moment=np.einsum("gd,gid->id", share[:, series], sums.moment[:, :, each.of]),
            square=np.einsum("gd,gd->d", share[:, series], sums.square[:, each.of]),
            reference=about[each.of],
            of=pairs.of,
        )

    def take(self, columns: IntArray) -> Quadratic:
        """Keep only some columns."""
        return replace(self, of=self.of[columns])

    def at(self, theta: FloatArray, active: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return mean losses (A,) and their slopes (n, A) at points (n, A) of active columns."""
        pair = self.of[active]
        away, moment = theta.copy(), self.moment[:, pair]
        away[-1] -= self.reference[pair]
        pull = self._times(away, self.series[pair])
        value = self.square[pair] + np.einsum("nc,nc->c", away, pull - 2.0 * moment)
        return 0.5 * self.curvature * value, self.curvature * (pull - moment)

    def series_of(self, active: IntArray) -> IntArray:
        """Return which row weights some columns have, (A,)."""
        return np.asarray(self.series[self.of[active]])

    def hessians(self, active: IntArray) -> FloatArray:
        """Return second derivatives, (A, n, n)."""
        return np.asarray(self.curvature * self.gram[self.series_of(active)])

    def _times(self, directions: FloatArray, series: IntArray) -> FloatArray:
        """Return G times directions (n, A), each under its own row weights (A,)."""
        out = np.empty_like(directions)
        for v in np.unique(series).tolist():
            mine = np.flatnonzero(series == v)
            out[:, mine] = self.gram[v] @ directions[:, mine]
        return out


@dataclass
class QuadraticObjective(Objective):
    """An objective whose loss is known by its moments: evaluations are no visits of the rows.

    Attributes
    ----------
    loss :
        The moments.
    """

    loss: Quadratic = field(kw_only=True)
    is_quadratic = True

    __repr__ = showing.of_fields

    @property
    def is_single(self) -> bool:
        """False: moments are float64."""
        return False

    def use_double(self) -> None:
        """Do nothing: moments are float64."""

    def take(self, columns: IntArray) -> QuadraticObjective:
        """Return the problems of some columns."""
        known = vars(super().take(columns))
        return QuadraticObjective(**(known | {"loss": self.loss.take(columns)}))

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient of the active columns."""
        W, _ = self.to_user(theta)
        value, slope = self.loss.at(theta, active)
        penalty = self.penalty.take(active)
        value = value + penalty.value(W)
        slope[:-1] += penalty.gradient(W) * self.features.inverse_scale[:, None]
        if self.columns.mask is not None:
            slope[:-1] *= self.columns.mask[:, active]
        slope[-1] *= self.columns.has_intercept
        if self.watch is not None:
            self.watch(theta, active, value, is_single=False)
        return Evaluation(value, slope)

    def hessians(self, active: IntArray) -> FloatArray:
        """Return the (A, p + 1, p + 1) second derivatives by theta, frozen ones replaced by one."""
        H = self.loss.hessians(active)
        self.add_penalty_curvature(H, active)
        column, frozen = np.nonzero(self.frozen(active).T)
        H[column, frozen, :] = 0.0
        H[column, :, frozen] = 0.0
        H[column, frozen, frozen] = 1.0
        return H

    def alike(self, active: IntArray) -> IntArray:
        """Return (A,) numbers from 0; columns of one number have the same second derivatives."""
        squares = self.squares(active)
        strength = self.penalty_curvature(active) if squares is None else squares.strength
        rows = zip(
            self.loss.series_of(active).tolist(),
            np.ascontiguousarray(strength.T),
            np.ascontiguousarray(self.frozen(active).T),
            strict=True,
        )
        keys = [(series, own.tobytes(), still.tobytes()) for series, own, still in rows]
        numbers = {key: k for k, key in enumerate(dict.fromkeys(keys))}
        return np.array([numbers[key] for key in keys], dtype=np.intp)

    def evaluate_with_hessian(
        self, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, FloatArray]:
        """Also return the second derivatives."""
        return self.evaluate(theta, active), self.hessians(active)

    def evaluate_with_moments(
        self, theta: FloatArray, active: IntArray, bases: Any, basis_of: IntArray
    ) -> tuple[Evaluation, Moments]:
        """Also return mean curvature, and the features' mean and variance, in z = B x."""
        shape = self.n_parameters - 1, len(active)
        mean, square = np.zeros(shape), np.zeros(shape)
        series = self.loss.series_of(active)
        for v, g in np.unique(np.stack([series, basis_of]), axis=1).T.tolist():
            mine, gram, B = (series == v) & (basis_of == g), self.loss.gram[v], bases[g]
            at = B @ gram[:-1, -1:]
            rows = B.of_rows(B @ gram[:-1, :-1])
            mean[:, mine], square[:, mine] = at, np.diag(rows)[:, None]
        h = np.full(len(active), self.loss.curvature)
        return self.evaluate(theta, active), Moments(h, mean, np.maximum(square - mean**2, 0.0))

    def hessian_on(self, theta: FloatArray, active: IntArray, sets: Any) -> FloatArray:
        """Return the loss's second derivatives on a set of features per column, padded."""
        size = 1 + max(len(s) for s in sets)
        H = np.zeros((len(active), size, size))
        series, last = self.loss.series_of(active), self.n_parameters - 1
        for a, some in enumerate(sets):
            k, used = len(some), np.append(some, last)
            places = np.append(np.arange(k), size - 1)
            H[a][np.ix_(places, places)] = self.loss.gram[series[a]][np.ix_(used, used)]
            padding = np.arange(k, size - 1)
            H[a, padding, padding] = 1.0 / self.loss.curvature
        if not self.columns.has_intercept:
            H[:, -1, :] = H[:, :, -1] = 0.0
            H[:, -1, -1] = 1.0 / self.loss.curvature
        return H * self.loss.curvature


def by_moments(objective: Objective, keep: BoolArray, reference: FloatArray) -> Objective:
    """Return an objective with its loss as moments, at one visit; as it is where that cannot be.

    ``keep`` (T,) are the rows that take part, ``reference`` (C,) about the best intercepts.
    """
    if objective.plan.runner != "threads":
        return objective
    loss = Quadratic.seen(objective.table, objective.columns, objective.features, keep, reference)
    if loss is None:
        return objective
    known = {name: getattr(objective, name) for name in Objective.__dataclass_fields__}
    known["n_passes"] = objective.n_passes + 1
    return QuadraticObjective(**known, loss=loss)


def is_quadratic(columns: Columns) -> bool:
    """Tell whether the losses of columns are quadratic functions of their parameters.

    >>> from spikeglm.observation_models import GaussianObservations, links
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> gaussian = Likelihood(GaussianObservations(), links.Identity())
    >>> is_quadratic(Columns(gaussian, Source.one_per_column(np.zeros((3, 1)))))
    True
    """
    likelihood = columns.likelihood
    is_linear = likelihood.has_constant_information and likelihood.model.natural == "mean"
    return bool(is_linear and not columns.estimates_scale)


def _distinct(*sources: Source | None) -> _Distinct:
    """Return the combinations of series that columns have."""
    of = np.array([source.of for source in sources if source is not None])
    _, first, which = np.unique(of, axis=1, return_index=True, return_inverse=True)
    return _Distinct(first, which.ravel())


def _series(columns: Columns) -> tuple[IntArray, IntArray]:
    """Return the row weights (V,) in use, and which of them a column has (C,)."""
    if columns.weights is None:
        return np.zeros(1, dtype=np.intp), np.zeros(columns.n_columns, dtype=np.intp)
    used, which = np.unique(columns.weights.of, return_inverse=True)
    return used, which.ravel()


def _fits(n_matrices: int, n: int) -> bool:
    return 8 * n_matrices * n**2 <= _SHARE_FOR_MOMENTS * get_config().memory_bytes
