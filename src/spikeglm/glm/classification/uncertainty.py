"""How sure a classifier's estimates are: the inverse of the curvature at the optimum.

The curvature of the softmax does not depend on the labels, so it is the Fisher information. Adding
a number to a parameter of all classes changes nothing, so what is estimated are parameters that sum
to zero over the classes, and their covariance has that direction as its null space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...engine.objective import Objective
from ...engine.plan import plan
from ...engine.softmax import SoftmaxObjective
from ...engine.survey import survey_locations, survey_responses
from ...engine.table import Table
from ...inference.fisher import NO_OPTIMUM, pseudo_inverse
from ...regularizer import UnRegularized
from ...typing import ArrayLike, FloatArray
from .. import fitting
from ..fitted import estimates
from ..inputs import FitInputs
from ..shapes import Shapes
from .inputs import read_class_inputs
from .prediction import known_classes

if TYPE_CHECKING:
    from .classifier import ClassifierGLM


def class_covariance(
    model: ClassifierGLM,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None,
    offset: ArrayLike | None,
) -> tuple[FloatArray, FloatArray, Shapes]:
    """Return the covariance of all parameters per neuron, and standard errors.

    Returns
    -------
    covariance :
        (N, n, n) with n = (p + 1) K; parameter j of class k comes at j·K + k, intercepts last.
    standard_errors :
        (p + 1, K·N) in class columns; NaN where the data do not determine a parameter.
    shapes :
        The shapes of the parameters.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.110; the penalised case as in
    :mod:`~spikeglm.inference.fisher`.
    """
    classes = known_classes(model)
    inputs = read_class_inputs(model, X, y, classes, sample_weight=sample_weight, offset=offset)
    shapes, coef, intercept = estimates(model, inputs.rows, len(classes))
    objective = _objective(model, inputs)
    theta = objective.stacked(fitting.for_the_solver(objective.classes, coef, intercept))
    everything = np.arange(objective.n_columns)
    _, H = objective.evaluate_with_hessian(theta, everything)
    frozen, to_user = objective.frozen(everything), _to_user(objective)
    covariance = np.empty_like(H)
    undetermined = frozen & np.tile(objective.absent, (len(coef) + 1, 1))
    for n in everything:
        inverse, unsure = pseudo_inverse(H[n])
        inverse[frozen[:, n]] = inverse[:, frozen[:, n]] = 0.0
        here = np.full(len(inverse), n)
        once = objective.balanced(inverse, here)
        balanced = objective.balanced(np.ascontiguousarray(once.T), here)
        covariance[n] = to_user @ balanced @ to_user.T / objective.classes.total_weight[n]
        undetermined[:, n] |= unsure
    if not objective.penalty.is_smooth:  # no standard errors are valid after a selection
        undetermined[:] = True
    if hasattr(model, "fit_report_"):
        undetermined |= [status in NO_OPTIMUM for status in model.fit_report_.result.status]
    variance = np.diagonal(covariance, axis1=1, axis2=2).T
    errors = np.where(undetermined, np.nan, np.sqrt(np.maximum(variance, 0.0)))
    return covariance, errors.reshape(len(coef) + 1, -1), shapes


def _objective(model: ClassifierGLM, inputs: FitInputs) -> SoftmaxObjective:
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
    return SoftmaxObjective(classes, penalty, shapes.by_class(observed.mean[None])[0] <= 0)


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
