"""Intervals by the profile likelihood: where estimates are few, skewed or near an edge."""

from .intervals import ProfileIntervals, profile_intervals

__all__ = ["ProfileIntervals", "profile_intervals"]
