"""Recordings to try the library on; each comes with its citation and its licence.

>>> from spikeglm.datasets import load_grasshopper
>>> recording = load_grasshopper(1)
>>> int(recording.counts.sum()), recording.duration_s
(929, 10.0)
"""

from .grasshopper import GrasshopperRecording, load_grasshopper, load_grasshopper_full

__all__ = ["GrasshopperRecording", "load_grasshopper", "load_grasshopper_full"]
