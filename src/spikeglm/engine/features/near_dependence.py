"""Which combinations of features are constant: X'X suspects them, the rows decide.

X'X keeps half of the digits of X. A combination whose deviation is a millionth of its features'
has a variance of 1e-12 beside one there, which is what rounding leaves of a constant. So whatever
X'X calls nearly constant is a suspect, and is computed row by row, in one visit for all of them.
What is rounding there too is constant; what is not has a deviation that is known to many digits.

A suspect is an eigenvector of X'X, and as such known to that precision only: it still holds a
little of the other features. Their part is taken out by regression, from the same visit. And where
one suspect is far smaller than another, the same happens between these two, and another visit
tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ... import showing
from ...regularizer.base import PenaltyTerm
from ...typing import BoolArray, FloatArray, IntArray
from ..columns import Columns
from ..combinations import Combinations, PenaltyThere, Redundant
from ..coordinates.block_diagonal import BlockDiagonal
from ..coordinates.correlation import Correlation
from ..coordinates.feature_facts import RANK_TOLERANCE, Features
from ..kernels import feature_kernels
from ..runners.plan import Plan
from ..table import Table
from .feature_sums import moments
from .settling import MASKED, Settling

_ROUNDING = 64 * np.finfo(float).eps  # of a computed feature, relative to its size
_ROUNDING_OF_SUSPECTS = 2**14 * np.finfo(float).eps  # where they hold a little of other features
_STORED_ROUNDINGS = 4  # that features computed in the precision of their storage are off by
_TOLD_BY_SQUARES = 1e-8  # share of the largest variance down to which a covariance tells others
_MOST_VISITS = 4  # each tells digits that the one before could not; then only rounding of X is left
_FEW_DIGITS = 1e-9  # share of the variance of which X'X has six digits
_SETTLED = 10 * RANK_TOLERANCE  # per feature: penalty over curvature that X'X tells from rounding
_OF_NO_VARIANCE = 1e-6  # deviation of a mixture, beside the smallest of its parts that have one


def suspicious(n_features: int) -> float:
    """Return the share of the variance below which X'X is not to be asked how much it is.

    >>> suspicious(10), suspicious(1000)
    (1e-09, 1e-08)
    """
    return max(_FEW_DIGITS, 10 * RANK_TOLERANCE * n_features)


class Dependence(NamedTuple):
    """What the rows say of combinations (p, m) of standardised features."""

    null: FloatArray  # (p, k) orthonormal: constant, as far as the features are known
    rounded: FloatArray  # (p, l) of these, where it is their storage that knows no more
    near: FloatArray  # (p, m) nearly so: their variance is one in these units
    mean: FloatArray  # (m,) of the latter
    n_visits: int


def resolve(
    suspects: FloatArray,
    known: Features,
    table: Table,
    columns: Columns,
    how: Plan,
    *,
    rest: Callable[[FloatArray], FloatArray] | None = None,
) -> Dependence:
    """Tell which combinations of features are constant, and how much the others vary.

    Parameters
    ----------
    suspects :
        (p, m) orthonormal combinations of standardised features.
    known :
        Location and scale of the features.
    table, columns, how :
        The rows, whose columns they are of, and how to visit them.
    rest :
        Applies the inverse of the correlation of features among combinations that are no suspects,
        if it is known.
    """
    p, visits = len(known.mean), 0
    none = suspects[:, :0]
    if not suspects.shape[1]:
        return Dependence(none, none, none, np.zeros(0), visits)
    null, rounded, near, mean = [none], [none], [none], [np.zeros(0)]
    left, size = suspects, _size(known, table)
    computed = (_ROUNDING_OF_SUSPECTS if rest is None else _ROUNDING) * np.sqrt(p)
    stored = max(computed, _STORED_ROUNDINGS * table.stored_rounding)
    while left.shape[1]:
        visits += 1
        covariance, with_features, centre = _covariance(left, known, table, columns, how)
        if rest is not None:
            others = rest(with_features)
            left = left - others
            covariance -= with_features.T @ others
        values, vectors = np.linalg.eigh(covariance)
        left, centre = left @ vectors, centre @ vectors
        deviation = np.sqrt(np.maximum(values, 0.0))
        share = deviation / np.linalg.norm(left * size[:, None], axis=0)
        is_null = share <= stored
        is_told = ~is_null & ((values > _TOLD_BY_SQUARES * values[-1]) | (visits == _MOST_VISITS))
        is_near = is_told & (values <= 10 * suspicious(p))  # of a sample, suspects may be innocent
        null.append(left[:, is_null])
        rounded.append(left[:, is_null & (share > computed)])
        near.append(left[:, is_near] / deviation[is_near])
        mean.append(centre[is_near] / deviation[is_near])
        left = left[:, ~is_null & ~is_told]
    orthonormal = np.linalg.qr(np.hstack(null))[0]
    return Dependence(
        orthonormal, np.hstack(rounded), np.hstack(near), np.concatenate(mean), visits
    )


def _covariance(
    combinations: FloatArray, known: Features, table: Table, columns: Columns, how: Plan
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return covariances of combinations (m, m) and with features (p, m), and means (m,)."""
    matrix = combinations * known.inverse_scale[:, None]
    kernel = partial(feature_kernels.covariance_of, matrix=matrix, centre=known.mean @ matrix)
    sums = moments(kernel, table.in_double(), columns, how)
    mean = sums.x / sums.weight  # of rounding size
    with_features = sums.xz / sums.weight - np.outer(known.mean, mean)
    return (
        sums.xx / sums.weight - np.outer(mean, mean),
        with_features * known.inverse_scale[:, None],
        mean,
    )


def _size(known: Features, table: Table) -> FloatArray:
    """Return (p,) how large features are, of which they round a share, in standard deviations."""
    place = known.mean + table.origin
    return np.hypot(place, known.scale) * known.inverse_scale


def inverse_of_the_rest(
    correlation: BlockDiagonal, suspects: FloatArray
) -> Callable[[FloatArray], FloatArray] | None:
    """Return what applies the inverse of R among all combinations but suspects (p, m).

    None where R is known in blocks only.
    """
    if len(correlation.blocks) > 1 or not suspects.size:
        return None
    R = correlation.blocks[0]

    def apply(right: FloatArray) -> FloatArray:
        is_there = np.diag(R) > 0
        # With a variance of one in place of almost none, R is an ordinary matrix.
        filled = R + suspects @ suspects.T + np.diag(~is_there)
        others = right - suspects @ (suspects.T @ right)
        found = np.linalg.solve(filled, others)
        return np.asarray(found - suspects @ (suspects.T @ found)) * is_there[:, None]

    return apply


class View(NamedTuple):
    """Some columns of a fit, and what their solver should see of the rows."""

    columns: IntArray  # (A,) which
    table: Table
    features: Features
    penalty: PenaltyTerm
    null: FloatArray  # (p, k) combinations of standardised features that change nothing there


@dataclass(frozen=True, eq=False)
class ToldApart:
    """Copies and near copies of features, and how the table looks without them, or told apart.

    Attributes
    ----------
    features, table :
        As they are; combinations of features that are constant are the features' null space.
    near :
        (p, m) combinations of standardised features, of variance one.
    mean :
        (m,) their means, beside those that the features' means imply.
    """

    features: Features
    table: Table
    near: FloatArray
    mean: FloatArray

    __repr__ = showing.of_fields

    def views(
        self,
        columns: Columns,
        penalty: PenaltyTerm,
        h: FloatArray,
        which: IntArray,
        n_classes: int = 1,
    ) -> list[View]:
        """Return how columns (A,) should see the rows: a view for those that can be solved at once.

        Parameters
        ----------
        columns :
            N problems of K classes: all K N columns.
        penalty :
            A smooth one, on weights (p K, N).
        h :
            (N,) typical curvature of the loss per row.
        which :
            (A,) of the N problems.
        n_classes :
            K.
        """
        h = np.where(h > 0, h, 1.0)  # zero or NaN for a column without rows, which sees nothing
        here = replace(self, features=self.features.moved_by(penalty, len(h)))
        settling = Settling.of(penalty, here.features, columns.mask, h, n_classes)
        found = []
        for members, mixtures in here._groups(settling.take(which)):
            mine = which[members]
            mixtures = mixtures.without(settling.take(mine).is_masked)
            table, features = here._seen_with(mixtures)
            own = penalty.take(mine)
            if table.combinations is not None:
                own = PenaltyThere(own, table.combinations, n_classes)
            found.append(View(mine, table, features, own, mixtures.null))
        return found

    def _groups(self, settling: Settling) -> list[tuple[IntArray, Mixtures]]:
        """Return what columns can use: (A,) of them, and mixtures of the combinations.

        A column whose mask leaves a feature out has no combination that needs it. And what a
        penalty settles needs no telling apart: its curvature is there to be seen.
        """
        share = np.minimum(settling.size / (_SETTLED * settling.n_features), MASKED)
        with np.errstate(divide="ignore"):  # within an octave they are judged together
            share = np.exp2(np.floor(np.log2(share)))
        patterns, which = np.unique(share, axis=1, return_inverse=True)
        found: dict[bytes, tuple[list[int], Mixtures]] = {}
        for g, weight in enumerate(patterns.T):
            alike = np.flatnonzero(which.ravel() == g)
            key, mixtures = self._available(weight, settling, settling.take(alike[:1]).is_masked)
            members, _ = found.setdefault(key, ([], mixtures))
            members.extend(alike)
        return [(np.sort(members), mixtures) for members, mixtures in found.values()]

    def _available(
        self, weight: FloatArray, settling: Settling, is_masked: BoolArray
    ) -> tuple[bytes, Mixtures]:
        """Return the mixtures that weights (p + R,) leave alone, and a name for them.

        What is nearly constant among the features that are left may be a mixture of what is nearly
        constant and what is constant among all.
        """
        deviation = 1.0 / np.linalg.norm(self.near, axis=0)
        combinations = np.hstack([self.near * deviation, self.features.null_space])
        free = settling.free(combinations, weight)
        amount = free[: len(deviation)] * deviation[:, None]
        lost = self._lost(combinations @ free, is_masked)
        # Mixtures of the combinations as they are, again of variance one, and those of none.
        left, size, right = np.linalg.svd(np.vstack([amount, lost]))
        own, other = (np.linalg.norm(part @ right.T, axis=0) for part in (amount, lost))
        rounding = self._rounding(combinations @ free @ right.T)
        is_more = (own > _OF_NO_VARIANCE * deviation.min(initial=np.inf)) | (other > rounding)
        near = np.flatnonzero(is_more & (np.hypot(own, other) > rounding))
        near_there = free @ right[near].T / size[near]
        null = combinations @ free @ np.delete(right, near, axis=0).T
        null = null @ settling.untouched(null, weight)
        mean = self.mean @ left[: len(deviation), near]
        found = Mixtures(combinations @ near_there, mean, null)
        # Zeros of either sign are the same.
        names = (free @ free.T, null @ null.T, np.log2(size[near]))
        return b"".join((np.round(A, 6) + 0.0).tobytes() for A in names), found

    def _lost(self, mixtures: FloatArray, is_masked: BoolArray) -> FloatArray:
        """Return (k, k) a root of what mixtures (p, k) vary by without the masked features.

        A masked feature of size one may be all that 1e8 times another lacks of being a copy of it.
        """
        if not is_masked.any():
            return np.zeros((0, mixtures.shape[1]))
        part = np.where(is_masked[:, None], mixtures, 0.0)
        values, vectors = np.linalg.eigh(part.T @ (self.features.correlation @ part))
        return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)

    def _rounding(self, mixtures: FloatArray) -> FloatArray:
        """Return the deviation (m,) that rounding gives to mixtures (p, m) that are constant.

        What is constant is known beside what is nearly so, and holds some of it. A mixture that a
        penalty leaves alone may be that little, of a constant that is large beside it.
        """
        computed = _ROUNDING * np.sqrt(len(mixtures))
        share = max(computed, _STORED_ROUNDINGS * self.table.stored_rounding)
        size = _size(self.features, self.table)
        return np.asarray(share * np.linalg.norm(mixtures * size[:, None], axis=0))

    def _seen_with(self, mixtures: Mixtures) -> tuple[Table, Features]:
        """Return the table with nearly constant mixtures in places of features, and those.

        Features that constant mixtures make redundant do not vary there.
        """
        near, mean_there, null = mixtures
        if not (near.size or null.size):
            return self.table, self.features
        known, unit = self.features, self.features.inverse_scale[:, None]
        redundant = Redundant.of(null * unit, known.mean @ (null * unit), known.scale)
        centre = known.mean @ (near * unit) + mean_there
        combinations = Combinations.of(near * unit, centre, redundant, known.scale)
        mean, scale = known.mean.copy(), known.scale.copy()
        mean[combinations.places], scale[combinations.places] = 0.0, 1.0
        scale[redundant.places] = 0.0
        correlation = _apart(known.correlation, combinations.places, redundant.places)
        return self.table.with_combinations(combinations), Features(mean, scale, correlation)


class Mixtures(NamedTuple):
    """Combinations of standardised features that some columns can use."""

    near: FloatArray  # (p, m) nearly constant: of variance one in these units
    mean: FloatArray  # (m,) of these
    null: FloatArray  # (p, k) orthonormal: constant

    def without(self, is_masked: BoolArray) -> Mixtures:
        """Return mixtures that hold nothing of masked features (p,).

        A share that is rounding beside the parts is not so beside their small difference, and no
        weight could make it good.
        """
        near, null = (np.where(is_masked[:, None], 0.0, part) for part in (self.near, self.null))
        return Mixtures(near, self.mean, null)


def _apart(correlation: Correlation, places: IntArray, redundant: IntArray) -> Correlation:
    """Return R with some features replaced by others of variance one that go with no feature.

    And without those that are redundant: they count as constant.
    """
    is_alone, is_there = np.zeros((2, len(correlation)), dtype=bool)
    is_alone[places] = is_alone[redundant] = is_there[places] = True

    def alone(block: FloatArray, where: slice) -> FloatArray:
        out, here = block.copy(), np.flatnonzero(is_alone[where])
        out[here] = out[:, here] = 0.0
        out[here, here] = is_there[where][here]
        return out

    factor = correlation.factor
    if factor is not None:
        factor = np.where(is_alone[:, None], 0.0, factor)
    null = correlation.null_space
    if null is not None:
        null = null[:, :0]
    return Correlation(correlation.blocks.map(alone), factor, null)
