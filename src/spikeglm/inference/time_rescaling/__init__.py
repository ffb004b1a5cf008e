"""Spikes against their predicted rates, on a clock on which they come at random."""

from .discrete_time import (
    TimeRescaling,
    time_rescaling,
    time_rescaling_bernoulli,
    time_rescaling_continuous,
)
from .rescaling_bootstrap import time_rescaling_bootstrap

__all__ = [
    "TimeRescaling",
    "time_rescaling",
    "time_rescaling_bernoulli",
    "time_rescaling_bootstrap",
    "time_rescaling_continuous",
]
