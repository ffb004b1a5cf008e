"""The same calls on NeMoS and on spikeglm; needs NeMoS (Python >= 3.12): ``make parity``.

Where NeMoS is not installed the whole folder is skipped, and the summary of the run says so.
"""

import importlib.util

import pytest

MISSING = (
    "NOTHING WAS COMPARED WITH NeMoS: it is not installed here. `make parity` installs it, where "
    "there is a Python >= 3.12, in an environment of its own and runs these tests."
)
collect_ignore_glob = ["test_[!r]*.py"] if importlib.util.find_spec("nemos") is None else []


@pytest.fixture(scope="session", autouse=True)
def float64():
    """NeMoS computes in float32 unless a global flag of JAX says otherwise."""
    if importlib.util.find_spec("nemos") is None:
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
