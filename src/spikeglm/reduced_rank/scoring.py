"""Held-out errors of all ranks and strengths: a decomposition per fold and strength."""

from __future__ import annotations

import numpy as np

from ..typing import FloatArray
from .data import Data
from .rank_choice import RankChoice
from .solution import ReducedRank, errors_by_rank


def scored(
    data: Data, strengths: FloatArray, most: int, rule: str, rank_given: int | None
) -> RankChoice:
    """Score ranks 0 to ``most`` at strengths (S,) by the folds of the data.

    Ranks beyond what the rows of a fold have predict as the last of them.
    """
    assert data.folds is not None
    K, n = len(data.folds.labels), len(data.outputs)
    errors = np.full((len(strengths), K, most + 1, n), np.nan)
    for k in range(K):
        at, tested = data.fold(k)
        if at is None or tested is None:
            continue
        reduced = ReducedRank.of(at)
        for s, strength in enumerate(strengths):
            found = errors_by_rank(reduced.components(float(strength), most), at, tested)
            errors[s, k] = found[np.minimum(np.arange(most + 1), len(found) - 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        fold_r2 = 1.0 - errors.sum(axis=3) / errors[:, :, :1].sum(axis=3)
    neurons = data.inputs.neurons or tuple(range(data.inputs.columns.n_columns))
    labels = tuple(data.folds.labels.tolist())
    by_output = np.full((most + 1, len(neurons)), np.nan)
    choice = RankChoice(strengths, fold_r2, by_output, rule, rank_given, labels, neurons)
    mine = np.nansum(errors[choice.chosen[0]], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_output[:, data.outputs] = np.where(mine[0] > 0, 1.0 - mine / mine[0], np.nan)
    return choice
