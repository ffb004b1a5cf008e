"""The shapes of a classifier's parameters: as the user knows them, and as the engine does.

The user has a class on the last axis: (p, K), or (p, N, K) for N neurons. The engine has a column
per class and neuron, (p, K·N), column k·N + n; penalties see a column per neuron, (p K, N), whose
row j·K + k is feature j of class k: the same numbers in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors
from ...io.timeseries import to_array
from ...regularizer import Penalty, regularizer_of
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from ..layout import Layout


@dataclass(frozen=True)
class ClassLayout:
    """p features (in the tree ``features``), N neurons (None for a single one), K classes.

    >>> layout = ClassLayout(Layout((2,)), None, 3)
    >>> layout.coef_shape, layout.intercept_shape
    ((2, 3), (3,))
    """

    features: Layout
    n_neurons: int | None
    n_classes: int

    @property
    def coef_shape(self) -> tuple[int, ...]:
        """(p, K) or (p, N, K)."""
        return (self.features.n_features, *self.intercept_shape)

    @property
    def intercept_shape(self) -> tuple[int, ...]:
        """(K,) or (N, K)."""
        neurons = () if self.n_neurons is None else (self.n_neurons,)
        return (*neurons, self.n_classes)

    def columns(self, values: Array) -> Array:
        """Return (..., K) or (..., N, K) as class columns (..., K·N)."""
        before = values.shape[: values.ndim - len(self.intercept_shape)]
        if self.n_neurons is None:
            return values
        width = self.n_classes * self.n_neurons
        return np.moveaxis(values, -1, -2).reshape(*before, width)

    def user(self, columns: Array) -> Array:
        """Return class columns (..., K·N) as (..., K) or (..., N, K)."""
        if self.n_neurons is None:
            return columns
        parts = columns.reshape(*columns.shape[:-1], self.n_classes, self.n_neurons)
        return np.moveaxis(parts, -1, -2)

    def user_coef(self, columns: FloatArray) -> Any:
        """Return coefficients (p, K·N) in the shape, and the tree, that the user knows."""
        return self.features.split(self.user(columns))

    def read_parameters(self, params: Any) -> tuple[FloatArray, FloatArray]:
        """Return ``(coef, intercept)`` as class columns, (p, K·N) and (K·N,).

        Raises
        ------
        ValueError
            If there are not two, or their shapes do not fit the data.
        TypeError
            If they are not a tuple or list, not numeric, or another tree than X.
        """
        if not isinstance(params, (tuple, list)):
            raise errors.type_error(
                "Parameters must be a tuple.",
                given=type(params).__name__,
                expected="(coef, intercept)",
            )
        if len(params) != 2:
            raise errors.value_error(
                "Parameters must have two parts.",
                given=f"{len(params)} parts",
                expected="(coef, intercept)",
            )
        coef = self.features.join(params[0], name="coef").astype(np.float64)
        intercept = to_array(params[1], name="intercept").astype(np.float64)
        _check_shape("coef", coef, self.coef_shape)
        _check_shape("intercept", intercept, self.intercept_shape)
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise errors.value_error(
                "Parameters must be finite.", given="NaN or inf among them", expected="numbers"
            )
        return self.columns(coef), self.columns(intercept)

    def read_mask(self, mask: ArrayLike | None) -> BoolArray | None:
        """Return a feature mask as class columns (p, K·N) of booleans.

        Raises
        ------
        TypeError
            If it is a tree of another structure than X.
        ValueError
            If its shape is not that of ``coef_`` or its values are not 0 and 1.
        """
        if mask is None:
            return None
        spread = self.features.spread(mask, self.coef_shape, name="feature_mask")
        values = to_array(spread, name="feature_mask")
        _check_shape("feature_mask", values, self.coef_shape)
        if not np.isin(values, (0, 1)).all():
            raise errors.value_error(
                "feature_mask must contain only 0 and 1.",
                given=f"values such as {np.unique(values)[:4]}",
                expected="1 where a feature is used, 0 where it is not",
            )
        return self.columns(values.astype(bool))

    def read_penalty(self, regularizer: Any, strength: ArrayLike | None) -> Penalty:
        """Return the penalty on (p K, N) coefficients that the constructor arguments describe.

        A strength is a number, an array that broadcasts to ``coef_``, or a tree of those.
        """
        kind = self._on_coefficients(regularizer_of(regularizer))
        p, n_neurons = self.features.n_features, self.n_neurons or 1
        shape = p * self.n_classes, n_neurons
        if strength is None:
            return kind.bind(kind.default_strength, shape)
        if isinstance(strength, tuple) and isinstance(kind.default_strength, tuple):
            return kind.bind(tuple(self._strength(part) for part in strength), shape)
        return kind.bind(self._strength(strength), shape)

    def _on_coefficients(self, kind: Any) -> Any:
        """Return a regularizer whose groups of features, if it has any, are of coefficients."""
        if not hasattr(kind, "on_leaves"):
            return kind
        structure = self.features.structure
        masks = kind.mask
        if masks is not None:
            masks = [masks] if structure is None else structure.leaves_of(masks, name="mask")
            masks = [to_array(mask, name="mask") for mask in masks]
        mask = kind.on_leaves(self.features.sizes, masks).mask
        if mask.shape[2:] == self.intercept_shape:
            flat = self.columns(mask).reshape(len(mask), -1, self.n_neurons or 1)
        else:  # the same for all classes
            flat = np.repeat(mask, self.n_classes, axis=1)
        return kind.replaced(mask=flat)

    def _strength(self, strength: ArrayLike) -> Any:
        name = "regularizer_strength"
        spread = self.features.spread(strength, self.coef_shape, name=name)
        if np.ndim(spread) != len(self.coef_shape):
            return spread
        values = to_array(spread, name=name)
        try:
            values = np.broadcast_to(values, self.coef_shape)
        except ValueError:
            _check_shape(name, values, self.coef_shape)
        return self.columns(values).reshape(-1, self.n_neurons or 1)


def _check_shape(name: str, values: Array, expected: tuple[int, ...]) -> None:
    if values.shape != expected:
        raise errors.value_error(
            f"{name} does not fit the data.",
            given=f"shape {values.shape}",
            expected=f"{expected}, with a class on the last axis",
            todo="pass X with the features that the model was fitted on." if name == "coef" else "",
        )
