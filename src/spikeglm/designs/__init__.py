"""Designs from events, trials, signals and spikes, in seconds::

    builder = (
        nmo.DesignBuilder(counts, trials=trials)
        .events("stimulus_time", window=(0, 0.5), label="stimulus")
        .events("reward_time", window=(-0.2, 1.0), label="reward")
        .signal(speed, label="speed")
        .history(spikes, window=0.1, label="history")
    )
    X = builder.design()
    print(X.report())

The report says what to know before the fit.
"""

from .builder import DesignBuilder
from .built import BuiltDesign
from .kinds.contract import TermFacts
from .plan import DesignPlan
from .report import DesignReport

__all__ = ["BuiltDesign", "DesignBuilder", "DesignPlan", "DesignReport", "TermFacts"]
