"""The recordings that are fitted: what they claim about themselves."""

import numpy as np
from benchmarks.problems import (
    N_BUMPS,
    Problem,
    coupled_population,
    filtered,
    one_neuron,
    population_counts,
    raised_cosines,
    simulate,
)


def test_features_are_sums_over_strictly_past_bins():
    rng = np.random.default_rng(0)
    signals, bumps = rng.poisson(0.3, (40, 2)).astype(float), rng.normal(size=(5, 3))
    features = filtered(signals, bumps)
    for t in range(5, 40):
        window = signals[t - 5 : t][::-1]  # lag 1 first
        np.testing.assert_allclose(features[t], (window.T @ bumps).ravel(), atol=1e-12)


def test_bumps_tile_the_window():
    total = raised_cosines(N_BUMPS, 100).sum(axis=1)
    assert (total <= 2.0 + 1e-12).all() and (total >= 1.0 - 1e-12).all()
    np.testing.assert_allclose(total[2:55], 2.0, atol=1e-12)  # a spacing or more from the ends


def test_the_ring_of_pending_drive_is_the_convolution_of_spikes_with_kernels():
    rng = np.random.default_rng(3)
    kernels = rng.normal(-0.1, 0.1, (2, 7, 2))
    drive = np.full((60, 2), -0.5)
    counts = simulate(kernels, drive, np.random.default_rng(5))
    again = np.random.default_rng(5)
    for t in range(60):
        eta = drive[t].copy()
        for lag in range(1, min(t, 7) + 1):
            eta += counts[t - lag] @ kernels[:, lag - 1, :]
        np.testing.assert_array_equal(again.poisson(np.exp(eta)), counts[t])


def test_the_population_is_stable_refractory_and_fires_as_asked():
    counts = population_counts(6_000, 10)
    rates = counts.mean(axis=0)
    assert rates.min() > 0.02 and rates.max() < 0.3
    assert abs(counts[:3000].mean() / counts[3000:].mean() - 1) < 0.1
    next_to_spike = (counts[1:] * counts[:-1]).mean(axis=0)
    assert next_to_spike.sum() < 0.5 * (rates**2).sum()


def test_problems_are_seeded_and_survive_the_disk(tmp_path):
    first, second = coupled_population(300, 2), coupled_population(300, 2)
    np.testing.assert_array_equal(first.X, second.X)
    back = Problem.load(Problem(first.X, first.y, 0.25).save(tmp_path / "p"))
    np.testing.assert_array_equal(back.y, first.y)
    assert back.strength == 0.25
    assert one_neuron(500).X.shape == (500, 26)
