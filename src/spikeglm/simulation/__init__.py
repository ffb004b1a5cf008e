"""Draw responses from a model whose parameters are known, and ask whether they run away.

:func:`simulate_responses` is a GLM run forwards; :func:`simulate_recurrent` lets the neurons drive
each other through filters; fitted models have ``model.simulate``, which knows the filters. All give
NumPy arrays, and the same key gives the same draw. They serve power analyses, teaching, and the
tests: what is simulated must be found again by a fit.
"""

from ..coupling_filters import difference_of_gammas, regress_filter
from .recurrent import simulate_recurrent
from .responses import Simulated, simulate_responses
from .stability import Stability

__all__ = [
    "Simulated",
    "Stability",
    "difference_of_gammas",
    "regress_filter",
    "simulate_recurrent",
    "simulate_responses",
]
