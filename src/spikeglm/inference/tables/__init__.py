"""Tables of a fit: a summary with its coefficients, and criteria to compare models by."""

from .criteria import InformationCriteria, information_criteria
from .summary_table import Summary, summary

__all__ = ["InformationCriteria", "Summary", "information_criteria", "summary"]
