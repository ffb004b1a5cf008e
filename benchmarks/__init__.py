"""Measures spikeglm beside its rivals: ``python -m benchmarks``, or ``make bench``.

Read in this order: ``problems.py`` (what is fitted), ``rivals/`` (who fits it, one file each),
``jobs/`` (what is timed inside a fresh process), ``processes.py`` (fresh processes, in turn),
``experiments/`` (one file per question), ``report.py`` (the tables).
"""
