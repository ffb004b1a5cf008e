"""How sure are we of the coefficients: the Fisher information at the optimum.

With F = sum_t a_t E[d²l/d(w,b)²] the expected curvature of the summed loss, Lambda the second
derivative of the penalty (which is added to the *mean* loss, hence the factor A = sum_t a_t),
phi the dispersion and k the loss in units of the negative log-likelihood,

    Cov(w, b) = k phi (F + A Lambda)⁻¹

Without a penalty this is the inverse Fisher information of maximum likelihood; with Ridge it is the
posterior covariance (Laplace approximation) under the prior that the penalty states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..engine import kernels
from ..engine.columns import Columns
from ..engine.plan import plan
from ..engine.runners import run
from ..engine.survey import survey_locations, survey_responses
from ..engine.table import Table
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..solvers import Status
from ..typing import BoolArray, FloatArray

_RANK_TOLERANCE = 1e-13
NO_OPTIMUM = {
    Status.SEPARATED,
    Status.SILENT,
    Status.SATURATED,
    Status.OUT_OF_RANGE,
    Status.NO_ROWS,
    Status.ONE_CLASS,
}
_TOUCHED = 1e-6  # share of a parameter in an undetermined direction from which it counts as such


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How sure we are of the parameters (w, b) of C columns; the intercept comes last.

    Attributes
    ----------
    covariance :
        (C, p + 1, p + 1). Masked features have variance 0: they are known to be zero. Where
        features are linearly dependent without a penalty it is the generalised inverse, right for
        every combination that the data determine, such as a prediction.
    undetermined :
        (C, p + 1) True for parameters that the data do not determine by themselves.
    """

    covariance: FloatArray
    undetermined: BoolArray

    @property
    def standard_errors(self) -> FloatArray:
        """(C, p + 1); NaN where a parameter is undetermined."""
        variance = np.diagonal(self.covariance, axis1=1, axis2=2)
        return np.where(self.undetermined, np.nan, np.sqrt(variance))


def uncertainty(
    rows: Rows,
    columns: Columns,
    coef: FloatArray,
    intercept: FloatArray,
    *,
    keep: BoolArray,
    penalty: Penalty,
    scale: FloatArray | None,
    status: Sequence[Status] | None = None,
) -> Uncertainty:
    """Return the covariance of (w, b) of each column from the Fisher information at the optimum.

    Parameters
    ----------
    rows, columns, keep :
        The data of the fit: the table (T, p), the column problems, the rows that took part (T,).
    coef, intercept :
        The optimum, (p, C) and (C,).
    penalty :
        The penalty of the fit.
    scale :
        (C,) dispersion; None for a model without one.
    status :
        (C,) how each fit ended. Where it ended without an optimum (a silent or separated neuron)
        every parameter is undetermined.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5; for the penalised case
    Wood (2017), Generalized Additive Models, 2nd ed., eq. 6.13.
    """
    how = plan(rows, columns.n_columns)
    table = survey_locations(Table.cut(rows, keep, how.block_rows), columns, how).table
    shift = np.zeros(len(coef)) if table.shift is None else table.shift
    shifted = intercept + shift @ coef
    information = run(kernels.fisher_information, table, columns, coef, shifted, how).information
    weight = survey_responses(table, columns, how).weight
    p, model = len(coef), columns.likelihood.model
    diagonal = np.arange(p)
    information[:, diagonal, diagonal] += (penalty.curvature(coef.shape) * weight).T
    dispersion = scale if scale is not None and model.has_dispersion else 1.0
    unit = np.broadcast_to(model.loss_unit * dispersion, intercept.shape)
    covariance = np.zeros_like(information)
    undetermined = np.zeros(information.shape[:2], dtype=bool)
    for c in range(columns.n_columns):
        used = np.ones(p, dtype=bool) if columns.mask is None else columns.mask[:, c]
        free = np.flatnonzero(np.append(used, True))
        inverse, unsure = pseudo_inverse(information[c][np.ix_(free, free)])
        covariance[c][np.ix_(free, free)] = unit[c] * inverse
        undetermined[c, free] = unsure
        selected = not penalty.is_smooth  # no standard errors are valid after a selection
        if selected or (status is not None and status[c] in NO_OPTIMUM):
            undetermined[c] = True
    to_user = np.eye(p + 1)
    to_user[-1, :-1] = -shift  # b = shifted intercept - shift . w
    return Uncertainty(to_user @ covariance @ to_user.T, undetermined)


def pseudo_inverse(information: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Invert in units in which the diagonal is one; also tell which parameters have no inverse."""
    unit = np.sqrt(np.diag(information))
    inverse_unit = np.where(unit > 0, 1.0 / np.where(unit > 0, unit, 1.0), 0.0)
    values, vectors = np.linalg.eigh(information * np.outer(inverse_unit, inverse_unit))
    kept = values > _RANK_TOLERANCE * len(values) * values[-1]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    unsure = np.linalg.norm(vectors[:, ~kept], axis=1) > _TOUCHED
    return inverse * np.outer(inverse_unit, inverse_unit), unsure
