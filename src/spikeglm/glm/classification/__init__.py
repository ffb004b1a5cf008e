"""Classifiers: the labels of one neuron, or of many, as response."""

from .classifier import ClassifierGLM
from .population import ClassifierPopulationGLM

__all__ = ["ClassifierGLM", "ClassifierPopulationGLM"]
