"""An analysis of as many neurons as are wanted, from one of a few: tables repeated, with noise."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

import spikeglm as nmo

FEW = 24
_CHANGED = ("value", "low", "high", "n_spikes", "bits_per_spike", "bits_per_spike_full")


def analysis(n_neurons: int = FEW, seed: int = 0) -> nmo.Encoding:
    """Neurons in a box: place, heading, speed and their own past; a quarter of a session."""
    rng = np.random.default_rng(seed)
    T = 4000
    steps = np.cumsum(rng.normal(0, 0.06, (T, 2)), axis=0) % 2
    x, y = np.minimum(steps, 2 - steps).T  # walls turn it back
    heading = np.cumsum(rng.normal(0, 0.25, T)) % (2 * np.pi)
    speed = np.abs(rng.normal(0, 12, T))
    eta = np.full((T, n_neurons), -1.6)
    for n in range(n_neurons):
        a, b, phase = rng.uniform(0.15, 0.85), rng.uniform(0.15, 0.85), rng.uniform(0, 6.3)
        eta[:, n] += (n % 3 == 0) * 2.5 * np.exp(-12 * ((x - a) ** 2 + (y - b) ** 2))
        eta[:, n] += (n % 4 == 1) * 0.9 * np.cos(heading - phase) + (n % 5 == 2) * 0.03 * speed
        eta[:, n] -= 30 * (n == n_neurons - 1)
    counts = pd.DataFrame(rng.poisson(np.exp(eta)), columns=[f"unit {n}" for n in range(n_neurons)])
    splines = nmo.basis.BSplineEval
    plane = nmo.basis.MultiplicativeBasis(
        splines(6, label="x (m)"), splines(6, label="y (m)"), label="place"
    )
    circle = {"bounds": (0, 2 * np.pi), "label": "heading (rad)"}
    basis = plane + nmo.basis.CyclicBSplineEval(6, **circle) + splines(6, label="speed (cm/s)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nmo.encode(counts, basis.design(x, y, heading, speed), bin_s=0.02)


def repeated(found: nmo.Encoding, n_neurons: int) -> nmo.Encoding:
    """Return tables of as many neurons, each like one of those that there are, with noise."""
    names = list(found.sets)
    tables = {name: _longer(table, names, n_neurons) for name, table in found.tables.items()}
    return nmo.Encoding(found.model, tables, found.origin)


def _longer(table: pd.DataFrame, names: list[Any], n_neurons: int) -> pd.DataFrame:
    places = table.groupby("neuron", sort=False).indices
    of_each = [places.get(names[n % len(names)], np.empty(0, int)) for n in range(n_neurons)]
    lengths = [len(rows) for rows in of_each]
    out = table.iloc[np.concatenate(of_each)].reset_index(drop=True)
    out["neuron"] = np.repeat([f"unit {n}" for n in range(n_neurons)], lengths)
    factor = np.repeat(np.random.default_rng(0).uniform(0.7, 1.3, n_neurons), lengths)
    for name in set(_CHANGED) & set(out):
        out[name] = out[name] * factor
    return out
