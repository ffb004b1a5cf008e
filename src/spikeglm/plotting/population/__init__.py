"""Figures of many neurons at once: how well, which terms, how alike."""

from .distributions import plot_distribution, plot_overfitting
from .encoded_sets import plot_encoded_sets
from .heat_maps import plot_field_components, plot_kernel_map, plot_receptive_field
from .shares import plot_coding, plot_fingerprint, plot_unique_and_total

__all__ = [
    "plot_coding",
    "plot_distribution",
    "plot_encoded_sets",
    "plot_field_components",
    "plot_fingerprint",
    "plot_kernel_map",
    "plot_overfitting",
    "plot_receptive_field",
    "plot_unique_and_total",
]
