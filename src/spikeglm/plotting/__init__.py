"""Figures of models of neural activity: functions that take and return matplotlib Axes.

Each draws what an inference function computed, on axes of yours or (``ax=None``) on new ones in
the style of a paper; :func:`paper_style` applies that style to a figure of your own.

>>> import numpy as np
>>> from spikeglm.inference.filters import filter_band
>>> found = filter_band(np.eye(3), [-4, -1, 0.1], covariance=0.01 * np.eye(3), bin_s=0.001)
>>> plot_filter(found).get_xlabel()
'Lag (ms)'
"""

from .contributions import (
    plot_contribution_map,
    plot_contributions,
    plot_contributions_over,
)
from .coupling import plot_coupling, plot_coupling_filters
from .curves import plot_curve, plot_derivative, plot_effect, plot_map
from .designs import plot_design, plot_design_correlation
from .effects import plot_comparison, plot_predicted_rates
from .encodings import plot_encoding, plot_neuron_encoding
from .filters import plot_filter, plot_rate_gain
from .goodness import (
    plot_bits_per_spike,
    plot_interval_autocorrelation,
    plot_time_rescaling,
)
from .many_outputs import plot_noise_ceiling, plot_rank_choice
from .model_comparisons import plot_model_differences, plot_model_scatter
from .nulls import plot_null
from .paths import plot_regularization_path
from .rates import plot_rate, plot_tuning
from .residuals import (
    plot_binned_residuals,
    plot_residual_autocorrelation,
    plot_residual_quantiles,
)
from .searches import plot_encoded_terms, plot_encoding_matrix, plot_search_steps
from .states import (
    plot_dwell_times,
    plot_psychometric,
    plot_state_probability,
    plot_state_transitions,
    plot_state_weights,
    plot_states_choice,
)
from .strengths import plot_strength_choice
from .style import ONE_COLUMN_MM, TWO_COLUMNS_MM, paper_style, save_figure, size_inches

__all__ = [
    "ONE_COLUMN_MM",
    "TWO_COLUMNS_MM",
    "paper_style",
    "plot_binned_residuals",
    "plot_bits_per_spike",
    "plot_comparison",
    "plot_contribution_map",
    "plot_contributions",
    "plot_contributions_over",
    "plot_coupling",
    "plot_coupling_filters",
    "plot_curve",
    "plot_derivative",
    "plot_design",
    "plot_design_correlation",
    "plot_dwell_times",
    "plot_effect",
    "plot_encoded_terms",
    "plot_encoding",
    "plot_encoding_matrix",
    "plot_filter",
    "plot_interval_autocorrelation",
    "plot_map",
    "plot_model_differences",
    "plot_model_scatter",
    "plot_neuron_encoding",
    "plot_noise_ceiling",
    "plot_null",
    "plot_predicted_rates",
    "plot_psychometric",
    "plot_rank_choice",
    "plot_rate",
    "plot_rate_gain",
    "plot_regularization_path",
    "plot_residual_autocorrelation",
    "plot_residual_quantiles",
    "plot_search_steps",
    "plot_state_probability",
    "plot_state_transitions",
    "plot_state_weights",
    "plot_states_choice",
    "plot_strength_choice",
    "plot_time_rescaling",
    "plot_tuning",
    "save_figure",
    "size_inches",
]
