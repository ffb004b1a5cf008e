"""What a table says of a fit as a whole: its log-likelihood, deviances, degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ... import showing
from ...numerics import quiet
from ...typing import BoolArray, FloatArray
from ..fit_on_data import FitOnData
from ..goodness_of_fit.measures import FitSums, fit_sums
from ..goodness_of_fit.null import Null
from ..goodness_of_fit.predictions import Predictions, predictions, without_fit

_ROUNDING = 1e-20  # of the squares of responses


@dataclass(frozen=True, eq=False)
class FitFacts:
    """Facts of the fits of N neurons, (N,) each; NaN where there is no fit.

    Attributes
    ----------
    n_rows :
        Sum of the row weights: as many rows.
    total :
        Sum of the responses: the spikes.
    deviance, deviance_null :
        At dispersion one; of the fit and of the model without features.
    log_likelihood :
        With all constants; where the dispersion is estimated, at deviance / n, as in R.
    log_likelihood_pearson :
        There, at the dispersion that standard errors stand on.
    edf :
        Parameters that the coefficients use up, any intercept included.
    dispersion :
        Pearson's; the model's own scale where none is estimated.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
    >>> facts = FitFacts.of(nmo.GLM().fit(X, y).on(X, y))
    >>> facts.n_rows, facts.total, facts.edf
    (array([100.]), array([99.]), array([3.]))
    """

    n_rows: FloatArray
    total: FloatArray
    deviance: FloatArray
    deviance_null: FloatArray
    log_likelihood: FloatArray
    log_likelihood_pearson: FloatArray
    edf: FloatArray
    dispersion: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, fit: FitOnData) -> FitFacts:
        """Sum up a fit; a pass over the rows for each group of neurons that memory has room for."""
        null, has_dispersion = Null(fit, True, None), fit.likelihood.model.has_dispersion
        at_pearson, at_deviance, scales = [], [], []
        for found in predictions(fit.optimum):
            sums = fit_sums(fit.likelihood, found, null.mean(found))
            again = _at_deviance(fit, found, sums, null) if has_dispersion else sums
            at_pearson.append(sums)
            at_deviance.append(again)
            scales.append(found.scale)
        sums, again = _joined(at_pearson), _joined(at_deviance)
        nothing = without_fit(fit.optimum)
        facts = {
            "deviance": sums.deviance,
            "deviance_null": sums.deviance_null,
            "log_likelihood": again.log_likelihood,
            "log_likelihood_pearson": sums.log_likelihood,
            "edf": fit.edf,
            "dispersion": np.concatenate(scales),
        }
        known = {name: np.where(nothing, np.nan, value) for name, value in facts.items()}
        if has_dispersion:  # a fit that uses up all rows has an infinite likelihood, and no other
            for name in ("log_likelihood", "log_likelihood_pearson"):
                known[name][np.isnan(known["dispersion"])] = np.nan
        return cls(sums.weight, sums.y, **known)

    @property
    def leaves_nothing(self) -> BoolArray:
        """Whether each fit hits every response, as far as rounding tells: none is left over."""
        with quiet():
            size = self.deviance_null + self.total**2 / self.n_rows
            return np.isfinite(self.dispersion) & (self.deviance <= _ROUNDING * size)

    @property
    def deviance_explained(self) -> FloatArray:
        """1 - deviance / deviance_null, Cohen's pseudo-R²."""
        with quiet():
            return 1.0 - self.deviance / self.deviance_null


def _at_deviance(fit: FitOnData, found: Predictions, sums: FitSums, null: Null) -> FitSums:
    """Return the sums at the dispersion deviance / n: where a Gaussian likelihood is largest."""
    with quiet():
        scale = np.where(sums.weight > 0, sums.deviance, np.nan) / sums.weight
    return fit_sums(fit.likelihood, replace(found, scale=scale), null.mean(found))


def _joined(parts: list[FitSums]) -> FitSums:
    return FitSums(*(np.concatenate(of_all) for of_all in zip(*parts, strict=True)))
