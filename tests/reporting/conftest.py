"""One analysis, one page of it and one browser for all tests of reports."""

import os
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from tests.reporting import chromium

import spikeglm as nmo

mpl.use("Agg")
EVIL = "</script><b>&\"'"
"""A name that breaks a page that does not escape it."""
MARKUP = "<i>speed</i>"


def analysis():
    """Six neurons: driven by one thing, by two, by nothing; a silent one, and one badly named."""
    rng = np.random.default_rng(0)
    place, speed, x, y = rng.uniform(0, 1, (4, 1500))
    wave, away = np.sin(6 * place), np.exp(-8 * ((x - 0.3) ** 2 + (y - 0.6) ** 2))
    eta = np.column_stack(
        [wave - 1, speed - 1, wave + speed - 1, 0 * wave - 1, 0 * wave - 50, 2 * away - 1]
    )
    names = ["a1", "a2", "a10", "none of it", "mute", EVIL]
    counts = pd.DataFrame(rng.poisson(np.exp(eta)), columns=names)
    splines = nmo.basis.BSplineEval
    plane = nmo.basis.MultiplicativeBasis(splines(4, label="x"), splines(4, label="y"), label="map")
    basis = splines(6, label="place") + splines(5, label=MARKUP) + plane
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nmo.encode(counts, basis.design(place, speed, x, y), bin_s=0.02)


@pytest.fixture(scope="session")
def found():
    return analysis()


@pytest.fixture(scope="session")
def page(found, tmp_path_factory):
    """The path of a page."""
    return nmo.report(found, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    path = chromium.find()
    if path is None and os.environ.get("SPIKEGLM_BROWSER") == "required":
        pytest.fail(f"none of {', '.join(chromium.NAMES)} is installed: apt-get install chromium")
    if path is None:
        pytest.skip(f"none of {', '.join(chromium.NAMES)} is installed")
    running = chromium.Browser(path, tmp_path_factory.mktemp("profile"))
    yield running
    running.close()
