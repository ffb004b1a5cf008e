"""What each neuron encodes, in one call: strengths, fit, contributions, search, goodness, curves."""

from .analysis import encode
from .files import load_encoding
from .result import Encoding

__all__ = ["Encoding", "encode", "load_encoding"]
