"""Messages are what a sum over all paths says, whatever the sessions, runs and blocks."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.glm_hmm.enumeration import enumerated

from spikeglm.glm_hmm.blocks import Blocks, Chain
from spikeglm.glm_hmm.carrying import _FEW
from spikeglm.glm_hmm.log_messages import (
    filtered_in_logs,
    most_likely_path,
    smoothed_in_logs,
)
from spikeglm.glm_hmm.messages import Filtered, Smoothed, _length, filtered, smoothed

KINDS = ["plain", "sessions", "driven", "zeros"]


def chains(kind, T=7, R=2, K=3, seed=0):
    """R chains and log-emissions (T, R, K); some trials are missing."""
    rng = np.random.default_rng(seed)
    starts = np.arange(T) == 0
    if kind != "plain":
        starts[[1, T - 2]] = True
    shape = (T, R, K) if kind == "driven" else (R, K)
    transition = rng.dirichlet(np.ones(K), shape)
    if kind == "zeros":  # from left to right: states are never left backwards
        transition = np.triu(transition)
        transition /= transition.sum(axis=-1, keepdims=True)
    log_emission = rng.normal(size=(T, R, K)) * 2
    log_emission[3] = 0.0
    return log_emission, Chain(rng.dirichlet(np.ones(K), R), transition, starts)


def oracle(log_emission, chain, r):
    transition = chain.transition[:, r] if chain.is_driven else chain.transition[r]
    return enumerated(log_emission[:, r], chain.initial[r], transition, chain.starts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["scaled", "in logs"])
def test_messages_equal_the_sum_over_all_paths(kind, how):
    log_emission, chain = chains(kind)
    smooth, filt = smoothed(log_emission, chain), filtered(log_emission, chain)
    if how == "in logs":
        smooth = Smoothed(*smoothed_in_logs(log_emission, chain))
        filt = Filtered(*filtered_in_logs(log_emission, chain))
    path = most_likely_path(log_emission, chain)
    for r in range(2):
        log_p, posterior, filtered_p, pairs, best = oracle(log_emission, chain, r)
        assert_allclose(smooth.log_likelihood[r], log_p, rtol=1e-12)
        assert_allclose(filt.log_likelihood[r], log_p, rtol=1e-12)
        assert_allclose(smooth.probability[:, r], posterior, atol=1e-12)
        assert_allclose(filt.probability[:, r], filtered_p, atol=1e-12)
        assert_allclose(smooth.moves[r], pairs.sum(axis=0), atol=1e-12)
        if chain.is_driven:
            assert_allclose(smooth.joint[:, r], pairs, atol=1e-12)
        assert_array_equal(path[:, r], best)


@pytest.mark.parametrize("kind", KINDS)
def test_messages_of_many_blocks_are_those_in_logarithms(kind):
    """Groups of blocks; from left to right, what states make of a group is far apart."""
    log_emission, chain = chains(kind, T=3000)
    assert Blocks.of_length(3000, _length(chain.starts)).n_blocks > _FEW
    found, expected = (
        smoothed(log_emission, chain),
        Smoothed(*smoothed_in_logs(log_emission, chain)),
    )
    assert_allclose(found.log_predictive, expected.log_predictive, atol=1e-9)
    assert_allclose(found.probability, expected.probability, atol=1e-9)
    assert_allclose(found.moves, expected.moves, atol=1e-9)
    filt = Filtered(*filtered_in_logs(log_emission, chain))
    assert_allclose(filtered(log_emission, chain).probability, filt.probability, atol=1e-9)


@pytest.mark.parametrize("kind", ["sessions", "driven", "zeros"])
@pytest.mark.parametrize("lengths", ["equal", "ragged", "short"])
def test_messages_of_many_sessions_are_those_in_logarithms(kind, lengths):
    """Blocks with sessions forget; equal ones begin with a block, the last is cut short."""
    log_emission, chain = chains(kind, T=2950)
    n = {"equal": 60, "ragged": 173, "short": 3}[lengths]
    step = n if lengths == "equal" else np.random.default_rng(1).integers(1, 2 * n, 2950)
    firsts = np.arange(0, 2950, n) if lengths == "equal" else np.append(0, np.cumsum(step))
    starts = np.isin(np.arange(2950), firsts)
    chain = Chain(chain.initial, chain.transition, starts)
    assert (60 % _length(starts) == 0) == (lengths == "equal")
    found = smoothed(log_emission, chain)
    expected = Smoothed(*smoothed_in_logs(log_emission, chain))
    assert_allclose(found.log_predictive, expected.log_predictive, atol=1e-9)
    assert_allclose(found.probability, expected.probability, atol=1e-9)
    assert_allclose(found.moves, expected.moves, atol=1e-9)
    assert_allclose(found.log_likelihood[0], sum_of_sessions(log_emission, chain), rtol=1e-10)


def sum_of_sessions(log_emission, chain):
    """Sessions one by one, each as if there were no other."""
    ends = np.append(np.flatnonzero(chain.starts)[1:], len(chain.starts))
    total = 0.0
    for first, end in zip(np.flatnonzero(chain.starts), ends, strict=True):
        part = slice(first, end)
        transition = chain.transition[part] if chain.is_driven else chain.transition
        one = Chain(chain.initial, transition, np.arange(end - first) == 0)
        total += smoothed(log_emission[part], one).log_likelihood[0]
    return total


def test_states_that_are_never_left_are_told_apart_by_a_whole_session():
    """A start in the state that explains next to nothing: the other one is of no use to it."""
    log_emission = np.zeros((20_000, 1, 2))
    log_emission[..., 1] = -3.0
    chain = Chain(np.array([[0.0, 1.0]]), np.eye(2)[None], np.arange(20_000) == 0)
    found = smoothed(log_emission, chain)
    assert_allclose(found.log_likelihood, -60_000.0)
    assert_allclose(found.probability[:, 0, 1], 1.0)


def sequential(log_emission, initial, transition, starts):
    """The textbook recursion of one chain, trial by trial, in logarithms."""
    alpha, total = None, 0.0
    for t, row in enumerate(log_emission):
        before = np.log(initial) if starts[t] else None
        if before is None:
            terms = alpha[:, None] + np.log(transition)
            before = np.logaddexp.reduce(terms, axis=0)
        alpha = before + row
        step = np.logaddexp.reduce(alpha)
        total, alpha = total + step, alpha - step
    return total


@pytest.mark.parametrize("T", [1, 2, 3, 10, 99, 100, 101])
def test_chains_of_any_length_have_the_likelihood_of_the_recursion(T):
    rng = np.random.default_rng(T)
    log_emission = rng.normal(size=(T, 3, 2))
    starts = rng.random(T) < 0.05
    starts[0] = True
    chain = Chain(rng.dirichlet([1, 1], 3), rng.dirichlet([1, 1], (3, 2)), starts)
    expected = [
        sequential(log_emission[:, r], chain.initial[r], chain.transition[r], starts)
        for r in range(3)
    ]
    assert_allclose(smoothed(log_emission, chain).log_likelihood, expected, rtol=1e-12)
    in_logs = Filtered(*filtered_in_logs(log_emission, chain))
    assert_allclose(in_logs.log_likelihood, expected, rtol=1e-12)


def test_sessions_by_themselves_say_what_they_say_together():
    log_emission, chain = chains("sessions", T=50, R=1, seed=3)
    edges = [*np.flatnonzero(chain.starts), 50]
    whole, path = smoothed(log_emission, chain), most_likely_path(log_emission, chain)
    for a, b in pairwise(edges):
        alone = Chain(chain.initial, chain.transition, np.arange(b - a) == 0)
        assert_allclose(smoothed(log_emission[a:b], alone).probability, whole.probability[a:b])
        assert_array_equal(most_likely_path(log_emission[a:b], alone), path[a:b])


def test_moves_and_first_trials_add_up_to_the_posteriors():
    log_emission, chain = chains("sessions", T=200, R=2, seed=4)
    found = smoothed(log_emission, chain)
    leads_on = ~np.append(chain.starts[1:], True)
    assert_allclose(found.moves.sum(axis=2), found.probability[leads_on].sum(axis=0))
    assert_allclose(found.moves.sum(axis=1), found.probability[~chain.starts].sum(axis=0))


def test_an_impossible_state_does_not_spoil_the_likelihood():
    """A response that only a state allows which cannot be reached at once: scaled sums are zero."""
    transition = np.array([[[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]])
    log_emission = np.zeros((30, 1, 3))
    log_emission[1, 0] = [-2000.0, -2000.0, 0.0]
    chain = Chain(np.array([[1.0, 0.0, 0.0]]), transition, np.arange(30) == 0)
    found = smoothed(log_emission, chain)
    assert_allclose(found.log_likelihood, -2000.0)
    assert_allclose(found.probability[1, 0], [0.5, 0.5, 0.0], atol=1e-12)


def test_far_apart_log_emissions_stay_finite():
    rng = np.random.default_rng(0)
    log_emission = rng.normal(size=(500, 2, 3)) * 500
    _, chain = chains("plain", T=500, R=2)
    found = smoothed(log_emission, chain)
    assert np.isfinite(found.probability).all() and np.isfinite(found.log_likelihood).all()
    expected = sequential(log_emission[:, 0], chain.initial[0], chain.transition[0], chain.starts)
    assert_allclose(found.log_likelihood[0], expected, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4, 5, 17, 100])
def test_blocks_hold_every_trial_once(n):
    blocks = Blocks.of(n)
    values = np.arange(2.0 * n).reshape(n, 2)
    assert_array_equal(blocks.unfold(blocks.fold(values, -1.0)), values)
    begins = blocks.begins(np.arange(n) % 3 == 0)
    found = sorted(b * blocks.length + place for place, at in enumerate(begins) for b in at)
    assert found == list(range(0, n, 3))


def test_a_long_chain_takes_few_steps_of_python():
    blocks = Blocks.of(100_000)
    assert blocks.length + blocks.n_blocks < 700
