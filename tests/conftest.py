"""How property tests draw: the same examples in each run, or others (``make test-fresh``)."""

from hypothesis import settings

settings.register_profile("spikeglm", deadline=None, derandomize=True)
settings.register_profile("fresh", deadline=None, derandomize=False, database=None)
settings.load_profile("spikeglm")
