"""What libraries are asked about: recordings with trials, terms and penalties, simulated in NumPy.

A recording travels between processes as plain files: arrays for Python, and the same numbers column
by column in float64 for R, which needs no package to read them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .problems import Array

LAGS = 50  # bins over which errors by lags allow for dependence
TRIAL = 200  # bins
_TERM = 6  # features
_MEMORY = 0.9  # of a feature from one bin to the next


@dataclass(frozen=True)
class Recording:
    """Features and counts of N neurons, and what is asked about them.

    Attributes
    ----------
    X, y :
        (T, p) and (T, N), float64.
    trials :
        (T,) the trial of each row.
    terms :
        Names of terms, with the first column of each and the one after its last.
    penalties :
        Matrices (p, p) of an automatic smoothness penalty, of which each has a strength.
    variables :
        (T, V) what the features are functions of, for libraries that make their own.
    """

    X: Array
    y: Array
    trials: Array
    terms: dict[str, tuple[int, int]] = field(default_factory=dict)
    penalties: Array = field(default_factory=lambda: np.zeros((0, 0, 0)))
    variables: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.y.shape[1]

    def take(self, n_neurons: int) -> Recording:
        """Keep the first neurons."""
        y = np.ascontiguousarray(self.y[:, :n_neurons])
        return Recording(self.X, y, self.trials, self.terms, self.penalties, self.variables)

    def save(self, folder: Path) -> Path:
        """Write to a folder, for :meth:`load` in another process and for R."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("X", "y", "trials", "penalties", "variables"):
            values = getattr(self, name)
            np.save(folder / f"{name}.npy", values)
            _column_by_column(values).tofile(folder / f"{name}.bin")
        (folder / "terms.json").write_text(json.dumps(self.terms))
        starts = [f"{name},{start},{stop}" for name, (start, stop) in self.terms.items()]
        (folder / "terms.csv").write_text("\n".join(starts) + "\n")
        sizes = *self.X.shape, self.n_neurons, len(self.penalties), self.variables.shape[1], LAGS
        (folder / "sizes.txt").write_text(" ".join(map(str, sizes)) + "\n")
        return folder

    @classmethod
    def load(cls, folder: Path) -> Recording:
        """Read what :meth:`save` wrote."""
        X, y, trials, penalties, variables = (
            np.load(folder / f"{name}.npy")
            for name in ("X", "y", "trials", "penalties", "variables")
        )
        terms = {k: (a, b) for k, (a, b) in json.loads((folder / "terms.json").read_text()).items()}
        return cls(X, y, trials, terms, penalties, variables)


def slow_population(
    n_rows: int, n_neurons: int, *, n_terms: int = 4, scale: float = 0.0, seed: int = 0
) -> Recording:
    """Neurons with slow features and a gain of each trial that no feature knows.

    Counts have a mean of .1 to .5 per bin, and are overdispersed by ``scale`` in every bin besides.
    """
    rng = np.random.default_rng(seed)
    p = n_terms * _TERM
    X = _slow(rng, n_rows, p)
    trials = np.arange(n_rows) // TRIAL
    weights = rng.normal(0.0, 0.15, (p, n_neurons)) * (rng.random((p, n_neurons)) < 0.7)
    gain = 0.3 * rng.normal(size=(trials[-1] + 1, n_neurons))[trials]
    mean = np.exp(X @ weights + gain + np.log(rng.uniform(0.1, 0.5, n_neurons)))
    if scale:
        mean = mean * rng.gamma(1.0 / scale, scale, mean.shape)
    terms = {f"term{j}": (j * _TERM, (j + 1) * _TERM) for j in range(n_terms)}
    return Recording(X, rng.poisson(mean).astype(float), trials, terms)


def _slow(rng: np.random.Generator, n_rows: int, n_signals: int) -> Array:
    """Return autoregressive signals (T, S) of deviation one."""
    noise = rng.normal(size=(n_rows, n_signals)) * np.sqrt(1.0 - _MEMORY**2)
    out = np.empty_like(noise)
    out[0] = rng.normal(size=n_signals)
    for t in range(1, n_rows):
        out[t] = _MEMORY * out[t - 1] + noise[t]
    return out


def navigating_cells(n_rows: int, n_neurons: int, *, seed: int = 0) -> Recording:
    """Cells tuned to place x direction x speed x phase; ``variables`` are x, y and these three.

    Features and penalties are left to :func:`with_smooths`.
    """
    rng = np.random.default_rng(seed)
    place = np.column_stack([_walk(rng, n_rows), _walk(rng, n_rows)])
    heading = np.cumsum(0.15 * _slow(rng, n_rows, 1)[:, 0]) % (2 * np.pi)
    speed = np.abs(_slow(rng, n_rows, 1)[:, 0])
    phase = (0.9 * np.arange(n_rows) + np.cumsum(rng.normal(0.0, 0.1, n_rows))) % (2 * np.pi)
    centre, width = rng.uniform(0.1, 0.9, (n_neurons, 2)), rng.uniform(0.12, 0.3, n_neurons)
    far = ((place[:, None] - centre) ** 2).sum(axis=2) / (2 * width**2)
    drive = rng.uniform(0.0, 2.5, n_neurons) * np.exp(-far)
    for angle, most in ((heading, 1.0), (phase, 0.6)):
        drive = drive + rng.uniform(0.0, most, n_neurons) * np.cos(
            angle[:, None] - rng.uniform(0.0, 2 * np.pi, n_neurons)
        )
    drive = drive + rng.uniform(-0.2, 0.4, n_neurons) * speed[:, None]
    level = rng.uniform(0.05, 0.3, n_neurons) / np.exp(drive).mean(axis=0)
    y = rng.poisson(level * np.exp(drive)).astype(float)
    variables = np.column_stack([place, heading, speed, phase])
    return Recording(np.zeros((n_rows, 0)), y, np.arange(n_rows) // TRIAL, variables=variables)


def _walk(rng: np.random.Generator, n_rows: int) -> Array:
    """Return a smooth walk (T,) that is reflected at 0 and 1."""
    place = np.cumsum(0.03 * _slow(rng, n_rows, 1)[:, 0]) % 2.0
    return np.minimum(place, 2.0 - place)


def with_smooths(recording: Recording) -> Recording:
    """Add P-splines of place (7 x 7), direction, speed and phase (12 each), and their differences.

    Columns of each term are turned until their means are zero and one of them is gone, so that no
    library has to decide what the intercept shares with them: 81 columns and five matrices.

    References
    ----------
    Eilers & Marx (1996), Stat Sci 11:89-121.
    """
    x, y, heading, speed, phase = recording.variables.T
    along, across = _splines(x, 7), _splines(y, 7)
    place = (along[:, :, None] * across[:, None, :]).reshape(len(x), -1)
    D = _differences(7)
    sides = [np.kron(D, np.eye(7)), np.kron(np.eye(7), D)]
    circles = [(_splines(angle / (2 * np.pi), 12, is_circle=True)) for angle in (heading, phase)]
    of_speed = _splines(np.minimum(speed / speed.max(), 1.0), 12)
    parts = [
        ("place", place, sides),
        ("direction", circles[0], [_differences(12, is_circle=True)]),
        ("speed", of_speed, [_differences(12)]),
        ("phase", circles[1], [_differences(12, is_circle=True)]),
    ]
    features, matrices, terms, start = [], [], {}, 0
    for name, F, of_term in parts:
        turn = np.linalg.svd(F.mean(axis=0)[None])[2][1:].T
        features.append(F @ turn)
        matrices += [(start, turn.T @ S @ turn) for S in of_term]
        terms[name] = (start, start + turn.shape[1])
        start += turn.shape[1]
    penalties = np.zeros((len(matrices), start, start))
    for out, (first, S) in zip(penalties, matrices, strict=True):
        out[first : first + len(S), first : first + len(S)] = 0.5 * (S + S.T)
    X = np.hstack(features)
    return Recording(X, recording.y, recording.trials, terms, penalties, recording.variables)


def _splines(x: Array, n: int, *, is_circle: bool = False) -> Array:
    """Return cubic B-splines (T, n) with knots at equal distances, of x in 0 ... 1."""
    n_steps = n if is_circle else n - 3
    u = (np.clip(x, 0.0, 1.0) * n_steps)[:, None] - np.arange(n) + (0 if is_circle else 3)
    return _cubic(np.clip(u % n if is_circle else u, 0.0, 4.0))


def _cubic(u: Array) -> Array:
    """Return the cubic B-spline with knots 0, 1, 2, 3, 4."""
    powers = [np.maximum(u - k, 0.0) ** 3 for k in range(5)]
    weights = (1.0, -4.0, 6.0, -4.0, 1.0)
    return sum(w * part for w, part in zip(weights, powers, strict=True)) / 6.0


def _differences(n: int, *, is_circle: bool = False) -> Array:
    """Return what squared second differences of n coefficients make, (n, n)."""
    D = np.diff(np.eye(n), n=2, axis=0)
    if is_circle:
        D = np.eye(n) - 2.0 * np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), 2, axis=1)
    return D.T @ D


def _column_by_column(values: Array) -> Array:
    """Return what R reads as a matrix; of several matrices one beside the other."""
    if not values.size:
        return np.zeros(0)
    matrix = np.hstack(list(values)) if values.ndim == 3 else values.reshape(len(values), -1)
    return np.asarray(matrix, dtype=np.float64).ravel("F")


def some_rows(recording: Recording) -> Array:
    """Return rows from all over a recording, at which libraries are compared."""
    return np.linspace(0, len(recording.y) - 1, 200).astype(int)
