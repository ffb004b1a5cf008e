"""Things to draw, and a rule for all tests here: drawing leaves no figure and no setting behind."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from spikeglm.inference.filters import filter_band
from spikeglm.inference.time_rescaling import time_rescaling

mpl.use("Agg")


@pytest.fixture(autouse=True)
def settings_stay_as_they_were():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


@pytest.fixture
def found():
    """A filter of 20 lags of 0.5 ms."""
    kernel = np.random.default_rng(0).uniform(size=(20, 3))
    return filter_band(kernel, [0.5, -1.0, 0.2], covariance=0.01 * np.eye(3), bin_s=0.0005)


@pytest.fixture
def rescaling():
    """The true model of 1000 bins."""
    rng = np.random.default_rng(0)
    mean_counts = rng.gamma(2.0, 0.2, size=1000)
    return time_rescaling(rng.poisson(mean_counts), mean_counts)
