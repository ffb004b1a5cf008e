"""How sure are we of the coefficients: the Fisher information at the optimum.

With F = sum_t a_t E[d²l/d(w,b)²] the expected curvature of the summed loss, Lambda the second
derivative of the penalty (which is added to the *mean* loss, hence the factor A = sum_t a_t),
phi the dispersion and k the loss in units of the negative log-likelihood,

    Cov(w, b) = k phi (F + A Lambda)⁻¹

Without a penalty this is the inverse Fisher information of maximum likelihood; with Ridge it is the
posterior covariance (Laplace approximation) under the prior that the penalty states.
"""

from __future__ import annotations

import numpy as np

from ..engine import kernels
from ..engine.columns import Columns
from ..engine.plan import plan
from ..engine.table import Table
from ..engine.threads import run
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..typing import BoolArray, FloatArray

_RANK_TOLERANCE = 1e-13


def covariance(
    rows: Rows,
    columns: Columns,
    coef: FloatArray,
    intercept: FloatArray,
    *,
    keep: BoolArray,
    penalty: Penalty,
    scale: FloatArray,
) -> FloatArray:
    """Return the covariance of (w, b) of each column, (C, p + 1, p + 1), the intercept last.

    Parameters
    ----------
    rows, columns, keep :
        The data of the fit: the table (T, p), the column problems, the rows that took part (T,).
    coef, intercept :
        The optimum, (p, C) and (C,).
    penalty :
        The penalty of the fit.
    scale :
        (C,) dispersion of the response.

    Returns
    -------
    numpy.ndarray
        Variances of masked features are 0 (they are known to be zero). Where features are linearly
        dependent and there is no penalty, the generalised inverse: right for every combination
        that the data determine, such as a prediction.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5; for the penalised case
    Wood (2017), Generalized Additive Models, 2nd ed., eq. 6.13.
    """
    how = plan(rows, columns.n_columns)
    table = Table.cut(rows, keep, how.block_rows).in_double()
    information = run(
        kernels.fisher_information, table, columns, coef, intercept, n_threads=how.n_threads
    ).information
    weight = run(kernels.responses, table, columns, coef, intercept, n_threads=1).weight
    p = len(coef)
    diagonal = np.arange(p)
    information[:, diagonal, diagonal] += (penalty.curvature(coef.shape) * weight).T
    unit = columns.likelihood.model.loss_unit * scale
    out = np.zeros_like(information)
    for c in range(columns.n_columns):
        free = np.append(
            np.ones(p, dtype=bool) if columns.mask is None else columns.mask[:, c], True
        )
        out[c][np.ix_(free, free)] = unit[c] * _inverse(information[c][np.ix_(free, free)])
    return out


def _inverse(information: FloatArray) -> FloatArray:
    """Invert a symmetric matrix in units in which its diagonal is one; pseudo where singular."""
    unit = np.sqrt(np.diag(information))
    inverse_unit = np.where(unit > 0, 1.0 / np.where(unit > 0, unit, 1.0), 0.0)
    values, vectors = np.linalg.eigh(information * np.outer(inverse_unit, inverse_unit))
    kept = values > _RANK_TOLERANCE * len(values) * values[-1]
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverse * np.outer(inverse_unit, inverse_unit)
