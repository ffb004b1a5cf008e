"""What we assume about the coefficients: one file per penalty, prox beside its value."""

from .base import Penalty, Regularizer
from .bounded import Bounded
from .elastic_net import ElasticNet
from .firth import Firth
from .group_lasso import GroupLasso
from .lasso import Lasso
from .named import regularizer_of
from .quadratic import Quadratic
from .ridge import Ridge
from .smoothness import Smoothness
from .unregularized import UnRegularized

__all__ = [
    "Bounded",
    "ElasticNet",
    "Firth",
    "GroupLasso",
    "Lasso",
    "Penalty",
    "Quadratic",
    "Regularizer",
    "Ridge",
    "Smoothness",
    "UnRegularized",
    "regularizer_of",
]
