"""Sandwiches for classifiers: the inverse curvature on both sides of the products of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...engine.softmax_objective import SoftmaxObjective
from ...inference.information.filling import Filler, Seen
from ...inference.information.optimum import Uncertainty
from ...numerics import quiet
from ...typing import BoolArray, FloatArray, IntArray


class Covered(NamedTuple):
    """The covariance of theta, (n, n), times the sum of the weights; and what is said of it."""

    covariance: FloatArray
    dof: float = np.inf
    method: str = "model"
    reason: str = ""


def covered(
    objective: SoftmaxObjective,
    theta: FloatArray,
    neurons: IntArray,
    inverses: Sequence[FloatArray],
    filler: Filler | None,
) -> list[Covered]:
    """Return the covariances of some neurons: their inverse curvatures, or sandwiches of those.

    Parameters
    ----------
    objective :
        The problems of all neurons.
    theta :
        (n, A) the estimates of these neurons.
    neurons :
        (A,) which they are.
    inverses :
        A of (n, n): the inverse of the mean curvature.
    filler :
        Makes what is between two inverses; None: there is one.
    """
    if filler is None:
        return [Covered(inverse) for inverse in inverses]
    classes, K = objective.classes, objective.n_classes
    J = np.kron(np.vstack(classes.to_user(np.eye(classes.n_parameters))), np.eye(K))
    weight = objective.total_weight[neurons]
    seen = Seen(
        classes.table,
        classes.columns.take(objective.class_columns(neurons)),
        *classes.to_user(objective.widened(theta)),
        classes.plan,
        inverses,
        _n_used(objective, theta, neurons, inverses),
        classes.table.origin,
        K,
    )
    found = []
    with quiet():
        filling = filler.fill(seen)[:4]
    for inverse, a, *about in zip(inverses, weight, *filling, strict=True):
        products, dof, method, reason = about
        with quiet():  # a neuron without rows has no weight
            covariance = inverse @ (J.T @ products @ J) @ inverse / a
        found.append(Covered(covariance, float(dof), method, reason))
    return found


def in_place(found: Covered, unsure: BoolArray, to_user: FloatArray, weight: float) -> Uncertainty:
    """Return how sure parameters are in the user's scale, to_user (n, n) from theta."""
    with quiet():  # a neuron without rows has no weight
        covariance = to_user @ found.covariance @ to_user.T / weight
    undetermined = unsure | (found.reason != "")
    return Uncertainty(covariance, undetermined, None, found.dof, found.method, found.reason)


def _n_used(
    objective: SoftmaxObjective,
    theta: FloatArray,
    neurons: IntArray,
    inverses: Sequence[FloatArray],
) -> FloatArray:
    """Return how many parameters each neuron uses up, (A,): less with a penalty."""
    if not objective.penalty_curvature(neurons).any() and objective.squares(neurons) is None:
        return np.array([np.linalg.matrix_rank(inverse, hermitian=True) for inverse in inverses])
    plain = objective.information(theta, neurons)
    return np.einsum("aij,aij->a", np.stack(inverses), plain)
