"""One curvature shared by all columns, adapted to each by a cheap diagonal.

A column's Hessian is X' diag(h) X + Lambda, and computing it for every column costs p passes each.
But up to the weighting h they are all X'X. So we factor the correlation matrix R of the features
once, F = R + Lambda_g / h_g = B⁻¹ B⁻', and model the curvature of column c in the coordinates
z = B x, in which F is the identity, by its true diagonal:

    H_c  =  [ B⁻¹ V B⁻' + h m m'   h m ]          V_j  =  h Var_h(z_j) + (B Lambda B')_jj
            [ h m'                 h   ]

where h is the column's mean curvature and m the mean of the features under it. B is the inverse of
a Cholesky factor: coordinate j is what feature j adds to those before it. A diagonal in these
coordinates respects that two features are nearly the same, which one in the features does not.

Without a penalty (Lambda = 0) all columns share one factor; with one, columns of similar Lambda / h
do: how large both are does not matter, the diagonal tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from ... import showing
from ...engine.coordinates.correlation import Correlation
from ...engine.coordinates.whitening import Whitening
from ...regularizer.squares import Squares
from ...settings import get_config
from ...typing import BoolArray, FloatArray, IntArray
from ..contract import Evaluation, Moments, Objective

_SMALLEST_VARIANCE = 1e-4  # as a share of the variance when all rows weigh alike
_MOST_FACTORS = 64  # more would cost more than steps that fit less well, and have fewer rows each
_EFFECT = 20.0  # octaves: nothing changes with a penalty that is weaker or stronger than that
_WEAKEST = -40.0  # octaves of penalty over curvature; below, a penalty is rounding
_STRONGEST = 300.0  # whose squares are finite
_SHARE_FOR_FACTORS = 1 / 4  # of the memory budget


class Curvature(Protocol):
    """A model of the curvature of all columns whose inverse is cheap to apply."""

    def solve(self, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return H⁻¹ g for the listed columns, (p + 1, A)."""
        ...

    def observed(
        self, objective: Objective, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, Self, IntArray]:
        """Evaluate points theta; also return the model adapted to them, and for which columns."""
        ...


@dataclass(frozen=True, eq=False)
class SharedCurvature:
    """The model above for C columns; ``solve`` applies its inverse.

    Attributes
    ----------
    bases :
        B (p, p) per group; rows of zeros where features are frozen or linearly dependent.
    group :
        (C,) which of them a column uses.
    ridge :
        (p, C) Lambda, or the strengths (R, C) of squares.
    frozen :
        (p + 1, C) parameters that do not move.
    plain :
        (p, C) variance of z when all rows weigh alike.
    h, mean, diagonal :
        (C,), (p, C) and (p, C): h, B m and V of each column.
    squares :
        The penalty where Lambda is not a diagonal, else None.
    """

    bases: tuple[Whitening, ...]
    group: IntArray
    ridge: FloatArray
    frozen: BoolArray
    plain: FloatArray
    h: FloatArray
    mean: FloatArray
    diagonal: FloatArray
    squares: Squares | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, objective: Objective, h: FloatArray) -> SharedCurvature:
        """Build the model for an objective whose columns have the mean curvatures ``h`` (C,)."""
        everything = np.arange(objective.n_columns)
        squares, frozen = objective.squares(everything), objective.frozen(everything)
        correlation = objective.features.correlation
        if squares is None:
            return cls.initial(correlation, h, objective.penalty_curvature(everything), frozen)
        return cls.initial(correlation, h, squares.strength, frozen, squares)

    @classmethod
    def initial(
        cls,
        correlation: Correlation,
        h: FloatArray,
        ridge: FloatArray,
        frozen: BoolArray,
        squares: Squares | None = None,
    ) -> SharedCurvature:
        """Build the model for columns of mean curvature ``h`` (C,), all rows weighing alike.

        With squares, the ridge is their strengths (R, C).
        """
        factor_bytes = sum(block.nbytes for block in correlation.blocks.blocks)
        with np.errstate(divide="ignore"):
            octaves = np.log2(ridge) - np.log2(h)
        group = _groups(octaves, frozen, factor_bytes=factor_bytes)
        bases, plain = [], np.empty(frozen[:-1].shape)
        for g in range(group.max() + 1):
            members = np.flatnonzero(group == g)
            shared_ridge = np.exp2(np.minimum(octaves[:, members], _STRONGEST)).mean(axis=1)
            still = np.logical_and.reduce(frozen[:-1, members], axis=1)
            B = Whitening.of(correlation, 1.0, shared_ridge, still, squares)
            bases.append(B)
            plain[:, members] = B.variances(correlation)[:, None]
        nothing = np.zeros_like(plain)
        model = cls(tuple(bases), group, ridge, frozen, plain, h, nothing, nothing, squares)
        return model.adapted(np.arange(len(h)), h, nothing, plain)

    def adapted(
        self, columns: IntArray, h: FloatArray, mean: FloatArray, variance: FloatArray
    ) -> SharedCurvature:
        """Return the model with h (A,), B m (p, A) and Var_h(z) (p, A) of some columns replaced."""
        diagonal = h * np.maximum(variance, _SMALLEST_VARIANCE * self.plain[:, columns])
        for g, B in enumerate(self.bases if self.ridge.any() else ()):
            mine = self.group[columns] == g
            ridge, squares = self.ridge[:, columns[mine]], self.squares
            added = B.ridges(ridge) if squares is None else B.penalties(squares, ridge)
            diagonal[:, mine] += added
        return replace(
            self,
            h=_with_columns(self.h, h, columns),
            mean=_with_columns(self.mean, mean, columns),
            diagonal=_with_columns(self.diagonal, diagonal, columns),
        )

    def observed(
        self, objective: Objective, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, SharedCurvature, IntArray]:
        """Evaluate points theta; also return the model adapted to them, and for which columns."""
        evaluation, moments = objective.evaluate_with_moments(
            theta, active, self.bases, self.group[active]
        )
        usable = evaluation.finite & is_usable(moments)
        adapted = self.adapted(
            active[usable],
            moments.h[usable],
            moments.mean[:, usable],
            moments.variance[:, usable],
        )
        return evaluation, adapted, active[usable]

    def solve(self, gradient: FloatArray, columns: IntArray) -> FloatArray:
        """Return H⁻¹ g for the listed columns, (p + 1, A)."""
        mean, diagonal = self.mean[:, columns], self.diagonal[:, columns]
        group = self.group[columns]
        out = np.empty_like(gradient)
        z = np.empty_like(mean)
        members = self._members(group)
        for g, mine in members:
            z[:, mine] = self.bases[g] @ gradient[:-1, mine]
        by_intercept = self._by_intercept(gradient[-1], z, columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(diagonal > 0, (z - mean * by_intercept) / diagonal, 0.0)
        for g, mine in members:
            out[:-1, mine] = self.bases[g].transposed_times(z[:, mine])
        out[-1] = by_intercept / self.h[columns] - np.einsum("pc,pc->c", mean, z)
        return np.where(self.frozen[:, columns], 0.0, out)

    def _by_intercept(self, given: FloatArray, z: FloatArray, columns: IntArray) -> FloatArray:
        """Return the slope along the intercepts, (A,), given B g as z (p, A).

        An intercept that is none is held: by the slope that would leave it where it is, so that
        steps are those of H without its row and column, V + h m m'.
        """
        held = self.frozen[-1, columns]
        if not held.any():
            return given
        mean, diagonal = self.mean[:, columns], self.diagonal[:, columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(diagonal > 0, mean / diagonal, 0.0)
            pull = np.einsum("pc,pc->c", share, z)
            force = pull / (1.0 / self.h[columns] + np.einsum("pc,pc->c", share, mean))
        return np.where(held, force, given)

    def _members(self, group: IntArray) -> list[tuple[int, slice | BoolArray]]:
        """Return each group in use with its places in ``group`` (A,)."""
        if len(self.bases) == 1:
            return [(0, slice(None))]
        return [(int(g), group == g) for g in np.unique(group)]


def is_usable(moments: Moments) -> BoolArray:
    """Return (A,) True where moments describe a curvature: finite and positive."""
    finite = np.isfinite(moments.h) & np.isfinite(moments.variance).all(axis=0)
    return finite & (moments.h > 0)


def _groups(octaves: FloatArray, frozen: BoolArray, *, factor_bytes: int) -> IntArray:
    """Return the group of each column (C,): the fewer, the rougher the model.

    Those of a group have about the same mean of ``octaves`` (R, C) between penalties and curvature,
    the same pattern around it, and the same parameters at rest. Where there is no room for a factor
    of each group, columns whose patterns are about the same go together.

    What is rough the solver makes good, at the price of visits: a factor of penalties that are a
    million times too large or small costs hundreds of them, and may stall.
    """
    typical = _typical(octaves)
    rounded, pattern = np.round(typical), np.round(octaves - typical, 6)
    keys = [(r, pattern[:, c].tobytes(), frozen[:, c].tobytes()) for c, r in enumerate(rounded)]
    most = int(_SHARE_FOR_FACTORS * get_config().memory_bytes) // max(factor_bytes, 1)
    most = min(max(most, 1), _MOST_FACTORS)
    numbers = {key: g for g, key in enumerate(dict.fromkeys(keys))}
    if len(numbers) <= most:
        return np.array([numbers[key] for key in keys])
    at_rest = np.where(np.unique(frozen, axis=0), 2 * _EFFECT, 0.0)
    return _nearest(np.vstack([np.clip(octaves, -_EFFECT, _EFFECT), at_rest]), most)


def _nearest(points: FloatArray, n_centres: int) -> IntArray:
    """Number points (d, C) by the nearest of some of them that are far from each other.

    Gonzalez (1985), Theor Comput Sci 38:293-306: no other choice more than halves the largest
    distance, here of the coordinate that differs most.
    """
    points = np.unique(points, axis=0)
    group = np.zeros(points.shape[1], dtype=np.intp)
    distance = np.abs(points - points[:, :1]).max(axis=0)
    for g in range(1, n_centres):
        far = distance.argmax()
        if distance[far] == 0:
            break
        there = np.abs(points - points[:, [far]]).max(axis=0)
        nearer = there < distance
        group[nearer], distance[nearer] = g, there[nearer]
    return group


def _typical(octaves: FloatArray) -> FloatArray:
    """Return the mean over features of what is finite, (C,), within bounds."""
    finite = np.isfinite(octaves)
    n = finite.sum(axis=0)
    mean = np.where(finite, octaves, 0.0).sum(axis=0) / np.maximum(n, 1)
    return np.clip(np.where(n > 0, mean, _WEAKEST), _WEAKEST, _STRONGEST)


def _with_columns(old: FloatArray, new: FloatArray, columns: IntArray) -> FloatArray:
    out = old.copy()
    out[..., columns] = new
    return out
