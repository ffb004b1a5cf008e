"""Reduced-rank regression: many outputs that follow few combinations of the features."""

from .estimator import ReducedRankRegression
from .rank_choice import RankChoice

__all__ = ["RankChoice", "ReducedRankRegression"]
