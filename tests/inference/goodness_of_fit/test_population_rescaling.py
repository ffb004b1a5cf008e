"""Time rescaling of a population: R's numbers, patterns by enumeration, size and power."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import spikeglm as nmo
from spikeglm.inference.goodness_of_fit.population_rescaling import _pattern_probabilities
from spikeglm.inference.time_rescaling.rescaled_intervals import summarise

FILE = Path(__file__).parents[2] / "reference_data/time_rescaling.json"
R = json.loads(FILE.read_text())
COUNTS, MEANS = np.array(R["counts"]), np.array(R["mean_counts"])
of_counts = nmo.inference.time_rescaling_population
of_spikes = nmo.inference.time_rescaling_population_bernoulli


class Given(np.random.Generator):
    """A generator whose random numbers are known beforehand."""

    def __init__(self, *numbers):
        super().__init__(np.random.PCG64(0))
        self.numbers = list(numbers)

    def random(self, size=None, *args, **kwargs):
        return np.reshape(self.numbers.pop(0), size)


def agrees(found, expected):
    """Compare a TimeRescaling with what R wrote."""
    assert_allclose(found.intervals[0], expected["z"], rtol=1e-9, atol=1e-12)
    assert_allclose(np.sort(expected["u"]), found.uniforms, rtol=1e-9)
    assert_allclose(found.ks_distance, expected["D"], rtol=1e-9)
    assert_allclose(found.p_value, expected["p_exact"], rtol=1e-9)
    if "times" in expected and "delta" not in expected:
        assert_allclose(np.cumsum(found.intervals[0]), expected["times"], rtol=1e-9)
    if "autocorrelation_1_5" in expected:
        assert_allclose(found.autocorrelation[:5], expected["autocorrelation_1_5"], rtol=1e-8)


@pytest.mark.parametrize("neuron", range(3))
def test_single_neurons_have_rs_numbers(neuron):
    draw = Given(R["r"][neuron])
    found = nmo.inference.time_rescaling(COUNTS[:, neuron], MEANS[:, neuron], seed=draw)
    agrees(found, R["poisson"][neuron])
    assert_allclose(MEANS[:, neuron].sum(), R["poisson"][neuron]["total"])
    spikes, p = np.array(R["spikes01"])[:, neuron], np.array(R["prob"])[:, neuron]
    expected = R["haslinger"][neuron]
    found = nmo.inference.time_rescaling_bernoulli(spikes, p, seed=Given(R["r01"][neuron]))
    agrees(found, expected)
    q = -np.log1p(-p)
    assert_allclose(q, expected["q"], rtol=1e-12)
    assert_allclose(q.sum(), expected["total"])
    before = np.concatenate([[0.0], np.cumsum(q)])[np.flatnonzero(spikes)]
    assert_allclose(before + np.array(expected["delta"]), expected["times"], rtol=1e-9)
    within = -np.log1p(-np.array(R["r01"][neuron]) * p[spikes > 0])
    assert_allclose(within, expected["delta"], rtol=1e-9)


def rescaled():
    return [
        nmo.inference.time_rescaling(COUNTS[:, n], MEANS[:, n], seed=Given(R["r"][n])).intervals[0]
        for n in range(3)
    ]


def test_pooled_and_superposed_intervals_have_rs_numbers():
    pooled = summarise(np.concatenate(rescaled())[None], 5)
    expected = R["pooled"]
    assert_allclose(
        [pooled.ks_distance, pooled.n_spikes, pooled.p_value],
        [expected["D"], expected["n"], expected["p_exact"]],
        rtol=1e-9,
    )
    expected = R["superposed"]
    shortest = MEANS.sum(axis=0).min()
    times = np.sort(np.concatenate([np.cumsum(z) for z in rescaled()]))
    times = times[times <= shortest]
    found = summarise(3 * np.diff(times, prepend=0.0)[None], 5)
    assert_allclose(shortest, expected["T_min"])
    assert_allclose(times, expected["times"], rtol=1e-9)
    assert_allclose(found.intervals[0], expected["z"], rtol=1e-8, atol=1e-11)
    assert_allclose(
        [found.ks_distance, found.n_spikes, found.p_value],
        [expected["D"], expected["n"], expected["p_exact"]],
        rtol=1e-8,
    )


def test_ground_process_and_marks_have_rs_numbers():
    found = of_counts(COUNTS, MEANS, seed=Given(R["r_ground"], R["v_marks"]))
    agrees(found.ground, R["ground"])
    uniforms = -np.expm1(-found.marks.intervals[0])
    assert_allclose(uniforms, R["marks"]["u"], rtol=1e-9)
    assert_allclose(found.marks.uniforms, np.sort(R["marks"]["u"]), rtol=1e-9)
    assert_allclose(found.marks.ks_distance, R["marks"]["D"], rtol=1e-9)
    assert_allclose(found.marks.p_value, R["marks"]["p_exact"], rtol=1e-9)
    both = [found.ground.p_value, found.marks.p_value]
    assert_allclose(found.p_value, 1 - (1 - min(both)) ** 2)


def test_patterns_have_the_probabilities_of_all_patterns_in_order():
    p = np.random.default_rng(0).uniform(0.05, 0.6, 4)
    patterns = np.array(list(product([0, 1], repeat=4)))[1:]
    mass = np.prod(np.where(patterns > 0, p, 1 - p), axis=1)
    mass /= mass.sum()
    before, own = _pattern_probabilities(patterns, np.tile(p, (15, 1)))
    assert_allclose(own, mass, rtol=1e-12)
    assert_allclose(before, np.cumsum(mass) - mass, atol=1e-14)


def gain(rng, n_rows, sd):
    """One gain for all neurons, another every 20 bins."""
    return np.repeat(np.exp(sd * rng.normal(size=(n_rows // 20, 1)) - sd**2 / 2), 20, axis=0)


@pytest.mark.parametrize("kind", ["counts", "spikes"])
def test_right_models_pass_as_often_as_the_level_says_and_shared_gains_do_not(kind):
    rng = np.random.default_rng(4)
    means = rng.uniform(0.02, 0.2, (400, 6))

    def p_values(rates, seed):
        if kind == "counts":
            found = of_counts(rng.poisson(rates), means, seed=seed)
        else:
            seen = rng.random(rates.shape) < -np.expm1(-rates)
            found = of_spikes(seen, -np.expm1(-means), seed=seed)
        return found.ground.p_value, found.marks.p_value

    right = np.array([p_values(means, seed) for seed in range(200)])
    for of_test in right.T:
        assert stats.kstest(of_test, "uniform").pvalue > 0.01
    assert abs(stats.spearmanr(*right.T).statistic) < 0.2
    gained = [p_values(means * gain(rng, 400, 1.5), seed)[0] for seed in range(20)]
    others = [p_values(means * [2.0, 1.5, 1.0, 1.0, 0.4, 0.1], seed)[1] for seed in range(20)]
    assert np.median(gained) < 0.01 and np.median(others) < 0.01


def test_gaps_and_names():
    means = np.full((300, 2), 0.3)
    means[10, 1] = np.nan
    counts = np.random.default_rng(0).poisson(0.3, (300, 2))
    left_out = of_counts(np.delete(counts, 10, axis=0), np.delete(means, 10, axis=0))
    found = of_counts(counts, means)
    assert_allclose(found.marks.intervals, left_out.marks.intervals)
    assert 10 not in found.event_bins and found.event_bins.max() > 290
    frame = pd.DataFrame(counts, columns=["a", "b"])
    with pytest.raises(ValueError, match="neurons of counts"):
        of_counts(frame, pd.DataFrame(means, columns=["b", "a"]))


@pytest.mark.parametrize(
    "test, counts, means, says",
    [
        (of_counts, np.ones(20), np.ones(20), "a column per neuron"),
        (of_counts, np.ones((20, 2)), np.ones((20, 3)), "one shape"),
        (of_counts, np.full((20, 2), 0.5), np.ones((20, 2)), "whole numbers"),
        (of_counts, np.ones((20, 2)), -np.ones((20, 2)), "not negative"),
        (of_counts, np.ones((1, 2)), np.ones((1, 2)), "too few spikes"),
        (of_spikes, np.full((20, 2), 2), np.full((20, 2), 0.5), "at most one spike"),
        (of_spikes, np.ones((20, 2)), np.ones((20, 2)), "below 1"),
    ],
)
def test_what_cannot_be_tested_is_explained(test, counts, means, says):
    with pytest.raises(ValueError, match=says):
        test(counts, means)
