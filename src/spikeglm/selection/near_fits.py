"""Fits of folds that begin where all rows lead, with the curvature that is known there.

A fold is most of the rows, so its fit is near that to all of them, which costs a K-th of all folds.
Only what it takes to know is decided here; a fit that is begun so has the certificate of any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..engine.columns import Columns
from ..engine.quadratic import is_quadratic
from ..fit.by_moments import numbers_by_moments
from ..fit.fitting import SolverChoice, fit_prepared
from ..fit.nearby import Nearby, numbers_nearby
from ..fit.prepared import Prepared
from ..regularizer.base import Penalty
from ..regularizer.firth import is_of_information
from ..settings import get_config
from ..solvers import WELL, Cheapest
from ..typing import Array, BoolArray, FloatArray, IntArray

_PAYS_FROM = 2_000_000_000  # multiplications per visit of all fits
_MOST_PARAMETERS = 300  # whose curvature is inverted for each fit
_MOST_WEIGHTINGS = 64  # folds are few
_FITS_PER_PARAMETER = 1 / 8  # of a neuron; a curvature costs p / 4 visits of one column
_SHARE_FOR_CURVATURE = 1 / 8  # of the memory budget
_ROUGHLY = SolverChoice(method=Cheapest(tol=1e-5))  # a start need not be exact


@dataclass(frozen=True, eq=False)
class Begun:
    """Where fits of J pairs of a mask and a neuron begin.

    Attributes
    ----------
    coef, intercept :
        (p, J) and (J,): fits to all rows.
    is_well :
        (J,) whether these have a certificate, and that of their neuron with all features.
    nearby :
        The curvature of the neurons.
    """

    coef: FloatArray
    intercept: FloatArray
    is_well: BoolArray
    nearby: Nearby

    __repr__ = showing.of_fields

    def take(self, pairs: IntArray) -> Begun:
        """Keep only some pairs."""
        return Begun(self.coef[:, pairs], self.intercept[pairs], self.is_well[pairs], self.nearby)


def pays(
    ready: Prepared, columns: Columns, penalty: Penalty, masks: BoolArray, n_weightings: int
) -> bool:
    """Tell whether fits to all rows first save more than they cost.

    Parameters
    ----------
    columns :
        (J,) a neuron for each mask (p, J).
    """
    n_pairs, n_neurons = columns.n_columns, len(np.unique(columns.responses.of))
    n_parameters = int(masks.any(axis=1).sum()) + 1
    n_fits = n_pairs * n_weightings
    is_plain = ready.how.runner == "threads" and columns.weights is None
    is_plain &= penalty.is_smooth and not is_of_information(penalty)
    is_plain &= not (is_quadratic(columns) or columns.estimates_scale)
    most = min(_MOST_PARAMETERS, n_fits / n_neurons / _FITS_PER_PARAMETER)
    work = ready.survey.table.n_kept * int(masks.sum()) * n_weightings
    is_plain &= 1 < n_weightings <= _MOST_WEIGHTINGS
    return bool(is_plain and n_parameters <= most and work >= _PAYS_FROM)


def begin(
    ready: Prepared,
    columns: Columns,
    penalty: Penalty,
    masks: BoolArray,
    weightings: Array,
    known: Nearby | None,
) -> Begun | None:
    """Fit J pairs to all rows; None where their curvature cannot be summed up.

    Parameters
    ----------
    ready :
        The rows.
    columns, penalty :
        J neurons, of which several may be one, and a penalty for each.
    masks :
        (p, J) the features of each.
    weightings :
        (T, V) how often rows count in the fits that follow.
    known :
        What other fits have found, which may be enough.
    """
    used: BoolArray = np.asarray(masks.any(axis=1))
    kind = numbers_by_moments(ready)
    series, first = np.unique(columns.responses.of, return_index=True)
    nearby = known if known is not None and known.knows(series, used) else None
    if nearby is None:
        alone = _masked(columns.take(first), np.repeat(used[:, None], len(first), axis=1))
        own = penalty.take(first)
        found = fit_prepared(ready, alone, penalty=own, solver=_ROUGHLY, kind=kind)
        nearby = Nearby.seen(ready, alone, weightings, found, used)
        if nearby is None:
            return None
    every, kind = _masked(columns, masks), numbers_nearby(ready, nearby)
    start = nearby.start(columns.responses.of, masks)
    whole = fit_prepared(ready, every, penalty=penalty, solver=_ROUGHLY, start=start, kind=kind)
    is_well = np.isin(whole.status, WELL) & nearby.is_well[nearby.place(columns.responses.of)]
    return Begun(whole.coef, whole.intercept, is_well, nearby)


def _masked(columns: Columns, masks: BoolArray) -> Columns:
    """Return columns that may use the features of masks (p, C), if they might before."""
    return replace(columns, mask=masks if columns.mask is None else columns.mask & masks)


def at_once(n_features: int, n_weightings: int) -> int:
    """Return how many neurons' curvature fits the memory that is its own."""
    each = 4 * n_weightings * (n_features + 1) ** 2
    return max(1, int(_SHARE_FOR_CURVATURE * get_config().memory_bytes) // each)
