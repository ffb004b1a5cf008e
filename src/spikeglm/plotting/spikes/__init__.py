"""Spikes as they were recorded, beside those that a model predicts and simulates."""

from .intervals import plot_correlogram, plot_intervals
from .predictions import plot_prediction, plot_term_shares
from .trials import plot_psth, plot_raster

__all__ = [
    "plot_correlogram",
    "plot_intervals",
    "plot_prediction",
    "plot_psth",
    "plot_raster",
    "plot_term_shares",
]
