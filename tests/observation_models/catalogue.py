"""Every observation model (``tests/models.py``) with the links of ``tests/catalogue.py``."""

from contextlib import AbstractContextManager

import jax
import numpy as np
from tests.catalogue import LINKS as NAMES_OF_LINKS
from tests.catalogue import PAIRS as NAMES_OF_PAIRS
from tests.models import MODELS as ROWS

from spikeglm.observation_models import Likelihood
from spikeglm.observation_models.named import link_named

LINKS = tuple(link_named(name) for name in NAMES_OF_LINKS)
DISTRIBUTIONS = {row.model: row.distribution for row in ROWS.values()}
MODELS = tuple(DISTRIBUTIONS)
RESPONSES = {name: row.responses for name, row in ROWS.items()}
PAIRS = tuple(Likelihood(ROWS[model].model, link_named(link)) for model, link in NAMES_OF_PAIRS)


def log_density(model, y, mean, scale):
    """SciPy's log p(y)."""
    return ROWS[model.name].log_density(y, mean, scale)


def name_of(part) -> str:
    """A test id: the name of a model or a link, or of both."""
    if isinstance(part, Likelihood):
        return f"{part.model.name}-{part.link.name}"
    return part.name


def grid(pair, n=60, low=-6.0, high=6.0):
    """Linear predictors at which the pair has a mean, shape (<= n,)."""
    eta = np.linspace(low, high, n) + 0.0137
    y = np.full_like(eta, RESPONSES[pair.model.name][-1])
    return eta[np.isfinite(pair.value(eta, y))]


def double_precision() -> AbstractContextManager:
    """JAX in float64, here only."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return jax.experimental.enable_x64()
