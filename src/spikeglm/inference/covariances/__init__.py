"""Covariances that hold where the model does not: sandwiches around what the rows say.

With B the inverse of the (penalised) information and M the products of scores, B M B: of rows
(HC0 to HC3), of groups of rows (cluster), of rows that are near in time (HAC).
"""

from .requested import COV_TYPES, Requested
from .rows_in_time import RowsInTime
from .sandwich import uncertainties

__all__ = ["COV_TYPES", "Requested", "RowsInTime", "uncertainties"]
