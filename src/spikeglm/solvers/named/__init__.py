"""Solvers that users ask for by name."""
