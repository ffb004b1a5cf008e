"""Which linear predictors a model allows through a link, and the curve of the mean there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .. import numerics
from ..typing import Array, Namespace
from .elementwise import ElementwiseObservations
from .inverse_link import Curve, Link, natural_coordinate


class Reach(NamedTuple):
    """The open interval of linear predictors whose mean the model can have."""

    low: float
    high: float
    inner: float


@dataclass(frozen=True)
class Domain:
    """Where a model and a link agree that there is a mean.

    >>> from spikeglm.observation_models import PoissonObservations, links
    >>> Domain(PoissonObservations(), links.Identity()).reach
    Reach(low=0.0, high=inf, inner=0.5)
    >>> Domain(PoissonObservations(), links.Exp()).is_everything
    True
    """

    model: ElementwiseObservations
    link: Link

    @property
    def is_everything(self) -> bool:
        """Whether every finite linear predictor is known to be allowed."""
        return self.link.range is not None and self.reach is None and self.link.pole is None

    @cached_property
    def means(self) -> tuple[float, float]:
        """The open interval of means that both the model and the link can have."""
        ranges = (self.model.means, self.link.range or self.model.means)
        return max(low for low, _ in ranges), min(high for _, high in ranges)

    @cached_property
    def reach(self) -> Reach | None:
        """The linear predictors allowed, or None where all are; f is monotone, so an interval."""
        if self.means == self.link.range:
            return None
        low, high = self.means
        with numerics.quiet():
            ends = self.link.predictor(np.array([low, high, min(low + 0.5, high)]))
        return Reach(float(min(ends[:2])), float(max(ends[:2])), float(ends[2]))

    def curve(self, eta: Array, xp: Namespace) -> tuple[Array | None, Array, Curve]:
        """Return where eta is allowed (None: everywhere), eta, and the curve of the mean there.

        Elsewhere eta and the curve are those of an inner point.
        """
        inside, eta = self._kept(eta, xp)
        curve = self.link.curve(self.model.natural, eta, xp)
        if self.link.range is not None:
            return inside, eta, curve
        low, high = self.means  # only the mean itself can tell
        inside = (curve.mean > low) & (curve.mean < high) & xp.isfinite(curve.slope)
        mean = xp.where(inside, curve.mean, self._inner_mean)
        theta = natural_coordinate(self.model.natural, mean, xp)
        return inside, eta, Curve(mean, theta, xp.where(inside, curve.slope, 0.0))

    @cached_property
    def _inner_mean(self) -> float:
        low, high = self.means
        return low + min(1.0, 0.5 * (high - low)) if math.isfinite(low) else min(0.0, high - 1.0)

    def _kept(self, eta: Array, xp: Namespace) -> tuple[Array | None, Array]:
        """Return where eta is allowed (None: everywhere), and eta with an inner value elsewhere."""
        if self.link.range is None:
            return None, eta
        if self.reach is not None:
            inside = (eta > self.reach.low) & (eta < self.reach.high)
            return inside, xp.where(inside, eta, self.reach.inner)
        if self.link.pole is not None:
            inside = eta != self.link.pole
            return inside, xp.where(inside, eta, self.link.pole + 1.0)
        return None, eta
