"""Bases as steps of a scikit-learn pipeline."""
