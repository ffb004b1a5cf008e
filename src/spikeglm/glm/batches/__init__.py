"""Fits in steps, a mini-batch at a time."""
