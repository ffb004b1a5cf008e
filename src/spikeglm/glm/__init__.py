"""The scikit-learn faces: thin estimators that say which columns they want."""

from .classification import ClassifierGLM, ClassifierPopulationGLM
from .glm import GLM
from .inspection import inspect_npz
from .persistence import load_model
from .population import PopulationGLM
from .report import FitReport

__all__ = [
    "GLM",
    "ClassifierGLM",
    "ClassifierPopulationGLM",
    "FitReport",
    "PopulationGLM",
    "inspect_npz",
    "load_model",
]
