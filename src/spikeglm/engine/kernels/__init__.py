"""What is computed on a block of rows: pure functions, written once for NumPy and JAX."""
