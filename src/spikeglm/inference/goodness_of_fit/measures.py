"""Sums over rows that say how well a model fits: likelihoods, deviances, Pearson's sum."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ... import numerics
from ...observation_models.elementwise import ElementwiseObservations
from ...observation_models.likelihood import Likelihood
from ...typing import FloatArray
from .predictions import Predictions


class FitSums(NamedTuple):
    """Sums over the rows that take part, under row weights a; all (G,), in nats."""

    n_rows: FloatArray
    weight: FloatArray  # sum a
    y: FloatArray  # sum a y
    log_likelihood: FloatArray
    log_likelihood_null: FloatArray
    log_likelihood_saturated: FloatArray
    deviance: FloatArray  # at dispersion one
    deviance_null: FloatArray
    pearson: FloatArray  # sum a (y - mu)^2 / V(mu)
    score: FloatArray  # derivative of the loss by the intercept, in standard errors


def fit_sums(likelihood: Likelihood, found: Predictions, null_mean: FloatArray) -> FitSums:
    """Sum up the fit of G neurons.

    Parameters
    ----------
    likelihood :
        Observation model and link.
    found :
        Responses and means (T, G).
    null_mean :
        What the model without features predicts, to broadcast with them; NaN where not known.
    """
    model, counts, a = likelihood.model, found.takes_part, found.weight
    y = np.where(counts, found.y, 1.0)
    mean = np.where(counts, found.mean, 0.5)
    null = np.where(counts, np.broadcast_to(null_mean, mean.shape), 0.5)

    def total(terms: FloatArray) -> FloatArray:
        return np.asarray(np.where(counts, a * terms, 0.0).sum(axis=0))

    with numerics.quiet():
        fitted, saturated, deviance = _of_means(model, y, mean, found.scale)
        of_null = _log_likelihood(model, y, null, found.scale)
        deviance_null = 2.0 * (saturated - of_null)
        if model.has_dispersion:
            deviance_null = model.deviance(y, null, shape_of(model, found.scale))
        pearson = (y - mean) ** 2 / model.variance(mean, shape_of(model, found.scale))
        slope = likelihood.value_and_slope(np.where(counts, found.eta, 0.0), y)[1]
        return FitSums(
            counts.sum(axis=0).astype(float),
            a.sum(axis=0),
            total(y),
            total(fitted),
            total(of_null),
            total(saturated),
            total(deviance),
            total(deviance_null),
            total(pearson),
            total(slope) / np.sqrt(total(a * slope**2)),
        )


def shape_of(model: ElementwiseObservations, scale: FloatArray) -> FloatArray | float:
    """Return the scale at which a deviance is unscaled: one, where it is a dispersion.

    >>> from spikeglm.observation_models import GammaObservations, NegativeBinomialObservations
    >>> shape_of(GammaObservations(), np.array([0.3]))
    1.0
    >>> shape_of(NegativeBinomialObservations(), np.array([0.3]))
    array([0.3])
    """
    return 1.0 if model.has_dispersion else scale


def _of_means(
    model: ElementwiseObservations, y: FloatArray, mean: FloatArray, scale: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log-likelihoods, those of a perfect prediction, and deviances, per sample."""
    log_likelihood = _log_likelihood(model, y, mean, scale)
    deviance = model.deviance(y, mean, shape_of(model, scale))
    scaled = model.deviance(y, mean, scale) if model.has_dispersion else deviance
    return log_likelihood, log_likelihood + 0.5 * scaled, deviance


def _log_likelihood(
    model: ElementwiseObservations, y: FloatArray, mean: FloatArray, scale: FloatArray
) -> FloatArray:
    """Return log-likelihoods per sample; NaN of a model that is no distribution."""
    if not model.has_likelihood:
        return np.full(mean.shape, np.nan)
    of_each: FloatArray = model.log_likelihood(y, mean, scale, lambda scores: scores)
    return of_each
