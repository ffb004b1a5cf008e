"""Arguments that make states differ: such states have an order of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..io.interop.tree_functions import mapped
from ..io.interop.trees import is_tree
from ..typing import FloatArray, IntArray
from .climbing import Problem
from .joined_weights import joined

_ALIKE = 1e-12  # relative


def are_told_apart(problem: Problem) -> bool:
    """Return whether masks, frozen weights, strengths or priors differ between states.

    Where none does, states have no names, and any order is as good as another.
    """
    emissions, prior = problem.emissions, problem.prior
    p, K, N = emissions.rows.n_features, emissions.n_states, emissions.n_outputs
    probe = np.tile(np.random.default_rng(0).normal(size=(p, N)), (1, K))
    penalty = emissions.penalty.value(emissions.columns_of(1).for_penalty(probe))
    by_state: list[Any] = [penalty.reshape(K, -1), prior.initial[:, None]]
    if emissions.mask is not None:
        by_state.append(emissions.mask.reshape(p, K, N).transpose(1, 0, 2))
    if emissions.frozen is not None:
        by_state.append(emissions.frozen.centre.reshape(p, K, N).transpose(1, 0, 2))
        if emissions.frozen.intercept is not None:
            by_state.append(emissions.frozen.intercept.reshape(K, N))
    stays = np.eye(K, dtype=bool)
    by_state += [prior.transition[stays][:, None], prior.transition[~stays][:, None]]
    return any(not np.allclose(part, part[:1], rtol=_ALIKE, atol=0.0) for part in by_state)


def in_order(model: Any, order: IntArray) -> dict[str, Any]:
    """Return the arguments of a fitted model that say something of single states, in a new order.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> model = nmo.GLMHMM(2, dirichlet_initial_proba=[3.0, 1.0])
    >>> model.coef_ = np.zeros((1, 2))
    >>> in_order(model, np.array([1, 0]))
    {'dirichlet_initial_proba': array([1., 3.])}
    """
    K = len(order)
    found: dict[str, Any] = {}
    for name in ("feature_mask", "regularizer_strength"):
        given: Any = getattr(model, name, None)
        if is_tree(given):
            found[name] = mapped(lambda part: _moved(part, order), given)
        elif not isinstance(given, str) and np.ndim(given) >= 2:
            found[name] = _moved(given, order)
    if model.dirichlet_initial_proba is not None:
        found["dirichlet_initial_proba"] = np.asarray(model.dirichlet_initial_proba)[order]
    moves = model.dirichlet_transition_proba
    if moves is not None and np.shape(moves) == (K, K):
        found["dirichlet_transition_proba"] = np.asarray(moves)[np.ix_(order, order)]
    frozen = getattr(model, "frozen_weights", None)
    if isinstance(frozen, Mapping):
        found["frozen_weights"] = {
            name: _frozen_in_order(model, name, value, order) for name, value in frozen.items()
        }
    return found


def _moved(part: Any, order: IntArray) -> Any:
    """Return values whose last axis is that of states in another order, others as they are."""
    values = np.asarray(part)
    has_states = values.ndim >= 2 and values.shape[-1] == len(order)
    return values[..., order] if has_states else part


def _frozen_in_order(model: Any, name: str, value: Any, order: IntArray) -> Any:
    values: FloatArray = np.asarray(value, dtype=np.float64)
    coef = joined(model.coef_)
    sizes = {t.label: t.stop - t.start for t in getattr(model, "terms_", ()) if t.label}
    is_one = sizes.get(name, 1) == 1 and values.shape == coef.shape[1:]
    return values[..., order] if is_one or values.ndim == coef.ndim else value
