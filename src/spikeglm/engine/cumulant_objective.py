"""Canonical losses of many columns: what y adds is summed up once, and visits read no responses.

With theta = eta the loss of a column is sum a·b(eta) - sum a·y·eta, and

    sum a·y·eta = w . (sum a·y·x) + b (sum a·y) + sum a·y·o

so of folds, strengths and sets of features, which share few pairs of a response and row weights,
the second sum and its derivatives are three arrays, in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from .. import showing
from ..typing import BoolArray, FloatArray, IntArray
from .columns import Columns, Source
from .group_moments import Groups
from .kernels import cumulant_kernels, moment_kernels
from .kernels.loss_kernels import LossSums
from .kernels.moment_kernels import FirstSums
from .objective import Evaluation, Objective
from .runners.threads import run
from .table import Block, Table, cut

_BLOCK_ROWS = 4096  # kernels take parts of them; columns are chosen for each block
_FEWEST_COLUMNS, _FEWEST_ROWS = 64, 512
_MOST_SERIES = 64  # of row weights; folds are few
_PAYS_FROM = 50_000_000  # multiplications per visit; below, what is summed up first costs as much


@dataclass
class CumulantObjective(Objective):
    """An objective whose visits sum up what does not depend on the responses.

    Attributes
    ----------
    events :
        Sums over the events of D pairs of a response and row weights.
    of :
        (C,) the pair of each column.
    blocks :
        Where the rows are cut.
    unread :
        The columns, whose responses nobody asks for.
    like :
        (C,) columns with the same mask have the same number: side by side they are less work.
    """

    events: FirstSums = field(kw_only=True)
    of: IntArray = field(kw_only=True)
    blocks: tuple[Block, ...] = field(kw_only=True)
    unread: Columns = field(kw_only=True)
    like: IntArray = field(kw_only=True)

    __repr__ = showing.of_fields

    def take(self, columns: IntArray) -> Self:
        """Return the problems of some columns."""
        known = vars(super().take(columns))
        own = {
            "of": self.of[columns],
            "unread": self.unread.take(columns),
            "like": self.like[columns],
        }
        return type(self)(**(known | own))

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient of the active columns; one pass."""
        W, b = self.to_user(theta)
        kernel = cumulant_kernels.cumulants if W.any() else cumulant_kernels.cumulants_at_zero
        self.n_passes += 1
        table = replace(self.table, blocks=self.blocks)
        order = np.argsort(self.like[active], kind="stable")
        sums = run(kernel, table, self.unread.take(active[order]), W[:, order], b[order], self.plan)
        back = np.argsort(order)
        sums = LossSums(*(term[..., back] for term in sums))
        pair = self.of[active]
        y, xy = self.events.weight[pair], self.events.x[:, pair]
        along = np.einsum("pc,pc->c", W, xy) + b * y + self.events.offset[pair]
        whole = LossSums(sums.loss - along, sums.by_intercept - y, sums.by_weights - xy)
        return self._evaluation(whole, theta, W, active)


def by_cumulants(objective: Objective, keep: BoolArray) -> Objective:
    """Return an objective whose visits read no responses; as it is where that does not pay.

    ``keep`` (T,) are the rows that take part.
    """
    columns, table = objective.columns, objective.table
    p, C = objective.n_parameters - 1, objective.n_columns
    pays = C >= _FEWEST_COLUMNS and table.n_kept * p * C >= _PAYS_FROM
    is_canonical = columns.likelihood.cumulant(np.zeros(1)) is not None
    if objective.plan.runner != "threads" or not (pays and is_canonical):
        return objective
    sources = columns.responses, columns.weights, columns.offsets
    series = np.array([source.of for source in sources if source is not None])
    _, first, of = np.unique(series, axis=1, return_index=True, return_inverse=True)
    blocks, some = _blocks(columns, table, keep), replace(columns.take(first), mask=None)
    nowhere = np.zeros((p, len(first))), np.zeros(len(first))
    double = table.in_double()  # its blocks, which are short, as entries of all pairs are at hand
    events = run(moment_kernels.over_events, double, some, *nowhere, objective.plan)
    nothing = np.broadcast_to(0.0, (table.rows.n_rows, 1))
    unread = replace(columns, responses=Source(nothing, np.zeros(C, dtype=np.intp)))
    known = {name: getattr(objective, name) for name in Objective.__dataclass_fields__}
    known["n_passes"] = objective.n_passes + 1
    known |= {"events": events, "of": of.ravel(), "blocks": blocks, "unread": unread}
    return CumulantObjective(**known, like=_alike(columns.mask, C))


def _alike(mask: BoolArray | None, n_columns: int) -> IntArray:
    """Return a number (C,) for each column, the same where masks (p, C) are; few features first."""
    if mask is None:
        return np.zeros(n_columns, dtype=np.intp)
    of = np.unique(mask, axis=1, return_inverse=True)[1].ravel()
    return of + mask.sum(axis=0) * n_columns


def _blocks(columns: Columns, table: Table, keep: BoolArray) -> tuple[Block, ...]:
    """Return long blocks of rows that count for the same columns, where there are such."""
    weights, T = columns.weights, len(keep)
    if weights is None:
        return tuple(cut(keep, _BLOCK_ROWS))
    used = np.unique(weights.of)
    are_few = len(used) <= min(_MOST_SERIES, columns.n_columns - 1)
    if not (are_few and isinstance(weights.values, np.ndarray)):
        return tuple(cut(keep, _FEWEST_ROWS))
    of_row = Groups.of(weights, used, keep).of_row
    n_rows = np.bincount(of_row[of_row >= 0])
    if n_rows.mean() < _FEWEST_ROWS:
        return tuple(cut(keep, _FEWEST_ROWS))
    if not table.copy_pays:  # rows in memory, of which any can be read
        spans = -(-_BLOCK_ROWS * T // n_rows)
        return tuple(b for g, span in enumerate(spans) for b in cut(of_row == g, int(span)))
    ends = np.flatnonzero(np.diff(of_row)) + 1
    is_rare = len(ends) * _FEWEST_ROWS <= T
    return tuple(cut(keep, _BLOCK_ROWS, ends=ends.tolist()) if is_rare else cut(keep, _FEWEST_ROWS))
