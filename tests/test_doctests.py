"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil
import sys
import warnings

import pytest

import spikeglm

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(spikeglm.__path__, "spikeglm.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    with warnings.catch_warnings():
        outcome = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    if "matplotlib.pyplot" in sys.modules:  # or it warns of the figures of all modules so far
        sys.modules["matplotlib.pyplot"].close("all")
    assert outcome.failed == 0
