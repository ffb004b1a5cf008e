"""All neurons x folds x strengths as columns of one fit, and their held-out scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .. import showing
from ..fit.fitting import SolverChoice
from ..fit.prepared import Prepared, prepare
from ..fit.problems import Parameters
from ..glm.reading.fit_inputs import FitInputs
from ..glm.weightings import under_weightings
from ..regularizer.adjustable import Adjustable
from ..regularizer.base import Penalty
from ..settings import get_config
from ..solvers import WELL
from ..typing import Array, FloatArray, IntArray
from .folds import Folds
from .held_out_scores import held_out_scores, score_name
from .least_squares.ridge_scores import LeastSquares, RidgeScores
from .path_fitting import PathRecord, fit_path, largest_useful
from .smooth_path import fit_copies, fit_smooth_path

_VECTORS = 30  # of the size of the coefficients that a solver of smooth penalties remembers


@dataclass(frozen=True, eq=False)
class Scored:
    """Held-out scores of S strengths, K folds, N neurons.

    Attributes
    ----------
    strengths :
        (S, N), falling.
    scores :
        (S, K, N); NaN where a fit has no certificate, or a fold tests no row.
    status :
        (S, K, N) words.
    coef, intercept :
        (S, p, K, N) and (S, K, N), where they are kept.
    middle :
        Coefficients (S, p, N) and intercepts (S, N) between those of the folds, near which those of
        all rows must be, where somebody fits these next.
    exact :
        The same, where moments of the rows were enough; it has the fits to all rows.
    """

    strengths: FloatArray
    scores: FloatArray
    status: Array
    coef: Any = None
    intercept: Any = None
    middle: Parameters | None = None
    exact: RidgeScores | None = None

    __repr__ = showing.of_fields

    @classmethod
    def joined(cls, parts: list[Scored]) -> Scored:
        """Return the scores of all neurons from those of some at a time."""
        names = ["strengths", "scores", "status"]
        names += [] if parts[0].coef is None else ["coef", "intercept"]
        found: Any = (np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in names)
        return cls(*found)

    def at(self, chosen: IntArray) -> Parameters:
        """Return coefficients (p, K, N) and intercepts (K, N) at strengths (N,), one for each."""
        each = np.arange(len(chosen))
        coef = self.coef[chosen, :, :, each]  # advanced indices come first
        return coef.transpose(1, 2, 0), self.intercept[chosen, :, each].T


@dataclass(frozen=True, eq=False)
class FoldFits:
    """What all fits of a choice share: data, folds, and how to solve.

    Attributes
    ----------
    inputs :
        The data; N neurons.
    folds :
        K of them.
    solver, tolerance :
        How to solve.
    keeps_estimates :
        Whether scores come with the estimates, which take memory.
    whole :
        That which this is some neurons of, if any.
    """

    inputs: FitInputs
    folds: Folds
    solver: SolverChoice
    tolerance: float
    keeps_estimates: bool = False
    whole: FoldFits | None = None

    __repr__ = showing.of_fields

    @cached_property
    def ready(self) -> Prepared:
        """The rows, looked at once."""
        if self.whole is not None:
            return self.whole.ready
        return prepare(
            self.inputs.rows,
            _under(self.inputs, self.folds.training)[0],
            keep=self.inputs.keep,
            looks_at_all=self.solver.reads_correlations,
        )

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.inputs.columns.n_columns

    @property
    def score_name(self) -> str:
        """What scores are, in words."""
        return score_name(self.inputs.columns.likelihood)

    @property
    def n_folds(self) -> int:
        """K."""
        return len(self.folds.labels)

    def smooth(self, penalty: Penalty, strengths: FloatArray) -> Scored:
        """Score a penalty without a path (of strength one) at strengths (S, N)."""
        exact = None
        if penalty.is_smooth and not self.keeps_estimates:
            exact = LeastSquares.of(self.inputs, penalty)
        folds = self.folds.training, self.folds.tested_by
        found = None if exact is None else exact.by_folds(*folds, strengths)
        if found is not None:
            return Scored(found.strengths, found.scores, found.status, exact=found)
        return self._in_groups(
            len(strengths),
            lambda part, which: part._smooth(penalty.take(which), strengths[:, which]),
        )

    def _smooth(self, penalty: Penalty, strengths: FloatArray) -> Scored:
        columns, each = _under(self.inputs, self.folds.training)
        record = fit_smooth_path(
            self.ready,
            columns,
            penalty=penalty.take(each),
            strengths=np.tile(strengths, self.n_folds),
            solver=self.solver,
        )
        return self._scored(record, strengths)

    def adjusted(
        self, penalty: Adjustable, by_entry: FloatArray, strengths: FloatArray, start: Parameters
    ) -> Scored:
        """Score S strengths of each entry of a penalty together, ``by_entry`` (R, S, N).

        Parameters
        ----------
        penalty :
            With strengths to come.
        by_entry :
            They.
        strengths :
            (S, N) what they are called.
        start :
            Coefficients (p, K, N) and intercepts (K, N) where fits begin.
        """
        coef, intercept = start
        return self._in_groups(
            len(strengths),
            lambda part, which: part._adjusted(
                penalty,
                by_entry[:, :, which],
                strengths[:, which],
                (coef[:, :, which], intercept[:, which]),
            ),
        )

    def _adjusted(
        self, penalty: Adjustable, by_entry: FloatArray, strengths: FloatArray, start: Parameters
    ) -> Scored:
        columns, _ = _under(self.inputs, self.folds.training)
        S, K = len(strengths), self.n_folds
        each = np.repeat(by_entry[:, :, None], K, axis=2)
        coef, intercept = start
        record = fit_copies(
            self.ready,
            columns,
            penalty=penalty.with_strengths(each.reshape(len(by_entry), -1)),
            strengths=np.tile(strengths, K),
            solver=self.solver,
            start=(np.tile(coef.reshape(len(coef), -1), S), np.tile(intercept.ravel(), S)),
        )
        return self._scored(record, strengths)

    def sparse(self, penalty: Penalty, grid: Callable[[FloatArray], FloatArray]) -> Scored:
        """Score a penalty with kinks along a path, which begins where all rows say.

        All rows are not fitted at every strength, but once, when one was chosen: from the middle
        of the folds, which is near.
        """
        K = self.n_folds
        columns, each = _under(self.inputs, self.folds.training)
        largest = largest_useful(
            self.ready,
            self.inputs.columns,
            penalty=penalty,
            tolerance=self.tolerance,
            max_passes=self.solver.maxiter,
        )
        strengths = grid(largest)
        record = fit_path(
            self.ready,
            columns,
            penalty=penalty.take(each),
            strengths_of=lambda _: np.tile(strengths, K),
            tolerance=self.tolerance,
            max_passes=self.solver.maxiter,
        )
        return replace(self._scored(record, strengths), middle=self._middle(record))

    def _middle(self, record: PathRecord) -> Parameters:
        """Return the means over folds whose fits are well, of all folds where none is."""
        is_well = self._by_fold(_are_well(record))
        share = np.where(is_well.any(axis=1, keepdims=True), is_well, True).astype(np.float64)
        share /= share.sum(axis=1, keepdims=True)
        coef, intercept = self._by_fold(record.coef), self._by_fold(record.intercept)
        return np.einsum("spkn,skn->spn", coef, share), np.einsum("skn,skn->sn", intercept, share)

    def _by_fold(self, of_columns: Array) -> Array:
        """Return entries (..., K N) of columns as (..., K, N)."""
        return of_columns.reshape(*of_columns.shape[:-1], self.n_folds, self.n_neurons)

    def _in_groups(self, n_strengths: int, score: Callable[[FoldFits, IntArray], Scored]) -> Scored:
        """Score neurons together, or where their columns do not fit in memory a part at a time."""
        bytes_each = 8 * _VECTORS * (self.inputs.rows.n_features + 1) * n_strengths * self.n_folds
        n_together = max(1, get_config().memory_bytes // bytes_each)
        n_groups = -(-self.n_neurons // n_together)
        groups = np.array_split(np.arange(self.n_neurons), n_groups)
        return Scored.joined(
            [score(self.of_neurons(which) if n_groups > 1 else self, which) for which in groups]
        )

    def of_neurons(self, neurons: IntArray) -> FoldFits:
        """Keep only some neurons."""
        columns = self.inputs.columns.take(neurons)
        some = replace(self.inputs, columns=columns)
        return replace(self, inputs=some, whole=self.whole or self)

    def _scored(self, record: PathRecord, strengths: FloatArray) -> Scored:
        scale = None if record.scale is None else self._by_fold(record.scale)
        coef, intercept = self._by_fold(record.coef), self._by_fold(record.intercept)
        scores = held_out_scores(self.inputs, self.folds.tested_by, coef, intercept, scale)
        words = np.array([[str(word) for word in row] for row in record.status], dtype=object)
        scores[~self._by_fold(_are_well(record))] = np.nan
        estimates = (coef, intercept) if self.keeps_estimates else (None, None)
        return Scored(strengths, scores, self._by_fold(words), *estimates)


def _are_well(record: PathRecord) -> Array:
    """Return (S, C) which fits ended well."""
    return np.array([[word in WELL for word in row] for row in record.status])


def _under(inputs: FitInputs, weightings: Array) -> tuple[Any, IntArray]:
    """Return the columns of all neurons under each weighting (T, V), and the neuron of each."""
    V, N = weightings.shape[1], inputs.columns.n_columns
    each, under = np.tile(np.arange(N), V), np.repeat(np.arange(V), N)
    return under_weightings(inputs.columns.take(each), weightings, under), each
