"""Who drives whom: the filters between neurons as a matrix, with errors, tests and stability."""

from .result import Coupling
from .table import coupling

__all__ = ["Coupling", "coupling"]
