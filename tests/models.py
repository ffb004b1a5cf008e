"""Every observation model, a row each: whoever adds a model adds a row, and gains all laws.

The distributions are SciPy's and the draws NumPy's, so that laws compare the library with formulas
of somebody else. ``tests/catalogue.py`` makes fits of the rows, ``tests/observation_models`` looks
at the models themselves, ``tests/fuzz`` draws problems from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats as st

from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    GaussianObservations,
    InverseGaussianObservations,
    NegativeBinomialObservations,
    PoissonObservations,
)
from spikeglm.observation_models.elementwise import ElementwiseObservations

NB_SCALE = 0.4


@dataclass(frozen=True)
class Row:
    """One observation model, and what is known of it elsewhere.

    Attributes
    ----------
    model :
        The object. Users give its name, if its arguments are the defaults.
    canonical :
        The name of its canonical link; "exp" for the negative binomial.
    kind :
        What a response is: "count", "choice" (0 or 1), "number" or "positive".
    responses :
        Some, from small to large.
    distribution :
        SciPy's, of y at a mean and a dispersion.
    draw :
        From NumPy's generator, at an array of means.
    scales :
        Dispersions to look at.
    """

    model: ElementwiseObservations
    canonical: str
    kind: str
    responses: list[float]
    distribution: Callable[[Any, Any], Any]
    draw: Callable[[np.random.Generator, np.ndarray], np.ndarray]
    scales: tuple[float, ...] = (1.0,)

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def given(self) -> Any:
        """What a user passes."""
        return self.name if self.model == type(self.model)() else self.model

    @property
    def is_continuous(self) -> bool:
        return self.kind in ("number", "positive")

    def possible(self, y: np.ndarray, smallest: float = 1e-6) -> np.ndarray:
        """Responses with those that the model cannot have replaced: only positive ones are rare."""
        return np.where(y <= 0, smallest, y) if self.kind == "positive" else y

    def log_density(self, y: Any, mean: Any, scale: Any) -> np.ndarray:
        distribution = self.distribution(mean, scale)
        return distribution.logpdf(y) if self.is_continuous else distribution.logpmf(y)

    def grid(self, mean: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Responses (Q,) that cover the possible ones, and the width (Q,) each stands for."""
        if not self.is_continuous:
            y = np.arange(2.0 if self.kind == "choice" else 3000.0)
            return y, np.ones_like(y)
        if self.kind == "number":
            y = mean + np.sqrt(scale) * np.linspace(-12, 12, 4001)
            return y, np.full_like(y, y[1] - y[0])
        log_y = np.linspace(-40, 15, 20001)  # evenly in log y: there is no corner at 0
        return np.exp(log_y), np.exp(log_y) * (log_y[1] - log_y[0])


ROWS = (
    Row(
        PoissonObservations(), "exp", "count", [0.0, 1.0, 7.0],
        lambda mean, scale: st.poisson(mean),
        lambda rng, mean: rng.poisson(mean),
    ),
    Row(
        GaussianObservations(), "identity", "number", [-1.5, 0.0, 2.0],
        lambda mean, scale: st.norm(mean, np.sqrt(scale)),
        lambda rng, mean: rng.normal(mean, 0.3),
        scales=(1.0, 0.5),
    ),
    Row(
        BernoulliObservations(), "logistic", "choice", [0.0, 1.0],
        lambda mean, scale: st.bernoulli(mean),
        lambda rng, mean: rng.uniform(size=mean.shape) < mean,
    ),
    Row(
        GammaObservations(), "one_over_x", "positive", [0.1, 1.0, 6.0],
        lambda mean, scale: st.gamma(1 / scale, scale=scale * mean),
        lambda rng, mean: rng.gamma(4.0, mean / 4.0),
        scales=(1.0, 0.5),
    ),
    Row(
        InverseGaussianObservations(), "one_over_sqrt_x", "positive", [0.1, 1.0, 6.0],
        lambda mean, scale: st.invgauss(scale * mean, scale=1 / scale),
        lambda rng, mean: rng.wald(mean, 10.0),
        scales=(1.0, 0.5),
    ),
    Row(
        NegativeBinomialObservations(scale=NB_SCALE), "exp", "count", [0.0, 1.0, 7.0],
        lambda mean, scale: st.nbinom(1 / scale, 1 / (1 + scale * mean)),
        lambda rng, mean: rng.negative_binomial(1 / NB_SCALE, 1 / (1 + NB_SCALE * mean)),
        scales=(1.0, 0.3),
    ),
)  # fmt: skip
MODELS = {row.name: row for row in ROWS}
WITH_DISPERSION = tuple(row.name for row in ROWS if row.is_continuous)
