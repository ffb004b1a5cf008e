"""What each term adds: refitted without it, alone, zeroed, shuffled, in every order."""

from .result import Contributions
from .study import contributions

__all__ = ["Contributions", "contributions"]
