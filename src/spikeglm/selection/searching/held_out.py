"""Sets of terms scored on rows that fits have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ... import numerics, showing
from ...typing import Array, BoolArray, FloatArray, IntArray
from ..held_out_sums import Sums
from ..measures import Measure
from ..set_problem import SetProblem


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """Gains of sets of J terms over the model without features; p features, K folds, N neurons.

    Attributes
    ----------
    problem :
        The data, and what all fits share.
    terms :
        (p, J) the features of each term.
    always :
        (p,) features that all sets have.
    measure :
        The unit.
    """

    problem: SetProblem
    terms: BoolArray
    always: BoolArray
    measure: Measure

    __repr__ = showing.of_fields

    @property
    def n_folds(self) -> int:
        """K."""
        return self.problem.n_folds

    def fit(self, sets: BoolArray, neurons: IntArray) -> tuple[FloatArray, Array]:
        """Return gains and words (K, P) of sets (P, J), each of the neuron (P,).

        A gain is NaN where a fit has no certificate, or the fold tests nothing of a neuron.
        """
        masks = features_of(sets, self.terms, self.always)
        is_empty = ~masks.any(axis=0)
        score = np.full((self.n_folds, len(neurons)), np.nan)
        status = np.full(score.shape, "", dtype=object)
        score[:, is_empty], status[:, is_empty] = self._of_constant(neurons[is_empty])
        some = np.flatnonzero(~is_empty)
        if len(some):
            sums, words = self.problem.sums_of_pairs(masks[:, some], neurons[some])
            score[:, some] = self._gain(sums.each(lambda values: values[0]), neurons[some])
            status[:, some] = words
        return score, status

    def _of_constant(self, neurons: IntArray) -> tuple[FloatArray, Array]:
        words = np.asarray(self.problem.constant.status[0])[:, neurons]
        return self._gain(self._null.each(lambda values: values[:, neurons]), neurons), words

    @cached_property
    def _null(self) -> Sums:
        return self.problem.constant.sums.each(lambda values: values[0, 0])

    def _gain(self, sums: Sums, neurons: IntArray) -> FloatArray:
        null = self._null.each(lambda values: values[:, neurons])
        n_rows, n_spikes = self.problem.responses[:, 0][:, :, neurons]
        size = self.measure.size(null, n_rows, n_spikes)
        with numerics.quiet():
            gain = self.measure.worth(sums.minus(null))
            return np.where(size > 0, gain / size, np.nan)


def features_of(sets: BoolArray, terms: BoolArray, always: BoolArray) -> BoolArray:
    """Return the features (p, P) of sets (P, J) of terms (p, J), beside those that all have (p,).

    >>> features_of(np.array([[True, False]]), np.eye(2, dtype=bool), np.zeros(2, bool)).ravel()
    array([ True, False])
    """
    return (terms.astype(int) @ sets.T.astype(int) > 0) | always[:, None]
