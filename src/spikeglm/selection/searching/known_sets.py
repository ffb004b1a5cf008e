"""How good sets of terms are: fitted when a neuron first asks, and remembered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...typing import Array, BoolArray, FloatArray, IntArray

FitPairs = Callable[[BoolArray, IntArray], tuple[FloatArray, Array]]
"""From sets (P, J), each of the neuron (P,), to scores and words (K, P)."""


class KnownSets:
    """Scores of sets of J terms; K folds, N neurons.

    Parameters
    ----------
    fit :
        What fits and scores pairs of a set and a neuron, all at once.
    n_folds, n_neurons :
        K and N.

    Examples
    --------
    >>> def fit(sets, neurons):
    ...     return 1.0 * sets.sum(axis=1)[None], np.full((1, len(sets)), "converged")
    >>> known = KnownSets(fit, 1, 2)
    >>> sets = np.array([[True, False], [True, True]])
    >>> known.scores(sets, np.array([[True, False], [True, True]]))[:, 0]
    array([[ 1., nan],
           [ 2.,  2.]])
    """

    def __init__(self, fit: FitPairs, n_folds: int, n_neurons: int) -> None:
        self._fit, self._shape = fit, (n_folds, n_neurons)
        self._score: dict[tuple[bool, ...], FloatArray] = {}
        self._status: dict[tuple[bool, ...], Array] = {}
        self._has: dict[tuple[bool, ...], BoolArray] = {}
        self.n_fits = 0

    def scores(self, sets: BoolArray, wanted: BoolArray) -> FloatArray:
        """Return scores (M, K, N) of sets (M, J), NaN where they are not wanted (M, N).

        >>> def fit(sets, neurons):
        ...     return np.ones((1, len(neurons))), np.full((1, len(neurons)), "converged")
        >>> known = KnownSets(fit, 1, 1)
        >>> known.scores(np.array([[True]]), np.array([[True]]))
        array([[[1.]]])
        """
        keys = [tuple(row.tolist()) for row in sets]
        for key in keys:
            if key not in self._has:
                self._score[key] = np.full(self._shape, np.nan)
                self._status[key] = np.full(self._shape, "", dtype=object)
                self._has[key] = np.zeros(self._shape[1], dtype=bool)
        missing = np.array([row & ~self._has[key] for key, row in zip(keys, wanted, strict=True)])
        which, neurons = np.nonzero(missing)
        if len(which):
            score, status = self._fit(sets[which], neurons)
            self.n_fits += len(which)
            for m, key in enumerate(keys):
                mine = which == m
                self._score[key][:, neurons[mine]] = score[:, mine]
                self._status[key][:, neurons[mine]] = status[:, mine]
                self._has[key][neurons[mine]] = True
        found = np.array([self._score[key] for key in keys])
        return np.where(wanted[:, None], found, np.nan)

    def words(self, neuron: int) -> set[str]:
        """Return how fits of a neuron ended that have no score.

        >>> known = KnownSets(lambda sets, n: (np.array([[np.nan]]), np.array([["silent"]])), 1, 1)
        >>> _ = known.scores(np.array([[True]]), np.array([[True]]))
        >>> known.words(0)
        {'silent'}
        """
        out = set()
        for key, has in self._has.items():
            if has[neuron]:
                lost = np.isnan(self._score[key][:, neuron])
                out |= {str(word) for word in self._status[key][lost, neuron]}
        return out - {"converged", "approximate", ""}
