"""What residuals go with: sums pair by pair, levels of independent ones, and what is found."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo
from spikeglm.inference.goodness_of_fit import dependence

WINDOWS = ((1, 1), (2, 4), (5, 16))
T = 6000


def lagged_by_loop(z, stretch, t, window):
    """u_w(t) of the module for one neuron, lag by lag; None where nothing is known."""

    def mean(first, last):
        lags = [k for k in range(first, last + 1) if t >= k and stretch[t - k] == stretch[t]]
        return np.mean([z[t - k] for k in lags]) if lags else None

    far, farther = mean(17, 32), mean(33, 64)
    if far is None:
        return None
    slope = 0.0 if farther is None else (far - farther) / (48.5 - 24.5)
    return mean(*window) - far - slope * (24.5 - np.mean(window))


@pytest.mark.parametrize("block_rows", [2**16, 97])
def test_history_and_coupling_are_sums_over_pairs(block_rows, monkeypatch):
    monkeypatch.setattr(dependence, "_BLOCK_ROWS", block_rows)
    rng = np.random.default_rng(0)
    z = rng.poisson(0.2, (500, 2)) - 0.2
    z[40:43, 1] = np.nan
    times = np.concatenate([np.arange(300), 400 + np.arange(200)]) * 0.1
    epochs = nap.IntervalSet([0, 14.95], [14.94, 100])
    found = nmo.inference.residual_dependence(nap.TsdFrame(t=times, d=z, time_support=epochs))
    stretch, z = np.searchsorted([0, 150, 300], np.arange(500), side="right"), np.nan_to_num(z)
    p = np.zeros((3, 2, 2))
    for w, window in enumerate(WINDOWS):
        for m in range(2):
            u = [lagged_by_loop(z[:, m], stretch, t, window) for t in range(500)]
            u = np.array([0.0 if value is None else value for value in u])
            for n in range(2):
                products = z[:, n] * u
                variance = max((products**2).sum(), np.mean(z[:, n] ** 2) * np.sum(u**2))
                score = products.sum() / np.sqrt(variance)
                p[w, n, m] = 2 * stats.norm.sf(abs(score))
    simes = [[min(np.sort(p[:, n, m]) * [3, 1.5, 1]) for m in range(2)] for n in range(2)]
    assert_allclose(found.history, [simes[0][0], simes[1][1]], rtol=1e-9)
    assert_allclose(found.coupling, [simes[0][1], simes[1][0]], rtol=1e-9)


def test_drift_is_a_ratio_of_powers():
    z = np.random.default_rng(1).normal(size=T) + 0.1 * np.sin(np.arange(T) / 300)
    t = np.arange(T)
    power = [abs(np.sum(z * np.exp(-2j * np.pi * j * t / T))) ** 2 for j in range(301)]
    p = [
        stats.f.sf(np.mean(power[low : high + 1]) / np.mean(power[121:]), 2 * (high - low + 1), 360)
        for low, high in ((1, 4), (5, 20), (21, 60))
    ]
    found = nmo.inference.residual_dependence(z)
    assert_allclose(found.drift, [min(np.sort(p) * [3, 1.5, 1])], rtol=1e-8)


@pytest.mark.parametrize("mean", [0.02, 0.3])
def test_independent_residuals_keep_the_level(mean):
    z = np.random.default_rng(2).poisson(mean, (T, 200)) - mean
    found = nmo.inference.residual_dependence(z)
    most = stats.binom.isf(1e-3, 200, 0.05)
    for p in (found.history, found.coupling, found.drift):
        assert (p < 0.05).sum() <= most


def test_each_cause_has_its_answer():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(T, 4))
    z[1:, 0] -= 0.2 * z[:-1, 0]  # history
    z[3:, 1] += 0.2 * z[:-3, 2]  # coupling
    slow = np.repeat(rng.normal(size=T // 300), 300)
    z[:, 3] += 0.3 * np.convolve(slow, np.ones(300) / 300, "same")  # drift
    found = nmo.inference.residual_dependence(z)
    asked = np.array([found.history, found.coupling, found.drift])
    is_found = asked < 1e-4
    assert is_found.tolist() == [
        [True, False, False, False], [False, True, False, False], [False, False, False, True],
    ]  # fmt: skip
    assert asked[~is_found].min() > 1e-3
    table = found.to_frame()
    assert table["drift_p"].tolist() == found.drift.tolist()


def test_what_has_no_answer_is_nan():
    z = np.random.default_rng(4).normal(size=(400, 2))
    z[:, 1] = np.nan
    found = nmo.inference.residual_dependence(pd.DataFrame(z, columns=["a", "b"]))
    assert found.neurons == ("a", "b")
    assert np.isnan([found.history[1], found.coupling[1], *found.drift]).all()
    assert found.history[0] > 0
    assert np.isnan(nmo.inference.residual_dependence(z[:, 0]).coupling).all()
    with pytest.raises(ValueError, match="residuals"):
        nmo.inference.residual_dependence(np.zeros((2, 3, 4)))
