"""Fits that outgrow memory or patience: scripts with their sizes as arguments.

    python -m benchmarks.scale.coupled --neurons 200 --functions 8 --bins 1000000
    python -m benchmarks.scale.wide --neurons 1000 --functions 20 --fitted 1 10 100
    python -m benchmarks.scale.streamed --bins 10000000 --features 100
    python -m benchmarks.scale.growth --rows 10000 100000 1000000 10000000
    python -m benchmarks.scale.columns --strengths 5 --folds 5
    python -m benchmarks.scale.dask --rows 500000
    python -m benchmarks.scale.gpu --neurons 831 --functions 5 --bins 2460000

Each prints one table line per run; none of them is a test of time.
"""
