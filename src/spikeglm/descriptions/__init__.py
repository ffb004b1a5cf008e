"""An analysis as a text file: read it, write a first one, do what it says."""

from .description import Description
from .running import run_description
from .template import first_description

__all__ = ["Description", "first_description", "run_description"]
