"""Recordings to try the library on; each comes with its citation and its licence.

>>> from spikeglm.datasets import load_grasshopper
>>> recording = load_grasshopper(1)
>>> int(recording.counts.sum()), recording.duration_s
(929, 10.0)
"""

from .grasshopper import GrasshopperRecording, load_grasshopper, load_grasshopper_full
from .retina import RetinaRecording, load_retina

__all__ = [
    "GrasshopperRecording",
    "RetinaRecording",
    "load_grasshopper",
    "load_grasshopper_full",
    "load_retina",
]
