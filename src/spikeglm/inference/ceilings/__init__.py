"""How much of a response could be predicted at all: signal and noise from repeats."""

from .noise_ceiling import NoiseCeiling, noise_ceiling

__all__ = ["NoiseCeiling", "noise_ceiling"]
