"""The score statistic: what a term would add, told from the models without it, no fit needed.

With U the slope of the log-likelihood along the term's features z at the fit without them, I the
Fisher information there, x all other parameters, and S what is left of the information on z,

    S = I_zz − I_zx I_xx⁻¹ I_xz,        statistic = Uᵀ S⁻¹ U / phi

which is twice the gain of the log-likelihood to second order (Rao 1948, Proc Camb Phil Soc 44:50-7;
McCullagh & Nelder 1989, Generalized Linear Models, appendix A). A penalty adds its curvature to I.
Under Firth's penalty the rest is not where the likelihood is largest: what is left of its slope is
taken off by the same regression, U_z − I_zx I_xx⁻¹ U_x (Neyman 1959, Optimal asymptotic tests of
composite statistical hypotheses).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ... import showing
from ...engine.kernels import loss_kernels
from ...engine.kernels.term_kernels import feature_products, term_information
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan, plan
from ...engine.table import Table
from ...observation_models.likelihood import Likelihood
from ...regularizer.firth import is_of_information
from ...regularizer.squares import squares_of
from ...typing import BoolArray, FloatArray, IntArray
from ..information.memory import groups, in_longer_blocks
from .question import Sight
from .reduced import Reduced

_NOTHING = np.finfo(float).tiny
_SAME = 1e-9  # share of its information that a combination of features may keep and add nothing


@dataclass(frozen=True, eq=False)
class Information:
    """Slopes U (C, n) and information I (C, n, n) on the n = p + 1 parameters of C columns."""

    slope: FloatArray
    matrix: FloatArray

    __repr__ = showing.of_fields


@dataclass(frozen=True, eq=False)
class Scored:
    """Statistics (C,) of columns and how many parameters of the term they are about, (C,)."""

    statistic: FloatArray
    rank: IntArray


def scores(sight: Sight, reduced: Reduced, known: FloatArray | None = None) -> Scored:
    """Return the score statistics of all columns of a sight.

    Parameters
    ----------
    sight :
        Data in some order.
    reduced :
        Fits of the same columns without the term.
    known :
        (C, p + 1, p + 1) information for data in which all but the term's features lie as here:
        then only what has to do with the term is summed.
    """
    how = plan(sight.rows, sight.columns.n_columns)
    table = in_longer_blocks(reduced.table(sight.rows, how), how)
    found = []
    for group in groups(sight.columns.n_columns, len(sight.of_term) + 1):
        part = sight.take(group)
        at = table.weights_here(reduced.coef[:, group], reduced.intercept[group])
        if known is None or is_of_information(part.penalty):
            about = _summed(part, table, at, how)
        else:
            about = _summed_of_term(part, table, at, how, known[group])
        matrix = about.matrix + penalty_curvature(part, reduced.weight[group])
        about = Information(_slopes_left(part, about.slope), matrix)
        found.append(score_statistics(about, sight.of_term, part.free, reduced.unit[group]))
    statistic = np.concatenate([part.statistic for part in found])
    statistic = np.where(reduced.has_answer, statistic, np.nan)
    statistic = np.where(reduced.is_constant, 0.0, statistic)
    return Scored(statistic, np.concatenate([part.rank for part in found]))


def informations(sight: Sight, reduced: Reduced) -> FloatArray:
    """Return the information (C, p + 1, p + 1) of all columns at the fits without the term."""
    how = plan(sight.rows, sight.columns.n_columns)
    table = in_longer_blocks(reduced.table(sight.rows, how), how)
    at = table.weights_here(reduced.coef, reduced.intercept)
    return run(loss_kernels.fisher_information, table, sight.columns, *at, how).information


def score_statistics(
    about: Information, of_term: BoolArray, free: BoolArray, unit: FloatArray
) -> Scored:
    """Return statistics of a term, from slopes and information at the fits without it.

    Parameters
    ----------
    about :
        Of C columns; in units of the loss.
    of_term :
        (p,) the features in question.
    free :
        (p + 1, C) the parameters that columns have.
    unit :
        (C,) the loss in units of the negative log-likelihood, dispersion included.

    Examples
    --------
    >>> about = Information(np.array([[3.0, 0.0]]), np.array([[[4.0, 2.0], [2.0, 4.0]]]))
    >>> one = np.ones((2, 1), dtype=bool)
    >>> score_statistics(about, np.array([True]), one, np.ones(1)).statistic
    array([3.])
    """
    usable = np.isfinite(about.slope.sum(axis=1) + about.matrix.sum(axis=(1, 2)))
    is_here = free.T & usable[:, None]
    size = np.sqrt(np.maximum(np.diagonal(about.matrix, axis1=1, axis2=2), 0.0))
    inverse = np.where(is_here & (size > 0), 1.0 / np.where(size > 0, size, 1.0), 0.0)
    U = np.where(is_here, about.slope, 0.0) * inverse
    F = np.where(usable[:, None, None], about.matrix, 0.0) * inverse[:, :, None] * inverse[:, None]
    z, x = np.append(of_term, False), np.append(~of_term, True)
    across = F[:, z][:, :, x] @ _pseudo_inverses(F[:, x][:, :, x])
    S = F[:, z][:, :, z] - across @ F[:, x][:, :, z]
    U = U[:, z] - np.einsum("czx,cx->cz", across, U[:, x])
    values, vectors = np.linalg.eigh(S)
    told = values > _SAME
    along = np.einsum("czk,cz->ck", vectors, U) ** 2
    statistic = np.where(told, along / np.where(told, values, 1.0), 0.0).sum(axis=1) / unit
    return Scored(np.where(usable, statistic, np.nan), told.sum(axis=1))


def _slopes_left(sight: Sight, slope: FloatArray) -> FloatArray:
    """Return slopes (C, n) of what fits maximise: along the rest none is left, but of Firth's."""
    if is_of_information(sight.penalty):
        return slope
    return np.where(np.append(sight.of_term, False), slope, 0.0)


def penalty_curvature(sight: Sight, weight: FloatArray) -> FloatArray:
    """Return A Lambda, (C, p + 1, p + 1) or zero: what a penalty adds to the summed information.

    Strengths of the term that the data as they are chose suit these better than any draw: nothing.
    """
    p, C = len(sight.of_term), sight.columns.n_columns
    out = np.zeros((C, p + 1, p + 1))
    squares, places = squares_of(sight.penalty, C), np.arange(p)
    if squares is None:
        out[:, places, places] = (sight.penalty.curvature((p, C)) * weight).T
    else:
        squares.add_to(out)
        out *= weight[:, None, None]
    if sight.has_chosen_strengths:
        term = np.flatnonzero(sight.of_term)
        out[:, term] = out[:, :, term] = 0.0
    return out


def _pseudo_inverses(matrices: FloatArray) -> FloatArray:
    """Return the inverses (C, m, m) of symmetric matrices with a diagonal of ones or zeros."""
    values, vectors = np.linalg.eigh(matrices)
    told = values > _SAME
    inverse = np.where(told, 1.0 / np.where(told, values, 1.0), 0.0)
    return (vectors * inverse[:, None]) @ np.swapaxes(vectors, 1, 2)


def _summed(
    sight: Sight, table: Table, at: tuple[FloatArray, FloatArray], how: Plan
) -> Information:
    """Sum slopes and information of some columns over the rows; one matrix for all if that does."""
    columns = sight.columns
    model = columns.likelihood.model
    is_shared = columns.weights is None and columns.offsets is None and not at[0].any()
    if not (is_shared and model.expects_curvature and model.has_linear_slope):
        sums = run(loss_kernels.loss_and_gradient, table, columns, *at, how)
        slope = np.vstack([sums.by_weights, sums.by_intercept]).T
        each = run(loss_kernels.fisher_information, table, columns, *at, how).information
        return Information(slope, each)
    # Every row tells as much: of one column the sums are known, of others they are a multiple.
    h = np.nan_to_num(columns.likelihood.fisher(at[1]), posinf=0.0)
    c = np.array([np.argmax(h)])
    of_one = columns.take(c), at[0][:, c], at[1][c]
    one = run(loss_kernels.fisher_information, table, *of_one, how).information
    level, rise = _slopes(columns.likelihood, at[1])
    products = run(feature_products, table, columns, *at, how).products
    x = one[0, :-1, -1] / np.maximum(h[c], _NOTHING)
    slope = np.zeros((len(h), len(x) + 1))  # that of the intercept is zero
    slope[:, :-1] = (level * x[:, None] + rise * products).T
    return Information(slope, one * (h / np.maximum(h[c], _NOTHING))[:, None, None])


def _slopes(likelihood: Likelihood, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the slope (C,) of the loss of a response of zero at intercepts, and what one adds."""
    _, of_zero = likelihood.value_and_slope(b, np.zeros_like(b))
    _, of_one = likelihood.value_and_slope(b, np.ones_like(b))
    return of_zero, of_one - of_zero


def _summed_of_term(
    sight: Sight, table: Table, at: tuple[FloatArray, FloatArray], how: Plan, known: FloatArray
) -> Information:
    """Sum what has to do with the features of the term; the rest is known."""
    term = np.flatnonzero(sight.of_term)
    kernel = partial(term_information, term=term)
    sums = run(kernel, table, sight.columns, *at, how)
    matrix, slope = known.copy(), np.zeros(known.shape[:2])
    matrix[:, term, :] = sums.information
    matrix[:, :, term] = np.swapaxes(sums.information, 1, 2)
    slope[:, term] = sums.slope.T
    return Information(slope, matrix)
