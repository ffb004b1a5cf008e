"""Scores of all strengths of Ridge for all outputs: by folds, leave-one-out, GCV, evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ... import showing
from ...glm.reading.fit_inputs import FitInputs
from ...regularizer.base import Penalty
from ...settings import get_config
from ...solvers import Status
from ...typing import Array, FloatArray, IntArray
from .criteria import GCV, Criterion, Evidence, refined
from .leave_one_out import leave_one_out
from .moments import Moments, Reading
from .row_sets import Atoms, Group, groups_of
from .spectrum import Spectrum

CRITERIA: dict[str, Callable[[], Criterion]] = {"gcv": GCV, "evidence": Evidence}
LEAVE_ONE_OUT = "loo"
_NOTHING = "nothing to learn from"
_MOST_ATOMS = 128
_SHARE = 1 / 4  # of the memory budget, for moments


class Whole(NamedTuple):
    """Some outputs and the decomposition of all their rows; None where they have none."""

    outputs: IntArray
    at: Spectrum | None


@dataclass(frozen=True, eq=False)
class RidgeScores:
    """Scores of S strengths, K folds (one, for criteria without) and N outputs.

    Attributes
    ----------
    strengths, scores, status :
        (S, N), (S, K, N) and (S, K, N), see :class:`~spikeglm.selection.fold_fits.Scored`.
    r2 :
        (S, N) share of the squared deviations of held-out rows from the mean of the others that is
        predicted; None for a criterion that holds out none.
    whole :
        The fits to all rows.
    """

    strengths: FloatArray
    scores: FloatArray
    status: Array
    r2: FloatArray | None
    whole: list[Whole]

    __repr__ = showing.of_fields

    def solution(self, strength: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (p, N) and intercepts (N,) of all rows at strengths (N,)."""
        known = [whole.at for whole in self.whole if whole.at is not None]
        coef = np.zeros((len(known[0].unit) if known else 0, len(strength)))
        intercept = np.zeros(len(strength))
        for outputs, at in self.whole:
            if at is not None:
                coef[:, outputs], intercept[outputs] = at.solution(strength[outputs])
        return coef, intercept


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Ridge fits of least squares, of which moments are all that is asked of the rows.

    Attributes
    ----------
    inputs :
        The data; N outputs.
    groups :
        Outputs by the rows that they have.
    unit :
        (p,) that features are multiplied by, see :class:`Spectrum`.
    """

    inputs: FitInputs
    groups: list[Group]
    unit: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, inputs: FitInputs, penalty: Penalty) -> LeastSquares | None:
        """Return the fits, None where they are others, or their moments have no room.

        ``penalty`` is of strength one.
        """
        columns, p = inputs.columns, inputs.rows.n_features
        if not (columns.likelihood.is_least_squares and getattr(penalty, "is_diagonal", False)):
            return None
        N = columns.n_columns
        squares = np.asarray(penalty.curvature((p, N)))
        is_common = bool((squares == squares[:, :1]).all() and (squares > 0).all())
        is_plain = columns.mask is None or bool(columns.mask.all())
        groups = groups_of(columns.weights, inputs.rows.n_rows, N)
        if groups is None or not (is_common and is_plain) or p == 0:
            return None
        if 8 * p * p * 8 > get_config().memory_bytes:
            return None
        return cls(inputs, groups, 1.0 / np.sqrt(squares[:, 0]))

    @property
    def some_output(self) -> IntArray:
        """(1,) an output that has rows, if there is one."""
        known = [group for group in self.groups if (group.present & self.inputs.keep).any()]
        return (known or self.groups)[0].outputs[:1]

    def by_folds(
        self, training: Array, tested_by: IntArray, strengths: FloatArray
    ) -> RidgeScores | None:
        """Score strengths (S, N) by folds; None where they, or folds, are too much for moments."""
        atoms = Atoms.of(training, tested_by)
        if len(atoms) > _MOST_ATOMS:
            return None
        S, K, N = len(strengths), training.shape[1], strengths.shape[1]
        errors, null = np.full((S, K, N), np.nan), np.full((K, N), np.nan)
        count, well = np.zeros((K, N)), np.zeros((K, N), dtype=bool)
        whole = []
        for reading, group, parts in self._parts(atoms):
            mine = group.outputs
            every = Moments.summed([(1.0, part) for part in parts])
            whole.append(Whole(mine, self._spectrum(every, reading, mine)))
            for k in range(K):
                trained = Moments.summed(list(zip(atoms.training[:, k], parts, strict=True)))
                tested = Moments.summed(list(zip(atoms.tested_by == k, parts, strict=True)))
                at = self._spectrum(trained, reading, mine)
                if at is None:
                    continue
                if not at.resolves(strengths[:, mine].min()):
                    return None
                well[k, mine] = True
                if tested is not None:
                    errors[:, k, mine] = at.error_on(tested, strengths[:, mine])
                    null[k, mine] = tested.about(at.mean_x, at.mean_y).yy
                    count[k, mine] = tested.n
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = -0.5 * errors / count
            left = np.nansum(errors, axis=1) / np.nansum(null, axis=0)
        words = np.where(well, str(Status.CONVERGED), str(Status.NO_ROWS)).astype(object)
        r2 = np.where(np.isfinite(left), 1.0 - left, np.nan)
        status = np.broadcast_to(words, (S, K, N)).copy()
        return RidgeScores(strengths, scores, status, r2, whole)

    def without_folds(
        self, kind: str, strengths: FloatArray, *, refine: bool
    ) -> RidgeScores | None:
        """Score strengths (S, N) leave-one-out, or by a criterion, whose best one may be refined.

        None where they are too small for a decomposition. Leave-one-out, a group of outputs has the
        same strengths.
        """
        n_more = int(refine and kind in CRITERIA)
        tried = np.vstack([strengths, strengths[[-1] * n_more]])
        scores, null = np.full(tried.shape, np.nan), np.full(tried.shape[1], np.nan)
        well, whole = np.zeros(tried.shape[1], dtype=bool), []
        for reading, group, (every,) in self._parts(Atoms.single(len(self.inputs.keep))):
            mine = group.outputs
            at = self._spectrum(every, reading, mine)
            whole.append(Whole(mine, at))
            if at is None:
                continue
            if not at.resolves(strengths[:, mine].min()):
                return None
            if kind == LEAVE_ONE_OUT:
                errors = leave_one_out(reading, group, at, strengths[:, mine[0]])
                scores[:, mine], well[mine] = -0.5 * errors / at.n, at.n > 1
            else:
                criterion = CRITERIA[kind]()
                if n_more:
                    tried[:, mine] = _with_best(criterion, at, strengths[:, mine])
                well[mine] = criterion.is_known(at)
                scores[:, mine] = [criterion.score(at, row) for row in tried[:, mine]]
            null[mine] = -0.5 * at.total * at.n / max(at.n - at.has_intercept, 1.0) ** 2
        words = np.where(well, str(Status.CONVERGED), _NOTHING).astype(object)
        status = np.broadcast_to(words, (len(tried), 1, len(words))).copy()
        scores[:, ~well] = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            r2 = None if kind == "evidence" else 1.0 - scores / null
        return RidgeScores(tried, scores[:, None], status, r2, whole)

    def _spectrum(
        self, moments: Moments | None, reading: Reading, outputs: IntArray
    ) -> Spectrum | None:
        if moments is None:
            return None
        origin = reading.origin.of_outputs(outputs)
        has_intercept = self.inputs.columns.has_intercept
        return Spectrum.of(moments, self.unit, origin, has_intercept)

    def _parts(self, atoms: Atoms) -> Iterator[tuple[Reading, Group, list[Moments | None]]]:
        """Yield outputs with the moments of each set of rows, as many as there is room for."""
        inputs, p = self.inputs, self.inputs.rows.n_features
        reading = Reading.of(inputs.rows, inputs.columns, inputs.keep)
        room = int(_SHARE * get_config().memory_bytes) // (8 * p * (len(atoms) + 4))
        at_once = max(1, room - p)
        for group in self.groups:
            n_parts = -(-len(group.outputs) // at_once)
            for outputs in np.array_split(group.outputs, n_parts):
                part = replace(group, outputs=outputs)
                found = _summed(reading, part, atoms)
                better = reading.centred_on(
                    Moments.summed([(1.0, each) for each in found]), outputs
                )
                if better is not None:
                    reading = better
                    found = _summed(reading, part, atoms)
                yield reading, part, found


def _summed(reading: Reading, group: Group, atoms: Atoms) -> list[Moments | None]:
    return [
        reading.moments(group.present & (atoms.of_row == a), group.outputs)
        for a in range(len(atoms))
    ]


def _with_best(criterion: Criterion, at: Spectrum, strengths: FloatArray) -> FloatArray:
    """Return strengths (S + 1, N), falling, among them the best ones."""
    best = refined(criterion, at, strengths)
    return np.asarray(np.sort(np.vstack([strengths, best]), axis=0)[::-1])
