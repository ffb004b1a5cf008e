"""What the response is, given the linear predictor: observation models and links.

>>> from spikeglm.observation_models import PoissonObservations
>>> PoissonObservations().default_inverse_link_function
Exp()
"""

from .bernoulli import BernoulliObservations
from .gamma import GammaObservations
from .gaussian import GaussianObservations
from .likelihood import Likelihood
from .negative_binomial import NegativeBinomialObservations
from .observations import Observations
from .poisson import PoissonObservations

__all__ = [
    "BernoulliObservations",
    "GammaObservations",
    "GaussianObservations",
    "Likelihood",
    "NegativeBinomialObservations",
    "Observations",
    "PoissonObservations",
]
