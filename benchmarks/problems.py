"""What is fitted: simulated recordings, their features, and how both travel between processes.

Everything is written here in plain NumPy and seeded, so that no library prepares its own exam.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

WINDOW = 100  # bins of spike history
N_BUMPS = 8
_REFRACTORY = np.array([-2.5, -0.7])  # log gain of the first bumps of own history


@dataclass(frozen=True)
class Problem:
    """Minimise mean_t [exp(eta) - y·eta] + λ (r·|w|₁ + (1 - r)/2·|w|²) for each of N neurons.

    eta = X w + b. ``X`` (T, p) and ``y`` (T, N) are float64; ``strength`` is λ, ``l1_ratio`` is r.
    """

    X: Array
    y: Array
    strength: float = 0.0
    l1_ratio: float = 0.0

    @property
    def n_features(self) -> int:
        """p."""
        return self.X.shape[1]

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.y.shape[1]

    def save(self, folder: Path) -> Path:
        """Write to a folder, for :meth:`load` in another process."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "X.npy", self.X)
        np.save(folder / "y.npy", self.y)
        (folder / "penalty.json").write_text(json.dumps([self.strength, self.l1_ratio]))
        return folder

    @classmethod
    def load(cls, folder: Path) -> Problem:
        """Read what :meth:`save` wrote."""
        penalty = json.loads((folder / "penalty.json").read_text())
        return cls(np.load(folder / "X.npy"), np.load(folder / "y.npy"), *penalty)


def one_neuron(n_rows: int, *, seed: int = 0) -> Problem:
    """One neuron driven by a smooth stimulus and its own past: 16 + 8 + 2 = 26 features."""
    rng = np.random.default_rng(seed)
    total = n_rows + WINDOW
    noise = rng.normal(size=total)
    smooth = np.convolve(noise, np.hanning(5), mode="same")
    stimulus = filtered(smooth[:, None] / smooth.std(), raised_cosines(16, WINDOW))
    state = np.column_stack([np.sin(np.arange(total) / 400.0), rng.normal(size=total)])
    weights = rng.normal(0.0, 0.12, 16) / stimulus.std(axis=0)
    drive = stimulus @ weights + state @ [0.3, 0.1]
    own = raised_cosines(N_BUMPS, WINDOW) @ _own_history()
    counts = simulate(own[None, :, None], np.log(0.1) + drive[:, None], rng)
    history = filtered(counts, raised_cosines(N_BUMPS, WINDOW))
    return Problem(np.hstack([stimulus, history, state])[WINDOW:], counts[WINDOW:])


def coupled_population(n_rows: int, n_neurons: int, *, seed: int = 0) -> Problem:
    """N neurons and the history of each seen through 8 bumps: 8 N features for every neuron."""
    counts = population_counts(n_rows + WINDOW, n_neurons, seed=seed)
    features = filtered(counts, raised_cosines(N_BUMPS, WINDOW))
    return Problem(features[WINDOW:], counts[WINDOW:])


def sparse_population(
    n_rows: int, n_neurons: int, *, n_sources: int, l1_ratio: float, share: float, seed: int = 0
) -> Problem:
    """Some neurons of a coupled population of ``n_sources``, with an elastic net.

    Its strength is a share of the largest useful one: where the last coefficient of the last neuron
    becomes zero.
    """
    whole = coupled_population(n_rows, n_sources, seed=seed)
    X, y = whole.X, np.ascontiguousarray(whole.y[:, :n_neurons])
    largest = np.abs(X.T @ (y - y.mean(axis=0))).max() / len(X) / l1_ratio
    return Problem(X, y, share * largest, l1_ratio)


class Network(NamedTuple):
    """Log rate of j: ``baseline[j]`` + past counts of each i through ``bumps @ weights[i, :, j]``.

    ``bumps`` are (WINDOW, N_BUMPS), ``weights`` (N, N_BUMPS, N), ``baseline`` (N,).
    """

    bumps: Array
    weights: Array
    baseline: Array


def coupled_network(n_neurons: int, rng: np.random.Generator) -> Network:
    """Draw a network.

    Own history is refractory, coupling is weak and of both signs. The baseline makes up for what
    the wanted rates take away from a neuron: the mean coupling, and the dead time d after its
    spikes (free rate r / (1 - r d)). That keeps the network near these rates.
    """
    rates = np.exp(rng.uniform(np.log(0.03), np.log(0.2), n_neurons))
    bumps = raised_cosines(N_BUMPS, WINDOW)
    weights = rng.normal(0.0, 0.8 / np.sqrt(n_neurons), (n_neurons, N_BUMPS, n_neurons))
    weights /= bumps.sum(axis=0)[:, None]  # a slow bump does not weigh more than a fast one
    itself = np.arange(n_neurons)
    weights[itself, :, itself] = 0.0
    coupling = rates @ np.einsum("wb,ibj->ij", bumps, weights)
    weights[itself, :, itself] = _own_history()
    dead_time = (1.0 - np.exp(bumps @ _own_history())).sum()
    baseline = np.log(rates) - coupling - np.log1p(-rates * dead_time)
    return Network(bumps, weights, baseline)


def _own_history() -> Array:
    return np.pad(_REFRACTORY, (0, N_BUMPS - len(_REFRACTORY)))


def population_counts(
    n_rows: int, n_neurons: int, *, seed: int = 0, noise: int | None = None
) -> Array:
    """Simulate a coupled population (n_rows, N) with rates of about .03 to .2 spikes per bin.

    Another ``noise`` draws other counts from the same network.
    """
    rng = np.random.default_rng(seed)
    network = coupled_network(n_neurons, rng)
    kernels = np.einsum("wb,ibj->iwj", network.bumps, network.weights)
    if noise is not None:
        rng = np.random.default_rng((seed, noise))
    return simulate(kernels, np.broadcast_to(network.baseline, (n_rows, n_neurons)), rng)


def simulate(kernels: Array, drive: Array, rng: np.random.Generator) -> Array:
    """Draw Poisson counts (T, N) with log rate ``drive`` (T, N) + each past spike's kernel.

    ``kernels[i, k, j]`` is what a spike of neuron i adds to neuron j after k + 1 bins.
    """
    n_neurons, window, _ = kernels.shape
    pending = np.zeros((window, n_neurons))  # what past spikes add to the next bins: a ring
    counts = np.empty(drive.shape)
    flat = kernels.reshape(n_neurons, -1)
    for t, now in enumerate(drive):
        here = t % window
        counts[t] = rng.poisson(np.exp(now + pending[here]))
        pending[here] = 0.0
        spiking = np.flatnonzero(counts[t])
        if len(spiking):
            added = (counts[t, spiking] @ flat[spiking]).reshape(window, n_neurons)
            pending[here + 1 :] += added[: window - here - 1]
            pending[: here + 1] += added[window - here - 1 :]
    return counts


def raised_cosines(n_bumps: int, window: int) -> Array:
    """Bumps (window, n_bumps) of log lag, finest for short lags, each two spacings to a side."""
    lag = np.log1p(np.arange(window) * 0.5)
    centres, spacing = np.linspace(0.0, lag[-1], n_bumps, retstep=True)
    phase = np.clip((lag[:, None] - centres) * np.pi / (2.0 * spacing), -np.pi, np.pi)
    return 0.5 * (1.0 + np.cos(phase))


def filtered(signals: Array, bumps: Array) -> Array:
    """Features (T, S·b) of signals (T, S): strictly past values seen through each bump."""
    n_rows, n_signals = signals.shape
    features = np.zeros((n_rows, n_signals * bumps.shape[1]))
    for s in range(n_signals):
        for j, bump in enumerate(bumps.T):
            past = np.convolve(signals[:, s], bump)[: n_rows - 1]
            features[1:, s * bumps.shape[1] + j] = past
    return features


def grouped_population(
    n_rows: int, n_groups: int, group_size: int, n_neurons: int, *, counts: bool, seed: int = 0
) -> tuple[Array, Array, Array]:
    """Bumps (T, G k) along G slow variables, responses (T, N) of which each hangs on a quarter.

    Also the groups, (G, G k). Counts are of about .1 per bin, calcium is Gaussian of variance one.
    """
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n_rows, n_groups))
    places = 0.5 + 0.5 * np.sin(np.cumsum(0.05 * steps, axis=0))
    centres = np.linspace(0.0, 1.0, group_size)
    bumps = np.exp(-0.5 * ((places[:, :, None] - centres) * group_size) ** 2)
    X = bumps.reshape(n_rows, -1)
    mask = np.repeat(np.eye(n_groups), group_size, axis=1)
    in_use = rng.uniform(size=(n_groups, n_neurons)) < 0.25
    weights = rng.normal(0.0, 0.4, (X.shape[1], n_neurons)) * (mask.T @ in_use)
    drive = (X - X.mean(axis=0)) @ weights
    if counts:
        return X, rng.poisson(0.1 * np.exp(np.clip(drive, -5, 3))).astype(float), mask
    return X, drive + rng.normal(size=drive.shape), mask


def navigating_population(
    n_rows: int, n_neurons: int, n_bins: int, *, seed: int = 0
) -> tuple[Array, Array, dict[str, Array]]:
    """Bins of position, head direction, speed and theta phase, as published, and counts (T, N).

    Hardcastle et al. (2017), Neuron 94:375-87: each variable is one of so many bins at a time.
    Each neuron hangs on some of the variables; bins of time are of 20 ms, rates of 1 to 10 Hz.
    Also the columns of each variable.
    """
    rng = np.random.default_rng(seed)
    turn = np.cumsum(rng.normal(0.0, 0.15, n_rows))
    speed = np.abs(_slow(rng, n_rows, 50)) * 0.15  # m/s in a box of one metre
    steps = 0.02 * speed[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    place = 1.0 - np.abs(np.mod(rng.uniform(size=2) + np.cumsum(steps, axis=0), 2.0) - 1.0)
    phase = np.cumsum(2 * np.pi * (8.0 + 0.5 * _slow(rng, n_rows, 50)) * 0.02)
    at = np.minimum((place * n_bins).astype(int), n_bins - 1)
    fast = np.argsort(np.argsort(speed)) * 10 // n_rows  # as many rows in each
    bins = {
        "position": (at[:, 0] * n_bins + at[:, 1], n_bins**2),
        "direction": (_angle(turn, 18), 18),
        "speed": (fast, 10),
        "theta": (_angle(phase, 18), 18),
    }
    X = np.hstack([np.eye(size)[which] for which, size in bins.values()])
    ends = np.cumsum([0, *(size for _, size in bins.values())])
    terms = {name: np.arange(a, b) for name, a, b in zip(bins, ends, ends[1:], strict=False)}
    curves = [
        -0.5 * np.square(place[:, None] - rng.uniform(size=(n_neurons, 2))).sum(axis=2) / 0.02,
        np.cos(turn[:, None] - rng.uniform(0, 2 * np.pi, n_neurons)),
        fast[:, None] * rng.choice([-0.1, 0.1], n_neurons),
        np.cos(phase[:, None] - rng.uniform(0, 2 * np.pi, n_neurons)),
    ]
    gains = rng.uniform(0.3, 1.0, (4, n_neurons)) * (rng.uniform(size=(4, n_neurons)) < 0.5)
    drive = sum(
        gain * (np.exp(curve) if k == 0 else curve)
        for k, (curve, gain) in enumerate(zip(curves, gains, strict=True))
    )
    rate = rng.uniform(0.02, 0.2, n_neurons)
    return X, rng.poisson(rate * np.exp(drive - 0.5)).astype(float), terms


def _slow(rng: np.random.Generator, n_rows: int, width: int) -> Array:
    """Smooth noise of variance one."""
    noise = np.convolve(rng.normal(size=n_rows + width), np.hanning(width), mode="same")[:n_rows]
    return noise / noise.std()


def _angle(angle: Array, n_bins: int) -> Array:
    """Return the bin (T,) of angles."""
    return (np.mod(angle, 2 * np.pi) / (2 * np.pi) * n_bins).astype(int) % n_bins
