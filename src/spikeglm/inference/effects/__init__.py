"""Effects: what terms do to the response, in physical units, and how sure that is."""

from .curves import Curve
from .partial import partial_effect

__all__ = ["Curve", "partial_effect"]
