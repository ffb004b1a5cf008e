"""How sure a classifier is of near copies of features: as the fit saw them, told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...engine.features.near_dependence import View
from ...engine.features.survey import survey_features, survey_responses
from ...engine.objective import Objective
from ...engine.runners.plan import Plan, planned
from ...engine.softmax_objective import SoftmaxObjective
from ...fit.record import FitResult
from ...fit.user_scale import for_the_solver, of_the_rows
from ...inference.information.filling import Filler
from ...inference.information.inverses import TOUCHED
from ...inference.information.memory import groups
from ...inference.information.optimum import NO_OPTIMUM, Uncertainty
from ...numerics import quiet
from ...regularizer import UnRegularized
from ...regularizer.base import PenaltyTerm
from ...solvers import Status
from ...typing import BoolArray, FloatArray
from ..reading.fit_inputs import FitInputs
from .curvature import inverse_curvature, penalised_curvature
from .sandwiches import covered, in_place


def told_apart(
    inputs: FitInputs,
    penalty: PenaltyTerm,
    estimates: tuple[FloatArray, FloatArray],
    record: FitResult | None,
    filler: Filler | None,
) -> dict[int, Iterator[Uncertainty]]:
    """Return, for neurons that can tell near copies apart, how sure they are of them.

    Neurons that see the rows alike share an iterator, which takes them in their order.

    Parameters
    ----------
    inputs, penalty :
        The data, and the penalty on coefficients (p K, N).
    estimates :
        (p, K·N) and (K·N,) the optimum.
    record :
        Of the fit that led to them; without one nothing is told apart.
    filler :
        Makes what is between the inverses of a sandwich, or None.
    """
    if record is None or not (record.near_copies and penalty.is_smooth):
        return {}
    columns, K = inputs.columns, inputs.shapes.n_classes or 1
    table, how = planned(inputs.rows, inputs.keep, columns.n_columns)
    table = table.in_double()
    observed = survey_responses(table, columns, how)
    survey = survey_features(table, columns, how)
    no_optimum = {Status.SEPARATED, *NO_OPTIMUM}
    which = np.flatnonzero([status not in no_optimum for status in record.status])
    absent = observed.mean.reshape(K, -1) <= 0
    absent &= inputs.shapes.has_intercept
    found: dict[int, Iterator[Uncertainty]] = {}
    h = np.full(len(record.status), 1.0 / K)
    for view in survey.views(columns, penalty, h, which, K):
        if view.table.combinations is not None and view.table.combinations.places.size:
            of_classes = (np.arange(K)[:, None] * len(h) + view.columns).ravel()
            mine = replace(inputs, columns=columns.take(of_classes))
            weight = observed.weight[of_classes]
            objective = _objective(mine, view, how, weight, absent[:, view.columns])
            theta = for_the_solver(
                objective.classes, estimates[0][:, of_classes], estimates[1][of_classes]
            )
            of_view = _of_plain_rows(objective, objective.stacked(theta), filler)
            found |= dict.fromkeys(map(int, view.columns), of_view)
    return found


def _objective(
    inputs: FitInputs, view: View, how: Plan, weight: FloatArray, absent: BoolArray
) -> SoftmaxObjective:
    """Return the objective of neurons that see the rows alike."""
    # A feature that the others make up for is not frozen: it has no error of its own.
    scale = np.where(view.features.scale > 0, view.features.scale, 1.0)
    features = replace(view.features, scale=scale)
    no_penalty = UnRegularized().bind(None, (0, 0))
    classes = Objective(view.table, inputs.columns, how, no_penalty, features, weight)
    return SoftmaxObjective(classes, view.penalty, absent)


def _of_plain_rows(
    objective: SoftmaxObjective, theta: FloatArray, filler: Filler | None
) -> Iterator[Uncertainty]:
    """Yield the uncertainty of the parameters of plain rows, neuron by neuron."""
    K, n = objective.n_classes, objective.classes.n_parameters
    J = np.vstack(of_the_rows(objective.classes, np.eye(n)))
    to_user = np.kron(J, np.eye(K))
    to_user[-K:] -= to_user[-K:].mean(axis=0)
    is_made_of = np.kron(np.abs(J) > TOUCHED * np.abs(J).max(axis=0), np.eye(K)) > 0
    for group in groups(objective.n_columns, objective.n_parameters):
        with quiet():
            H = penalised_curvature(objective, theta[:, group], group)
        frozen = objective.frozen(group)
        found = [inverse_curvature(objective, H[a], frozen[:, a], n) for a, n in enumerate(group)]
        inverses = [inverse for inverse, _ in found]
        sandwiches = covered(objective, theta[:, group], group, inverses, filler)
        for n, sandwich, (_, unsure) in zip(group, sandwiches, found, strict=True):
            yield in_place(sandwich, is_made_of @ unsure, to_user, objective.total_weight[n])
