"""The shapes of parameters: as the user knows them, as the engine does, and as penalties do.

The user has neurons and classes on the last axes: ``coef_`` is (p,), (p, N), (p, K) or (p, N, K).
The engine has a column per neuron, or per class and neuron, (p, C): class k of neuron n is column
k·N + n. Penalties see a column per neuron, (p K, N), whose row j·K + k is feature j of class k: the
numbers of the engine in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import numpy as np

from ... import errors
from ...io.interop.timeseries import to_array
from ...regularizer import Penalty, regularizer_of
from ...regularizer.adjustable import Adjustable
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from .by_term import (
    bounds_of,
    is_by_term,
    labelled,
    mask_by_term,
    strength_by_group,
    strength_by_term,
)
from .feature_tree import Layout


@dataclass(frozen=True)
class Shapes:
    """p features in the tree ``features``, N neurons, K classes; None where there is no such axis.

    Without an intercept there is one of zero, which is no parameter. ``neurons`` are the names of
    neurons, where they have some.

    >>> Shapes(Layout((2,)), n_neurons=4).coef_shape
    (2, 4)
    >>> classes = Shapes(Layout((2,)), n_classes=3)
    >>> classes.coef_shape, classes.intercept_shape
    ((2, 3), (3,))
    """

    features: Layout
    n_neurons: int | None = None
    n_classes: int | None = None
    has_intercept: bool = True
    neurons: tuple[Any, ...] | None = None

    @property
    def coef_shape(self) -> tuple[int, ...]:
        """(p,), (p, N), (p, K) or (p, N, K)."""
        return (self.features.n_features, *self.per_feature)

    @property
    def intercept_shape(self) -> tuple[int, ...]:
        """(1,), (N,), (K,) or (N, K)."""
        return self.per_feature or (1,)

    @property
    def per_feature(self) -> tuple[int, ...]:
        """The shape of what belongs to one feature: (), (N,), (K,) or (N, K)."""
        return tuple(n for n in (self.n_neurons, self.n_classes) if n is not None)

    @property
    def n_free_classes(self) -> int:
        """Parameters per neuron and feature that the data can tell apart: K - 1, or one."""
        return 1 if self.n_classes is None else self.n_classes - 1

    @property
    def n_parameters(self) -> int:
        """Parameters of one neuron: p K, and the K intercepts if there are any."""
        return (self.features.n_features + self.has_intercept) * (self.n_classes or 1)

    def columns(self, values: Array) -> Array:
        """Return an array (..., *per_feature) as columns (..., C)."""
        before = values.shape[: values.ndim - len(self.per_feature)]
        if len(self.per_feature) == 2:
            values = np.moveaxis(values, -1, -2)
        return values.reshape((*before, prod(self.per_feature)))

    def user(self, columns: Array) -> Array:
        """Return columns (..., C) as (..., *per_feature)."""
        before = columns.shape[:-1]
        if len(self.per_feature) == 2:
            parts = columns.reshape((*before, *self.per_feature[::-1]))
            return np.moveaxis(parts, -1, -2)
        return columns.reshape((*before, *self.per_feature))

    def user_coef(self, columns: FloatArray) -> Any:
        """Return coefficients (p, C) in the shape, and the tree, that the user knows."""
        return self.features.split(self.user(columns))

    def user_intercept(self, columns: FloatArray) -> FloatArray:
        """Return intercepts (C,) in the shape that the user knows."""
        return self.user(columns).reshape(self.intercept_shape)

    def by_class(self, columns: Array) -> Array:
        """Return columns (p, C) as (p, K, N), with K = 1 where there are no classes."""
        return columns.reshape(len(columns), self.n_classes or 1, self.n_neurons or 1)

    def read_parameters(self, params: Any) -> tuple[FloatArray, FloatArray]:
        """Return ``(coef, intercept)`` as columns, (p, C) and (C,).

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
        self._check(coef, intercept)
        return self.columns(coef), self.columns(intercept.reshape(self.per_feature))

    def read_first(self, params: Any) -> tuple[FloatArray, FloatArray]:
        """Return parameters from which to go on, as :meth:`read_parameters`.

        Raises
        ------
        ValueError
            Also for an intercept where there is none.
        """
        coef, intercept = self.read_parameters(params)
        if not self.has_intercept and intercept.any():
            raise errors.value_error(
                "This model has no intercept (fit_intercept=False).",
                given=f"an intercept of {intercept[np.flatnonzero(intercept)[0]]:g}",
                expected=f"(coef, intercept) with zeros of shape {self.intercept_shape}",
                todo="pass zeros; a baseline that is known is an offset of fit.",
            )
        return coef, intercept

    def read_mask(self, mask: ArrayLike | None) -> BoolArray | None:
        """Return a feature mask as columns (p, C); a tree may have one value per leaf (and neuron).

        A dict by labels of terms says which channels are used; see :func:`mask_by_term`.

        Raises
        ------
        TypeError
            If it is a tree of another structure than X.
        ValueError
            If its shape is not that of ``coef_`` or its values are not 0 and 1.
        """
        if mask is None:
            return None
        if is_by_term(mask, self.features):
            of = None if self.n_neurons is None else (self.neurons, self.n_neurons)
            choices: Any = mask
            return self.columns(mask_by_term(choices, self.features, self.coef_shape, of))
        spread = self.features.spread(mask, self.coef_shape, name="feature_mask")
        values = to_array(spread, name="feature_mask")
        if values.shape != self.coef_shape:
            raise errors.value_error(
                "feature_mask does not fit the coefficients.",
                given=f"shape {values.shape}",
                expected=f"{self.coef_shape}, the shape of coef_",
            )
        if not np.isin(values, (0, 1)).all():
            raise errors.value_error(
                "feature_mask must contain only 0 and 1.",
                given=f"values such as {np.unique(values)[:4]}",
                expected="1 where a feature is used, 0 where it is not",
            )
        return self.columns(values.astype(bool))

    def read_penalty(self, regularizer: Any, strength: ArrayLike | None) -> Penalty:
        """Return the penalty on (p K, N) coefficients that the constructor arguments describe.

        A strength (each of the two of an elastic net) is a number, an array, or a tree with a
        number or an array per leaf, or per term; those of groups and matrices belong to these.
        """
        kind: Any = regularizer_of(regularizer)
        if getattr(kind, "has_bounds", False):
            return self._bounded(kind, strength)
        has_groups = hasattr(kind, "on_leaves")
        if strength is None:
            strength = kind.default_strength
        elif isinstance(strength, tuple) and isinstance(kind.default_strength, tuple):
            strength = tuple(self._strength(part) for part in strength)
        elif not (has_groups or getattr(kind, "has_own_strengths", False)):
            strength = self._strength(strength)
        if getattr(kind, "is_by_term", False):
            terms = labelled(self.features, type(kind).__name__)
            kind, labels = kind.on_terms(tuple(terms.values()))
            if has_groups and isinstance(strength, Mapping):
                strength = strength_by_group(strength, self.features, labels)
        shape = self.features.n_features * (self.n_classes or 1), self.n_neurons or 1
        if self.n_classes is not None and hasattr(kind, "bind_classes"):
            return cast(Penalty, kind.bind_classes(strength, shape, self.n_classes))
        return self._on_coefficients(kind).bind(strength, shape)

    def read_adjustable(self, regularizer: Any) -> Adjustable:
        """Return the penalty on (p, N) coefficients with strengths that are still to be chosen.

        Raises
        ------
        ValueError
            If the regularizer has none that could be.
        """
        kind: Any = regularizer_of(regularizer)
        if hasattr(kind, "by_term"):
            return cast(Adjustable, kind.by_term(self.features.terms))
        penalty: Any = self.read_penalty(kind, None)
        if not hasattr(penalty, "with_strengths"):
            raise errors.value_error(
                "The strength of this penalty cannot be chosen automatically.",
                given=f"regularizer_strength='auto' with {type(kind).__name__}",
                expected="Ridge, Quadratic, or another penalty by squares",
                todo="give a number; selection.regularization_path shows what it does.",
            )
        return cast(Adjustable, penalty)

    def _bounded(self, kind: Any, strength: ArrayLike | None) -> Penalty:
        """Return the penalty beside bounds, with the bounds of coefficients (p, N)."""
        if self.n_classes is not None:
            raise errors.value_error(
                "Classifiers take no bounds: what is added to all classes changes no probability.",
                given=f"regularizer={kind!r}",
                expected="a GLM or a PopulationGLM",
            )
        penalty = self.read_penalty(kind.regularizer, strength)
        shape = self.features.n_features, self.n_neurons or 1
        low, high = bounds_of(kind.bounds, self.features, shape)
        return cast(Penalty, kind.around(penalty, low, high))

    def _strength(self, strength: ArrayLike) -> Any:
        """Return a strength spread over leaves; with classes, an array as (p K, N)."""
        name = "regularizer_strength"
        if is_by_term(strength, self.features):
            by_term: Any = strength
            strength = strength_by_term(by_term, self.features, self.coef_shape)
        spread = self.features.spread(strength, self.coef_shape, name=name)
        if self.n_classes is None or np.ndim(spread) != len(self.coef_shape):
            return spread
        values = to_array(spread, name=name)
        try:
            values = np.broadcast_to(values, self.coef_shape)
        except ValueError as error:
            raise errors.value_error(
                f"{name} does not fit the data.",
                given=f"shape {values.shape}",
                expected=f"{self.coef_shape}, with a class on the last axis",
            ) from error
        return self.columns(values).reshape(-1, self.n_neurons or 1)

    def _on_coefficients(self, kind: Any) -> Any:
        """Return a regularizer whose groups of features, if it has any, are of coefficients."""
        is_plain = self.features.structure is None and self.n_classes is None
        if is_plain or not hasattr(kind, "on_leaves"):
            return kind
        if self.features.structure is None or not isinstance(kind.mask, np.ndarray):
            leaves = self.features.leaves(kind.mask, name="mask")
            kind = kind.on_leaves(self.features.sizes, leaves)
        if self.n_classes is None:
            return kind
        if kind.mask.shape[2:] == self.per_feature:
            mask = self.columns(kind.mask).reshape(len(kind.mask), -1, self.n_neurons or 1)
        else:  # the same for all classes
            mask = np.repeat(kind.mask, self.n_classes, axis=1)
        return kind.replaced(mask=mask)

    def _check(self, coef: FloatArray, intercept: FloatArray) -> None:
        """Check first or given parameters, as the user shapes them."""
        if coef.shape != self.coef_shape:
            raise errors.value_error(
                "X and the coefficients do not fit each other.",
                given=f"X with {self.features.n_features} feature(s), coefficients of shape "
                f"{coef.shape}",
                expected=f"coefficients of shape {self.coef_shape} for this X"
                + ("" if self.n_classes is None else ", with a class on the last axis"),
                todo="pass X with the features that the model was fitted on.",
            )
        if intercept.shape != self.intercept_shape:
            raise errors.value_error(
                "The intercept does not fit the data.",
                given=f"shape {intercept.shape}",
                expected=f"{self.intercept_shape}",
            )
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise errors.value_error(
                "Parameters must be finite.", given="NaN or inf among them", expected="numbers"
            )
