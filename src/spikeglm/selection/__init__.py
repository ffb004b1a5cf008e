"""Which model: splits that respect time, and held-out predictions of all folds from one fit."""

from .cross_validation import HeldOut, cross_validated
from .folds import Folds, fixed_folds
from .label_splitters import EpochFolds, SessionFolds, TrialFolds
from .paths import RegularizationPath, regularization_path
from .splits import interleaved_blocks
from .splitters import ContiguousBlocks, InterleavedBlocks, TimeSplitter

__all__ = [
    "ContiguousBlocks",
    "EpochFolds",
    "Folds",
    "HeldOut",
    "InterleavedBlocks",
    "RegularizationPath",
    "SessionFolds",
    "TimeSplitter",
    "TrialFolds",
    "cross_validated",
    "fixed_folds",
    "interleaved_blocks",
    "regularization_path",
]
