"""Penalties as functions of a model's parameters: what users' own solvers and scripts ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..typing import Array

if TYPE_CHECKING:
    from .base import Penalty


def penalised(loss: Callable[..., Any], penalty: Penalty) -> Callable[..., Any]:
    """Return ``loss`` plus the penalty at its first argument, parameters with a ``coef``.

    A loss may return its value, or value and auxiliary output; what it returns otherwise is a
    ``ValueError``.
    """

    def penalised_loss(params: Any, *args: Any, **kwargs: Any) -> Any:
        outcome = loss(params, *args, **kwargs)
        added = penalty.value(_table(coef_of(params))).sum()
        if not isinstance(outcome, tuple):
            return outcome + added
        if len(outcome) != 2:
            raise errors.value_error(
                "The loss returns something else than a value.",
                given=f"a tuple of {len(outcome)}",
                expected="a value, or (value, auxiliary output)",
            )
        return outcome[0] + added, outcome[1]

    return penalised_loss


def proximal(penalty: Penalty) -> Callable[..., Any]:
    """Return ``prox(params, hyperparams, scaling)``: argmin of scaling · penalty + |· - params|²/2.

    Intercepts are not moved. ``hyperparams`` is there for NeMoS's sake: the strength is the
    penalty's.
    """

    def prox(params: Any, hyperparams: Any = None, scaling: float = 1.0) -> Any:
        coef = coef_of(params)
        return _with_coef(params, penalty.prox(_table(coef), scaling).reshape(coef.shape))

    return prox


def coef_of(params: Any) -> Any:
    """Return the coefficients of parameters: ``params.coef``, or the first of a pair."""
    return params.coef if hasattr(params, "coef") else params[0]


def shape_of(params: Any) -> tuple[int, int]:
    """Return the shape (p, C) of the coefficients of parameters."""
    shape = np.shape(coef_of(params))
    return (shape[0], 1) if len(shape) == 1 else (shape[0], shape[1])


def _table(coef: Any) -> Array:
    return coef[:, None] if coef.ndim == 1 else coef


def _with_coef(params: Any, coef: Any) -> Any:
    if isinstance(params, tuple) and not hasattr(params, "_replace"):
        return type(params)((coef, *params[1:]))
    if hasattr(params, "_replace"):
        return params._replace(coef=coef)
    return type(params)(coef, params.intercept)
