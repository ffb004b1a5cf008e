"""The scikit-learn faces: thin estimators that say which columns they want."""

from .classification import ClassifierGLM, ClassifierPopulationGLM
from .glm import GLM
from .population import PopulationGLM
from .results.report import FitReport
from .saving.inspection import inspect_npz
from .saving.persistence import load_model

__all__ = [
    "GLM",
    "ClassifierGLM",
    "ClassifierPopulationGLM",
    "FitReport",
    "PopulationGLM",
    "inspect_npz",
    "load_model",
]
