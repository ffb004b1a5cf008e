"""A large coupled population simulated on the devices of JAX: many short pieces, step by step."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from spikeglm.engine.runners import jax_devices

from ..problems import WINDOW, Array, coupled_network

_STEPS = 5_000  # bins of a piece
_AT_A_TIME = 250  # bins that come back from the device at once
_MOST_SPIKES = 4  # in a bin; at rates of .2 a fifth is seen once in 4e5 bins


def counts_on_disk(folder: Path, n_bins: int, n_neurons: int) -> Path:
    """Simulate counts (T, N) as int8 into a file, once; each piece starts from silence.

    The network is that of :func:`benchmarks.problems.population_counts`.
    """
    path = folder / f"lockstep_{n_bins}_{n_neurons}.i8"
    if path.exists():
        return path
    unfinished = path.with_suffix(".part")
    file = np.memmap(unfinished, np.int8, "w+", shape=(n_bins, n_neurons))
    n_pieces = -(-n_bins // _STEPS)
    for start, counts in _simulated(n_pieces, n_neurons):  # counts: (steps, pieces, N)
        for piece in range(n_pieces):
            begin = piece * _STEPS + start
            there = file[begin : min(begin + len(counts), n_bins)]
            there[:] = counts[: len(there), piece]
    file.flush()
    os.replace(unfinished, path)
    return path


def _simulated(n_pieces: int, n_neurons: int) -> Any:
    """Yield the first bin and the counts (bins, pieces, N) of one stretch after another."""
    jax = jax_devices.jax_module()
    network = coupled_network(n_neurons, np.random.default_rng(0))
    constants = [jax.numpy.asarray(array, dtype=np.float32) for array in network]
    advance = jax.jit(partial(_advance, jax))
    past = jax.numpy.zeros((n_pieces, n_neurons, WINDOW), dtype=np.float32)
    for start in range(0, _STEPS, _AT_A_TIME):
        past, counts = advance(*constants, past, start, jax.random.key(start))
        yield start, np.asarray(counts)


def _advance(
    jax: Any, bumps: Array, weights: Array, baseline: Array, past: Array, start: int, key: Any
) -> Any:
    """Simulate a stretch. ``past`` (pieces, N, WINDOW) is a ring: bin t lies at t % WINDOW."""
    n_pieces, n_neurons, _ = past.shape
    by_feature = weights.reshape(-1, n_neurons)

    def step(past: Array, bin_and_key: Any) -> Any:
        t, key = bin_and_key
        lag = (t - 1 - jax.numpy.arange(WINDOW)) % WINDOW
        features = (past @ bumps[lag]).reshape(n_pieces, -1)
        rate = jax.numpy.exp(features @ by_feature + baseline)
        drawn = jax.random.uniform(key, rate.shape)
        chance = reached = jax.numpy.exp(-rate)
        counts = jax.numpy.zeros(rate.shape)
        for k in range(1, _MOST_SPIKES + 1):
            counts = counts + (drawn > reached)
            chance = chance * rate / k
            reached = reached + chance
        return past.at[:, :, t % WINDOW].set(counts), counts.astype(np.int8)

    bins = start + jax.numpy.arange(_AT_A_TIME)
    return jax.lax.scan(step, past, (bins, jax.random.split(key, _AT_A_TIME)))
