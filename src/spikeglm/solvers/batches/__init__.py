"""Mini-batches: one step per call, and what is remembered between calls."""
