"""What a model is made of: schematics, kernels, and the table of its features."""

from .design_matrix import plot_design_matrix, plot_feature_correlation
from .kernel_support import plot_kernel_support
from .lnp import plot_lnp
from .model_schematic import plot_model

__all__ = [
    "plot_design_matrix",
    "plot_feature_correlation",
    "plot_kernel_support",
    "plot_lnp",
    "plot_model",
]
