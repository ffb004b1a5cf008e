"""What holds for every test: property tests repeat."""

from hypothesis import settings

settings.register_profile("spikeglm", deadline=None, derandomize=True)
settings.load_profile("spikeglm")
