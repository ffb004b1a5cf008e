"""Smooth penalties: the one descent loop, its directions and its line search."""
