"""Fits from sufficient statistics: quadratics in place of the loss, one visit of the rows."""
