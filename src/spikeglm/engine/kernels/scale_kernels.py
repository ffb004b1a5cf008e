"""The likelihood of a scale that belongs to the loss, summed over a block of rows."""

from __future__ import annotations

import numpy as np

from ...observation_models.scale_search import ScaleSums
from ...observation_models.scaled_negative_binomial import ScaledNegativeBinomial
from ...typing import Array, FloatArray, Namespace
from ..columns import ColumnBlock
from .loss_kernels import linear_predictor, weighted


def likelihood_of_scales(
    X: Array, block: ColumnBlock, W: FloatArray, b: FloatArray, xp: Namespace
) -> ScaleSums:
    """Sum the log-likelihood with two derivatives by the scale of each column: one product."""
    mean = block.likelihood.mean(linear_predictor(X, block, W, b, xp), xp)
    model: ScaledNegativeBinomial = block.likelihood.model  # type: ignore[assignment]
    terms = model.scale_terms(block.y, mean, xp)
    summed = (xp.sum(weighted(t, block, xp), axis=0, dtype=np.float64) for t in (*terms, mean**2))
    return ScaleSums(*summed)
