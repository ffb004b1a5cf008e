"""Recordings from files: NWB, pynapple, ALF, npz, parquet and csv, all as one kind of object.

>>> import os, tempfile
>>> path = os.path.join(tempfile.mkdtemp(), "spikes.csv")
>>> _ = open(path, "w").write("unit,time\\n3,0.5\\n3,0.1\\n8,0.7\\n")
>>> recording = read(path)
>>> recording.names
('units', 'epochs/session')
"""

from .contract import Recording
from .entries import Entry
from .intervals import Events, Intervals
from .reading import read
from .results import write_results
from .series import Series
from .units import Units

__all__ = ["Entry", "Events", "Intervals", "Recording", "Series", "Units", "read", "write_results"]
