"""Predicted rates with their intervals: of the mean, and of the responses still to come.

The predictor of a row x is k beta with k = (x, 1), its variance k V k'; the link takes the ends of
that interval to those of the mean (monotone, so coverage is kept). A response varies about its mean
besides: its interval holds quantiles of responses drawn given draws of the predictor.

Reference: McCullagh & Nelder (1989), Generalized Linear Models, section 4.4.4; Gelman, Carlin,
Stern & Rubin (2004), Bayesian Data Analysis, 2nd ed., section 16.6, for responses to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ... import errors
from ...numerics import quiet
from ...rows.contract import Rows
from ...typing import ArrayLike, FloatArray, IntArray
from ..covariances import Requested
from ..curve_bands import error_of, quantile
from ..fit_on_data import FitOnData, FittedModel, fit_of
from ..information.memory import groups as neuron_groups
from ..information.optimum import Uncertainty
from .estimates import Estimates, check_level
from .printing import of_rates
from .scales import best_scale

if TYPE_CHECKING:
    import pandas as pd

Predictors: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]
"""Linear predictors and their standard errors, (T, N) each, and degrees of freedom (N,)."""
_AT_ONCE = 2**20  # numbers of a block of rows, or of draws


@dataclass(frozen=True, eq=False)
class PredictedRates:
    """The mean response in T rows, with its interval; shapes (T,), or (T, N) for a population.

    Attributes
    ----------
    mean, low, high :
        The mean response in ``unit``, and the ends of its interval. NaN where a row is not finite;
        ends also where the data of the fit say nothing of such a row.
    standard_error :
        That of the linear predictor.
    unit :
        ``"Hz"``, ``"per bin"``, or ``"units of y"``.
    level :
        Coverage of the intervals, row by row.
    response_low, response_high :
        What a new response, per bin, lies between; None if it was not asked for. Responses of one
        neuron share its estimates: intervals of several rows are not independent.
    times :
        (T,) seconds, of rows that have times.
    neurons :
        What the last axis is called; None for one neuron.
    status :
        (N,) how the fit of each neuron ended, which says why an interval is NaN (``"silent"``); of
        one neuron as well.

    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(1000, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
    >>> found = nmo.inference.predicted_rates(nmo.GLM().fit(X, y), X, y, np.zeros((1, 2)))
    >>> found.low.round(2), found.mean.round(2), found.high.round(2), found.unit
    (array([0.35]), array([0.38]), array([0.43]), 'per bin')
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    standard_error: FloatArray
    unit: str
    level: float = 0.95
    response_low: FloatArray | None = None
    response_high: FloatArray | None = None
    times: FloatArray | None = None
    neurons: tuple[Any, ...] | None = None
    status: tuple[str, ...] | None = None

    __repr__ = __str__ = of_rates

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per row (and neuron) of the data.

        >>> one = PredictedRates(np.ones(1), np.zeros(1), np.full(1, 2.0), np.ones(1), "Hz")
        >>> list(one.to_frame().columns)
        ['row', 'mean', 'low', 'high', 'predictor_standard_error']
        """
        import pandas as pd

        n = 1 if self.neurons is None else len(self.neurons)
        named = "row" if self.times is None else "time (s)"
        at = np.arange(len(self.mean)) if self.times is None else self.times
        columns: dict[str, Any] = {named: np.repeat(at, n)}
        if self.neurons is not None:
            columns["neuron"] = list(self.neurons) * len(self.mean)
        parts = {"mean": self.mean, "low": self.low, "high": self.high}
        parts["predictor_standard_error"] = self.standard_error
        for name in ("response_low", "response_high"):
            if getattr(self, name) is not None:
                parts[name] = getattr(self, name)
        columns |= {name: np.ravel(part) for name, part in parts.items()}
        if self.status is not None:
            columns["status"] = list(self.status) * len(self.mean)
        return pd.DataFrame(columns)


def predicted_rates(
    model: FittedModel,
    X: Any,
    y: Any,
    X_new: Any = None,
    *,
    level: float = 0.95,
    responses: bool = False,
    n_draws: int = 2000,
    seed: int = 0,
    bin_s: float | None = None,
    cov_type: str = "auto",
    groups: Any = None,
    lags: Any = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    new_offset: ArrayLike | None = None,
) -> PredictedRates:
    """Return the mean response of rows with its interval, and of new responses if asked.

    Parameters
    ----------
    model, X, y, sample_weight, offset :
        A fitted model and the data of its fit.
    X_new, new_offset :
        (T, p) features to predict from, (None: those of the fit), and what is added to their linear
        predictor, (T,) or (T, N) (None: the offset of the fit for its rows, nothing for others).
    level :
        Coverage of the intervals, row by row.
    responses :
        Whether to return intervals of new responses too, which are as wide as responses vary.
    n_draws, seed :
        Draws of a predictor and of a response, for these.
    bin_s :
        Seconds of a bin, of data that did not say so.
    cov_type, groups, lags :
        Which covariance the intervals stand on, as of :meth:`spikeglm.GLM.covariance`.

    Raises
    ------
    ValueError, TypeError
        If data cannot be used, X and y are not those of the fit, or new rows and their offset
        have other names.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(1000, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] + 1.0))
    >>> model = nmo.GLM().fit(X, y)
    >>> found = nmo.inference.predicted_rates(model, X, y, np.zeros((1, 2)), responses=True)
    >>> found.mean.round(1), found.response_low, found.response_high
    (array([2.7]), array([0.]), array([6.]))
    """
    check_level(level)
    kind = Requested(cov_type, groups, lags)
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    found = Estimates.of(fit, kind)
    is_new = X_new is not None
    rows = model.rows_of(X_new) if is_new else fit.optimum.rows
    given = offset if new_offset is None and not is_new else new_offset
    eta, error, dof = _predictors(rows, _offset(given, rows, fit), found, fit)
    scale = best_scale(fit.likelihood, found.seconds_per_bin(bin_s))
    low, high = scale.ends(eta, quantile(level, dof) * error)
    axis = rows.time_axis
    predicted = PredictedRates(
        found.in_shape(scale.of(eta)),
        found.in_shape(low),
        found.in_shape(high),
        found.in_shape(error),
        scale.unit,
        level,
        times=None if axis is None else np.asarray(axis.times),
        neurons=found.neurons,
        status=found.status,
    )
    if not responses:
        return predicted
    low, high = _responses(fit, (eta, error, dof), level, n_draws, seed)
    return replace(predicted, response_low=found.in_shape(low), response_high=found.in_shape(high))


def _predictors(rows: Rows, added: FloatArray, found: Estimates, fit: FitOnData) -> Predictors:
    """Return linear predictors and how sure they are."""
    shape = (rows.n_rows, fit.n_neurons)
    eta, error = np.full(shape, np.nan), np.full(shape, np.nan)
    dof = np.full(fit.n_neurons, np.inf)
    for group, start, stop, table, sures in _blocks(rows, found, fit):
        offset = added[start:stop, group] if added.shape[1] > 1 else added[start:stop]
        eta[start:stop, group] = table @ found.parameters[:, group] + offset
        for n, sure in zip(group, sures, strict=True):
            error[start:stop, n] = error_of(*sure.of(np.nan_to_num(table)))
            dof[n] = sure.dof
    error[np.isnan(eta)] = np.nan
    return eta, error, dof


def _blocks(
    rows: Rows, found: Estimates, fit: FitOnData
) -> Iterator[tuple[IntArray, int, int, FloatArray, list[Uncertainty]]]:
    """Yield blocks of rows, with a column of ones, for groups of neurons that fit in memory."""
    n_parameters, sure = fit.n_features + 1, found.uncertainties()
    step = max(1, _AT_ONCE // n_parameters)
    for group in neuron_groups(fit.n_neurons, n_parameters):
        sures = list(islice(sure, len(group)))
        for start in range(0, rows.n_rows, step):
            stop = min(start + step, rows.n_rows)
            table = np.full((stop - start, n_parameters), float(found.has_intercept))
            table[:, :-1] = rows.read(start, stop)  # a copy: blocks of arrays are the user's own
            table[~np.isfinite(table).all(axis=1)] = np.nan
            yield group, start, stop, table, sures


def _offset(given: ArrayLike | None, rows: Rows, fit: FitOnData) -> FloatArray:
    """Return an offset as (T, 1) or (T, N); names must be those of the rows, and of the fit."""
    fit.check_rows_and_neurons(rows, new_offset=given)
    n_rows, n_neurons = rows.n_rows, fit.n_neurons
    values: FloatArray = np.asarray(0.0 if given is None else given, dtype=float)
    values = np.full((n_rows, 1), values) if values.ndim == 0 else values
    values = values[:, None] if values.ndim == 1 else values
    if values.shape not in ((n_rows, 1), (n_rows, n_neurons)):
        raise errors.value_error(
            "The offset does not fit the rows.",
            given=f"shape {values.shape}",
            expected=f"({n_rows},), one number per row, or ({n_rows}, {n_neurons})",
        )
    return values


def _responses(
    fit: FitOnData, predictors: Predictors, level: float, n_draws: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return quantiles (T, N) of responses to come; those of counts are counts."""
    model, (eta, error, dof) = fit.likelihood.model, predictors
    tails = np.array([0.5 - level / 2, 0.5 + level / 2])
    out = np.full((2, *eta.shape), np.nan)
    step = max(1, _AT_ONCE // n_draws)
    for n in range(eta.shape[1]):
        rng = np.random.default_rng([seed, n])
        spread, of_dispersion = _factors(rng, n_draws, dof[n], fit.dispersion_dof[n])
        scale = None if fit.optimum.scale is None else fit.optimum.scale[n]
        if scale is not None and not np.isinf(fit.dispersion_dof[n]):
            scale = scale * of_dispersion
        for start in range(0, len(eta), step):
            part = slice(start, start + step)
            known = np.flatnonzero(np.isfinite(error[part, n])) + start
            moved = rng.normal(size=(n_draws, len(known))) * np.sqrt(spread)
            drawn = fit.likelihood.mean(eta[known, n] + error[known, n] * moved)
            with quiet():
                samples = model.sample_generator(rng, drawn, scale)
                found = np.quantile(samples, tails, axis=0, method="inverted_cdf")
            out[:, known, n] = found
    return out[0], out[1]


def _factors(
    rng: np.random.Generator, n_draws: int, dof: float, dof_of_dispersion: float
) -> tuple[FloatArray, FloatArray]:
    """Return by what to multiply variances of predictors and dispersions, (n_draws, 1) each.

    Where a dispersion is estimated the variance of predictors has it as a factor: it is one draw.
    """
    spread = _over_chi_square(rng, n_draws, dof)
    if dof == dof_of_dispersion:
        return spread, spread
    return spread, _over_chi_square(rng, n_draws, dof_of_dispersion)


def _over_chi_square(rng: np.random.Generator, n_draws: int, dof: float) -> FloatArray:
    if np.isinf(dof):
        return np.ones((n_draws, 1))
    dof = max(dof, 1e-3)
    return dof / np.maximum(rng.chisquare(dof, (n_draws, 1)), 1e-12)
