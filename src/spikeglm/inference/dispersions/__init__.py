"""How much more counts vary than Poisson counts: scales, their errors and intervals, and a test."""

from .overdispersion import Overdispersion, overdispersion

__all__ = ["Overdispersion", "overdispersion"]
