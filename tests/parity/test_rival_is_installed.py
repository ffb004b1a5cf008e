"""Say loudly, in the summary of every run, whether anything was compared."""

import importlib.util

import pytest
from tests.parity.conftest import MISSING


def test_nemos_is_installed():
    if importlib.util.find_spec("nemos") is None:
        pytest.skip(MISSING)
