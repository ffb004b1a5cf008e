"""All measures of how good a fit is, for one neuron or thousands, on its own rows or others.

With LL the log-likelihood of the model, LL_0 that of the mean of the training rows and LL_s that of
predictions that are the responses themselves,

    deviance explained  1 - (LL_s - LL) / (LL_s - LL_0)      McFadden  1 - LL / LL_0
    bits per spike      (LL - LL_0) / (log 2 · spikes)       Cox-Snell 1 - exp(2 (LL_0 - LL) / n)

References
----------
Cohen et al. (2003), Applied Multiple Regression/Correlation Analysis, 3rd ed., p. 502 (deviance
explained). McFadden (1974), Conditional logit analysis. Cox & Snell (1989), Analysis of Binary
Data, 2nd ed., p. 209. Harris et al. (2003), Nature 424:552-6 (bits per spike). McCullagh & Nelder
(1989), section 4.5 (dispersion). Haslinger, Pipa & Brown (2010), Neural Comput 22:2477-2506 (KS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import errors
from ...engine.features.survey import survey_responses
from ...engine.runners.plan import planned
from ...engine.runners.threads import in_shares
from ...fit.record import is_same_data
from ...numerics import quiet
from ...regularizer.firth import is_of_information
from ...settings import get_config
from ...solvers import Status
from ...typing import ArrayLike, BoolArray, FloatArray
from ..fit_on_data import FitOnData, FittedModel, fit_of
from ..information.optimum import Optimum
from .bins import Bins
from .bootstrap import FEWEST_DRAWS, bootstrapped
from .measures import FitSums, fit_sums
from .null import Null
from .predictions import Predictions, RandomPlaces, predictions, without_fit
from .rescaling import Rescaled, rescaled
from .result import Goodness
from .smoothing import correlation, deviation_in_bins, smoothed

_ROUNDING = 1e-12  # of a mean response
_ZERO_SCORE = 0.01  # standard errors; of other rows than those of the fit it is about one
_DRAWS = (199, 99, 39, FEWEST_DRAWS)
_WORK = 4e8  # of neurons x rows x features of all draws: some ten seconds
_ROW = 20  # features' worth of work that a row is beside them
_ASK = (
    "ks_p_value of rates estimated on these rows takes long here: pass n_bootstrap=199, which "
    "costs as many fits"
)


def goodness(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    null_mean: Any = "training",
    smoothing: float | str | None = None,
    bin_s: float | None = None,
    training: Mapping[str, Any] | tuple[Any, Any] | None = None,
    n_bootstrap: int | None = None,
    n_lags: int = 5,
    seed: int | np.random.Generator = 0,
) -> Goodness:
    """Measure how good a fit is, on its own rows or on held-out ones.

    Parameters
    ----------
    model :
        A fitted GLM or PopulationGLM.
    X, y, sample_weight, offset :
        The rows to look at: those of the fit, or others.
    null_mean :
        What a model without features predicts: ``"training"``, the mean response of the rows of the
        fit; or a number, one per neuron (N,), or one per row and neuron.
    smoothing :
        Standard deviation of the Gaussian kernel under which responses and means are averaged
        before they are correlated: a number of bins, or a text such as ``"50 ms"``. Averages stop
        at gaps and at the borders of epochs.
    bin_s :
        Seconds of a bin, where neither the data nor the fit say so.
    training :
        The data of the fit, where X and y are others: ``(X, y)``, or a dict of what ``fit`` was
        given. With them the p value of the KS distance takes the errors of the rates into account.
    n_bootstrap :
        Recordings to draw and fit again for that p value, on the rows of the fit, whose rates come
        too near to their spikes, or with ``training``. None: 199 of one neuron and on other rows;
        of a population on the rows of its fit 199, 99, 39, 19 or none, as many as take some
        seconds.
    n_lags :
        Of the autocorrelation of rescaled intervals.
    seed :
        Of positions within bins and of the bootstrap: an int or a NumPy Generator.

    Returns
    -------
    Goodness
        Prints as a table; ``.to_frame()`` has a row per neuron. Neurons without a fit (silent
        ones) have NaN and a reason.

    Raises
    ------
    ValueError, TypeError
        If the data cannot be used, or an argument.

    Warns
    -----
    UserWarning
        If the null model of the training rows is not known (a fit with an offset, other rows).

    Notes
    -----
    On held-out rows without ``training`` the p value is that of known rates: the rates' own errors
    make it reject right models too often (.10 to .15 for 5 %). Weights count in all sums, but not
    in the KS test.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(4000, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> model = nmo.GLM().fit(X[:2000], y[:2000])
    >>> held_out = goodness(model, X[2000:], y[2000:])
    >>> bool(held_out.bits_per_spike[0] > 0.1), bool(held_out.ks_p_value[0] > 0.05)
    (True, True)
    """
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    optimum, places = fit.optimum, RandomPlaces.of(seed)
    bins = Bins.of(fit, X, y, bin_s)
    sigma = deviation_in_bins(smoothing, bins.bin_s)
    null = Null.read(fit, _has_sums_of_fit(optimum), null_mean)

    def measured(some: Sequence[Predictions]) -> list[_Part]:
        return [_Part.of(null, found, bins, sigma, places, n_lags) for found in some]

    parts = [
        part
        for found in predictions(optimum)
        for share in in_shares(measured, found.parts(), n_threads=get_config().workers)
        for part in share
    ]
    whole = _Part.joined(parts)
    is_of_fit = null.is_of_fit and _has_no_slope(optimum, whole.sums.score)
    ks = whole.ks.without(without_fit(optimum))
    trained = optimum if is_of_fit else _of_training(model, training)
    p_value, is_bootstrap = ks.p_value, trained is not None
    if trained is not None:
        drawn = _draws(fit, is_of_fit) if n_bootstrap is None else _checked(n_bootstrap)
        tested = None if is_of_fit else optimum
        none = np.full(len(p_value), np.nan)
        p_value = (
            bootstrapped(trained, ks.distance, drawn, places, tested=tested) if drawn else none
        )
    test = _Test(p_value, "bootstrap" if is_bootstrap else "known rates", is_of_fit)
    return _result(fit, whole._replace(ks=ks), test, bins, sigma)


class _Part(NamedTuple):
    """What was measured of some neurons."""

    sums: FitSums
    pearson_r: FloatArray
    ks: Rescaled

    @classmethod
    def of(
        cls,
        null: Null,
        found: Predictions,
        bins: Bins,
        sigma: float,
        places: RandomPlaces,
        n_lags: int,
    ) -> _Part:
        likelihood, counts = null.fit.likelihood.take(found.neurons), found.takes_part
        y, mean = found.y, found.mean
        if sigma:
            y, mean = (smoothed(values, counts, sigma, bins.starts) for values in (y, mean))
        return cls(
            fit_sums(likelihood, found, null.mean(found)),
            correlation(y, mean, found.weight),
            rescaled(likelihood.model, found, places, n_lags),
        )

    @classmethod
    def joined(cls, parts: list[_Part]) -> _Part:
        sums = zip(*(part.sums for part in parts), strict=True)
        return cls(
            FitSums(*(np.concatenate(of_all) for of_all in sums)),
            np.concatenate([part.pearson_r for part in parts]),
            Rescaled.joined([part.ks for part in parts]),
        )


class _Test(NamedTuple):
    """How far intervals are from exponential, as a p value."""

    p_value: FloatArray  # (N,)
    kind: str  # of p value
    is_of_fit: bool


def _of_training(model: FittedModel, training: Any) -> Optimum | None:
    """Return the fit with its own data, if these are given.

    Raises
    ------
    ValueError, TypeError
        If they are not those of the fit.
    """
    if training is None:
        return None
    is_named = isinstance(training, Mapping)
    given = dict(training) if is_named else {"X": training[0], "y": training[1]}
    optimum = fit_of(model, given.pop("X"), given.pop("y"), **given).optimum
    if not _has_sums_of_fit(optimum):
        raise errors.value_error(
            "These are not the data of the fit.",
            given="training with other rows, weights, means or offsets",
            expected="what fit was given",
        )
    return optimum


def _has_sums_of_fit(optimum: Optimum) -> bool:
    """Tell whether rows, weights, mean responses and offsets are those of the fit."""
    if optimum.record is None:
        return False
    table, how = planned(optimum.rows, optimum.keep, optimum.columns.n_columns)
    return is_same_data(optimum.record, survey_responses(table, optimum.columns, how))


def _has_no_slope(optimum: Optimum, score: FloatArray) -> bool:
    """Tell whether the loss has no slope along the intercepts, as on the rows of a fit."""
    record = optimum.record
    if record is None or not record.has_intercept or is_of_information(optimum.penalty):
        return True
    converged = np.array([status is Status.CONVERGED for status in record.status])
    looked_at = converged & np.isfinite(score) & ~_is_exact(optimum)
    return bool((np.abs(score[looked_at]) < _ZERO_SCORE).all())


def _is_exact(optimum: Optimum) -> BoolArray:
    """Tell whose responses (N,) the fit says exactly: the slopes of their loss are rounding."""
    record, model = optimum.record, optimum.columns.likelihood.model
    if record is None or optimum.scale is None or not model.has_dispersion:
        return np.zeros(len(optimum.intercept), dtype=bool)
    with quiet():
        variance = optimum.scale * model.variance(record.mean_response, 1.0)
        return np.asarray(variance <= (_ROUNDING * record.mean_response) ** 2)


def _draws(fit: FitOnData, is_of_fit: bool) -> int:
    """Return how many recordings are drawn if nobody says."""
    if fit.is_single or not is_of_fit:
        return _DRAWS[0]
    of_one = fit.n_neurons * fit.optimum.rows.n_rows * (fit.n_features + _ROW)
    return next((draws for draws in _DRAWS if draws * of_one <= _WORK), 0)


def _checked(n_bootstrap: int) -> int:
    if not isinstance(n_bootstrap, (int, np.integer)) or not (
        n_bootstrap == 0 or n_bootstrap >= FEWEST_DRAWS
    ):
        raise errors.value_error(
            "There are too few simulated recordings.",
            given=f"n_bootstrap={n_bootstrap!r}",
            expected=f"0, or an int of at least {FEWEST_DRAWS}; better 199 or 999",
        )
    return int(n_bootstrap)


def _result(fit: FitOnData, whole: _Part, test: _Test, bins: Bins, sigma: float) -> Goodness:
    sums, ks, model = whole.sums, whole.ks, fit.likelihood.model
    is_of_fit = test.is_of_fit
    is_count = model.gives_probabilities
    with quiet():
        edf = fit.edf if is_of_fit else np.full(fit.n_neurons, np.nan)
        left = sums.weight - (edf if is_of_fit else 0.0)
        gained = sums.log_likelihood - sums.log_likelihood_null
        spikes = np.where(is_count, sums.y, np.nan)
        fitted = {
            "log_likelihood": sums.log_likelihood,
            "log_likelihood_saturated": sums.log_likelihood_saturated,
            "deviance": sums.deviance,
            "deviance_explained": 1.0 - sums.deviance / sums.deviance_null,
            "mcfadden": np.where(is_count, gained / -sums.log_likelihood_null, np.nan),
            "cox_snell": np.where(is_count, -np.expm1(-2.0 * gained / sums.weight), np.nan),
            "bits_per_spike": gained / (np.log(2.0) * np.where(spikes > 0, spikes, np.nan)),
            "pearson_r": whole.pearson_r,
            "edf": edf,
            "dispersion": np.where(left > 0, sums.pearson, np.nan) / left,
        }
        nothing = without_fit(fit.optimum) | (sums.n_rows == 0)
        return Goodness(
            neurons=fit.neurons,
            n_rows=sums.n_rows,
            n_spikes=spikes,
            rate_hz=spikes / (sums.weight * (bins.bin_s or np.nan)),
            log_likelihood_null=sums.log_likelihood_null + 0.0,
            **{name: np.where(nothing, np.nan, value) for name, value in fitted.items()},
            ks_distance=ks.distance,
            ks_p_value=test.p_value,
            ks_band_95=ks.band_95,
            interval_autocorrelation=ks.autocorrelation,
            autocorrelation_band_95=1.96 / np.sqrt(np.where(spikes > 0, spikes, np.nan)),
            status=tuple("" if status is None else str(status) for status in fit.status),
            ks_p_from=tuple("" if np.isnan(p) else test.kind for p in test.p_value),
            reason=_reasons(fit, whole, test),
            is_of_fit=is_of_fit,
            smoothing=sigma,
        )


def _reasons(fit: FitOnData, whole: _Part, test: _Test) -> tuple[str, ...]:
    """Say for each neuron why some of its numbers are missing."""
    nothing, out = without_fit(fit.optimum), []
    for n in range(fit.n_neurons):
        if nothing[n]:
            out.append(f"no fit ({fit.status[n]})")
        elif whole.sums.n_rows[n] == 0:
            out.append("no rows that take part")
        elif not fit.likelihood.model.gives_probabilities:
            out.append("")
        elif whole.ks.reason[n]:
            out.append(whole.ks.reason[n])
        else:
            out.append(_why_no_p(float(test.p_value[n]), test.is_of_fit))
    return tuple(out)


def _why_no_p(p_value: float, is_of_fit: bool) -> str:
    if not np.isnan(p_value):
        return ""
    return _ASK if is_of_fit else "no p value of the KS distance: counts that are not Poisson"
