"""Real recordings through :func:`spikeglm.encode`, each from a description file.

Run it as::

    python -m benchmarks.real_recordings FOLDER

FOLDER holds what does not come with spikeglm; a recording that is not there is left out:

* ``place_cell_spikes-1.mat`` and ``stn_spikes-1.mat``, of the companion repository of Kramer & Eden
  (2016), Case Studies in Neural Data Analysis (MIT licence);
* ``sampleRatData.npz``, of the package psytrack (MIT licence):
  ``pip download --no-deps psytrack`` and unzip it; it is in ``psytrack/examples``.
"""
