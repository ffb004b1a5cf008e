"""From weights of the rows, in the user's scale, to what solvers move, and back."""

from __future__ import annotations

import numpy as np

from ..engine.features.survey import Survey
from ..engine.objective import Objective
from ..typing import FloatArray


def for_the_solver(objective: Objective, W: FloatArray, b: FloatArray) -> FloatArray:
    """Return theta for weights and intercepts of the rows, in the user's scale."""
    return objective.from_user(*objective.table.weights_here(unmasked(objective, W), b))


def of_the_rows(objective: Objective, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return weights and intercepts of the rows, in the user's scale, for any number of thetas."""
    return objective.table.weights_of_rows(*objective.to_user(theta))


def unmasked(objective: Objective, W: FloatArray) -> FloatArray:
    """Return weights (p, C) that are zero where masked, and not what rounding makes of it.

    Combinations of features, and other coordinates, leave some. By that, estimates would look as if
    they had been set by hand after the fit.
    """
    mask = objective.columns.mask
    return W if mask is None else np.where(mask, W, 0.0)


def smallest_norm(
    W: FloatArray, b: FloatArray, null: FloatArray, survey: Survey
) -> tuple[FloatArray, FloatArray]:
    """Take away what predicts nothing: of all equal fits, leave the one of smallest norm.

    Parameters and results are weights (p, A) and intercepts (A,) in the user's scale; ``null``
    (p, k) and the norm are those of standardised features.
    """
    features = survey.features
    excess = null @ (null.T @ (W * features.scale[:, None])) * features.inverse_scale[:, None]
    return W - excess, b + location(survey) @ excess


def location(survey: Survey) -> FloatArray:
    """Return the means of the features, (p,), as the user has them."""
    mean, shift = survey.features.mean, survey.table.shift
    return mean if shift is None else mean + shift
