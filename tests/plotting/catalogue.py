"""Every plot of the library with something small to draw: one neuron of the population is silent.

A new plot adds a row, and the laws of ``test_laws.py`` hold for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
from tests.plotting.small_results import (
    BIN_S,
    asked,
    built,
    ceiling,
    choice,
    comparison,
    coupled,
    cue_curve,
    design,
    differences,
    encoding,
    heading_curve,
    heading_tuning,
    model,
    null,
    one_filter,
    path,
    place_curve,
    place_tuning,
    ranks,
    rates,
    receptive,
    rescaling,
    residuals,
    search,
    session,
    sets,
    simulated,
    slope,
    state_accuracy,
    state_errors,
    states,
    states_choice,
    visits,
)

from spikeglm import inference, plotting


@dataclass(frozen=True)
class Row:
    """A plot, what it is given, and what must be seen of its table."""

    plot: Any
    given: Callable[[], tuple]
    options: dict = field(default_factory=dict)
    drawn: tuple = ()  # columns whose every number is in the figure; (name, factor)
    neuron: Any = None  # one that has numbers, of plots that draw one of several
    projection: str | None = None
    is_grid: bool = False  # returns an array of axes, or a figure
    words: tuple = ()  # labels that have no unit: pure numbers

    def draw(self, ax=None, **more):
        options = self.asked() | more
        at = {} if self.is_grid or ax is None else {"ax": ax}
        return self.plot(*self.given(), **at, **options)

    def asked(self):
        """The options, with what is made when it is needed."""
        made = {name: v() if callable(v) else v for name, v in self.options.items()}
        return made if self.neuron is None else {"neuron": self.neuron} | made

    def data(self):
        return self.plot.data(*self.given(), **self.selected())

    def selected(self):
        """The options that say what is drawn, and not how."""
        known = signature(self.plot.data).parameters
        return {name: value for name, value in self.asked().items() if name in known}


def of_trials():
    return session()[-1], np.arange(1.0, 17.0, 1.2)


TRIALS = {"window": (-0.2, 0.6), "bin_s": BIN_S, "simulated": simulated}
AREAS = ["V1", "V1", "LM", "LM", "LM"]
STEP = np.repeat([0.0, 1.0], 30) * np.random.default_rng(0).uniform(size=60)
UNITLESS = {  # pure numbers, names of things, and counts
    "Model quantile", "Observed quantile", "Autocorrelation", "Mean residual", "Trial", "Draws",
    "Neuron", "Neurons", "Rank", "Features", "Feature", "Share of neurons", "Density (per s)",
    "Exponential quantile", "Rescaled interval", "Correlation", "Draw", "Spikes", "Time bin",
    "Held-out variance explained", "Correlation with the mean of the trials", "From", "To",
    "Score statistic", "Feature value", "Terms, step by step", "Effect / its largest",
    "Input", "stimulus (channel)", "Neuron, by ceiling",
    "0.5 x + 0.5", "4 x − 3", "−4 x − 2",
    "Weight", "Probability", "State of a trial", "State of the next trial", "Trials in the state",
    "Visits that last longer", "Number of states", "Share of trials", "Share of choices",
    "Mean response", "x0",
}  # fmt: skip

CATALOGUE = {
    "filter": Row(plotting.plot_filter, lambda: (one_filter(),), drawn=(("value", 1), ("low", 1))),
    "rate_gain": Row(plotting.plot_rate_gain, lambda: (one_filter(),), drawn=(("value", 1),)),
    "curve": Row(plotting.plot_curve, lambda: (cue_curve(),), neuron=2,
                 drawn=(("x_drawn", 1), ("value", 1), ("low", 1), ("high", 1))),
    "curve_of_place": Row(plotting.plot_curve, lambda: (place_curve(),), neuron=1,
                          drawn=(("value", 1),)),
    "effect": Row(plotting.plot_effect, lambda: (heading_curve(),), neuron=0,
                  drawn=(("value", 1), ("high", 1), ("pointwise_low", 1))),
    "derivative": Row(plotting.plot_derivative, lambda: (slope(),), neuron=0,
                      drawn=(("value", 1),)),
    "map": Row(plotting.plot_map, lambda: (place_curve(),), neuron=1, drawn=(("shown", 1),)),
    "comparison": Row(plotting.plot_comparison, lambda: (differences(),),
                      drawn=(("shown", 1), ("shown_low", 1), ("shown_high", 1))),
    "predicted_rates": Row(plotting.plot_predicted_rates, lambda: (rates(),), {"rows": slice(60)},
                           neuron=0, drawn=(("mean", 1), ("low", 1), ("high", 1))),
    "tuning": Row(plotting.plot_tuning, lambda: (heading_tuning(),), neuron=0,
                  drawn=(("value", 1), ("low", 1))),
    "polar_tuning": Row(plotting.plot_polar_tuning, lambda: (heading_tuning(),), neuron=0,
                        projection="polar", options={"show": ("model", "raw", "prediction")},
                        drawn=(("value", 1),)),
    "tuning_map": Row(plotting.plot_tuning_map, lambda: (place_tuning(),), neuron=1,
                      drawn=(("value", 1),)),
    "tuning_map_raw": Row(plotting.plot_tuning_map, lambda: (place_tuning(),), {"show": "raw"},
                          neuron=1, drawn=(("value", 1),)),
    "prediction": Row(plotting.plot_prediction, lambda: (model(), design(), session()[-1]),
                      {"stop_s": 3.0, "bin_s": BIN_S}, neuron=0, drawn=(("model", 1),)),
    "term_shares": Row(plotting.plot_term_shares, lambda: (model(), design()),
                       {"stop_s": 3.0, "bin_s": BIN_S}, neuron=0, drawn=(("value", 1),)),
    "rate": Row(plotting.plot_rate, lambda: ({"model": np.linspace(0.01, 0.3, 60)},),
                {"counts": np.arange(60) % 7 == 0, "bin_s": 0.01}, drawn=(("rate 0", 1),)),
    "raster": Row(plotting.plot_raster, of_trials, TRIALS, neuron=2,
                  drawn=(("time", 1),)),
    "psth": Row(plotting.plot_psth, of_trials, TRIALS | {"width_s": 0.04}, neuron=2,
                drawn=(("rate", 1), ("low", 1), ("high", 1))),
    "intervals": Row(plotting.plot_intervals, lambda: (session()[-1],),
                     {"bin_s": BIN_S, "simulated": simulated}, neuron=2, drawn=(("density", 1),)),
    "correlogram": Row(plotting.plot_correlogram, lambda: (session()[-1],),
                       {"bin_s": BIN_S, "simulated": simulated, "after": 0}, neuron=4,
                       drawn=(("rate", 1),)),
    "time_rescaling": Row(plotting.plot_time_rescaling, lambda: ({"model": rescaling()},),
                          drawn=(("observed_quantile", 1),)),
    "interval_quantiles": Row(plotting.plot_interval_quantiles, lambda: (rescaling(),),
                              drawn=(("observed", 1), ("low", 1))),
    "interval_autocorrelation": Row(plotting.plot_interval_autocorrelation, lambda: (rescaling(),),
                                    drawn=(("autocorrelation", 1),)),
    "residual_quantiles": Row(plotting.plot_residual_quantiles, lambda: (residuals()[:, 0],),
                              drawn=(("residual", 1),)),
    "residual_autocorrelation": Row(
        plotting.plot_residual_autocorrelation,
        lambda: (inference.residual_autocorrelation(residuals(), n_lags=9),), neuron=0,
        drawn=(("autocorrelation", 1), ("band_95", 1))),
    "binned_residuals": Row(
        plotting.plot_binned_residuals,
        lambda: (inference.binned_residuals(residuals(), session()[1], n_bins=8),),
        {"xlabel": "x (cm)"}, neuron=0, drawn=(("position", 1), ("mean", 1))),
    "bits_per_spike": Row(plotting.plot_bits_per_spike,
                          lambda: ({"a": [0.1, 0.3], "b": [0.2, 0.4]},),
                          drawn=(("bits_per_spike", 1),)),
    "contributions": Row(plotting.plot_contributions, lambda: (asked(),), neuron=0,
                         drawn=(("value", 1), ("low", 1), ("high", 1))),
    "contribution_map": Row(plotting.plot_contribution_map, lambda: (asked(),),
                            drawn=(("value", 1),)),
    "contributions_over": Row(plotting.plot_contributions_over, lambda: (asked(),),
                              {"xlabel": "Time in trial (bins)"}, neuron=0,
                              drawn=(("at", 1), ("value", 1), ("high", 1))),
    "unique_and_total": Row(plotting.plot_unique_and_total, lambda: (asked(),), {"groups": AREAS},
                            drawn=(("mean", 1),)),
    "coding": Row(plotting.plot_coding, lambda: (asked(),), {"groups": AREAS},
                  drawn=(("fraction", 100),)),
    "fingerprint": Row(plotting.plot_fingerprint, lambda: (asked(),), neuron=0, projection="polar",
                       drawn=(("relative", 1),)),
    "encoded_terms": Row(plotting.plot_encoded_terms, lambda: (search(),), drawn=(("share", 100),)),
    "encoded_sets": Row(plotting.plot_encoded_sets, lambda: (search(),), drawn=(("share", 100),)),
    "encoding_matrix": Row(plotting.plot_encoding_matrix, lambda: (search(),)),
    "search_steps": Row(plotting.plot_search_steps, lambda: (search(),), neuron=2,
                        drawn=(("score", 1),)),
    "encoding": Row(plotting.plot_encoding, lambda: (encoding(),), is_grid=True,
                    drawn=(("value", 1),)),
    "neuron_encoding": Row(plotting.plot_neuron_encoding, lambda: (encoding(),), neuron=0,
                           is_grid=True, drawn=(("value", 1),)),
    "distribution": Row(plotting.plot_distribution, lambda: (asked(),),
                        {"measure": "bits_per_spike_full"}, drawn=(("value", 1),)),
    "distribution_of_groups": Row(
        plotting.plot_distribution, lambda: (np.r_[np.linspace(-0.1, 0.5, 9), np.nan],),
        {"groups": ["V1"] * 5 + ["LM"] * 5, "kind": "histogram",
         "xlabel": "Gain (bits per spike)"}),
    "overfitting": Row(plotting.plot_overfitting, lambda: (sets(),)),
    "model_differences": Row(plotting.plot_model_differences, lambda: (comparison(),),
                             drawn=(("difference", 1), ("middle", 1))),
    "model_scatter": Row(plotting.plot_model_scatter, lambda: (comparison(),),
                         drawn=(("reference", 1), ("model", 1))),
    "kernel_map": Row(plotting.plot_kernel_map, lambda: (cue_curve(),), drawn=(("value", 1),)),
    "receptive_field": Row(plotting.plot_receptive_field, lambda: (receptive(),),
                           drawn=(("value", 1),)),
    "field_components": Row(plotting.plot_field_components, lambda: (receptive(),),
                            drawn=(("value", 1),)),
    "noise_ceiling": Row(plotting.plot_noise_ceiling, lambda: (ceiling(),),
                         drawn=(("cc_max", 1), ("cc_abs", 1))),
    "rank_choice": Row(plotting.plot_rank_choice, lambda: (ranks(),),
                       drawn=(("r2", 1), ("mean", 1))),
    "coupling": Row(plotting.plot_coupling, lambda: (coupled(),), drawn=(("shown", 1),)),
    "coupling_filters": Row(plotting.plot_coupling_filters, lambda: (coupled(),), {"n": 3},
                            is_grid=True, drawn=(("value", 1), ("low", 1))),
    "coupling_over_distance": Row(plotting.plot_coupling_over_distance,
                                  lambda: (coupled(), [0.0, 30.0, 80.0, 200.0]),
                                  drawn=(("distance", 1), ("value", 1))),
    "null": Row(plotting.plot_null, lambda: (null(),)),
    "strength_choice": Row(plotting.plot_strength_choice, lambda: (choice(),), neuron=0,
                           drawn=(("strength", 1), ("score", 1))),
    "regularization_path": Row(plotting.plot_regularization_path, lambda: (path(),), neuron=0,
                               drawn=(("coef", 1),)),
    "design": Row(plotting.plot_design, lambda: (built(),), {"stop_s": 10.0},
                  drawn=(("value", 1),)),
    "design_correlation": Row(plotting.plot_design_correlation, lambda: (built().report(),),
                              drawn=(("correlation", 1),)),
    "feature_correlation": Row(plotting.plot_feature_correlation, lambda: (built().report(),)),
    "design_matrix": Row(plotting.plot_design_matrix, lambda: (design(), session()[-1]),
                         {"first": 20},
                         neuron=0, drawn=(("value", 1), ("count", 1))),
    "kernel_support": Row(plotting.plot_kernel_support, lambda: (built(),),
                          drawn=(("start", 1), ("stop", 1))),
    "lnp": Row(plotting.plot_lnp, lambda: (STEP, [0.5, 4, -4], [0.5, -3, -2]), is_grid=True),
    "model": Row(plotting.plot_model, lambda: (model(), design(), session()[-1]), neuron=0,
                 drawn=(("value", 1),)),
    "state_weights": Row(plotting.plot_state_weights, lambda: (states()[0],),
                         {"uncertainty": state_errors},
                         drawn=(("weight", 1), ("low", 1), ("high", 1))),
    "state_transitions": Row(plotting.plot_state_transitions, lambda: (states()[0],),
                             drawn=(("probability", 1),)),
    "state_probability": Row(plotting.plot_state_probability,
                             lambda: (states()[0].smooth_proba(*states()[1:]),), {"stop": 200},
                             drawn=(("probability", 1),)),
    "state_occupancy": Row(plotting.plot_state_occupancy, lambda: (visits(),),
                           drawn=(("occupancy", 1),)),
    "dwell_times": Row(plotting.plot_dwell_times, lambda: (visits(),),
                       drawn=(("share_longer", 1),)),
    "states_choice": Row(plotting.plot_states_choice, lambda: (states_choice(),),
                         drawn=(("bits_per_trial", 1), ("lapses", 1))),
    "psychometric": Row(plotting.plot_psychometric, lambda: states()[:3],
                        {"session_starts": lambda: states()[3]},
                        drawn=(("feature", 1), ("response", 1), ("low", 1), ("model", 1))),
    "state_accuracy": Row(plotting.plot_state_accuracy, lambda: (state_accuracy(),),
                          drawn=(("share", 1), ("low", 1), ("high", 1))),
}  # fmt: skip
