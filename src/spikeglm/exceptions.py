"""The exceptions and warnings a user may want to catch.

>>> issubclass(NotFittedError, ValueError), issubclass(NotFittedError, AttributeError)
(True, True)
"""

from .errors import ConvergenceWarning, NotFittedError, NothingToFitWarning

__all__ = ["ConvergenceWarning", "NotFittedError", "NothingToFitWarning"]
