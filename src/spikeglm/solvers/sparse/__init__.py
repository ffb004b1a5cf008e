"""Penalties with kinks: proximal Newton steps on working sets, and paths of strengths."""
