"""Real recordings through :func:`spikeglm.encode`: each analysis is a description file.

All of them come with spikeglm; run the study as::

    python -m benchmarks.real_recordings

or one analysis alone::

    spikeglm fit benchmarks/real_recordings/place_cell.toml --out place_cell
"""
