"""Are near copies of features told apart as a QR factorisation would tell them apart?

``python -m benchmarks.near_dependence`` fits every model to two features that differ by a share of
their size, from 1e-2 to 1e-9, and compares the deviance with that of an independent reference in
extended precision. It writes ``RESULTS.md``.
"""
