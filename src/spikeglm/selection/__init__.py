"""Which model: splits that respect time, and held-out predictions of all folds from one fit."""

from .cross_validation import HeldOut, cross_validated
from .paths import RegularizationPath, regularization_path
from .splits import interleaved_blocks

__all__ = [
    "HeldOut",
    "RegularizationPath",
    "cross_validated",
    "interleaved_blocks",
    "regularization_path",
]
