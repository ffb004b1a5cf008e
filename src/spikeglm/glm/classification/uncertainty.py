"""How sure a classifier's estimates are: the inverse of the curvature at the optimum.

The curvature of the softmax does not depend on the labels, so it is the Fisher information. Adding
a number to a parameter of all classes changes nothing, so what is estimated are parameters that sum
to zero over the classes, and their covariance has that direction as its null space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.features.survey import Responses, survey_locations, survey_responses
from ...engine.objective import Objective
from ...engine.runners.plan import planned
from ...engine.softmax_objective import SoftmaxObjective
from ...fit.class_separation import ClassSeparation, class_separations, in_the_limit
from ...fit.record import FitResult, check_optimum, check_same_data
from ...fit.user_scale import for_the_solver
from ...inference.covariances import Requested, RowsInTime
from ...inference.information.filling import Filler
from ...inference.information.inverses import TOUCHED, void_directions
from ...inference.information.memory import groups
from ...inference.information.optimum import NO_OPTIMUM, Uncertainty
from ...inference.information.remaining_step import rounding_of, size_of_rows, squared_step
from ...numerics import quiet
from ...regularizer import UnRegularized
from ...solvers import Status
from ...typing import ArrayLike, BoolArray, FloatArray, IntArray
from ..reading.fit_inputs import FitInputs
from ..reading.known_labels import check_neurons
from ..results.fitted import Uncertainties, check_same_intercept, estimates, record_of
from .curvature import inverse_curvature, penalised_curvature
from .inputs import read_class_inputs
from .near_copies import told_apart
from .prediction import known_classes
from .sandwiches import covered, in_place

if TYPE_CHECKING:
    from .classifier import ClassifierGLM


def class_uncertainties(
    model: ClassifierGLM, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
) -> Uncertainties:
    """Return how sure the n = (p + 1) K parameters of each neuron are, and the shapes of all.

    Parameter j of class k comes at j·K + k, intercepts last (of variance 0 where there are none).

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.110; the penalised case as in
    :mod:`~spikeglm.inference.information.fisher`.
    """
    classes = known_classes(model)
    inputs = read_class_inputs(model, X, y, classes, **more)
    check_same_intercept(model)
    shapes, coef, intercept = estimates(model, inputs.rows, len(classes))
    check_neurons(model, y=y)
    record = record_of(model, coef, intercept)
    wanted.check_classes()
    time_axis = inputs.rows.time_axis or inputs.response_axis
    data = RowsInTime(inputs.rows, inputs.keep, time_axis, getattr(model, "bin_s_", None))
    found = _uncertainties(model, inputs, coef, intercept, record, wanted.filler(data))
    return Uncertainties(found, shapes)


def _uncertainties(
    model: ClassifierGLM,
    inputs: FitInputs,
    coef: FloatArray,
    intercept: FloatArray,
    record: FitResult | None,
    filler: Filler | None,
) -> Iterator[Uncertainty]:
    objective, observed, constant = _objective(model, inputs)
    if record is not None:
        check_same_data(record, observed)
    theta = objective.stacked(for_the_solver(objective.classes, coef, intercept))
    to_user = _to_user(objective)
    apart = _separated(objective, record)
    limits = class_separations(objective, theta, apart)  # each takes as much as the labels
    better = told_apart(inputs, objective.penalty, (coef, intercept), record, filler)
    for group in groups(objective.n_columns, objective.n_parameters):
        with quiet():  # a neuron without rows has no mean of them
            evaluation = objective.evaluate(theta[:, group], group)
            H = penalised_curvature(objective, theta[:, group], group)
        frozen = objective.frozen(group)
        found = [inverse_curvature(objective, H[a], frozen[:, a], n) for a, n in enumerate(group)]
        sandwiches = covered(objective, theta[:, group], group, [i for i, _ in found], filler)
        absent = np.tile(objective.absent[:, group], (len(coef) + 1, 1))
        for a, n in enumerate(group):
            has_none = not objective.penalty.is_smooth  # no standard errors are valid then
            has_none |= record is not None and record.status[n] in NO_OPTIMUM
            if n in apart:
                with quiet():
                    limit = next(limits)
                yield _in_the_limit(objective, theta, n, limit, filler, constant=constant)
                continue
            inverse, unsure = found[a]
            if record is not None and objective.penalty.is_smooth:
                where = np.where(frozen[:, a], 0.0, theta[:, n])
                seen = evaluation.gradient[:, a], where, inverse, H[a]
                is_single = inputs.rows.dtype == np.float32
                _check_optimum(objective, record, n, seen, is_single=is_single)
            sure = in_place(sandwiches[a], unsure, to_user, objective.total_weight[n])
            if n in better:
                sure = next(better[n])
            undetermined = sure.undetermined | (frozen[:, a] & absent[:, a]) | has_none
            yield sure._replace(undetermined=undetermined, has_none=bool(has_none))


def _check_optimum(
    objective: SoftmaxObjective,
    record: FitResult,
    n: int,
    seen: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    *,
    is_single: bool,
) -> None:
    """Check estimates of a neuron by what the data say: slope, theta, covariance, curvature."""
    slope, theta, covariance, H = seen
    if objective.total_weight[n] == 0:
        return  # there is nothing that could tell
    K, weight = objective.n_classes, float(objective.total_weight[n])
    by_class = slope.reshape(-1, K).copy()
    at_zero = theta.reshape(-1, K)[record.aliased] == 0
    by_class[record.aliased] *= ~(at_zero | is_single)  # taken for rounding by the fit
    slope = by_class.ravel()
    location = np.append(_location(objective) * objective.features.inverse_scale, 0.0)
    intercept = np.arange(len(theta)) % K - K
    size = size_of_rows(H, np.repeat(location, K), intercept)
    made_up = np.zeros(len(location), dtype=bool)
    made_up[record.aliased] = is_single
    rounding = rounding_of(theta, size, is_single=np.repeat(made_up, K))
    squared = weight * squared_step(
        slope, theta, covariance, H, unit=1.0 / weight, rounding=rounding
    )
    check_optimum(record, n, squared, weight=weight, spread=1.0, unit=1.0)


def _separated(objective: SoftmaxObjective, record: FitResult | None) -> IntArray:
    """Return the neurons that the record says are separated."""
    if record is None or not objective.penalty.is_smooth:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero([status is Status.SEPARATED for status in record.status])


def _in_the_limit(
    objective: SoftmaxObjective,
    theta: FloatArray,
    neuron: int,
    limit: ClassSeparation | None,
    filler: Filler | None,
    *,
    constant: BoolArray,
) -> Uncertainty:
    """Return how sure parameters are that a separating direction does not touch.

    Nothing is certain of a neuron for which no such direction was found; ``constant`` (p,) are
    features that do not vary.
    """
    to_user, n = _to_user(objective), objective.n_parameters
    if limit is None:
        return Uncertainty(np.zeros((n, n)), np.ones(n, dtype=bool), has_none=True)
    which = np.array([neuron])
    frozen = objective.frozen(which)[:, 0]
    left = in_the_limit(objective.take_neurons(which), limit.possible[:, :, None])
    with quiet():
        H = penalised_curvature(left, theta[:, which], np.array([0]))[0]
    inverse, _ = inverse_curvature(objective, H, frozen, neuron)
    (sandwich,) = covered(left, theta[:, which], np.array([0]), [inverse], filler)
    # The intercept at the means of the features, which theta has, may move where that at zero
    # stays. Constant features take nothing from it: they alone are left out.
    K, size = objective.n_classes, np.append(objective.features.scale, 1.0)
    void = np.linalg.qr(void_directions(~frozen, H))[0]
    standardised = to_user * np.repeat(size, K)[:, None]
    standardised[-K:, :-K][:, np.repeat(constant, K)] = 0.0
    is_absent = np.tile(objective.absent[:, neuron], len(size)) & frozen
    unsure = (np.linalg.norm(standardised @ void, axis=1) > TOUCHED) | is_absent
    return in_place(sandwich, unsure, to_user, objective.total_weight[neuron])


def _objective(
    model: ClassifierGLM, inputs: FitInputs
) -> tuple[SoftmaxObjective, Responses, BoolArray]:
    """Return the objective, what responses there are, and which features (p,) are constant."""
    table, how = planned(inputs.rows, inputs.keep, inputs.columns.n_columns)
    table = table.in_double()
    observed = survey_responses(table, inputs.columns, how)
    survey = survey_locations(table, inputs.columns, how)
    no_penalty = UnRegularized().bind(None, (0, 0))
    # A constant feature has a prior where it has a penalty, and else no error: it is not frozen.
    scale = survey.features.scale
    features = replace(survey.features, scale=np.where(scale > 0, scale, 1.0))
    classes = Objective(survey.table, inputs.columns, how, no_penalty, features, observed.weight)
    shapes = inputs.shapes
    penalty = model.read_penalty(shapes)
    is_absent = shapes.by_class(observed.mean[None])[0] <= 0
    is_absent &= shapes.has_intercept
    return SoftmaxObjective(classes, penalty, is_absent), observed, scale == 0


def _location(objective: SoftmaxObjective) -> FloatArray:
    """Return the means (p,) of the features as the user has them."""
    mean, shift = objective.features.mean, objective.classes.table.shift
    return mean if shift is None else mean + shift


def _to_user(objective: SoftmaxObjective) -> FloatArray:
    """Return J (n, n) with (w, b) = J theta in the user's scale, b centred over the classes."""
    features, K = objective.features, objective.n_classes
    location = _location(objective)
    J = np.diag(np.append(features.inverse_scale, 1.0))
    J[-1, :-1] = -location * features.inverse_scale
    out = np.kron(J, np.eye(K))
    out[-K:] -= out[-K:].mean(axis=0)
    return out
