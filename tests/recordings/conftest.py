"""One NWB file for all: 30 neurons, position, trials."""

import pytest
from tests.nwb_fixture import session, write_nwb


@pytest.fixture(scope="package")
def truth():
    return session()


@pytest.fixture(scope="package")
def nwb_path(tmp_path_factory, truth):
    path = tmp_path_factory.mktemp("nwb") / "session.nwb"
    write_nwb(path, truth)
    return path
