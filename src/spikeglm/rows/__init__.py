"""A table of rows (time bins × features), whatever holds it."""

from .arrays import ArrayRows
from .contract import Rows
from .stacked import StackedRows
from .stored import StoredRows

__all__ = ["ArrayRows", "Rows", "StackedRows", "StoredRows"]
