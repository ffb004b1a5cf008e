"""How property tests draw: the same examples in each run, or others (``make test-fresh``).

The fuzzer of fits draws its cases from seeds: ``pytest tests/fuzz --fuzz-fits 20000`` takes more of
them, and ``--fuzz-seed 500`` others.
"""

import os
import sys

# XLA compiles hundreds of small functions here, each of which runs once: what it is asked to leave
# out takes longer than they do. `XLA_FLAGS= make test` compiles as users do.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import pytest
from hypothesis import settings

from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, Ridge, UnRegularized
from spikeglm.solvers import registry

REGULARIZERS = (UnRegularized, Ridge, Lasso, ElasticNet, GroupLasso)

settings.register_profile("spikeglm", deadline=None, derandomize=True)
settings.register_profile("fresh", deadline=None, derandomize=False, database=None)
settings.load_profile("spikeglm")


def pytest_addoption(parser):
    """Add the size of the fuzzer's run."""
    group = parser.getgroup("fuzzer of fits")
    group.addoption("--fuzz-fits", type=int, default=500, help="how many cases (500)")
    group.addoption("--fuzz-seed", type=int, default=0, help="seed of the first case (0)")


@pytest.fixture(autouse=True)
def same_solvers_for_all(monkeypatch):
    """Undo what a test, or an example in a docstring, registers: others must not see it."""
    monkeypatch.setattr(registry, "_REGISTRY", registry._built_in())
    for kind in REGULARIZERS:
        monkeypatch.setattr(kind, "allowed_solvers", kind.allowed_solvers)


@pytest.fixture(autouse=True)
def figures_are_closed():
    """Close what a test, or an example of a page, has drawn: pyplot keeps every figure."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
