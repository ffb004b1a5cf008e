"""Which classes a separated fit leaves out of the likelihood's limit, row by row.

Where a combination of features tells the class of some rows perfectly (at this port the animal
never turns left), the likelihood rises for ever along a direction d of the parameters, d_k those of
class k. With y_t the class that occurred, d keeps or raises every difference

    x_t . (d_y - d_k) >= 0        for all rows t and classes k

and where it raises one, class k becomes impossible in row t. In the limit what is left is the
likelihood of the classes that stay possible in each row (Geyer's limiting conditional model); rows
where only one does say nothing. Pairs (t, k) are to :mod:`~spikeglm.fit.separation` what rows
of a choice are: the same linear program finds one direction that moves all that any of them moves.
With two classes both are the same.

References
----------
Albert & Anderson (1984), Biometrika 71:1-10, section 3, for several classes; Geyer (2009),
Electron J Stat 3:259-89, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..engine.columns import ColumnBlock, Source
from ..engine.kernels import loss_kernels
from ..engine.softmax_objective import SoftmaxObjective
from ..settings import get_config
from ..typing import Array, BoolArray, FloatArray, IntArray
from .separation import FLAT, MOVES, RANK_TOLERANCE, TOUCHED, leaving, moved_along

_SHARE_OF_MEMORY = 1 / 8  # for the program of one neuron beside its rows
_BYTES_PER_PAIR = 64  # of a row and a class, in the linear program


@dataclass(frozen=True, eq=False)
class ClassSeparation:
    """What the limit of a neuron's likelihood is made of; T rows, K classes, n = (p + 1) K.

    Attributes
    ----------
    possible :
        (T, K) False for classes that the limit excludes from a row.
    touched :
        (p,) True for features some of whose parameters have no finite optimum.

    >>> ClassSeparation(np.array([[True, False]]), np.array([True, False])).touched
    array([ True, False])
    """

    possible: BoolArray
    touched: BoolArray

    __repr__ = showing.of_fields


def class_separations(
    objective: SoftmaxObjective, theta: FloatArray, neurons: IntArray
) -> Iterator[ClassSeparation | None]:
    """Yield what separates the classes of some neurons (A,), None where nothing is found to.

    Parameters
    ----------
    objective :
        Of all neurons.
    theta :
        ((p + 1) K, N) where a solver stopped, far along the direction.

    Examples
    --------
    It is what tells which standard errors a separated neuron has:

    >>> import warnings
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> X[:, 1] = X[:, 1] > 1
    >>> y = np.where(X[:, 1] > 0, 2, np.random.default_rng(1).integers(0, 3, 300))
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     model = nmo.ClassifierGLM(3, regularizer="UnRegularized").fit(X, y)
    >>> model.standard_errors(X, y)[0].round(3)
    array([[0.094, 0.091, 0.088],
           [  nan,   nan,   nan]])
    """
    each = _BYTES_PER_PAIR * max(1, objective.classes.table.rows.n_rows) * objective.n_classes
    at_once = max(1, int(_SHARE_OF_MEMORY * get_config().memory_bytes) // each)
    for first in range(0, len(neurons), at_once):
        yield from _separations(objective, theta, neurons[first : first + at_once])


def in_the_limit(objective: SoftmaxObjective, possible: Array) -> SoftmaxObjective:
    """Return an objective in which classes are impossible in some rows: False in (T, K, N)."""
    columns = objective.classes.columns
    offset = np.where(possible, 0.0, -np.inf).astype(np.float16)  # both are exact
    offset = offset.reshape(len(possible), -1)
    if (known := columns.offsets) is not None:
        offset = offset + known.values[:][:, known.of].astype(np.float64)
    columns = replace(columns, offsets=Source.one_per_column(offset))
    return replace(objective, classes=replace(objective.classes, columns=columns), watch=None)


def _separations(
    objective: SoftmaxObjective, theta: FloatArray, neurons: IntArray
) -> Iterator[ClassSeparation | None]:
    mine = objective.take_neurons(neurons)
    theta, everyone = theta[:, neurons], np.arange(len(neurons))
    shape = mine.classes.table.rows.n_rows, mine.n_classes, len(neurons)
    flat = np.zeros(shape, dtype=bool)
    W, b = mine.classes.to_user(mine.widened(theta))
    level = _levels(mine)
    for rows, X, block in _blocks(mine):
        eta = _by_class(loss_kernels.linear_predictor(X, block, W, b, np), mine)
        occurred, weight = _who(block, mine)
        is_small = _curvature(eta, occurred) < FLAT * _curvature(level, occurred)
        flat[rows] = is_small & ~occurred & (weight > 0)[:, None] & ~mine.absent
    curved = in_the_limit(mine, ~flat)
    frozen = mine.frozen(everyone)
    H = curved.information(theta, everyone)
    ridge = mine.penalty_curvature(everyone)
    free = ~frozen
    free[:-1] &= ridge == 0
    bases = [_null_space(H[a], free[:, a]) for a in everyone]
    moved = _moved(mine, bases, flat)
    for a, basis in enumerate(bases):
        Z = moved[a]
        leaves = leaving(Z, np.ones(len(Z), dtype=np.intp))
        if not leaves.any():
            yield None
            continue
        possible = np.ones(shape[:2], dtype=bool)
        t, k = np.nonzero(flat[:, :, a])
        possible[t[leaves], k[leaves]] = False
        rest = Z[~leaves]
        values, vectors = np.linalg.eigh(rest.T @ rest)
        directions = basis @ vectors[:, values <= MOVES]
        size = np.linalg.norm(directions, axis=1).reshape(-1, mine.n_classes)[:-1]
        yield ClassSeparation(possible, (size > TOUCHED).any(axis=1))


def _blocks(objective: SoftmaxObjective) -> Iterator[tuple[slice | IntArray, Array, ColumnBlock]]:
    """Yield, block by block, which rows of the table it holds, the rows, and the columns."""
    table = objective.classes.table.in_double()
    for block in table.blocks:
        yield block.rows, table.read(block), objective.classes.columns.block(block.rows)


def _by_class(columns: Array, objective: SoftmaxObjective) -> Array:
    """Return class columns (B, K·A) as (B, K, A)."""
    return columns.reshape(len(columns), objective.n_classes, -1)


def _who(block: ColumnBlock, objective: SoftmaxObjective) -> tuple[BoolArray, FloatArray]:
    """Return which class occurred, (B, K, A), and how often the row counts, (B, A)."""
    occurred = _by_class(block.y, objective) > 0
    weight: FloatArray = occurred.any(axis=1).astype(float)
    if block.weights is not None:
        weight *= _by_class(np.broadcast_to(block.weights, block.y.shape), objective)[:, 0]
    return occurred, weight


def _levels(objective: SoftmaxObjective) -> FloatArray:
    """Return the logarithms of how often each class occurs, (K, A)."""
    total = np.zeros(objective.absent.shape)
    for block in objective.classes.table.blocks:
        occurred, weight = _who(objective.classes.columns.block(block.rows), objective)
        total += np.einsum("tka,ta->ka", occurred, weight)
    return np.log(np.maximum(total, np.finfo(float).tiny))


def _curvature(eta: Array, occurred: BoolArray) -> FloatArray:
    """Return the curvature p (1 - p), (B, K, A), of the choice between two classes.

    One is the class that occurred, the other each of all.
    """
    gap = np.where(occurred, eta, 0.0).sum(axis=1, keepdims=True) - eta
    power = np.exp(-np.abs(gap))
    return power / (1.0 + power) ** 2


def _null_space(H: FloatArray, free: BoolArray) -> FloatArray:
    """Return the orthonormal directions (n, m) of free parameters that change no curved pair."""
    among = np.flatnonzero(free)
    values, vectors = np.linalg.eigh(H[np.ix_(among, among)])
    null = vectors[:, values <= RANK_TOLERANCE * len(values) * values.max(initial=0.0)]
    out = np.zeros((len(H), null.shape[1]))
    out[among] = null
    return out


def _moved(
    objective: SoftmaxObjective, bases: list[FloatArray], flat: BoolArray
) -> list[FloatArray]:
    """Return how far directions raise the class that occurred over each flat one, (F, m)."""
    features, K = objective.features, objective.n_classes
    moved: list[list[FloatArray]] = [[] for _ in bases]
    wide = [objective.classes.to_user(objective.widened(basis)) for basis in bases]
    for rows, X, block in _blocks(objective):
        z = (X - features.mean) * features.inverse_scale
        reach = np.sqrt(1.0 + np.einsum("tj,tj->t", z, z))
        occurred, _ = _who(block, objective)
        for a, (W, b) in enumerate(wide):
            t, k = np.nonzero(flat[rows][:, :, a])
            if not len(t):
                continue
            E = (X @ W + b).reshape(len(X), K, -1)
            y = occurred[t, :, a].argmax(axis=1)
            moved[a].append(moved_along(E[t, y] - E[t, k], reach[t]))
    return [
        np.concatenate(parts) if parts else np.zeros((0, basis.shape[1]))
        for parts, basis in zip(moved, bases, strict=True)
    ]
