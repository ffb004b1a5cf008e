"""Binned residuals: equal shares of rows, plain means, and how often a right model stays inside."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo

binned = nmo.inference.binned_residuals


def test_means_of_equal_shares():
    rng = np.random.default_rng(0)
    z, x = rng.normal(size=(60, 2)), rng.random(60)
    z[7, 1] = np.nan
    found = binned(z, x, n_bins=4)
    assert found.n_rows.sum(axis=0).tolist() == [60, 59]
    first = np.argsort(x)[:15]
    assert_allclose(found.mean[0, 0], z[first, 0].mean())
    assert_allclose(found.position[0, 0], x[first].mean())
    error = z[first, 0].std(ddof=1) / np.sqrt(15)
    assert_allclose(found.band_95[0, 0], 1.959964 * error, rtol=1e-6)
    frame = binned(pd.DataFrame(z, columns=["a", "b"]), x, n_bins=4).to_frame()
    assert_allclose(frame.query("neuron == 'b'")["mean"], found.mean[:, 1])


def test_a_right_model_stays_inside():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (2000, 1))
    y = rng.poisson(np.exp(x), (2000, 300)).astype(float)
    model = nmo.PopulationGLM().fit(x, y)
    z = nmo.inference.residuals(model, x, y, kind="pearson")
    found = binned(z, model.predict(x))
    assert 0.93 < np.mean(np.abs(found.mean) < found.band_95) < 0.98


def test_edges():
    few = binned(np.ones(2), np.arange(2.0), n_bins=3)
    assert few.n_rows.tolist() == [1, 1, 0] and np.isnan(few.mean[2])
    for by, n_bins in ((np.ones(3), 2), (np.ones((4, 2)), 2), (np.ones(4), 0)):
        with pytest.raises(ValueError, match="cannot be binned"):
            binned(np.ones(4), by, n_bins=n_bins)
