"""Figures of models of neural activity, each one call: results in, matplotlib Axes out.

>>> import numpy as np, spikeglm as nmo
>>> x = np.random.default_rng(0).uniform(0, 100, 2000)
>>> counts = np.random.default_rng(1).poisson(np.exp(np.sin(x / 15) - 1))
>>> X = nmo.basis.BSplineEval(8, label="position (cm)").design(x)
>>> model = nmo.GLM().fit(X, counts)
>>> found = nmo.inference.tuning(model, X, counts, "position (cm)", bin_s=0.02)
>>> ax = nmo.plotting.plot_tuning(found)
>>> ax.get_xlabel(), ax.get_ylabel()
('position (cm)', 'Rate (Hz)')

Every ``plot_x(result, ax=None, ...)`` draws on axes of yours or, with ``ax=None``, makes a figure
of the width of a column in the style of a paper (:func:`paper_style` applies it to figures of your
own, :func:`save_figure` writes PNG and PDF). ``plot_x.data(result, ...)`` is the tidy table that is
drawn, always: a figure has no numbers beside it. ``neuron=`` picks one of a population, and
:func:`plot_facets` makes a panel for each neuron or term. The gallery (docs/gallery/) shows what
each looks like when a model is right, and when it is not.

==================================  ================================================================
What to see                         Call
==================================  ================================================================
a model as a diagram                :func:`plot_model`, :func:`plot_lnp`
the design                          :func:`plot_design`, :func:`plot_design_matrix`,
                                    :func:`plot_kernel_support`, :func:`plot_design_correlation`,
                                    :func:`plot_feature_correlation`
filters and curves of terms         :func:`plot_curve`, :func:`plot_effect`,
                                    :func:`plot_derivative`, :func:`plot_map`, :func:`plot_filter`,
                                    :func:`plot_rate_gain`,
                                    :func:`plot_comparison`
tuning beside what was counted      :func:`plot_tuning`, :func:`plot_polar_tuning`,
                                    :func:`plot_tuning_map`
receptive fields                    :func:`plot_receptive_field`, :func:`plot_field_components`
predictions over spikes             :func:`plot_prediction`, :func:`plot_term_shares`,
                                    :func:`plot_predicted_rates`, :func:`plot_rate`
recorded beside simulated spikes    :func:`plot_raster`, :func:`plot_psth`, :func:`plot_intervals`,
                                    :func:`plot_correlogram`
is the model good enough            :func:`plot_time_rescaling`, :func:`plot_interval_quantiles`,
                                    :func:`plot_interval_autocorrelation`,
                                    :func:`plot_residual_quantiles`,
                                    :func:`plot_residual_autocorrelation`,
                                    :func:`plot_binned_residuals`
what terms contribute               :func:`plot_contributions`, :func:`plot_contribution_map`,
                                    :func:`plot_contributions_over`, :func:`plot_unique_and_total`,
                                    :func:`plot_coding`, :func:`plot_fingerprint`
which terms neurons encode          :func:`plot_encoding`, :func:`plot_neuron_encoding`,
                                    :func:`plot_encoded_terms`, :func:`plot_encoded_sets`,
                                    :func:`plot_encoding_matrix`, :func:`plot_search_steps`
models compared                     :func:`plot_model_scatter`, :func:`plot_model_differences`,
                                    :func:`plot_bits_per_spike`, :func:`plot_overfitting`
a population                        :func:`plot_distribution`, :func:`plot_kernel_map`,
                                    :func:`plot_noise_ceiling`
who drives whom                     :func:`plot_coupling`, :func:`plot_coupling_filters`,
                                    :func:`plot_coupling_over_distance`
strengths and ranks                 :func:`plot_strength_choice`, :func:`plot_regularization_path`,
                                    :func:`plot_rank_choice`
is it real                          :func:`plot_null`
hidden states                       :func:`plot_state_weights`, :func:`plot_state_transitions`,
                                    :func:`plot_state_probability`, :func:`plot_states_choice`,
                                    :func:`plot_dwell_times`, :func:`plot_state_occupancy`,
                                    :func:`plot_state_accuracy`, :func:`plot_psychometric`
==================================  ================================================================
"""

from .contributions import (
    plot_contribution_map,
    plot_contributions,
    plot_contributions_over,
)
from .coupling import plot_coupling, plot_coupling_filters, plot_coupling_over_distance
from .curves import plot_curve, plot_derivative, plot_effect
from .designs import plot_design, plot_design_correlation
from .effects import plot_comparison, plot_predicted_rates
from .encodings import plot_encoding, plot_neuron_encoding
from .facets import plot_facets
from .filters import plot_filter, plot_rate_gain
from .goodness import (
    plot_bits_per_spike,
    plot_interval_autocorrelation,
    plot_interval_quantiles,
    plot_time_rescaling,
)
from .many_outputs import plot_noise_ceiling, plot_rank_choice
from .maps import plot_map
from .model_comparisons import plot_model_differences, plot_model_scatter
from .nulls import plot_null
from .paths import plot_regularization_path
from .population import (
    plot_coding,
    plot_distribution,
    plot_encoded_sets,
    plot_field_components,
    plot_fingerprint,
    plot_kernel_map,
    plot_overfitting,
    plot_receptive_field,
    plot_unique_and_total,
)
from .rates import plot_rate
from .residuals import (
    plot_binned_residuals,
    plot_residual_autocorrelation,
    plot_residual_quantiles,
)
from .searches import plot_encoded_terms, plot_encoding_matrix, plot_search_steps
from .spikes import (
    plot_correlogram,
    plot_intervals,
    plot_prediction,
    plot_psth,
    plot_raster,
    plot_term_shares,
)
from .states import (
    plot_dwell_times,
    plot_psychometric,
    plot_state_accuracy,
    plot_state_occupancy,
    plot_state_probability,
    plot_state_transitions,
    plot_state_weights,
    plot_states_choice,
)
from .strengths import plot_strength_choice
from .style import ONE_COLUMN_MM, TWO_COLUMNS_MM, paper_style, save_figure, size_inches
from .teaching import (
    plot_design_matrix,
    plot_feature_correlation,
    plot_kernel_support,
    plot_lnp,
    plot_model,
)
from .tuning import plot_polar_tuning, plot_tuning, plot_tuning_map

__all__ = [
    "ONE_COLUMN_MM",
    "TWO_COLUMNS_MM",
    "paper_style",
    "plot_binned_residuals",
    "plot_bits_per_spike",
    "plot_coding",
    "plot_comparison",
    "plot_contribution_map",
    "plot_contributions",
    "plot_contributions_over",
    "plot_correlogram",
    "plot_coupling",
    "plot_coupling_filters",
    "plot_coupling_over_distance",
    "plot_curve",
    "plot_derivative",
    "plot_design",
    "plot_design_correlation",
    "plot_design_matrix",
    "plot_distribution",
    "plot_dwell_times",
    "plot_effect",
    "plot_encoded_sets",
    "plot_encoded_terms",
    "plot_encoding",
    "plot_encoding_matrix",
    "plot_facets",
    "plot_feature_correlation",
    "plot_field_components",
    "plot_filter",
    "plot_fingerprint",
    "plot_interval_autocorrelation",
    "plot_interval_quantiles",
    "plot_intervals",
    "plot_kernel_map",
    "plot_kernel_support",
    "plot_lnp",
    "plot_map",
    "plot_model",
    "plot_model_differences",
    "plot_model_scatter",
    "plot_neuron_encoding",
    "plot_noise_ceiling",
    "plot_null",
    "plot_overfitting",
    "plot_polar_tuning",
    "plot_predicted_rates",
    "plot_prediction",
    "plot_psth",
    "plot_psychometric",
    "plot_rank_choice",
    "plot_raster",
    "plot_rate",
    "plot_rate_gain",
    "plot_receptive_field",
    "plot_regularization_path",
    "plot_residual_autocorrelation",
    "plot_residual_quantiles",
    "plot_search_steps",
    "plot_state_accuracy",
    "plot_state_occupancy",
    "plot_state_probability",
    "plot_state_transitions",
    "plot_state_weights",
    "plot_states_choice",
    "plot_strength_choice",
    "plot_term_shares",
    "plot_time_rescaling",
    "plot_tuning",
    "plot_tuning_map",
    "plot_unique_and_total",
    "save_figure",
    "size_inches",
]


def __dir__() -> list[str]:
    return __all__
