"""What each neuron encodes, in one call: fit, contributions, search, goodness and curves."""

from .analysis import encode
from .result import Encoding, load_encoding

__all__ = ["Encoding", "encode", "load_encoding"]
