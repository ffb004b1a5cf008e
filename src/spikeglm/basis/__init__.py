"""Bases: functions of signals whose weighted sum a model can learn.

``Eval`` bases apply their functions to the value of an input; ``Conv`` bases convolve the input
with their functions over a window of the past. Bases add (features side by side) and multiply (all
products)::

    basis = RaisedCosineLogConv(8, window_size=80, label="history") \\
          + BSplineEval(5, label="x") * BSplineEval(5, label="y")
    X = basis.compute_features(counts, x, y)
"""

from .basis import Basis
from .bspline import BSplineConv, BSplineEval
from .category import Category
from .composite import AdditiveBasis, MultiplicativeBasis
from .custom import CustomBasis
from .cyclic_bspline import CyclicBSplineConv, CyclicBSplineEval
from .fourier import FourierEval
from .lags import HistoryConv, IdentityEval, Zero
from .mspline import MSplineConv, MSplineEval
from .orth_exponential import OrthExponentialConv, OrthExponentialEval
from .raised_cosine import RaisedCosineLinearConv, RaisedCosineLinearEval
from .raised_cosine_log import RaisedCosineLogConv, RaisedCosineLogEval
from .transformer import TransformerBasis

__all__ = [
    "AdditiveBasis",
    "BSplineConv",
    "BSplineEval",
    "Basis",
    "Category",
    "CustomBasis",
    "CyclicBSplineConv",
    "CyclicBSplineEval",
    "FourierEval",
    "HistoryConv",
    "IdentityEval",
    "MSplineConv",
    "MSplineEval",
    "MultiplicativeBasis",
    "OrthExponentialConv",
    "OrthExponentialEval",
    "RaisedCosineLinearConv",
    "RaisedCosineLinearEval",
    "RaisedCosineLogConv",
    "RaisedCosineLogEval",
    "TransformerBasis",
    "Zero",
]
