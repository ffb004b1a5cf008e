"""How large reports are, and how soon they are seen: ``python -m benchmarks.reports``.

Needs Chromium. ``--figure`` draws docs/figures/report.png instead.
"""
