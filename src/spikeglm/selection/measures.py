"""In which units a gain is told: bits per spike or bin, deviance explained, variance explained.

A gain is a sum over rows, divided by another sum over the same rows: spikes, bins, or what the
model without features leaves to explain. Over K folds both are added up first, so that a fold with
few spikes counts for little; with a_k over b_k in fold k and r = sum a_k / sum b_k,

    se(r)^2 = K / (K - 1) sum_k (a_k - r b_k)^2 / (sum_k b_k)^2

which is the usual error of a mean where all b_k are the same.

References
----------
Cochran (1977), Sampling Techniques, 3rd ed., equation 6.13.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import errors
from ..observation_models.elementwise import ElementwiseObservations
from ..typing import FloatArray
from .held_out_sums import Sums

_NATS_PER_BIT = float(np.log(2.0))


class Measure(NamedTuple):
    """A unit of gains."""

    name: str
    label: str  # of an axis
    of: str  # which of the sums
    factor: float  # that turns a difference of these sums into a gain
    per: str  # "spikes", "rows", or a sum of the model without features

    def worth(self, difference: Sums) -> FloatArray:
        """Return the gain that a difference of sums is, in the unit of :meth:`size`.

        >>> few, more = (Sums(*np.full((3, 1), value)) for value in (4.0, 1.0))
        >>> MEASURES["deviance_explained"].worth(more.minus(few))
        array([3.])
        """
        return self.factor * np.asarray(getattr(difference, self.of))

    def size(self, null: Sums, n_rows: FloatArray, n_spikes: FloatArray) -> FloatArray:
        """Return what a gain is divided by.

        >>> few = Sums(*np.full((3, 1), 4.0))
        >>> MEASURES["bits_per_spike"].size(few, np.array([9.0]), np.array([2.0]))
        array([2.])
        """
        if self.per == "spikes":
            return n_spikes
        return n_rows if self.per == "rows" else np.asarray(getattr(null, self.per))


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("bits_per_spike", "bits per spike", "log_likelihood", 1 / _NATS_PER_BIT, "spikes"),
        Measure("bits_per_bin", "bits per bin", "log_likelihood", 1 / _NATS_PER_BIT, "rows"),
        Measure("deviance_explained", "deviance explained", "deviance", -1.0, "deviance"),
        Measure("variance_explained", "variance explained", "squared_error", -1.0, "squared_error"),
    )
}


def measures_of(model: ElementwiseObservations) -> tuple[str, ...]:
    """Return the names of the measures that mean something for an observation model.

    >>> from spikeglm.observation_models import GaussianObservations
    >>> measures_of(GaussianObservations())
    ('deviance_explained', 'variance_explained', 'bits_per_bin')
    """
    bits = ("bits_per_bin",) if model.has_likelihood else ()
    explained = ("deviance_explained", "variance_explained")
    if model.has_dispersion or not model.gives_probabilities:
        return (*explained, *bits)
    return ("bits_per_spike", *explained, *bits)


def read_measure(name: str | None, known: tuple[str, ...]) -> Measure:
    """Return a measure by its name; None is the first that is known.

    Raises
    ------
    ValueError
        If it is unknown, or means nothing for these responses.
    """
    if name is None:
        return MEASURES[known[0]]
    if name not in known:
        raise errors.unknown_name("measure for these responses", name, list(known))
    return MEASURES[name]


def ratio(gain: FloatArray, size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return sum a / sum b and its standard error over folds, (..., N), given (..., K, N) each.

    A fold whose size is NaN is none. NaN where a fold has no gain; an error takes two folds.

    >>> ratio(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]))
    (array([2.]), array([1.]))
    """
    size = np.broadcast_to(size, np.broadcast_shapes(gain.shape, size.shape))
    counts = np.isfinite(size)
    a, b = np.where(counts, gain, 0.0), np.where(counts, size, 0.0)
    total, n = b.sum(axis=-2), counts.sum(axis=-2)
    nowhere = np.full(total.shape, np.nan)
    r = np.divide(a.sum(axis=-2), total, out=nowhere.copy(), where=total > 0)
    with np.errstate(invalid="ignore"):  # a gain may be infinite
        off = np.where(counts, a - r[..., None, :] * b, 0.0)
    square = np.square(off).sum(axis=-2) * n / np.maximum(n - 1, 1)
    se = np.divide(np.sqrt(square), total, out=nowhere, where=(total > 0) & (n > 1))
    return r, se
