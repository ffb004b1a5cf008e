"""Checks and book-keeping of an estimator's parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...engine.columns import Columns
from ...fit.record import FitResult
from ...observation_models.likelihood import Likelihood
from ...regularizer import regularizer_of
from ...rows.series import pieces
from ...typing import BoolArray, FloatArray
from .shapes import Shapes


def first_intercept(columns: Columns) -> FloatArray:
    """Return the intercepts (N,) that give the mean of each neuron's response; zero without any.

    Raises
    ------
    ValueError
        If the link cannot produce one of these means, or that of a linear predictor of zero.
    """
    likelihood, response = columns.likelihood, columns.responses.values
    if not columns.has_intercept:
        return _no_intercept(likelihood, columns.n_columns)
    total, count = np.zeros(response.shape[1]), np.zeros(response.shape[1])
    for part in pieces(response):
        y = response[part]
        total += np.nansum(y, axis=0, dtype=np.float64)
        count += (~np.isnan(y)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = total / count
    unreachable = likelihood.no_start(mean) == "outside the link's range"
    if unreachable.any():
        raise errors.value_error(
            "No intercept gives the mean of the response.",
            given=f"the link {likelihood.link.name} and a mean of {mean[unreachable][0]:g}",
            expected="a mean that the link can produce",
            todo="use another link, or give fit the first parameters as init_params.",
        )
    return likelihood.start(mean)


def _no_intercept(likelihood: Likelihood, n_columns: int) -> FloatArray:
    zero = np.zeros(n_columns)
    if not np.isfinite(likelihood.value(zero, np.ones(n_columns))).all():
        raise errors.value_error(
            "Without an intercept there are no first parameters for this link.",
            given=f"the link {likelihood.link.name}, to which zero coefficients give no mean",
            expected="coefficients that predict a possible mean in every row",
            todo="call fit, which looks for some, or begin with coefficients of your own.",
        )
    return zero


def dof_resid(
    shapes: Shapes, result: FitResult, regularizer: Any, mask: BoolArray | None = None
) -> FloatArray:
    """Return the residual degrees of freedom per neuron, (N,).

    Sum of row weights, less the intercept (if there is one), less the parameters that the
    coefficients use up: the rank of the features (without a penalty), their number (Ridge) or the
    number of coefficients that are not zero (Lasso and elastic net); never more than the mask
    (p, C) leaves. Of K classes one follows from the others: K - 1 intercepts, and (K - 1) times the
    rank.
    """
    coef, free = shapes.by_class(result.coef), shapes.n_free_classes
    n_intercepts = free * shapes.has_intercept
    rank, n_neurons = result.rank * free, coef.shape[2]
    used = regularizer_of(regularizer).n_parameters(coef.reshape(-1, n_neurons), rank)
    allowed = np.ones(coef.shape) if mask is None else shapes.by_class(mask)
    most = np.minimum(allowed.sum(axis=1), free).sum(axis=0)
    return result.total_weight - np.minimum(used, most) - n_intercepts


def with_nested_params(estimator: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters in which nested ones are folded into new objects.

    ``observation_model__scale=2.0`` becomes ``observation_model=<a copy with scale 2.0>``: models
    and regularizers never change in place, so nothing that shares them changes either. A solver's
    name comes first: a regularizer is checked against it.
    """
    flat: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for key, value in params.items():
        name, _, inner = key.partition("__")
        if inner:
            nested.setdefault(name, {})[inner] = value
        else:
            flat[key] = value
    known = estimator.get_params(deep=False)
    for name, changes in nested.items():
        owner = flat.get(name, known.get(name))
        if not hasattr(owner, "replaced"):
            raise errors.value_error(
                f"{name!r} has no parameters to set.",
                given=f"{name}__{next(iter(changes))} where {name} is {owner!r}",
                expected=f"an object such as NegativeBinomialObservations() as {name}",
            )
        flat[name] = owner.replaced(**changes)
    return dict(sorted(flat.items(), key=lambda item: item[0] != "solver_name"))
