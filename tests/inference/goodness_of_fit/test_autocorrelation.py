"""Autocorrelation of residuals: known sums, gaps, and how often independent ones stay inside."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo

autocorrelation = nmo.inference.residual_autocorrelation


def by_loop(z, lag, stretch):
    """The formula of the module, pair by pair."""
    mean, power = np.nanmean(z), np.nanvar(z)
    pairs = [
        (z[t] - mean) * (z[t + lag] - mean)
        for t in range(len(z) - lag)
        if stretch[t] == stretch[t + lag] and np.isfinite(z[t] * z[t + lag])
    ]
    error = max(np.sqrt(np.mean(np.square(pairs))) / power, 1) / np.sqrt(len(pairs))
    return np.mean(pairs) / power, error


def test_gaps_and_epochs_have_no_pairs():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(80, 2))
    z[[5, 30, 31], [0, 1, 1]] = np.nan
    times = np.concatenate([np.arange(50), 200 + np.arange(30)]) * 0.1
    epochs = nap.IntervalSet([0, 2.95], [2.94, 100])
    labelled = nap.TsdFrame(t=times, d=z, time_support=epochs, columns=["a", "b"])
    stretch = np.searchsorted([0, 30, 50], np.arange(80), side="right")
    found = autocorrelation(labelled, n_lags=4)
    for lag in range(1, 5):
        for n in range(2):
            r, error = by_loop(z[:, n], lag, stretch)
            assert_allclose(found.autocorrelation[lag - 1, n], r, rtol=1e-10)
            assert_allclose(found.band_95[lag - 1, n], 1.959964 * error, rtol=1e-6)
    table = found.to_frame()
    assert found.bin_s == 0.1 and table.lag_s.max() == 0.4
    assert table.neuron.tolist() == ["a"] * 4 + ["b"] * 4
    alone = autocorrelation(labelled["a"], n_lags=4)
    assert_allclose(alone.autocorrelation, found.autocorrelation[:, 0])
    assert_allclose(alone.p_value, found.p_value[0])


@pytest.mark.parametrize("kind", ["response", "pearson", "quantile"])
def test_a_right_model_stays_inside(kind):
    """Also where the variance of residuals moves with a slow rate: a plain 1.96 / sqrt(n) fails."""
    rng = np.random.default_rng(1)
    slow = np.sin(np.arange(1500) / 60)[:, None]
    y = rng.poisson(np.exp(1.2 * slow), (1500, 200)).astype(float)
    z = nmo.inference.residuals(nmo.PopulationGLM().fit(slow, y), slow, y, kind=kind)
    found = autocorrelation(z, n_lags=8)
    inside = np.abs(found.autocorrelation) < found.band_95
    assert 0.93 < inside.mean() < 0.97
    assert stats.kstest(found.p_value, "uniform").pvalue > 0.001
    plain = np.abs(found.autocorrelation) < 1.96 / np.sqrt(1500)
    assert (plain.mean() < 0.92) == (kind == "response")


def test_a_wrong_model_does_not():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2000, 1))
    slow = np.sin(np.arange(2000) / 50)
    y = rng.poisson(np.exp(0.3 * x[:, 0] + slow))
    z = nmo.inference.residuals(nmo.GLM().fit(x, y), x, y, kind="pearson")
    assert autocorrelation(z, n_lags=10).p_value < 1e-6


def test_edges():
    flat = autocorrelation(np.zeros((20, 1)), n_lags=2)
    assert np.isnan(flat.autocorrelation).all() and np.isnan(flat.p_value).all()
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 1)), columns=["cell"])
    assert autocorrelation(frame, n_lags=2).neurons == ("cell",)
    for wrong in (0, 19, 2.5):
        with pytest.raises(ValueError, match="from 1 to T - 2"):
            autocorrelation(np.zeros(20), n_lags=wrong)
