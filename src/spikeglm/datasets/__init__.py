"""Recordings to try the library on; each comes with its citation and its licence.

>>> from spikeglm.datasets import load_grasshopper
>>> recording = load_grasshopper(1)
>>> int(recording.counts.sum()), recording.duration_s
(929, 10.0)
"""

from .by_name import load_recording
from .grasshopper import GrasshopperRecording, load_grasshopper, load_grasshopper_full
from .place_cell import PlaceCellRecording, load_place_cell
from .rat_choices import RatChoices, load_rat_choices
from .retina import RetinaRecording, load_retina
from .stn import StnRecording, load_stn

__all__ = [
    "GrasshopperRecording",
    "PlaceCellRecording",
    "RatChoices",
    "RetinaRecording",
    "StnRecording",
    "load_grasshopper",
    "load_grasshopper_full",
    "load_place_cell",
    "load_rat_choices",
    "load_recording",
    "load_retina",
    "load_stn",
]
