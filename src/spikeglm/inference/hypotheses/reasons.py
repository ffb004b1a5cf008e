"""Why there is no test, in the words that a table has for it."""

from __future__ import annotations

import numpy as np

from ...solvers import Status
from ...typing import BoolArray, IntArray
from ..information.optimum import NO_OPTIMUM, Optimum
from ..no_errors import why_none

SEPARATED = "separated: its estimates have no finite optimum"
MASKED = "left out by the feature mask"
NOTHING = "the data determine nothing of it beside the other features"
FEW = "too few groups or rows: the robust covariance has a smaller rank than the term"
PENALISED = "only the Wald test with cov_type='model' is one of penalised fits"
NO_DISPERSION = "no dispersion: the fit leaves no degrees of freedom"
EXACT = "no dispersion: the response is exactly what the fit says"
NO_TERM = "no test is known of a term that is zero everywhere"
BY_HAND = "not of a fit"


def of_fit(optimum: Optimum, neuron: int) -> str:
    """Return how the fit of a neuron ended, in a word.

    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 1))
    >>> of_fit(nmo.GLM().fit(X, np.arange(100) % 2).on(X, np.arange(100) % 2).optimum, 0)
    'converged'
    """
    record = optimum.record
    return BY_HAND if record is None else str(record.status[neuron])


def against_fit(optimum: Optimum, neuron: int, *, needs_dispersion: bool = True) -> str:
    """Return why no test of a neuron is valid, "" if some may be."""
    if not optimum.penalty.is_smooth:
        return why_none(optimum.penalty, "test")
    record = optimum.record
    if record is not None and record.status[neuron] in NO_OPTIMUM:
        return str(record.status[neuron])
    if optimum.unit[neuron] == 0:
        return EXACT
    return NO_DISPERSION if needs_dispersion and not np.isfinite(optimum.unit[neuron]) else ""


def is_separated(
    optimum: Optimum, neuron: int, features: IntArray, undetermined: BoolArray
) -> bool:
    """Tell whether some of the features (b,) have no finite optimum for a neuron.

    ``undetermined`` (p + 1,) are parameters that have no standard error.
    """
    record = optimum.record
    if record is None or record.status[neuron] is not Status.SEPARATED:
        return False
    if record.separating is not None:
        return bool(record.separating[features, neuron].any())
    return bool(undetermined[features].any())  # nobody looked: then all that it may be


def used_features(optimum: Optimum, neuron: int, features: IntArray) -> IntArray:
    """Return those of the features (b,) that the mask leaves to a neuron."""
    mask = optimum.columns.mask
    return features if mask is None else features[mask[features, neuron]]
