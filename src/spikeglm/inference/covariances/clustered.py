"""Sandwiches for rows that depend on each other within groups: trials, sessions, epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.kernels.score_kernels import group_score_products, reduced_group_products
from ...engine.runners.dispatch import starts
from ...rows.series import pieces
from ...typing import BoolArray, FloatArray, IntArray
from ..information.filling import Filling, Seen
from ..information.memory import groups
from . import small_samples
from .group_leverages import Reduced
from .independent import n_rows

_POWERS = {small_samples.CR2: 0.5, small_samples.CR3: 1.0}


@dataclass(frozen=True, eq=False)
class Clustered:
    """Squares of the summed scores of groups, whatever the dependence within them.

    Attributes
    ----------
    codes :
        (T,) the group of each row, from 0; -1 for rows that take no part.
    small_sample :
        The factor.
    are_copies :
        Whether a row of weight a is a rows, for that factor.

    References
    ----------
    Liang & Zeger (1986), Biometrika 73:13-22; Cameron & Miller (2015), J Hum Resour 50:317-72.
    """

    codes: IntArray
    small_sample: str
    are_copies: bool

    __repr__ = showing.of_fields

    def fill(self, seen: Seen) -> Filling:
        """Return the sums over groups of the products of their scores."""
        n_groups = _counted(self.codes, seen.columns)[: seen.n_neurons].astype(float)
        n = n_rows(seen, are_copies=self.are_copies)
        factor = small_samples.factor(self.small_sample, n=n, k=seen.n_used, n_groups=n_groups)
        reason = np.full(seen.n_neurons, "", dtype=object)
        reason[np.isinf(factor)] = "as many parameters as rows"
        reason[n_groups < 2] = "fewer than two groups have rows"
        products = self._products(seen)
        size = products.shape[1]
        factor = np.where(np.isfinite(factor), factor, 0.0)
        return Filling(
            products * factor[:, None, None],
            np.maximum(n_groups - 1.0, 0.0),
            tuple(self._about(int(G), size) for G in n_groups),
            tuple(reason),
        )

    def _about(self, n_groups: int, n: int) -> str:
        rank = f", of rank {n_groups} at most" if n_groups < n else ""
        return f"cluster ({n_groups} groups{rank}), factor {self.small_sample}"

    def _products(self, seen: Seen) -> FloatArray:
        marks, n_shared = self._in_blocks(seen)
        n = (seen.table.rows.n_features + 1) * seen.n_classes
        found = []
        of_group = n * n + n if self.small_sample in _POWERS else n
        size = math.ceil(math.sqrt(n * n + n_shared * of_group))  # of a matrix that takes as much
        for some in groups(seen.n_neurons, size):
            found.append(self._of_some(seen.take(some), marks, n_shared))
        return np.concatenate(found)

    def _of_some(self, seen: Seen, marks: IntArray, n_shared: int) -> FloatArray:
        if self.small_sample not in _POWERS:
            kernel = partial(group_score_products, n_classes=seen.n_classes, n_shared=n_shared)
            sums = seen.visited(kernel, marks)
            return sums.products + np.matmul(sums.scores.transpose(0, 2, 1), sums.scores)
        power = _POWERS[self.small_sample]
        reduced = [Reduced.of(inverse, power=power) for inverse in seen.inverses]
        within = partial(reduced_group_products, reduced=reduced, n_shared=n_shared)
        parts = seen.visited(within, marks)
        for a, correct in enumerate(reduced):
            for score, information in zip(parts.scores[a], parts.informations[a], strict=True):
                s = correct(score, information)
                parts.products[a] += np.outer(s, s)
        return parts.products

    def _in_blocks(self, seen: Seen) -> tuple[IntArray, int]:
        """Return codes of which the first n are of groups with rows in several blocks, and n."""
        rows = np.flatnonzero(self.codes >= 0)
        codes = self.codes[rows]
        block = np.searchsorted(starts(seen.table, seen.how), rows, side="right")
        size = int(codes.max(initial=-1)) + 1
        first, last = np.full(size, np.iinfo(np.intp).max), np.full(size, -1)
        np.minimum.at(first, codes, block)
        np.maximum.at(last, codes, block)
        order = np.argsort(first >= last, kind="stable")  # those of several blocks come first
        new = np.empty(size, dtype=np.intp)
        new[order] = np.arange(size)
        marks = np.full(len(self.codes), -1, dtype=np.intp)
        marks[rows] = new[codes]
        return marks, int(np.sum(first < last))


def _counted(codes: IntArray, columns: Columns) -> IntArray:
    """Return how many groups have a row of positive weight, (C,)."""
    n_groups = int(codes.max(initial=-1)) + 1
    if columns.weights is None:
        return np.full(columns.n_columns, len(np.unique(codes[codes >= 0])))
    weights = columns.weights.values
    occurs: BoolArray = np.zeros((weights.shape[1], n_groups + 1), dtype=bool)
    for rows in pieces(weights):
        counts = np.asarray(weights[rows]) > 0
        for series in range(counts.shape[1]):
            occurs[series, codes[rows][counts[:, series]]] = True  # -1 is the last place
    return occurs[:, :-1].sum(axis=1)[columns.weights.of]
