"""Neurons that are known to encode position, direction or speed, while an animal explores a box.

Trajectories are those of RatInABox (George et al. 2024, eLife 13:e85274), which must be installed:
``pip install ratinabox``. They are correlated as behaviour is: the animal keeps to the walls, which
say where its head points, and is slower there.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

BIN_S, MINUTES = 0.05, 20
N_BINS = round(60 * MINUTES / BIN_S)
TERMS = ("position", "direction", "speed", "arousal")
N_ENCODED = 3  # arousal drives nobody
RATES_HZ = (1.0, 8.0)
STRENGTH = (0.3, 0.7)  # standard deviation of the log rate that a term makes
REFRACTORY, BURST = -3.0, (0.5, 0.3)  # log gain one bin after a spike, and two and three after
CEILING = 2.0  # of the log gain by spikes, where their numbers count


class Behaviour(NamedTuple):
    """What an animal does; T bins."""

    position: np.ndarray  # (T, 2) in a box of side one
    direction: np.ndarray  # (T,) radians from 0 to 2 pi
    speed: np.ndarray  # (T,) m/s
    arousal: np.ndarray  # (T,) goes with speed (r = .6), and slowly on its own


@cache
def behaviour(seed: int = 0) -> Behaviour:
    """Return a trajectory; some tens of seconds."""
    from ratinabox.Agent import Agent
    from ratinabox.Environment import Environment

    np.random.seed(seed)  # noqa: NPY002 - RatInABox draws from NumPy's global generator
    agent = Agent(Environment())
    agent.dt = BIN_S
    for _ in range(N_BINS):
        agent.update()
    position, head = np.array(agent.history["pos"]), np.array(agent.history["head_direction"])
    speed = np.linalg.norm(np.array(agent.history["vel"]), axis=1)
    rng = np.random.default_rng(seed)
    slow = standardised(wander(rng, 20.0, 1)[:, 0])
    arousal = 0.6 * standardised(speed) + 0.8 * slow
    return Behaviour(position, np.arctan2(head[:, 1], head[:, 0]) % (2 * np.pi), speed, arousal)


def wander(rng: np.random.Generator, memory_s: float, n: int) -> np.ndarray:
    """Return n stationary signals (T, n) of variance one (Ornstein-Uhlenbeck)."""
    keep = np.exp(-BIN_S / memory_s)
    noise = rng.normal(size=(N_BINS, n)) * np.sqrt(1 - keep**2)
    noise[0] = rng.normal(size=n)
    return lfilter([1.0], [1.0, -keep], noise, axis=0)


def standardised(values: np.ndarray) -> np.ndarray:
    """Return values with mean zero and variance one over time."""
    return (values - values.mean(axis=0)) / values.std(axis=0)


def tuning(
    rng: np.random.Generator, strength: tuple[float, float], animal: Behaviour
) -> tuple[np.ndarray, np.ndarray]:
    """Return three curves of variance one over time, (T, 3), and their strengths, for a neuron."""
    center, width = rng.uniform(0.1, 0.9, 2), rng.uniform(0.15, 0.3)
    place = np.exp(-np.square(animal.position - center).sum(axis=1) / (2 * width**2))
    head = np.exp(2.0 * (np.cos(animal.direction - rng.uniform(0, 2 * np.pi)) - 1))
    run = rng.choice([-1, 1]) * animal.speed
    return standardised(np.column_stack([place, head, run])), rng.uniform(*strength, 3)


class Kind(NamedTuple):
    """What simulated neurons are like."""

    title: str
    strength: tuple[float, float] = STRENGTH
    drift: float = 0.0  # standard deviation of the log gain
    memory_s: float = 100.0  # of that gain
    couples: str = ""  # how spikes of a neuron and of others change its rate: "count", "fired"
    coupling: float = 0.3  # log gain one and two bins after a spike of another
    n_coupled: int = 4  # others that a neuron feels


class Spikes(NamedTuple):
    """Spikes of N neurons, and what those before did to the rates."""

    counts: np.ndarray  # (T, N)
    log_gain: np.ndarray  # (T, N) by spikes before
    at_ceiling: np.ndarray  # (N,) share of bins in which the ceiling held that gain


class Population(NamedTuple):
    """Spikes of N neurons, and what they encode."""

    counts: np.ndarray  # (T, N)
    strength: np.ndarray  # (4, N) standard deviation of the log rate by a term, 0 if not encoded
    log_gain: np.ndarray  # (T, N) by spikes before, of the neuron and of others
    at_ceiling: np.ndarray  # (N,) share of bins in which a ceiling held that gain

    @property
    def encoded(self) -> np.ndarray:
        """(4, N) True for terms that drive a neuron."""
        return self.strength > 0

    def some(self, one_in: int) -> Population:
        """Return one in so many neurons, the first one first."""
        return Population(*(values[..., ::one_in] for values in self))


def population(kind: Kind, n_each: int, *, seed: int = 1) -> Population:
    """Return n_each neurons for each of the eight sets of terms; each seed has its trajectory."""
    rng, animal = np.random.default_rng(seed), behaviour(seed - 1)
    sets = np.array([[bool(i >> j & 1) for j in range(N_ENCODED)] for i in range(2**N_ENCODED)])
    encoded = np.repeat(sets, n_each, axis=0).T  # (3, N)
    N = encoded.shape[1]
    log_rate, strength = np.zeros((N_BINS, N)), np.zeros((len(TERMS), N))
    for n in range(N):
        curves, of_terms = tuning(rng, kind.strength, animal)
        log_rate[:, n] = (curves * of_terms) @ encoded[:, n]
        strength[:N_ENCODED, n] = of_terms * encoded[:, n]
    log_rate += kind.drift * wander(rng, kind.memory_s, N)
    rate = np.exp(log_rate)
    rate *= np.exp(rng.uniform(*np.log(RATES_HZ), N)) * BIN_S / rate.mean(axis=0)
    spikes = _with_history(rng, rate, kind) if kind.couples else _independent(rng, rate)
    return Population(spikes.counts, strength, spikes.log_gain, spikes.at_ceiling)


def _independent(rng: np.random.Generator, rate: np.ndarray) -> Spikes:
    return Spikes(rng.poisson(rate), np.zeros(rate.shape), np.zeros(rate.shape[1]))


def _with_history(rng: np.random.Generator, rate: np.ndarray, kind: Kind) -> Spikes:
    """Return spikes of neurons that feel their own and those of some others.

    By their "count" in a bin: cells that fire 50 spikes in a bin (at the highest speed) then drive
    themselves and others without end, but for a ceiling, which no linear predictor knows. Or
    by whether they "fired" in it, as in bins that are short: what drives is bounded by itself.
    """
    T, N = rate.shape
    weights = np.zeros((N, N))  # from, to
    for n in range(N):
        others = rng.choice(np.delete(np.arange(N), n), kind.n_coupled, replace=False)
        weights[others, n] = kind.coupling * rng.choice([-1, 1], kind.n_coupled)
    counts, felt = np.zeros((2, T + 3, N))
    log_gain, counts_all = np.zeros((T, N)), kind.couples == "count"
    ceiling, above = CEILING if counts_all else np.inf, np.zeros(N)
    for t in range(T):
        before = felt[t : t + 3][::-1]  # one, two, three bins before
        own = REFRACTORY * np.minimum(before[0], 1) + BURST[0] * before[1] + BURST[1] * before[2]
        free = own + (before[0] + before[1]) @ weights
        above += free > ceiling
        log_gain[t] = np.minimum(free, ceiling)
        counts[t + 3] = rng.poisson(rate[t] * np.exp(log_gain[t]))
        felt[t + 3] = counts[t + 3] if counts_all else counts[t + 3] > 0
    return Spikes(counts[3:], log_gain, above / T)
