"""How sure a classifier's estimates are: the inverse of the curvature at the optimum.

The curvature of the softmax does not depend on the labels, so it is the Fisher information. Adding
a number to a parameter of all classes changes nothing, so what is estimated are parameters that sum
to zero over the classes, and their covariance has that direction as its null space.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.features.survey import Responses, survey_locations, survey_responses
from ...engine.objective import Objective
from ...engine.runners.plan import plan
from ...engine.softmax_objective import SoftmaxObjective
from ...engine.table import Table
from ...fit import fitting
from ...fit.record import FitResult, check_optimum, check_same_data
from ...inference.fisher import NO_OPTIMUM, Uncertainty, groups
from ...inference.inverses import pseudo_inverse
from ...numerics import quiet
from ...regularizer import UnRegularized
from ...solvers import Status
from ...typing import ArrayLike, BoolArray, FloatArray
from ..reading.fit_inputs import FitInputs
from ..reading.known_labels import check_neurons
from ..results.fitted import Uncertainties, check_same_intercept, estimates, record_of
from .inputs import read_class_inputs
from .prediction import known_classes

if TYPE_CHECKING:
    from .classifier import ClassifierGLM

_NO_OPTIMUM = NO_OPTIMUM | {Status.SEPARATED}


def class_uncertainties(
    model: ClassifierGLM, X: ArrayLike, y: ArrayLike, **more: Any
) -> Uncertainties:
    """Return how sure the n = (p + 1) K parameters of each neuron are, and the shapes of all.

    Parameter j of class k comes at j·K + k, intercepts last (of variance 0 where there are none).

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.110; the penalised case as in
    :mod:`~spikeglm.inference.fisher`.
    """
    classes = known_classes(model)
    inputs = read_class_inputs(model, X, y, classes, **more)
    check_same_intercept(model)
    shapes, coef, intercept = estimates(model, inputs.rows, len(classes))
    check_neurons(model, y=y)
    record = record_of(model, coef, intercept)
    found = _uncertainties(model, inputs, coef, intercept, record)
    return Uncertainties(found, shapes)


def _uncertainties(
    model: ClassifierGLM,
    inputs: FitInputs,
    coef: FloatArray,
    intercept: FloatArray,
    record: FitResult | None,
) -> Iterator[Uncertainty]:
    objective, observed = _objective(model, inputs)
    if record is not None:
        check_same_data(record, observed)
    theta = objective.stacked(fitting.for_the_solver(objective.classes, coef, intercept))
    to_user = _to_user(objective)
    for group in groups(objective.n_columns, objective.n_parameters):
        with quiet():  # a neuron without rows has no mean of them
            evaluation, H = objective.evaluate_with_hessian(theta[:, group], group)
        frozen = objective.frozen(group)
        absent = np.tile(objective.absent[:, group], (len(coef) + 1, 1))
        for a, n in enumerate(group):
            covariance, unsure = _inverse(objective, H[a], frozen[:, a], n)
            slopes = evaluation.gradient[:, a].reshape(len(coef) + 1, -1)
            if record is not None and objective.penalty.is_smooth:
                at_zero = theta[:, n].reshape(slopes.shape)[record.aliased] == 0
                is_single = inputs.rows.dtype == np.float32
                slopes[record.aliased] *= ~(at_zero | is_single)  # taken for rounding by the fit
                slope = slopes.ravel()
                squared = float(slope @ covariance @ slope) * objective.total_weight[n]
                check_optimum(record, n, squared, observed, 1.0)
            with quiet():
                covariance = to_user @ covariance @ to_user.T / objective.total_weight[n]
            selected = not objective.penalty.is_smooth  # no standard errors are valid then
            has_none = selected or (record is not None and record.status[n] in _NO_OPTIMUM)
            yield Uncertainty(covariance, unsure | (frozen[:, a] & absent[:, a]) | has_none)


def _inverse(
    objective: SoftmaxObjective, H: FloatArray, frozen: BoolArray, neuron: int
) -> tuple[FloatArray, BoolArray]:
    """Return the inverse curvature (n, n) of what sums to zero over classes, and what has none."""
    inverse, unsure = pseudo_inverse(H)
    inverse[frozen] = inverse[:, frozen] = 0.0
    here = np.full(len(inverse), neuron)
    once = objective.balanced(inverse, here)
    return objective.balanced(np.ascontiguousarray(once.T), here), unsure


def _objective(model: ClassifierGLM, inputs: FitInputs) -> tuple[SoftmaxObjective, Responses]:
    how = plan(inputs.rows, inputs.columns.n_columns)
    table = Table.cut(inputs.rows, inputs.keep, how.block_rows).in_double()
    observed = survey_responses(table, inputs.columns, how)
    survey = survey_locations(table, inputs.columns, how)
    no_penalty = UnRegularized().bind(None, (0, 0))
    classes = Objective(
        survey.table, inputs.columns, how, no_penalty, survey.features, observed.weight
    )
    shapes = inputs.shapes
    penalty = model.read_penalty(shapes)
    is_absent = shapes.by_class(observed.mean[None])[0] <= 0
    return SoftmaxObjective(classes, penalty, is_absent & shapes.has_intercept), observed


def _to_user(objective: SoftmaxObjective) -> FloatArray:
    """Return J (n, n) with (w, b) = J theta in the user's scale, b centred over the classes."""
    features, K = objective.features, objective.n_classes
    shift = objective.classes.table.shift
    location = features.mean if shift is None else features.mean + shift
    J = np.diag(np.append(features.inverse_scale, 1.0))
    J[-1, :-1] = -location * features.inverse_scale
    out = np.kron(J, np.eye(K))
    out[-K:] -= out[-K:].mean(axis=0)
    return out
