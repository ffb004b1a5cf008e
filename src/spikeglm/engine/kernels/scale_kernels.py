"""The likelihood of a scale that belongs to the loss, summed over a block of rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...observation_models.scale_search import ScaleSums
from ...observation_models.scaled_negative_binomial import ScaledNegativeBinomial
from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import linear_predictor, weighted


class CrossSums(NamedTuple):
    """Second derivatives of the loss by a column's parameters and its scale, intercept last."""

    cross: FloatArray  # (C, p + 1)


def likelihood_of_scales(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> ScaleSums:
    """Sum the log-likelihood with two derivatives by the scale of each column: one product."""
    mean = block.likelihood.mean(linear_predictor(X, block, W, b, xp), xp)
    model: ScaledNegativeBinomial = block.likelihood.model  # type: ignore[assignment]
    terms = model.scale_terms(block.y, mean, xp)
    summed = (xp.sum(weighted(t, block, xp), axis=0, dtype=np.float64) for t in (*terms, mean**2))
    return ScaleSums(*summed)


def cross_information(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> CrossSums:
    """Sum the derivatives by (w, b) of the derivative by the scale; zero in expectation."""
    eta = linear_predictor(X, block, W, b, xp)
    model: ScaledNegativeBinomial = block.likelihood.model  # type: ignore[assignment]
    curve = block.likelihood.link.curve(model.natural, eta, xp)
    slope = model.slope_by_scale(block.y, curve.theta, xp) * curve.slope
    slope = weighted(slope, block, xp)
    return CrossSums(xp.concatenate([slope.T @ X, slope.sum(axis=0)[:, None]], axis=1))
