"""Which model: splits that respect time, and held-out predictions of all folds from one fit."""

from .choosing_strength import select_strength
from .comparing.compare import compare
from .comparing.comparison import Comparison
from .contribution import Contributions, contributions
from .cross_validation import HeldOut, cross_validated
from .folds import Folds, fixed_folds
from .label_splitters import EpochFolds, SessionFolds, TrialFolds
from .paths import RegularizationPath, regularization_path
from .searching.result import TermSearch
from .searching.search_terms import search_terms
from .set_scores import TermSets
from .splits import interleaved_blocks
from .splitters import ContiguousBlocks, InterleavedBlocks, TimeSplitter
from .strength_choice import StrengthChoice
from .strength_search import StrengthSearch
from .term_sets import fit_term_sets

__all__ = [
    "Comparison",
    "ContiguousBlocks",
    "Contributions",
    "EpochFolds",
    "Folds",
    "HeldOut",
    "InterleavedBlocks",
    "RegularizationPath",
    "SessionFolds",
    "StrengthChoice",
    "StrengthSearch",
    "TermSearch",
    "TermSets",
    "TimeSplitter",
    "TrialFolds",
    "compare",
    "contributions",
    "cross_validated",
    "fit_term_sets",
    "fixed_folds",
    "interleaved_blocks",
    "regularization_path",
    "search_terms",
    "select_strength",
]
