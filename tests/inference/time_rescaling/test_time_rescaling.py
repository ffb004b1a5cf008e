"""Time rescaling accepts the true model, at the rate it promises, and rejects a wrong one."""

import numpy as np
import pytest
from scipy import stats

from spikeglm.inference.time_rescaling import (
    time_rescaling,
    time_rescaling_bernoulli,
    time_rescaling_continuous,
)


def coarse_poisson(seed, n_bins=1500):
    """Counts up to several per bin, from a rate that varies from bin to bin."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1.5, 0.3, size=n_bins)
    return rng.poisson(mean), mean


def coarse_bernoulli(seed, n_bins=2000):
    """A 0/1 train with a probability up to one half that also depends on the last bin."""
    rng = np.random.default_rng(seed)
    drive = rng.uniform(0.0, 0.5, size=n_bins)
    spikes, probability = np.zeros(n_bins, dtype=int), np.empty(n_bins)
    for t in range(n_bins):
        probability[t] = drive[t] * (0.2 if t and spikes[t - 1] else 1.0)
        spikes[t] = rng.random() < probability[t]
    return spikes, probability


CASES = {
    "poisson": (time_rescaling, coarse_poisson),
    "bernoulli": (time_rescaling_bernoulli, coarse_bernoulli),
}
corrected = pytest.mark.parametrize("test, simulate", CASES.values(), ids=CASES)


@corrected
def test_p_values_of_the_true_model_are_uniform(test, simulate):
    p_values = [test(*simulate(seed), seed=seed).p_value for seed in range(300)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert stats.binomtest(int(np.sum(np.less(p_values, 0.05))), 300, 0.05).pvalue > 0.01


@corrected
def test_without_the_correction_coarse_bins_reject_the_true_model(test, simulate):
    counts, mean = simulate(0)
    assert test(counts, mean).p_value > 0.01
    assert time_rescaling_continuous(counts, mean).p_value < 1e-6


def test_in_fine_bins_the_correction_changes_nothing():
    rng = np.random.default_rng(3)
    mean = np.full(400_000, 1e-3)
    counts = rng.poisson(mean)
    with_, without = time_rescaling(counts, mean), time_rescaling_continuous(counts, mean)
    assert with_.ks_distance == pytest.approx(without.ks_distance, abs=2e-3)
    assert without.p_value > 0.05


@corrected
@pytest.mark.parametrize("wrong", [lambda m: 0.7 * m, lambda m: np.full_like(m, m.mean())])
def test_a_wrong_rate_is_rejected(test, simulate, wrong):
    counts, mean = simulate(1, n_bins=8000)
    assert test(counts, wrong(mean)).p_value < 0.01


def test_missing_history_shows_in_the_autocorrelation():
    """A rate that drifts slowly makes the intervals under a constant rate correlated."""
    rng = np.random.default_rng(5)
    mean = 0.3 * np.exp(1.2 * np.sin(np.arange(6000) / 300))
    counts = rng.poisson(mean)
    right = time_rescaling(counts, mean)
    wrong = time_rescaling(counts, np.full(6000, counts.mean()))
    assert np.mean(np.abs(right.autocorrelation) < right.autocorrelation_band_95) >= 0.8
    assert np.all(wrong.autocorrelation[:5] > 2 * wrong.autocorrelation_band_95)


@corrected
def test_intervals_do_not_depend_on_the_width_of_bins_without_rate(test, simulate):
    """Bins in which nothing can happen may be put in anywhere."""
    counts, mean = simulate(2)
    padded_counts, padded_mean = np.zeros(2 * counts.size, dtype=int), np.zeros(2 * counts.size)
    padded_counts[1::2], padded_mean[1::2] = counts, mean
    np.testing.assert_allclose(
        test(padded_counts, padded_mean, seed=4).intervals,
        test(counts, mean, seed=4).intervals,
        atol=1e-9,
    )


def test_poisson_intervals_add_up_to_the_integrated_rate():
    counts, mean = np.array([0, 2, 0, 3, 1, 0]), np.array([0.5, 1.0, 0.2, 2.0, 0.7, 0.9])
    result = time_rescaling(counts, mean, n_draws=50)
    assert result.intervals.shape == (50, 6)
    times = np.cumsum(result.intervals, axis=1)
    low = np.array([0.5, 0.5, 1.7, 1.7, 1.7, 3.7])
    high = np.array([1.5, 1.5, 3.7, 3.7, 3.7, 4.4])
    assert np.all((times >= low) & (times <= high))


def test_bernoulli_intervals_follow_the_published_formula():
    """Haslinger et al. 2010, written as a loop over bins."""
    spikes, probability = coarse_bernoulli(7, n_bins=200)
    position = iter(np.random.default_rng(11).random((1, spikes.sum()))[0])
    expected, total = [], 0.0
    for spike, p in zip(spikes, probability, strict=True):
        if spike:
            expected.append(total - np.log(1 - next(position) * p))
            total = 0.0
        else:
            total += -np.log(1 - p)
    result = time_rescaling_bernoulli(spikes, probability, seed=11)
    np.testing.assert_allclose(result.intervals[0], expected, atol=1e-12)


def test_ks_numbers_agree_with_scipy():
    counts, mean = coarse_poisson(8)
    result = time_rescaling(counts, 1.1 * mean)
    scipy = stats.kstest(result.intervals[0], "expon")
    assert result.ks_distance == pytest.approx(scipy.statistic, abs=1e-12)
    assert result.p_value == pytest.approx(scipy.pvalue, rel=1e-6)
    n = result.n_spikes
    assert result.band_95 * np.sqrt(n) == pytest.approx(1.36, abs=0.02)  # the textbook's numbers
    assert result.band_99 * np.sqrt(n) == pytest.approx(1.63, abs=0.02)
    assert np.all(np.diff(result.uniforms) >= 0)
    np.testing.assert_allclose(result.model_quantiles, (np.arange(1, n + 1) - 0.5) / n)


@corrected
def test_seed_decides_the_draw_and_averaging_steadies_it(test, simulate):
    counts, mean = simulate(9)
    assert test(counts, mean, seed=1).ks_distance == test(counts, mean, seed=1).ks_distance
    generator = np.random.default_rng(1)
    assert test(counts, mean, seed=generator).ks_distance == test(counts, mean, seed=1).ks_distance
    single = [test(counts, mean, seed=s).ks_distance for s in range(20)]
    averaged = [test(counts, mean, seed=s, n_draws=20).ks_distance for s in range(20)]
    assert np.std(averaged) < 0.5 * np.std(single)
    assert np.mean(averaged) <= np.mean(single)


@corrected
def test_rows_without_a_prediction_are_left_out_with_their_spikes(test, simulate):
    counts, mean = simulate(10)
    holes = np.arange(mean.size) % 7 == 0
    result = test(counts, np.where(holes, np.nan, mean), seed=2)
    expected = test(counts[~holes], mean[~holes], seed=2)
    np.testing.assert_array_equal(result.intervals, expected.intervals)


def test_stitched_epochs_of_the_true_model_pass():
    """Many short epochs: cutting intervals at their borders would favour the short ones."""
    parts = [coarse_poisson(seed, n_bins=5) for seed in range(800)]
    counts, mean = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert time_rescaling(counts, mean).p_value > 0.05


def test_inputs_are_left_alone():
    counts, mean = coarse_poisson(0)
    before = counts.copy(), mean.copy()
    time_rescaling(counts, mean)
    np.testing.assert_array_equal(counts, before[0])
    np.testing.assert_array_equal(mean, before[1])


@pytest.mark.parametrize(
    "counts, mean, says",
    [
        (np.ones((20, 2)), np.ones((20, 2)), "one neuron"),
        (np.ones(20), np.ones(19), "one shape"),
        (np.full(20, -1), np.ones(20), "whole numbers"),
        (np.full(20, 0.5), np.ones(20), "whole numbers"),
        (np.full(20, np.nan), np.ones(20), "whole numbers"),
        (np.ones(20), -np.ones(20), "not negative"),
        (np.ones(20), np.full(20, np.inf), "finite"),
        (np.ones(4), np.ones(4), "too few spikes"),
        (np.ones(20), np.full(20, np.nan), "too few spikes"),
        (np.zeros(0), np.zeros(0), "too few spikes"),
    ],
)
@pytest.mark.parametrize(
    "test", [time_rescaling, time_rescaling_bernoulli, time_rescaling_continuous]
)
def test_unusable_rows_are_explained(test, counts, mean, says):
    with pytest.raises(ValueError, match=says):
        test(counts, mean)


def test_bernoulli_explains_counts_and_probabilities_it_cannot_use():
    with pytest.raises(ValueError, match=r"time_rescaling \(Poisson"):
        time_rescaling_bernoulli(np.full(20, 2), np.full(20, 0.5))
    with pytest.raises(ValueError, match=r"1 - exp\(-mean\)"):
        time_rescaling_bernoulli(np.ones(20), np.full(20, 1.5))
    with pytest.raises(ValueError, match="n_draws"):
        time_rescaling(np.ones(20), np.ones(20), n_draws=0)
