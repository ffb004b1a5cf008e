"""The model with the strengths that were chosen, as its constructor takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..glm import GLM
from ..regularizer import regularizer_of
from ..typing import FloatArray


def with_strength(model: GLM, factor: FloatArray, ratio: FloatArray | None, is_single: bool) -> GLM:
    """Return an unfitted copy whose strengths are the model's (one, where they are a number) times
    factors (N,); of an elastic net with ratios (N,).

    >>> import spikeglm as nmo
    >>> lasso = nmo.PopulationGLM(regularizer="Lasso")
    >>> with_strength(lasso, np.array([0.1, 0.2]), None, False).regularizer_strength
    array([[0.1, 0.2]])
    """
    chosen = type(model)(**model.get_params(deep=False))
    given, default = model.regularizer_strength, regularizer_of(model.regularizer).default_strength
    if isinstance(default, tuple):
        size, share = given if isinstance(given, tuple) else (given, default[1])
        new = share if ratio is None else _per_neuron(ratio, is_single)
        chosen.regularizer_strength = (_times(size, factor, is_single), new)
    else:
        chosen.regularizer_strength = _times(given, factor, is_single)
    return chosen


def with_strengths_by_term(
    model: GLM, labels: tuple[str, ...], strength: FloatArray, is_single: bool
) -> GLM:
    """Return an unfitted copy with strengths (R, N) by the labels of terms.

    >>> import spikeglm as nmo
    >>> model = nmo.GLM(regularizer="Smoothness")
    >>> strength = np.array([[1.0], [2.0]])
    >>> with_strengths_by_term(model, ("x", "v"), strength, True).regularizer_strength
    {'x': 1.0, 'v': 2.0}
    """
    chosen = type(model)(**model.get_params(deep=False))
    chosen.regularizer_strength = {
        label: float(row[0]) if is_single else row
        for label, row in zip(labels, strength, strict=True)
    }
    return chosen


def without_strength(model: GLM) -> GLM:
    """Return an unfitted copy with the default strength.

    >>> import spikeglm as nmo
    >>> ridge = nmo.GLM(regularizer="Ridge", regularizer_strength=3.0)
    >>> without_strength(ridge).regularizer_strength
    1.0
    """
    plain = type(model)(**model.get_params(deep=False))
    plain.regularizer_strength = regularizer_of(model.regularizer).default_strength
    return plain


def _times(given: Any, factor: FloatArray, is_single: bool) -> Any:
    """Return strengths times factors (N,); a number counts as one."""
    if isinstance(given, Mapping):
        own = factor[0] if is_single else factor
        return {label: _scaled(value, own) for label, value in given.items()}
    if np.ndim(given) == 0:
        return _per_neuron(factor, is_single)
    values = np.asarray(given, dtype=float)
    if is_single:
        return values * factor[0]
    return (values[:, None] if values.ndim == 1 else values) * factor


def _scaled(value: Any, factor: Any) -> Any:
    """Return the strength of a term times a factor; a tuple has a part for each of its entries."""
    if isinstance(value, tuple):
        return tuple(np.asarray(part) * factor for part in value)
    return np.asarray(value) * factor


def _per_neuron(values: FloatArray, is_single: bool) -> Any:
    return float(values[0]) if is_single else values[None]
