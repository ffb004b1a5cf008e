"""What each term adds: refitted without it, alone, zeroed, shuffled, or in every order (Shapley)."""

from .result import Contributions
from .study import contributions

__all__ = ["Contributions", "contributions"]
