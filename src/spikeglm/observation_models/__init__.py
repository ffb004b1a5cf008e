"""What the response is, given the linear predictor: observation models and links.

>>> from spikeglm.observation_models import PoissonObservations
>>> PoissonObservations().default_inverse_link_function
Exp()
"""

from .bernoulli import BernoulliObservations
from .categorical import CategoricalObservations
from .custom_link import CustomLink
from .gamma import GammaObservations
from .gaussian import GaussianObservations
from .inverse_gaussian import InverseGaussianObservations
from .likelihood import Likelihood
from .negative_binomial import NegativeBinomialObservations
from .observations import Observations
from .poisson import PoissonObservations
from .protocol import check_observation_model
from .quasi_poisson import QuasiPoissonObservations

__all__ = [
    "BernoulliObservations",
    "CategoricalObservations",
    "CustomLink",
    "GammaObservations",
    "GaussianObservations",
    "InverseGaussianObservations",
    "Likelihood",
    "NegativeBinomialObservations",
    "Observations",
    "PoissonObservations",
    "QuasiPoissonObservations",
    "check_observation_model",
]
