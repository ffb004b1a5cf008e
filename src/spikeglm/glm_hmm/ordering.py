"""States have no names: in which order they come, and which are each other's counterparts."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from .. import errors
from ..io.interop.tree_functions import mapped
from ..typing import FloatArray, IntArray
from .asking import check_fitted
from .estimator import GLMHMM
from .joined_weights import with_intercepts
from .told_apart import in_order


def order_states(model: GLMHMM, by: Any) -> GLMHMM:
    """Return the same model with its states in another order.

    Arguments that say something of single states (masks, frozen weights, strengths, priors) go with
    them.

    Parameters
    ----------
    model :
        With parameters; it stays as it is.
    by :
        The name of a feature, or ``"intercept"``: states with the largest weight come first (of
        several outputs, that of the first). Another model of as many states: each state takes the
        place of the one whose weights are nearest, all together. Or (K,) the numbers of states in
        the new order.

    Raises
    ------
    NotFittedError
        If the model has no parameters.
    ValueError
        For a name that is none, or numbers that are no order.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(1.5 * (np.arange(300) // 50 % 2)))
    >>> model = nmo.GLMHMM(2, "Poisson", n_restarts=2).fit(X, y)
    >>> first = nmo.glm_hmm.order_states(model, "intercept")
    >>> bool(first.intercept_[0] > first.intercept_[1])
    True
    >>> again = nmo.glm_hmm.order_states(first, model)
    >>> bool((again.coef_ == model.coef_).all())
    True
    """
    check_fitted(model)
    order = _order(model, by)
    new = copy.copy(model)
    for name, value in in_order(model, order).items():
        setattr(new, name, value)
    new.coef_ = mapped(lambda leaf: np.asarray(leaf)[..., order], model.coef_)
    for name in ("intercept_", "scale_", "initial_prob_"):
        setattr(new, name, np.asarray(getattr(model, name))[..., order])
    new.transition_prob_ = np.asarray(model.transition_prob_)[np.ix_(order, order)]
    if hasattr(model, "transition_coef_"):
        new.transition_coef_ = model.transition_coef_[:, order][..., order]
    if hasattr(model, "fit_report_"):
        new.fit_report_ = replace(model.fit_report_, occupancy=model.fit_report_.occupancy[order])
    return new


def _order(model: GLMHMM, by: Any) -> IntArray:
    """Return which state comes first, second, ..."""
    weights = _weights(model)
    if isinstance(by, GLMHMM):
        return _counterparts(weights, _weights(by))
    if isinstance(by, str):
        names = [*getattr(model, "feature_names_", ()), "intercept"]
        if by not in names:
            raise errors.unknown_name("feature", by, names)
        values = weights[-1] if by == "intercept" else weights[names.index(by)]
        return np.argsort(-values[0], kind="stable")
    order, K = np.asarray(by), weights.shape[-1]
    if order.shape != (K,) or sorted(order.tolist()) != list(range(K)):
        raise errors.value_error(
            "This is no order of the states.",
            given=repr(by),
            expected=f"the numbers 0 to {K - 1}, each once; the name of a feature; or a model",
        )
    return order.astype(np.intp)


def _weights(model: GLMHMM) -> FloatArray:
    """Return weights, intercepts last, (p + 1, N, K)."""
    return with_intercepts(model.coef_, model.intercept_)


def _counterparts(weights: FloatArray, like: FloatArray) -> IntArray:
    """Return for each state of another model the nearest one here, each once."""
    from scipy.optimize import linear_sum_assignment

    if weights.shape != like.shape:
        raise errors.value_error(
            "The two models are not of one kind.",
            given=f"weights of shapes {weights.shape} and {like.shape}",
            expected="as many features, outputs and states",
        )
    apart = ((like[..., :, None] - weights[..., None, :]) ** 2).sum(axis=(0, 1))
    return np.asarray(linear_sum_assignment(apart)[1])
