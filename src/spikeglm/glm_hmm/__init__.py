"""Hidden states: GLMs whose weights change with a state that moves from trial to trial.

>>> import numpy as np
>>> model = GLMHMM(2, "Poisson").fit(np.eye(50)[:, :1], np.arange(50) // 25 * 4)
>>> model.transition_prob_.shape
(2, 2)
"""

from .accuracy import StateAccuracy, state_accuracy
from .choosing import LapseBaseline, StatesChoice, select_states
from .classifier import ClassifierGLMHMM
from .estimator import GLMHMM
from .frozen_weights import weights_of
from .individuals import IndividualFits, fit_individuals
from .lapses import LapseFit, fit_lapses
from .ordering import order_states
from .report import StatesReport
from .sessions import session_starts
from .simulating import SimulatedStates
from .stepping import EMState
from .uncertainty import StatesErrors
from .visits import StateVisits, state_visits

__all__ = [
    "GLMHMM",
    "ClassifierGLMHMM",
    "EMState",
    "IndividualFits",
    "LapseBaseline",
    "LapseFit",
    "SimulatedStates",
    "StateAccuracy",
    "StateVisits",
    "StatesChoice",
    "StatesErrors",
    "StatesReport",
    "fit_individuals",
    "fit_lapses",
    "order_states",
    "select_states",
    "session_starts",
    "state_accuracy",
    "state_visits",
    "weights_of",
]
