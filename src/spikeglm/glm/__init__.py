"""The scikit-learn faces: thin estimators that say which columns they want."""

from .glm import GLM
from .persistence import load_model
from .population import PopulationGLM
from .report import FitReport

__all__ = ["GLM", "FitReport", "PopulationGLM", "load_model"]
