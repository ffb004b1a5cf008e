"""Log-likelihood, deviance and squared error of tested rows, summed up in one reading of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .. import showing
from ..engine.columns import ColumnBlock, Columns
from ..engine.runners.plan import plan
from ..engine.runners.threads import in_shares
from ..numerics import quiet
from ..rows.contract import Rows
from ..typing import BoolArray, FloatArray, IntArray

_PARTS = 3


@dataclass(frozen=True, eq=False)
class Sums:
    """How well predictions suit responses, summed over rows; arrays of one shape (..., N).

    Attributes
    ----------
    log_likelihood :
        Nats, with all constants; NaN for quasi-likelihoods, which have none.
    deviance :
        Twice the log-likelihood ratio to the perfect fit, at a dispersion of one.
    squared_error :
        Squared differences, in squared units of the response.

    Examples
    --------
    >>> one = Sums(np.array([-3.0]), np.array([2.0]), np.array([1.0]))
    >>> one.each(lambda values: 2 * values).deviance
    array([4.])
    """

    log_likelihood: FloatArray
    deviance: FloatArray
    squared_error: FloatArray

    __repr__ = showing.of_fields

    @property
    def parts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The three arrays."""
        return self.log_likelihood, self.deviance, self.squared_error

    def each(self, change: Callable[[FloatArray], FloatArray]) -> Sums:
        """Return what becomes of the three arrays, such as a difference of some of their entries.

        >>> pair = Sums(*np.arange(6.0).reshape(3, 2))
        >>> float(pair.each(lambda values: values[1] - values[0]).log_likelihood)
        1.0
        """
        return Sums(*map(change, self.parts))

    def minus(self, other: Sums) -> Sums:
        """Return how the sums differ from others.

        >>> Sums(*np.full((3, 1), 4.0)).minus(Sums(*np.full((3, 1), 1.0))).deviance
        array([3.])
        """
        with quiet():
            return Sums(*(a - b for a, b in zip(self.parts, other.parts, strict=True)))

    @classmethod
    def joined(cls, parts: Sequence[Sums]) -> Sums:
        """Return sums of several groups of columns, one after the other on the last axis."""
        arrays = zip(*(part.parts for part in parts), strict=True)
        return cls(*(np.concatenate(each, axis=-1) for each in arrays))


@dataclass(frozen=True, eq=False)
class Tested:
    """Which rows are tested, by which of K fits, and in which of Q bins they count.

    Attributes
    ----------
    keep :
        (T,) rows that take part.
    tested_by :
        (T,) the fit that a row tests, -1 for none.
    n_folds :
        K.
    bins :
        (T,) the bin of a row, -1 for none; None where all rows are one.
    n_bins :
        Q.
    """

    keep: BoolArray
    tested_by: IntArray
    n_folds: int
    bins: IntArray | None = None
    n_bins: int = 1

    __repr__ = showing.of_fields

    def cells(self, rows: IntArray) -> list[tuple[int, int, IntArray]]:
        """Return, of rows (B,), those of each fold and bin: (fold, bin, places among the rows)."""
        fold = np.where(self.keep[rows], self.tested_by[rows], -1)
        bin_ = np.zeros(len(rows), dtype=np.intp) if self.bins is None else self.bins[rows]
        cell = np.where((fold >= 0) & (bin_ >= 0), fold * self.n_bins + bin_, -1)
        found = np.unique(cell[cell >= 0]).tolist()
        return [(c // self.n_bins, c % self.n_bins, np.flatnonzero(cell == c)) for c in found]


def held_out_sums(
    rows: Rows,
    columns: Columns,
    tested: Tested,
    coef: FloatArray,
    intercept: FloatArray,
    scale: FloatArray | None = None,
) -> Sums:
    """Return sums (Q, K, C) over tested rows of C columns, as K fits predict them.

    Parameters
    ----------
    rows :
        The table (T, p).
    columns :
        Responses, how often each row counts, and offsets; masks do not count.
    tested :
        The rows of each fold and bin.
    coef, intercept, scale :
        (K, p, C), (K, C) and (K, C); a scale is a dispersion, or that of the observation model.

    Examples
    --------
    >>> from spikeglm.engine.columns import Source
    >>> from spikeglm.observation_models import GaussianObservations, links
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> from spikeglm.rows import ArrayRows
    >>> gaussian = Likelihood(GaussianObservations(), links.Identity())
    >>> columns = Columns(gaussian, Source.one_per_column(np.array([[1.0], [3.0]])))
    >>> tested = Tested(np.ones(2, dtype=bool), np.zeros(2, dtype=int), 1)
    >>> args = ArrayRows(np.ones((2, 1))), columns, tested, np.ones((1, 1, 1)), np.zeros((1, 1))
    >>> held_out_sums(*args).squared_error
    array([[[4.]]])
    """
    C = columns.n_columns
    shape = _PARTS, tested.n_bins, tested.n_folds, C
    how = plan(rows, C)

    def add(starts: Sequence[int]) -> FloatArray:
        total = np.zeros(shape)
        for start in starts:
            index = np.arange(start, min(start + how.block_rows, rows.n_rows))
            cells = tested.cells(index)
            X = rows.read(start, int(index[-1]) + 1) if cells else np.empty((0, 0))
            for k, q, places in cells:
                eta = X[places] @ coef[k] + intercept[k]
                block = columns.block(index[places])
                total[:, q, k] += _scores(block, eta, None if scale is None else scale[k])
        return total

    with quiet():
        starts = range(0, rows.n_rows, how.block_rows)
        return Sums(*np.sum(in_shares(add, starts, n_threads=how.n_threads), axis=0))


def tested_responses(columns: Columns, tested: Tested, block_rows: int = 2**15) -> FloatArray:
    """Return how many tested rows count, and the sum of their responses, (2, Q, K, C).

    >>> from spikeglm.engine.columns import Source
    >>> from spikeglm.observation_models import PoissonObservations, links
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> poisson = Likelihood(PoissonObservations(), links.Exp())
    >>> columns = Columns(poisson, Source.one_per_column(np.array([[1.0], [3.0], [5.0]])))
    >>> tested_responses(columns, Tested(np.ones(3, bool), np.array([0, 0, 1]), 2))[:, 0, :, 0]
    array([[2., 1.],
           [4., 5.]])
    """
    total = np.zeros((2, tested.n_bins, tested.n_folds, columns.n_columns))
    for start in range(0, len(tested.keep), block_rows):
        index = np.arange(start, min(start + block_rows, len(tested.keep)))
        for k, q, places in tested.cells(index):
            block = columns.block(index[places])
            weight = np.broadcast_to(1.0 if block.weights is None else block.weights, block.y.shape)
            total[0, q, k] += weight.sum(axis=0)
            total[1, q, k] += np.where(weight > 0, weight * block.y, 0.0).sum(axis=0)
    return total


def _scores(block: ColumnBlock, eta: FloatArray, scale: FloatArray | None) -> FloatArray:
    """Return sums (3, C) over the rows of a block, at linear predictors without offsets (B, C)."""
    likelihood = block.likelihood
    model = likelihood.model
    eta = eta if block.offset is None else eta + block.offset
    mean, y, weight = likelihood.mean(eta), block.y, block.weights
    if weight is not None:  # where it is zero the response may be missing
        y = np.where(weight > 0, y, mean)
    values = [
        model.log_likelihood(y, mean, scale, lambda each: each)
        if model.has_likelihood
        else np.full(mean.shape, np.nan),
        model.deviance(y, mean, None if model.has_dispersion else scale),
        np.square(y - mean),
    ]
    if weight is not None:
        values = [np.where(weight > 0, weight * value, 0.0) for value in values]
    return np.stack([value.sum(axis=0) for value in values])
