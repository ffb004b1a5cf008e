"""A table of rows (time bins × features), whatever holds it."""

from .arrays import ArrayRows
from .contract import Rows
from .stacked import StackedRows

__all__ = ["ArrayRows", "Rows", "StackedRows"]
