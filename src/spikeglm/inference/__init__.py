"""How sure are we: standard errors, intervals, goodness of fit. Reads the plain record of a fit."""

from .bits_per_spike import bits_per_spike, excess_bits_per_spike
from .curve_bands import TermCurve
from .curves import Curve
from .filters import Filter, filter_band
from .goodness_of_fit.residuals import residuals
from .goodness_of_fit.result import Goodness
from .goodness_of_fit.table import goodness
from .hypotheses import TermTests, q_values, term_tests, weighted_chi2_tail
from .rescaling_bootstrap import time_rescaling_bootstrap
from .time_rescaling import (
    TimeRescaling,
    time_rescaling,
    time_rescaling_bernoulli,
    time_rescaling_continuous,
)

__all__ = [
    "Curve",
    "Filter",
    "Goodness",
    "TermCurve",
    "TermTests",
    "TimeRescaling",
    "bits_per_spike",
    "excess_bits_per_spike",
    "filter_band",
    "goodness",
    "q_values",
    "residuals",
    "term_tests",
    "time_rescaling",
    "time_rescaling_bernoulli",
    "time_rescaling_bootstrap",
    "time_rescaling_continuous",
    "weighted_chi2_tail",
]
