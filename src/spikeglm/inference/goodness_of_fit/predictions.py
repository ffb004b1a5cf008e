"""What a fit predicts for data, row by row, for as many neurons at a time as memory allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.runners.dispatch import products
from ...engine.runners.plan import plan
from ...settings import get_config
from ...typing import BoolArray, FloatArray, IntArray
from ..information.optimum import NO_OPTIMUM, Optimum

_SHARE_OF_MEMORY = 0.5
_COPIES = 8  # of a response, while measures are made of it
_AT_ONCE = 2**18  # responses


@dataclass(frozen=True, eq=False)
class Predictions:
    """Responses and predicted means of G neurons on all T rows.

    Attributes
    ----------
    neurons :
        (G,) which neurons.
    y, eta, mean :
        (T, G) responses, linear predictors and predicted means, NaN where they are not known.
    weight :
        (T, G) how often each counts: 0 where it takes no part.
    offset :
        (T, G) or (T, 1) or (1, 1), added to the linear predictor.
    scale :
        (G,) dispersion, or what the model has in its place.
    """

    neurons: IntArray
    y: FloatArray
    eta: FloatArray
    mean: FloatArray
    weight: FloatArray
    offset: FloatArray
    scale: FloatArray

    __repr__ = showing.of_fields

    @property
    def takes_part(self) -> BoolArray:
        """(T, G) responses that count."""
        return self.weight > 0

    def parts(self) -> list[Predictions]:
        """Return the same, a few neurons at a time: what is made of these stays in the cache."""
        n_parts = math.ceil(self.y.size / _AT_ONCE)
        columns = np.array_split(np.arange(len(self.neurons)), min(n_parts, len(self.neurons)))
        return [self._take(slice(c[0], c[-1] + 1)) for c in columns]

    def _take(self, some: slice) -> Predictions:
        return Predictions(
            self.neurons[some],
            self.y[:, some],
            self.eta[:, some],
            self.mean[:, some],
            self.weight[:, some],
            self.offset[:, some] if self.offset.shape[1] > 1 else self.offset,
            self.scale[some],
        )


def predictions(optimum: Optimum) -> Iterator[Predictions]:
    """Yield what is predicted for the data of an optimum; a pass for each group of neurons.

    A row takes part where its features, its response and its offset are finite and its weight is
    positive.
    """
    for neurons in in_groups(optimum.columns.n_columns, optimum.rows.n_rows):
        yield predictions_of(optimum, neurons)


def predictions_of(optimum: Optimum, neurons: IntArray) -> Predictions:
    """Return what is predicted for some neurons, in one pass over the rows."""
    columns = optimum.columns.take(neurons)
    everything = slice(None)
    eta = products(optimum.rows, optimum.coef[:, neurons], plan(optimum.rows, len(neurons)))
    eta = np.asfortranarray(eta)  # sums and intervals are neuron by neuron
    eta += optimum.intercept[neurons]
    offset: FloatArray = np.zeros((1, 1))
    if columns.offsets is not None:
        offset = columns.offsets.block(everything)
        eta += offset
    mean = columns.likelihood.mean(eta)
    y = np.array(np.broadcast_to(columns.responses.block(everything), mean.shape), order="F")
    weight = np.ones((1, 1)) if columns.weights is None else columns.weights.block(everything)
    counts = np.isfinite(eta) & np.isfinite(y) & (weight > 0) & optimum.keep[:, None]
    y[~np.isfinite(y)] = np.nan
    weight = np.where(counts, weight, 0.0)
    return Predictions(neurons, y, eta, mean, weight, offset, scale_of(optimum)[neurons])


def scale_of(optimum: Optimum) -> FloatArray:
    """Return the dispersion of each neuron, or the model's own ``scale``, (N,)."""
    scale = optimum.columns.likelihood.model.scale if optimum.scale is None else optimum.scale
    return np.broadcast_to(np.asarray(scale, dtype=float), optimum.intercept.shape)


def in_groups(n_columns: int, n_rows: int) -> list[IntArray]:
    """Return columns in groups of whose rows some copies fit the memory budget.

    >>> import spikeglm as nmo
    >>> with nmo.config_context(memory="60MB"):
    ...     [len(group) for group in in_groups(n_columns=10, n_rows=100_000)]
    [4, 3, 3]
    """
    each = 8 * _COPIES * max(n_rows, 1)
    at_once = max(1, int(_SHARE_OF_MEMORY * get_config().memory_bytes) // each)
    return np.array_split(np.arange(n_columns), math.ceil(n_columns / at_once))


def without_fit(optimum: Optimum) -> BoolArray:
    """Return (N,) True for neurons that have no fit, such as silent ones."""
    record = optimum.record
    if record is None:
        return np.zeros(len(optimum.intercept), dtype=bool)
    return np.array([status in NO_OPTIMUM for status in record.status])


@dataclass(frozen=True)
class RandomPlaces:
    """Random numbers for every neuron by itself: the same, however neurons are grouped.

    >>> places = RandomPlaces.of(0)
    >>> bool((places.generator(3).random(5) == places.generator(3).random(5)).all())
    True
    """

    entropy: int

    @classmethod
    def of(cls, seed: int | np.random.Generator) -> RandomPlaces:
        """Return those of an int or a NumPy Generator."""
        return cls(int(np.random.default_rng(seed).integers(2**62)))

    def generator(self, *which: int) -> np.random.Generator:
        """Return the generator of a neuron, or of one of its draws."""
        return np.random.default_rng([self.entropy, *which])

    def of_rows(self, found: Predictions) -> FloatArray:
        """Return a number in [0, 1) for every response (T, G)."""
        n_rows = len(found.y)
        return np.column_stack([self.generator(int(n)).random(n_rows) for n in found.neurons])
