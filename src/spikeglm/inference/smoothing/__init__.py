"""Smoothness that the data choose: strengths of penalties, and what they leave of parameters."""

from .automatic import AutomaticFit, fit_automatically

__all__ = ["AutomaticFit", "fit_automatically"]
