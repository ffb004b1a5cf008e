"""What holds for every test: property tests repeat, and no stray NumPy warning is tolerated."""

import pytest
from hypothesis import settings

settings.register_profile("spikeglm", deadline=None, derandomize=True)
settings.load_profile("spikeglm")

_FITTING = ("engine", "glm", "regularizer", "rows", "solvers", "spec")


def pytest_collection_modifyitems(items):
    """In the tests of fitting a RuntimeWarning, NumPy's or ours, is an error unless expected."""
    for item in items:
        if item.path.parent.name in _FITTING:
            item.add_marker(pytest.mark.filterwarnings("error::RuntimeWarning"), append=False)
