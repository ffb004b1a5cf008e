"""Bases: functions of signals whose weighted sum a model can learn.

``Eval`` bases apply their functions to the value of an input; ``Conv`` bases convolve the input
with their functions over a window of the past. Bases add (features side by side) and multiply (all
products)::

    basis = RaisedCosineLogConv(8, window_size=80, label="history") \\
          + BSplineEval(5, label="x") * BSplineEval(5, label="y")
    X = basis.compute_features(counts, x, y)
"""

from .functions.bspline import BSplineConv, BSplineEval
from .functions.category import Category
from .functions.custom_basis import CustomBasis
from .functions.cyclic_bspline import CyclicBSplineConv, CyclicBSplineEval
from .functions.fourier import FourierEval
from .functions.identity import HistoryConv, IdentityEval, Zero
from .functions.ispline import ISplineEval
from .functions.mspline import MSplineConv, MSplineEval
from .functions.orth_exponential import OrthExponentialConv, OrthExponentialEval
from .functions.raised_cosine import RaisedCosineLinearConv, RaisedCosineLinearEval
from .functions.raised_cosine_log import RaisedCosineLogConv, RaisedCosineLogEval
from .pipeline.transformer import TransformerBasis
from .tree.basis import Basis
from .tree.composite import AdditiveBasis, MultiplicativeBasis

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
    "ISplineEval",
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
