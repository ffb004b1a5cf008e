"""The exceptions and warnings a user may want to catch."""

from .errors import ConvergenceWarning, NotFittedError

__all__ = ["ConvergenceWarning", "NotFittedError"]
