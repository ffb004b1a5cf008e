"""Solvers of a user's own, and the contract that they keep."""
