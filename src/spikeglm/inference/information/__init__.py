"""The curvature of the loss at an optimum: read from the rows, inverted, and what it tells."""
