"""The container of named arrays from before plain dicts, kept for old scripts.

>>> FeaturePytree.__name__
'FeaturePytree'
"""

from .io.interop.feature_pytree import FeaturePytree

__all__ = ["FeaturePytree"]
