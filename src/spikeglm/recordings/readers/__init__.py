"""One file per format: a path in, a recording out."""
