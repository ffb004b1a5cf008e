"""Is it real: tests against draws of the data that are as slow, and in which nothing is related."""

from .bootstrap import block_bootstrap
from .bootstrap_result import BlockBootstrap
from .p_values import combine_p_values
from .pseudosessions import Pseudosession
from .result import NullTest
from .sessions import SessionPermutation
from .shifts import CircularShift, LinearShift
from .testing import null_test

__all__ = [
    "BlockBootstrap",
    "CircularShift",
    "LinearShift",
    "NullTest",
    "Pseudosession",
    "SessionPermutation",
    "block_bootstrap",
    "combine_p_values",
    "null_test",
]
