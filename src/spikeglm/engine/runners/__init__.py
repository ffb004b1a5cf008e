"""Where a pass runs, and why there: threads, JAX devices, a Dask cluster."""
