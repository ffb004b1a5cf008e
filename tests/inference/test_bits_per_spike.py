"""Bits per spike is the log-likelihood ratio that it claims to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import spikeglm as nmo
from spikeglm.inference.bits_per_spike import bits_per_spike, excess_bits_per_spike


@pytest.fixture
def population():
    rng = np.random.default_rng(0)
    mean = rng.gamma(2.0, 0.5, size=(400, 3))
    return rng.poisson(mean), mean


def test_is_the_difference_of_scipys_log_likelihoods(population):
    counts, mean = population
    null = np.array([0.8, 1.0, 1.2])
    ratio = stats.poisson.logpmf(counts, mean) - stats.poisson.logpmf(counts, null)
    expected = ratio.sum(axis=0) / counts.sum(axis=0) / np.log(2)
    np.testing.assert_allclose(bits_per_spike(counts, mean, null_mean=null), expected, rtol=1e-12)


def test_neurons_are_scored_one_by_one(population):
    counts, mean = population
    together = bits_per_spike(counts, mean, null_mean=1.0)
    alone = [bits_per_spike(counts[:, n], mean[:, n], null_mean=1.0) for n in range(3)]
    assert isinstance(alone[0], float)
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@given(st.floats(0.01, 100))
def test_the_null_gains_nothing_over_itself(mean):
    counts = np.array([0, 1, 4, 0])
    assert bits_per_spike(counts, np.full(4, mean), null_mean=mean) == pytest.approx(0, abs=1e-12)


@given(st.integers(2, 64))
def test_knowing_one_bin_in_k_gains_log2_k(k):
    """All spikes in one bin of k, the model puts all of its mean there."""
    counts = np.zeros(k)
    counts[0] = k
    assert bits_per_spike(counts, counts, null_mean=1.0) == pytest.approx(np.log2(k))


def test_a_null_per_row_is_the_sum_over_folds(population):
    counts, mean = population[0][:, 0], population[1][:, 0]
    null = np.where(np.arange(400) < 150, 0.9, 1.3)
    halves = [slice(0, 150), slice(150, 400)]
    bits = [bits_per_spike(counts[h], mean[h], null_mean=null[h]) for h in halves]
    spikes = [counts[h].sum() for h in halves]
    pooled = bits_per_spike(counts, mean, null_mean=null)
    assert pooled == pytest.approx(np.average(bits, weights=spikes))


def test_other_models_bring_their_log_likelihood():
    rng = np.random.default_rng(2)
    probability = rng.uniform(0.05, 0.6, size=500)
    spikes = (rng.random(500) < probability).astype(float)
    found = bits_per_spike(
        spikes,
        probability,
        null_mean=0.3,
        log_likelihood=lambda y, p: y * np.log(p) + (1 - y) * np.log1p(-p),
    )
    ratio = stats.bernoulli.logpmf(spikes, probability) - stats.bernoulli.logpmf(spikes, 0.3)
    assert found == pytest.approx(ratio.sum() / spikes.sum() / np.log(2))


def test_rows_with_nan_are_left_out_for_that_neuron_only(population):
    counts, mean = population[0].astype(float), population[1].copy()
    counts[3, 0], mean[5, 1] = np.nan, np.nan
    found = bits_per_spike(counts, mean, null_mean=1.0)
    for n, row in ((0, 3), (1, 5), (2, [])):
        expected = bits_per_spike(
            np.delete(counts[:, n], row), np.delete(mean[:, n], row), null_mean=1.0
        )
        assert found[n] == pytest.approx(expected)


def test_edges_are_told_apart():
    counts = np.array([[0, 1], [0, 1]])
    silent, surprised = bits_per_spike(counts, [[0.5, 0.0], [0.5, 1.0]], null_mean=[0.1, 1.0])
    assert np.isnan(silent)
    assert surprised == -np.inf


@pytest.mark.parametrize(
    "counts, mean, null, says",
    [
        (np.ones(3), np.ones(4), 1.0, "same shape"),
        (np.ones((3, 2)), np.ones(3), 1.0, "same shape"),
        (np.ones((3, 2)), np.ones((3, 2)), np.ones(5), "null_mean"),
        (1.0, 1.0, 1.0, "same shape"),
    ],
)
def test_shapes_that_do_not_fit_are_explained(counts, mean, null, says):
    with pytest.raises(ValueError, match=says):
        bits_per_spike(counts, mean, null_mean=null)


def test_excess_of_a_poisson_fit_is_the_difference_of_the_scores(population):
    """Near the optimum the certificate of a fit tells how many bits it lacks."""
    counts, mean = population
    X = np.log(mean)
    fast = nmo.PopulationGLM(solver_name="PolynomialApproximation").fit(0.2 * X, counts)
    exact = nmo.PopulationGLM().fit(0.2 * X, counts)
    null = counts.mean(axis=0)
    short = [bits_per_spike(counts, m.predict(0.2 * X), null_mean=null) for m in (exact, fast)]
    np.testing.assert_allclose(
        excess_bits_per_spike(fast.fit_report_.result), short[0] - short[1], rtol=0.3, atol=1e-6
    )
