"""Every coefficient with its error, its test and its interval."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, stdtr

from ...numerics import quiet
from ...solvers import Status
from ...typing import Array, BoolArray, FloatArray
from ..curve_bands import quantile
from ..fit_on_data import FitOnData
from ..hypotheses.reasons import EXACT
from ..information.optimum import NO_OPTIMUM, Uncertainty
from ..no_errors import why_none

MASKED = "left out by the feature mask"
SEPARATED = "separated: no finite optimum"
UNDETERMINED = "constant, or a combination of other features: of a term, ask model.curve"
NO_DISPERSION = "no dispersion: the fit leaves no degrees of freedom"
BY_HAND = "not of a fit"


class Coefficients(NamedTuple):
    """Arrays (n, N) of the n parameters of N neurons, an intercept first; NaN where none is known.

    >>> import spikeglm as nmo
    >>> from spikeglm.inference.information.fisher import uncertainties
    >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> found = coefficients_of(fit, uncertainties(fit.optimum), 0.95)
    >>> found.estimate.shape, found.status[0, 0]
    ((3, 1), 'converged')
    """

    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    status: Array
    dof: FloatArray  # (N,)
    method: tuple[str, ...]  # N


def coefficients_of(
    fit: FitOnData,
    sure: Iterable[Uncertainty],
    level: float,
    *,
    leaves_nothing: BoolArray | None = None,
) -> Coefficients:
    """Return the table of coefficients, given how sure each neuron is.

    ``leaves_nothing`` (N,) tells of fits that hit every response: their dispersion is rounding.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 4.4.4, for Student's t where the
    dispersion is estimated.

    >>> import spikeglm as nmo
    >>> from spikeglm.inference.information.fisher import uncertainties
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 3
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> found = coefficients_of(fit, uncertainties(fit.optimum), 0.95)
    >>> bool((found.conf_low < found.estimate).all())
    True
    """
    first = [fit.n_features] if fit.optimum.columns.has_intercept else []
    order = np.array([*first, *range(fit.n_features)], dtype=np.intp)
    shape = len(order), fit.n_neurons
    errors, status = np.full(shape, np.nan), np.full(shape, "", dtype=object)
    dof, method = np.full(fit.n_neurons, np.inf), []
    for neuron, known in enumerate(sure):
        errors[:, neuron] = known.standard_errors[order]
        is_exact = leaves_nothing is not None and bool(leaves_nothing[neuron])
        status[:, neuron] = _status(fit, neuron, known, is_exact=is_exact)[order]
        dof[neuron] = known.dof
        method.append(known.method)
    errors = np.where(told(fit, status), errors, np.nan)
    estimate = fit.parameters[order]
    with quiet():
        statistic = estimate / errors
        below = np.where(
            np.isfinite(dof), stdtr(np.where(np.isfinite(dof), dof, 1.0), -np.abs(statistic)),
            ndtr(-np.abs(statistic)),
        )  # fmt: skip
        half = _quantiles(level, dof) * errors
    return Coefficients(
        estimate,
        errors,
        statistic,
        2.0 * below,
        estimate - half,
        estimate + half,
        status,
        dof,
        tuple(method),
    )


def told(fit: FitOnData, status: Array) -> BoolArray:
    """Return (n, N) True where the status (n, N) of a parameter is how its fit ended, no reason.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 3
    >>> told(nmo.GLM().fit(X, y).on(X, y), np.array([["converged"], [UNDETERMINED]], dtype=object))
    array([[ True],
           [False]])
    """
    return np.asarray(status == [[_ended(fit, n) for n in range(fit.n_neurons)]], dtype=bool)


def _quantiles(level: float, dof: FloatArray) -> FloatArray:
    """Return quantiles (N,) of Student's t, or where dof is infinite of the normal distribution."""
    normal = quantile(level)
    student = quantile(level, np.where(np.isfinite(dof), dof, 1.0))
    return np.where(np.isinf(dof), normal, np.where(np.isnan(dof), np.nan, student))


def _ended(fit: FitOnData, neuron: int) -> str:
    status = fit.status[neuron]
    return BY_HAND if status is None else str(status)


def _status(fit: FitOnData, neuron: int, known: Uncertainty, *, is_exact: bool) -> Array:
    """Return a word (p + 1,) on each parameter, the intercept last: how the fit ended, or a reason.

    The first of these that holds.
    """
    optimum, n = fit.optimum, fit.n_features + 1
    everything, ended = np.ones(n, dtype=bool), fit.status[neuron]
    mask = optimum.columns.mask
    used = everything if mask is None else np.append(mask[:, neuron], True)
    is_separated = ended is Status.SEPARATED
    has_no_dispersion = bool(np.isnan(optimum.unit[neuron])) and known.needs_dispersion
    reasons: list[tuple[BoolArray, str]] = [
        (~used, MASKED),
        (everything & (not optimum.penalty.is_smooth), why_none(optimum.penalty, "error")),
        (everything & (ended in NO_OPTIMUM), str(ended)),
        (everything & has_no_dispersion, NO_DISPERSION),
        (everything & is_exact, EXACT),
        (everything & bool(known.reason), known.reason),
        (known.undetermined & is_separated & ~_aliased(fit), SEPARATED),
        (known.undetermined, UNDETERMINED),
    ]
    where, words = zip(*reasons, strict=True)
    return np.select(list(where), list(words), default=_ended(fit, neuron)).astype(object)


def _aliased(fit: FitOnData) -> BoolArray:
    """Return (p + 1,) True for features that are combinations of others, whatever the neuron."""
    out, record = np.zeros(fit.n_features + 1, dtype=bool), fit.optimum.record
    if record is not None:
        out[record.aliased] = True
    return out
