"""Scales on which an effect is told: from linear predictors to values with a unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ... import errors
from ...observation_models.likelihood import Likelihood
from ...typing import FloatArray

UNITS = {"effect": "", "link": "", "gain": "", "mean": "per bin", "rate": "Hz"}
LEVELS = ("link", "mean", "rate")
"""Scales that have the intercept in them, and all other features at their means."""
_OF_Y = "units of y"
_EFFECTS = {"exp": "nats", "identity": _OF_Y}


@dataclass(frozen=True)
class Scale:
    """What turns linear predictors into values, and their unit."""

    name: str
    of: Callable[[FloatArray], FloatArray]
    unit: str
    pole: float | None = None

    def ends(self, eta: FloatArray, half: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the ends of the values of all predictors within ``half`` of ``eta``.

        They change places where a link falls; beyond the pole of a link values have no bound.

        >>> inverse = Scale("mean", lambda eta: 1 / eta, "units of y", pole=0.0)
        >>> low, high = inverse.ends(np.array([2.0, 0.5]), np.array([1.0, 1.0]))
        >>> low.round(2), high.round(2)
        (array([0.33, 0.67]), array([ 1., inf]))
        """
        below, above = self.of(eta - half), self.of(eta + half)
        low, high = np.minimum(below, above), np.maximum(below, above)
        if self.pole is None:
            return low, high
        falls_to = (eta > self.pole) & (eta - half <= self.pole)
        rises_to = (eta < self.pole) & (eta + half >= self.pole)
        low = np.where(falls_to, above, np.where(rises_to, -np.inf, low))
        return low, np.where(falls_to, np.inf, np.where(rises_to, below, high))

    @property
    def is_level(self) -> bool:
        """Whether the intercept and all other features take part."""
        return self.name in LEVELS


def check_scale(name: str) -> None:
    """Raise ValueError for a scale that there is not."""
    if name not in UNITS:
        raise errors.unknown_name("scale", name, list(UNITS))


def scale_named(name: str, likelihood: Likelihood | None, bin_s: float | None) -> Scale:
    """Return a scale of a model; of one of classes, which has no likelihood here, log-odds.

    Raises
    ------
    ValueError
        If the model has no such scale, or a rate lacks its bins.

    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> scale = scale_named("rate", Likelihood(PoissonObservations(), Exp()), 0.01)
    >>> scale.of(np.zeros(1)), scale.unit
    (array([100.]), 'Hz')
    """
    check_scale(name)
    if likelihood is None:
        return _of_classes(name)
    if name in ("effect", "link"):
        unit = _EFFECTS.get(likelihood.link.name, "linear predictor")
        return Scale(name, lambda eta: eta, unit)
    if name == "gain":
        if likelihood.link.name != "exp":
            raise errors.value_error(
                "A gain is a factor of the mean, which this link has none of.",
                given=f"the link {likelihood.link.name}",
                expected="the link 'exp'",
                todo="ask for scale='mean', or for the effect.",
            )
        return Scale(name, np.exp, "times")
    counts, pole = likelihood.model.gives_probabilities, likelihood.link.pole
    if name == "mean":
        return Scale(name, likelihood.mean, UNITS[name] if counts else _OF_Y, pole)
    if not counts:
        raise errors.value_error(
            "A rate is of events, and this is a model of a signal.",
            given=f"scale='rate' for {likelihood.model.name}",
            expected="a model of counts",
            todo="ask for scale='mean', in the units of y.",
        )
    if bin_s is None:
        raise errors.value_error(
            "A rate needs to know how long bins are.",
            given="data without times",
            expected="bin_s, the seconds of a bin, or pynapple objects in the fit",
            todo="pass bin_s=0.01, or ask for scale='mean', per bin.",
        )
    return Scale(name, lambda eta: likelihood.mean(eta) / bin_s, UNITS[name], pole)


def _of_classes(name: str) -> Scale:
    if name not in ("effect", "link"):
        raise errors.value_error(
            "The probability of a class depends on all others.",
            given=f"scale={name!r} for a classifier",
            expected="scale='effect' or 'link', the log-odds of a class against all",
            todo="ask for predict_proba at the features that you mean.",
        )
    return Scale(name, lambda eta: eta, "nats")


def best_scale(likelihood: Likelihood, bin_s: float | None) -> Scale:
    """Return the rate in Hz where there is one, else the mean.

    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> best_scale(Likelihood(PoissonObservations(), Exp()), None).unit
    'per bin'
    """
    is_rate = likelihood.model.gives_probabilities and bin_s is not None
    return scale_named("rate" if is_rate else "mean", likelihood, bin_s)
