"""Intervals and tests of coefficients that have bounds: how sure a fit without them is.

With bounds that may hold it an estimate is not normal, however long the recording (Self & Liang
1987). But the same fit without bounds is, and its errors are right whether the true coefficients
lie on bounds or not. So that fit is made (:mod:`.free_fit`), and what it says of each coefficient
is ordered by the likelihood ratio among the values that the bounds allow (:mod:`.ordered`).
"""

from .free_fit import without_bounds
from .ordered import Within, ordered_intervals

__all__ = ["Within", "ordered_intervals", "without_bounds"]
