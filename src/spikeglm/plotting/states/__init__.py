"""Hidden states: what they listen to, how long they last, how right they are, how many."""

from .accuracies import plot_psychometric, plot_state_accuracy
from .numbers import plot_states_choice
from .trials import plot_dwell_times, plot_state_occupancy, plot_state_probability
from .weights import plot_state_transitions, plot_state_weights

__all__ = [
    "plot_dwell_times",
    "plot_psychometric",
    "plot_state_accuracy",
    "plot_state_occupancy",
    "plot_state_probability",
    "plot_state_transitions",
    "plot_state_weights",
    "plot_states_choice",
]
