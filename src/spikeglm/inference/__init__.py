"""How sure are we: standard errors, intervals, goodness of fit. Reads the plain record of a fit."""

__all__: list[str] = []
