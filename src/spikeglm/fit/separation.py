"""Which rows and features a separated fit leaves out of the likelihood's limit.

Where a combination of features predicts some responses perfectly (within 2 ms after a spike there
is never another), the likelihood rises for ever along a direction d of the parameters: it moves
only rows whose loss falls the further they go. In the limit those rows are certain and say nothing
of the other parameters; what is left is an ordinary likelihood, in which d has no curvature. So the
errors of the parameters that d does not touch are those of a fit to the other rows.

Row t may move down (s = -1) where its loss falls towards eta = -∞, up (s = 1) where it falls
towards +∞, else not at all (s = 0). Of all directions with ``s_t x_t . d >= 0``, or
``x_t . d = 0`` where s = 0, we want one that moves every row that any of them moves: a linear
program,

    maximise  Σ z_t   subject to  0 <= z_t <= 1,  z_t <= s_t x_t . d

It is small: d lies in the null space of the information of rows that do not move, those that have
spikes; of choices, which all may move, those that still have curvature at the estimates.

References
----------
Albert & Anderson (1984), Biometrika 71:1-10; Clarkson & Jennrich (1991), J R Stat Soc B 53:417-26;
Geyer (2009), Electron J Stat 3:259-89, section 3 (limiting conditional models).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..engine.columns import ColumnBlock, Columns, Source
from ..engine.features.survey import Responses
from ..engine.kernels import loss_kernels
from ..engine.runners.dispatch import run
from ..engine.runners.plan import Plan
from ..engine.table import Table
from ..observation_models.likelihood import Likelihood
from ..settings import get_config
from ..typing import Array, BoolArray, FloatArray, IntArray

_FAR = 30.0  # a linear predictor at which a loss does what it does for ever
FLAT = 0.02  # of the curvature at the mean response; rows with less may be on their way
RANK_TOLERANCE = 1e-12  # per parameter: share of the largest eigenvalue that is rounding
MOVES = 1e-7  # of a row's size; less is rounding
_LONGEST = 1e4  # direction; rows are scaled to one, so what moves at all moves by one
_CLEARLY = 1e-3  # of a direction of length one; far above what rounds, and within the longest
TOUCHED = 1e-6  # share of a parameter in a direction
_SHARE_OF_MEMORY = 1 / 8  # for what is known of each row, of several columns at once


@dataclass(frozen=True, eq=False)
class Separation:
    """What the limit of a column's likelihood is made of; T rows, n = p + 1 parameters.

    Attributes
    ----------
    stays :
        (T,) False for rows that are certain in the limit.
    touched :
        (n,) True for parameters that have no finite optimum, the intercept last.

    >>> Separation(np.array([True, False]), np.array([True, False])).touched
    array([ True, False])
    """

    stays: BoolArray
    touched: BoolArray

    __repr__ = showing.of_fields


def separations(
    table: Table,
    columns: Columns,
    W: FloatArray,
    b: FloatArray,
    how: Plan,
    *,
    free: BoolArray,
    h: FloatArray,
) -> Iterator[Separation | None]:
    """Yield what separates each column, None where nothing is found to.

    Parameters
    ----------
    table, columns :
        The rows, and C columns that a solver found to be separated.
    W, b :
        Where it stopped, far along the direction: (p, C) and (C,), of the table's features.
    free :
        (p + 1, C) False for parameters that do not move: masked or penalised.
    h :
        (C,) curvature per row at the mean response.

    Examples
    --------
    It is what tells which standard errors a separated neuron has:

    >>> import warnings
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> X[:, 1] = X[:, 1] > 1
    >>> y = np.where(X[:, 1] > 0, 0, np.random.default_rng(1).poisson(1.0, 200))
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     model = nmo.GLM().fit(X, y)
    >>> model.standard_errors(X, y)[0].round(3)
    array([0.08,  nan])
    """
    each = 64 * max(1, table.rows.n_rows)
    at_once = max(1, int(_SHARE_OF_MEMORY * get_config().memory_bytes) // each)
    for first in range(0, columns.n_columns, at_once):
        some = slice(first, first + at_once)
        part = columns.take(np.arange(columns.n_columns)[some])
        yield from _separations(table, part, W[:, some], b[some], how, free[:, some], h[some])


def curvature_at(columns: Columns, observed: Responses) -> FloatArray:
    """Return the curvature per row of each column at its mean response, (C,).

    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> y, poisson = np.array([[1.0], [3.0]]), Likelihood(PoissonObservations(), Exp())
    >>> columns = Columns(poisson, Source.one_per_column(y))
    >>> one = np.ones(1)
    >>> curvature_at(columns, Responses(2 * one, 2 * one, 2 * one, one, 0 * one, 0 * one))
    array([2.])
    """
    likelihood = columns.likelihood
    eta = likelihood.start(observed.mean) if columns.has_intercept else observed.offset
    return likelihood.fisher(eta)


def without_rows(columns: Columns, stays: BoolArray) -> Columns:
    """Return the columns with some rows of each, False in (T, C), left out.

    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> y, poisson = np.array([[1.0], [3.0]]), Likelihood(PoissonObservations(), Exp())
    >>> columns = Columns(poisson, Source.one_per_column(y))
    >>> without_rows(columns, np.array([[True], [False]])).block(slice(None)).weights
    array([[1.],
           [0.]])
    """
    if columns.weights is None:
        return replace(columns, weights=Source.one_per_column(stays.view(np.uint8)))
    weight = np.where(stays, columns.weights.values[:][:, columns.weights.of], 0.0)
    return replace(columns, weights=Source.one_per_column(weight))


def _separations(
    table: Table,
    columns: Columns,
    W: FloatArray,
    b: FloatArray,
    how: Plan,
    free: BoolArray,
    h: FloatArray,
) -> Iterator[Separation | None]:
    sides = _Sides(columns.likelihood.take(np.array([0])))  # the same at all scales
    flat, size = _rows_that_may_leave(table, columns, W, b, h, sides)
    curved = run(loss_kernels.fisher_information, table, without_rows(columns, ~flat), W, b, how)
    bases = [
        _null_space(information, size, free[:, c])
        for c, information in enumerate(curved.information)
    ]
    moved: list[list[FloatArray]] = [[] for _ in bases]
    side: list[list[IntArray]] = [[] for _ in bases]
    for rows, X1, block in _blocks(table, columns):
        for c, basis in enumerate(bases):
            here = flat[rows, c]
            moved[c].append(_along(X1[here], basis, size))
            side[c].append(sides(block.y[here, c]))
    for c, basis in enumerate(bases):
        Z, s = np.concatenate(moved[c]), np.concatenate(side[c])
        leaves = leaving(Z, s)
        if not leaves.any():
            yield None
            continue
        stays = np.ones(len(flat), dtype=bool)
        stays[np.flatnonzero(flat[:, c])[leaves]] = False
        rest = Z[~leaves]
        values, vectors = np.linalg.eigh(rest.T @ rest)
        directions = basis @ vectors[:, values <= MOVES]
        yield Separation(stays, np.linalg.norm(directions * size[:, None], axis=1) > TOUCHED)


def _rows_that_may_leave(
    table: Table, columns: Columns, W: FloatArray, b: FloatArray, h: FloatArray, sides: _Sides
) -> tuple[BoolArray, FloatArray]:
    """Return (T, C) which rows of which columns may leave, and the norms (p + 1,) of features."""
    flat, may = np.zeros((2, table.rows.n_rows, columns.n_columns), dtype=bool)
    some_must_stay = np.zeros(columns.n_columns, dtype=bool)
    squares = np.zeros(len(W) + 1)
    for rows, X1, block in _blocks(table, columns):
        eta = loss_kernels.linear_predictor(X1[:, :-1], block, W, b, np)
        curvature = block.likelihood.information(eta, block.y, np)
        counts, goes = loss_kernels.row_weights(block, np) > 0, sides(block.y) != 0
        flat[rows], may[rows] = (curvature < FLAT * h) & counts, goes & counts
        some_must_stay |= (counts & ~goes).any(axis=0)
        squares += (X1**2).sum(axis=0)
    # Rows that must stay (spikes) tell of themselves where nothing can go; of choices all may move.
    return np.where(some_must_stay, may, flat), np.sqrt(squares)


def _blocks(
    table: Table, columns: Columns
) -> Iterator[tuple[slice | IntArray, Array, ColumnBlock]]:
    """Yield, block by block, which rows of the table it holds, the rows with a one, and columns."""
    table = table.in_double()
    for block in table.blocks:
        X = table.read(block)
        yield block.rows, np.column_stack([X, np.ones(len(X))]), columns.block(block.rows)


class _Sides:
    """Where the loss of a response falls for ever: -1 towards -∞, 1 towards ∞, 0 nowhere."""

    def __init__(self, likelihood: Likelihood) -> None:
        self.likelihood = likelihood

    def __call__(self, y: FloatArray) -> IntArray:
        value, low = self.likelihood.value_and_slope(np.full(y.shape, -_FAR), y)
        other, high = self.likelihood.value_and_slope(np.full(y.shape, _FAR), y)
        return np.where((low >= 0) & np.isfinite(value), -1, 0) + np.where(
            (high <= 0) & np.isfinite(other), 1, 0
        )


def _null_space(information: FloatArray, size: FloatArray, free: BoolArray) -> FloatArray:
    """Return the directions (n, k) of free parameters that move no row with curvature.

    They are orthonormal in units in which every feature has the same size. Where the curvature is
    infinite, far from any optimum, none is known to.
    """
    among = np.flatnonzero(free & (size > 0))
    F = information[np.ix_(among, among)] / np.outer(size[among], size[among])
    if not np.isfinite(F).all():
        return np.zeros((len(size), 0))
    values, vectors = np.linalg.eigh(F)
    null = vectors[:, values <= RANK_TOLERANCE * len(F) * values.max(initial=0.0)]
    out = np.zeros((len(size), null.shape[1]))
    out[among] = null / size[among, None]
    return out


def _along(X1: Array, basis: FloatArray, size: FloatArray) -> FloatArray:
    """Return how far directions (n, k) move rows (B, n)."""
    reach = np.linalg.norm(np.divide(X1, size, out=np.zeros_like(X1), where=size > 0), axis=1)
    return moved_along(X1 @ basis, reach)


def moved_along(Z: FloatArray, reach: FloatArray) -> FloatArray:
    """Return movements (B, k) scaled to length one; zero where they round, of rows of a size (B,).

    >>> moved_along(np.array([[3.0, 4.0], [1e-9, 0.0]]), np.ones(2))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    Z[np.abs(Z) <= MOVES * reach[:, None]] = 0.0
    length = np.linalg.norm(Z, axis=1, keepdims=True)
    return np.divide(Z, length, out=np.zeros_like(Z), where=length > 0)


def leaving(Z: FloatArray, side: IntArray) -> BoolArray:
    """Return which rows (B,) some direction moves, where none moves a row to a wrong side.

    Movements Z (B, k) are those of a basis of directions; ``side`` is 1 or -1, or 0 for rows that
    must not move.

    >>> leaving(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]), np.array([1, 1, 1]))
    array([ True, False, False])
    """
    moving = Z.any(axis=1)
    leaves = np.zeros(len(Z), dtype=bool)
    if _all_leave(Z[moving], side[moving]):
        leaves[moving] = True
        return leaves
    rows, which = np.unique(
        np.column_stack([Z.round(9), side])[moving], axis=0, return_inverse=True
    )
    if len(rows):
        leaves[moving] = _leaving_of_unique(rows[:, :-1], rows[:, -1])[which.ravel()]
    return leaves


def _all_leave(Z: FloatArray, side: IntArray) -> bool:
    """Tell whether the direction that moves rows (B, k) most evenly moves them all where they may.

    That is enough, and so it is where features are indicators of which some never meet a spike.
    """
    towards = side[:, None] * Z
    direction = np.linalg.pinv(towards.T @ towards, hermitian=True) @ towards.sum(axis=0)
    size = np.linalg.norm(direction)
    return bool(size > 0 and (towards @ direction).min(initial=np.inf) > size * _CLEARLY)


def _leaving_of_unique(Z: FloatArray, side: FloatArray) -> BoolArray:
    """Solve the linear program: variables z of the rows that may move, and d."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    may, k = side != 0, Z.shape[1]
    n = int(may.sum())
    leaves = np.zeros(len(Z), dtype=bool)
    if n == 0:
        return leaves
    towards = csr_array(side[may, None] * Z[may])
    stay = Z[~may]
    found = linprog(
        np.r_[-np.ones(n), np.zeros(k)],
        A_ub=hstack([eye_array(n), -towards]),
        b_ub=np.zeros(n),
        A_eq=hstack([csr_array((len(stay), n)), csr_array(stay)]) if len(stay) else None,
        b_eq=np.zeros(len(stay)) if len(stay) else None,
        bounds=[(0, 1)] * n + [(-_LONGEST, _LONGEST)] * k,
        method="highs",
    )
    if found.status == 0:
        leaves[may] = found.x[:n] > 0.5
    return leaves
