"""Checks and book-keeping of an estimator's parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors
from ..inference.record import FitResult
from ..io.timeseries import to_array
from ..observation_models.likelihood import Likelihood
from ..regularizer.base import Regularizer
from ..rows.arrays import ArrayRows
from ..rows.contract import Rows
from ..typing import Array, BoolArray, FloatArray
from .layout import Layout


def check_parameters(
    params: Any, shape: tuple[int, int], *, ndim: int, layout: Layout
) -> tuple[FloatArray, FloatArray]:
    """Return ``(coef, intercept)`` as (p, N) and (N,) arrays.

    Raises
    ------
    ValueError
        If there are not two, or their shapes do not fit the data.
    TypeError
        If they are not a tuple or list, not numeric, or another tree than X.
    """
    if not isinstance(params, (tuple, list)):
        raise errors.type_error(
            "Parameters must be a tuple.", given=type(params).__name__, expected="(coef, intercept)"
        )
    if len(params) != 2:
        raise errors.value_error(
            "Parameters must have two parts.",
            given=f"{len(params)} parts",
            expected="(coef, intercept)",
        )
    coef = layout.join(params[0], name="coef").astype(np.float64)
    intercept = to_array(params[1], name="intercept").astype(np.float64)
    p, n_neurons = shape
    expected = (p,) if ndim == 1 else shape
    if coef.shape != expected:
        raise errors.value_error(
            "X and the coefficients do not fit each other.",
            given=f"X with {p} feature(s), coefficients of shape {coef.shape}",
            expected=f"coefficients of shape {expected} for this X",
            todo="pass X with the features that the model was fitted on.",
        )
    if intercept.shape != (n_neurons,):
        raise errors.value_error(
            "The intercept does not fit the data.",
            given=f"shape {intercept.shape}",
            expected=f"({n_neurons},)",
        )
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        raise errors.value_error(
            "Parameters must be finite.", given="NaN or inf among them", expected="numbers"
        )
    return coef.reshape(shape), intercept


def first_intercept(likelihood: Likelihood, response: Array) -> FloatArray:
    """Return the intercepts (N,) that give the mean of each neuron's response (T, N).

    Raises
    ------
    ValueError
        If the link cannot produce one of these means.
    """
    with np.errstate(invalid="ignore"):
        mean = np.nanmean(response, axis=0)
    unreachable = likelihood.no_start(mean) == "outside the link's range"
    if unreachable.any():
        raise errors.value_error(
            "No intercept gives the mean of the response.",
            given=f"the link {likelihood.link.name} and a mean of {mean[unreachable][0]:g}",
            expected="a mean that the link can produce",
            todo="use another link, or give fit the first parameters as init_params.",
        )
    return likelihood.start(mean)


def check_feature_names(rows: Rows, fitted: tuple[str, ...]) -> None:
    """Check that named features come in the order in which the model was fitted on them.

    Raises
    ------
    ValueError
        If X names its columns otherwise than the X of the fit did.
    """
    unnamed = ArrayRows(np.empty((0, rows.n_features))).feature_names
    given = rows.feature_names
    if unnamed in (given, fitted) or given == fitted:
        return
    expected = _in_the_order_of_leaves(fitted, given, Layout.of(rows))
    if given == expected:
        return
    other = next(
        j for j, names in enumerate(zip(given, expected, strict=True)) if len(set(names)) > 1
    )
    raise errors.value_error(
        "X has other features than the model was fitted on, or in another order.",
        given=f"{given[other]!r} as feature {other}",
        expected=repr(expected[other]),
        todo="put the columns in the order of model.feature_names_.",
    )


def _in_the_order_of_leaves(
    fitted: tuple[str, ...], given: tuple[str, ...], layout: Layout
) -> tuple[str, ...]:
    """Return the fitted names leaf by leaf: keys of a dict may come in any order."""
    names: list[str] = []
    for leaf in layout.parts(np.array(given, dtype=object)):
        names += [name for name in fitted if name in set(leaf)]
    return tuple(names) if len(names) == len(fitted) else fitted


def dof_resid(
    result: FitResult, regularizer: Regularizer, mask: BoolArray | None = None
) -> FloatArray:
    """Return the residual degrees of freedom per neuron, (N,).

    Sum of row weights, less the intercept, less the parameters that the coefficients use up: the
    rank of the features (without a penalty), their number (Ridge) or the number of coefficients
    that are not zero (Lasso and elastic net); never more than the mask (p, N) leaves.
    """
    used = regularizer.n_parameters(result.coef, result.rank)
    if mask is not None:
        used = np.minimum(used, mask.sum(axis=0))
    return result.total_weight - used - 1


def with_nested_params(estimator: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters in which nested ones are folded into new objects.

    ``observation_model__scale=2.0`` becomes ``observation_model=<a copy with scale 2.0>``: models
    and regularizers never change in place, so nothing that shares them changes either.
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
    return flat
