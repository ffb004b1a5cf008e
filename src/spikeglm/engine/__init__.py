"""One pass over rows: the only code that knows where work runs."""
