"""Tests of terms: Wald, likelihood ratio and score, also of smooth terms; tails and q values."""

from ..false_discovery import q_values
from .term_table import TermTests, term_tests
from .weighted_chi_squares import weighted_chi2_tail

__all__ = ["TermTests", "q_values", "term_tests", "weighted_chi2_tail"]
