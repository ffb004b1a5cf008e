"""The edges: the only place that knows pynapple, files and other libraries' arrays."""
