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
COUPLING, N_COUPLED = 0.3, 4
CEILING = 2.0  # of the log gain by spikes, where their numbers count


class Behaviour(NamedTuple):
    """What an animal does; T bins."""

    position: np.ndarray  # (T, 2) in a box of side one
    direction: np.ndarray  # (T,) radians from 0 to 2 pi
    speed: np.ndarray  # (T,) m/s
    arousal: np.ndarray  # (T,) goes with speed (r = .6), and slowly on its own


class Population(NamedTuple):
    """Spikes of N neurons, and what they encode."""

    counts: np.ndarray  # (T, N)
    encoded: np.ndarray  # (4, N) True for terms that drive a neuron


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


def tuning(rng: np.random.Generator, strength: tuple[float, float]) -> np.ndarray:
    """Return what each of the three terms does to the log rate of one neuron, (T, 3)."""
    animal = behaviour()
    center, width = rng.uniform(0.1, 0.9, 2), rng.uniform(0.15, 0.3)
    place = np.exp(-np.square(animal.position - center).sum(axis=1) / (2 * width**2))
    head = np.exp(2.0 * (np.cos(animal.direction - rng.uniform(0, 2 * np.pi)) - 1))
    run = rng.choice([-1, 1]) * animal.speed
    return standardised(np.column_stack([place, head, run])) * rng.uniform(*strength, 3)


class Kind(NamedTuple):
    """What simulated neurons are like."""

    title: str
    strength: tuple[float, float] = STRENGTH
    drift: float = 0.0  # standard deviation of the log gain
    memory_s: float = 100.0  # of that gain
    couples: str = ""  # how spikes of a neuron and of four others change its rate: "count", "fired"


def population(kind: Kind, n_each: int, *, seed: int = 1) -> Population:
    """Return n_each neurons for each of the eight sets of terms."""
    rng = np.random.default_rng(seed)
    sets = np.array([[bool(i >> j & 1) for j in range(N_ENCODED)] for i in range(2**N_ENCODED)])
    encoded = np.repeat(sets, n_each, axis=0).T  # (3, N)
    N = encoded.shape[1]
    log_rate = np.column_stack([tuning(rng, kind.strength) @ encoded[:, n] for n in range(N)])
    log_rate += kind.drift * wander(rng, kind.memory_s, N)
    rate = np.exp(log_rate)
    rate *= np.exp(rng.uniform(*np.log(RATES_HZ), N)) * BIN_S / rate.mean(axis=0)
    counts = _with_history(rng, rate, kind.couples) if kind.couples else rng.poisson(rate)
    return Population(counts, np.vstack([encoded, np.zeros((1, N), dtype=bool)]))


def _with_history(rng: np.random.Generator, rate: np.ndarray, couples: str) -> np.ndarray:
    """Return counts (T, N) of neurons that feel their own spikes and those of some others.

    By their "count" in a bin: cells that fire 50 spikes in a bin (at the highest speed) then drive
    themselves and others without end, but for a ceiling, which no linear predictor knows. Or
    by whether they "fired" in it, as in bins that are short: what drives is bounded by itself.
    """
    T, N = rate.shape
    weights = np.zeros((N, N))  # from, to
    for n in range(N):
        others = rng.choice(np.delete(np.arange(N), n), N_COUPLED, replace=False)
        weights[others, n] = COUPLING * rng.choice([-1, 1], N_COUPLED)
    counts, felt = np.zeros((2, T + 3, N))
    ceiling = CEILING if couples == "count" else np.inf
    for t in range(T):
        before = felt[t : t + 3][::-1]  # one, two, three bins before
        own = REFRACTORY * np.minimum(before[0], 1) + BURST[0] * before[1] + BURST[1] * before[2]
        gain = np.minimum(own + (before[0] + before[1]) @ weights, ceiling)
        counts[t + 3] = rng.poisson(rate[t] * np.exp(gain))
        felt[t + 3] = counts[t + 3] if couples == "count" else counts[t + 3] > 0
    return counts[3:]
