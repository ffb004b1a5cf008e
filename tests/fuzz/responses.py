"""Responses for the fuzzer: drawn from a model, but for those neurons that are in trouble."""

from typing import NamedTuple

import numpy as np
from tests.catalogue import WITH_POLE, drawn, place
from tests.models import MODELS
from tests.reference import numpy_glm

_NARROW = ("identity", *WITH_POLE)  # links whose linear predictors must not be just anything
SICK = ("silent", "saturated", "separated", "one event", "missing", "some missing", "constant")


class Response(NamedTuple):
    """Responses (T, N), or codes of labels with NaN where there is none, and what they are."""

    values: np.ndarray
    kinds: tuple[str, ...]
    n_classes: int | None = None


def draw(rng, table, model, link, n_neurons, offset):
    """Return the responses of neurons, of which some are in trouble."""
    T, p = table.standard.shape
    centre, reach = place(model, link)
    values, kinds = np.zeros((T, n_neurons)), []
    for n in range(n_neurons):
        eta = table.standard @ rng.normal(0, rng.uniform(0, 1.5) / np.sqrt(p + 1), p)
        if link in _NARROW or (model, link) in {("Bernoulli", "exp"), ("Bernoulli", "softplus")}:
            eta = 0.9 * reach * np.clip(eta / 3, -1, 1)
        else:
            eta = eta + rng.uniform(-1, 1) + offset[:, n % offset.shape[1]]
        y = drawn(model, numpy_glm.LINKS[link][0](centre + np.clip(eta, -8, 8)), rng).astype(float)
        kind = str(rng.choice(SICK)) if rng.random() < 0.25 else "drawn"
        values[:, n] = _in_trouble(rng, kind, y, model, table)
        kinds.append(kind)
    if MODELS[model].is_continuous:
        unit = 10.0 ** rng.uniform(-9, 9) if rng.random() < 0.2 else 1.0
        level = 10.0 ** rng.uniform(0, 8) if model == "Gaussian" and rng.random() < 0.2 else 0.0
        is_free = link in _NARROW and model == "Gaussian"
        values = unit * (values + level * is_free)
    return Response(MODELS[model].possible(values), tuple(kinds))


def _in_trouble(rng, kind, y, model, table):
    T = len(y)
    if kind == "silent":
        return np.zeros(T)
    if kind == "saturated":
        return np.ones(T)
    if kind == "separated":
        first = table.standard[:, 0] if table.standard.shape[1] else np.arange(T)
        return (first > 0).astype(float)
    if kind == "one event":
        return (np.arange(T) == rng.integers(T)).astype(float)
    if kind == "missing":
        return np.full(T, np.nan)
    if kind == "some missing":
        return np.where(rng.random(T) < 0.3, np.nan, y)
    if kind == "constant":
        return np.full(T, 1.0 if model == "Bernoulli" else 3.0)
    return y


def draw_labels(rng, table, n_neurons):
    """Return codes of 3 or 4 labels, (T, N); every label occurs."""
    T, p = table.standard.shape
    K = int(rng.integers(2, 5))
    values = np.empty((T, n_neurons))
    kinds = []
    for n in range(n_neurons):
        W = rng.normal(0, 1.5 / np.sqrt(p + 1), (p, K))
        values[:, n] = np.argmax(table.standard @ W + rng.gumbel(size=(T, K)), axis=1)
        kinds.append(str(rng.choice(["drawn", "drawn", "some missing", "one label", "separated"])))
        if kinds[-1] == "some missing":
            values[rng.random(T) < 0.3, n] = np.nan
        if kinds[-1] == "one label" and n:
            values[:, n] = 0
        if kinds[-1] == "separated" and p:
            values[:, n] = table.standard[:, 0] > 0
    values[0, 0], values[-1, 0] = 0, 1
    labels, codes = np.unique(values[np.isfinite(values)], return_inverse=True)
    values[np.isfinite(values)] = codes
    return Response(values, tuple(kinds), len(labels))
