"""A line in the report for neurons that have few events for as many parameters.

An event is a spike, or of choices whatever is rarer, a spike or a silent bin. With few of them per
parameter the estimates of maximum likelihood exaggerate, and intervals of the intercept fail.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.columns import Columns
from ..engine.features.survey import Responses
from ..regularizer.base import Penalty
from ..regularizer.firth import is_of_information
from ..solvers import Status
from ..typing import FloatArray

_FEWEST = 5.0  # events per parameter
_COUNTED = (Status.CONVERGED, Status.APPROXIMATE)  # of others the report has something else to say


def remarks_on_events(
    columns: Columns,
    observed: Responses,
    penalty: Penalty,
    rank: int,
    n_features: int,
    status: Sequence[Status],
) -> tuple[str, ...]:
    """Return a line if some columns have fewer than five events per parameter.

    Parameters that a penalty shrinks are not counted: what it leaves of them depends on its
    strength.

    Parameters
    ----------
    columns, observed :
        C columns whose responses are numbers, and moments of these.
    penalty :
        On their coefficients (p, C).
    rank, n_features :
        Of the features, and p.
    status :
        (C,) how the fits ended.

    References
    ----------
    Peduzzi et al. (1996), J Clin Epidemiol 49:1373-9; Vittinghoff & McCulloch (2007), Am J
    Epidemiol 165:710-8 (five to nine suffice).
    """
    model = columns.likelihood.model
    if not (model.gives_probabilities and penalty.is_smooth) or is_of_information(penalty):
        return ()
    shape = n_features, columns.n_columns
    free = penalty.curvature(shape) == 0
    if columns.mask is not None:
        free = free & columns.mask
    n_parameters = np.minimum(free.sum(axis=0), rank) + columns.has_intercept
    per_parameter = _events(observed, model.means[1]) / np.maximum(n_parameters, 1)
    is_few = (per_parameter < _FEWEST) & np.array([word in _COUNTED for word in status])
    if not is_few.any():
        return ()
    return (
        f"{int(is_few.sum())} of {len(is_few)} columns (neurons, folds) have fewer than "
        f"{_FEWEST:.0f} events per parameter (the fewest {per_parameter[is_few].min():.1f}): their "
        "coefficients are exaggerated and intervals of their intercepts miss; take fewer features, "
        "or regularizer='Firth' or 'Ridge'",
    )


def _events(observed: Responses, largest_mean: float) -> FloatArray:
    """Return the number of spikes of each column, or of choices that of whatever is rarer."""
    spikes = observed.mean * observed.weight
    return np.minimum(spikes, observed.weight - spikes) if largest_mean == 1.0 else spikes
