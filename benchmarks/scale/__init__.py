"""Fits that outgrow memory or patience: scripts with their sizes as arguments.

    python -m benchmarks.scale.coupled --neurons 200 --functions 8 --bins 1000000
    python -m benchmarks.scale.streamed --bins 10000000 --features 100
    python -m benchmarks.scale.gpu --neurons 831 --functions 5 --bins 2460000

Each prints one table line per run; none of them is a test of time.
"""
