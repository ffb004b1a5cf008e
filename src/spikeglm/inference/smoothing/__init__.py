"""Smoothness that the data choose: strengths of penalties, and what they leave of parameters.

A fit at strengths that are given needs none of it: it is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHEN_ASKED = {
    "EffectiveDegrees": "degrees",
    "effective_degrees": "degrees",
    "fit_automatically": "automatic",
    "OverStrengths": "over_strengths",
}

__all__ = ["EffectiveDegrees", "OverStrengths", "effective_degrees", "fit_automatically"]


def __getattr__(name: str) -> Any:
    """Import what a name stands for when it is first used."""
    if name in _WHEN_ASKED:
        return getattr(importlib.import_module(f"{__name__}.{_WHEN_ASKED[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
