"""How sure are we: standard errors, intervals, goodness of fit. Reads the plain record of a fit.

A fit needs some of these modules; what it does not need is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from .bits_per_spike import bits_per_spike, excess_bits_per_spike
from .effects import Curve, partial_effect
from .filters import Filter, filter_band
from .time_rescaling import (
    TimeRescaling,
    time_rescaling,
    time_rescaling_bernoulli,
    time_rescaling_bootstrap,
    time_rescaling_continuous,
)

_WHEN_ASKED = {  # no name of a module that lies in this folder: the module would hide it
    "Comparison": "effects.comparisons",
    "comparison": "effects.comparisons",
    "PredictedRates": "effects.predicted_rates",
    "predicted_rates": "effects.predicted_rates",
    "BlockBootstrap": "nulls",
    "CircularShift": "nulls",
    "Coupling": "couplings",
    "coupling": "couplings",
    "LinearShift": "nulls",
    "NullTest": "nulls",
    "Pseudosession": "nulls",
    "SessionPermutation": "nulls",
    "Tuning": "effects.tunings",
    "tuning": "effects.tunings",
    "block_bootstrap": "nulls",
    "combine_p_values": "nulls",
    "null_test": "nulls",
    "NoiseCeiling": "ceilings",
    "noise_ceiling": "ceilings",
    "Goodness": "goodness_of_fit.result",
    "Overdispersion": "dispersions",
    "ProfileIntervals": "profiles",
    "goodness": "goodness_of_fit.table",
    "PopulationRescaling": "goodness_of_fit.population_rescaling",
    "BinnedResiduals": "goodness_of_fit.binned",
    "binned_residuals": "goodness_of_fit.binned",
    "ResidualAutocorrelation": "goodness_of_fit.autocorrelation",
    "residual_autocorrelation": "goodness_of_fit.autocorrelation",
    "ResidualDependence": "goodness_of_fit.dependence",
    "residual_dependence": "goodness_of_fit.dependence",
    "residuals": "goodness_of_fit.residuals",
    "time_rescaling_population": "goodness_of_fit.population_rescaling",
    "time_rescaling_population_bernoulli": "goodness_of_fit.population_rescaling",
    "InformationCriteria": "tables",
    "Summary": "tables",
    "information_criteria": "tables",
    "summary": "tables",
    "EffectiveDegrees": "smoothing.degrees",
    "effective_degrees": "smoothing.degrees",
    "TermTests": "hypotheses",
    "overdispersion": "dispersions",
    "profile_intervals": "profiles",
    "q_values": "hypotheses",
    "term_tests": "hypotheses",
    "weighted_chi2_tail": "hypotheses",
}

__all__ = [  # noqa: PLE0604
    "Curve",
    "Filter",
    "TimeRescaling",
    "bits_per_spike",
    "excess_bits_per_spike",
    "filter_band",
    "partial_effect",
    "time_rescaling",
    "time_rescaling_bernoulli",
    "time_rescaling_bootstrap",
    "time_rescaling_continuous",
    *_WHEN_ASKED,
]


def __getattr__(name: str) -> Any:
    """Import what a name stands for when it is first used."""
    if name in _WHEN_ASKED:
        return getattr(importlib.import_module(f"{__name__}.{_WHEN_ASKED[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
