"""Signals convolved with functions, a block of rows at a time."""
