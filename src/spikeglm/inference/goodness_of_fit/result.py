"""What was measured of a fit: a table with one row per neuron."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 12
_COUNTS = {"n_rows": "{:.0f}", "n_spikes": "{:.0f}"}
_PRINTED = (
    "n_spikes",
    "rate_hz",
    "deviance_explained",
    "bits_per_spike",
    "pearson_r",
    "dispersion",
    "ks_distance",
    "ks_p_value",
)


@dataclass(frozen=True, eq=False, repr=False)
class Goodness:
    """How good the fit of each neuron is; print it, or take :meth:`to_frame`.

    Attributes are (N,) arrays, one number per neuron, NaN where there is none; sums run over rows
    that take part, under their weights a; log-likelihoods are in nats and normalised.

    Attributes
    ----------
    neurons :
        Their names or numbers.
    n_rows :
        Rows that take part.
    n_spikes :
        Sum of a y; NaN where responses are no counts.
    rate_hz :
        Spikes per second, where it is known how long bins are.
    log_likelihood, log_likelihood_null, log_likelihood_saturated :
        Of the model, of the mean of the training rows, and of predictions that are the responses.
    deviance :
        At dispersion one: of a Gaussian model the sum of squares.
    deviance_explained :
        1 - D / D_null, Cohen's pseudo-R². Negative where the model predicts worse than the mean.
    mcfadden :
        1 - LL / LL_null; NaN for continuous responses, of which it is no share.
    cox_snell :
        1 - exp(2 (LL_null - LL) / sum a); NaN for continuous responses.
    bits_per_spike :
        (LL - LL_null) / (log 2 · spikes); NaN where responses are no counts.
    pearson_r :
        Correlation of responses and means, both smoothed if that was asked for.
    edf :
        Parameters that the fit uses up; NaN for other rows than those of the fit.
    dispersion :
        Pearson's sum over sum a - edf (over sum a, for other rows than those of the fit).
    ks_distance :
        Of rescaled intervals from the exponential distribution, corrected for bins.
    ks_p_value :
        Its p value; ``ks_p_from`` says of which kind.
    ks_band_95 :
        Distance that known rates exceed with probability 5 %; estimated ones do so more rarely.
    interval_autocorrelation :
        (L, N) of the rescaled intervals, made Gaussian, at lags 1 to L.
    autocorrelation_band_95 :
        1.96 / sqrt(spikes).
    status :
        How each fit ended.
    ks_p_from :
        ``"known rates"``, ``"bootstrap"`` or ``""``.
    reason :
        Why numbers are missing, or ``""``.
    is_of_fit :
        Whether these are the rows of the fit.
    smoothing :
        Standard deviation of the kernel in bins, 0 for none.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(2000, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, [0, 1]] - 1))
    >>> found = nmo.inference.goodness(nmo.PopulationGLM().fit(X, y), X, y)
    >>> found.deviance_explained.round(2), found.to_frame().shape[0]
    (array([0.1 , 0.11]), 2)
    """

    neurons: tuple[Any, ...]
    n_rows: FloatArray
    n_spikes: FloatArray
    rate_hz: FloatArray
    log_likelihood: FloatArray
    log_likelihood_null: FloatArray
    log_likelihood_saturated: FloatArray
    deviance: FloatArray
    deviance_explained: FloatArray
    mcfadden: FloatArray
    cox_snell: FloatArray
    bits_per_spike: FloatArray
    pearson_r: FloatArray
    edf: FloatArray
    dispersion: FloatArray
    ks_distance: FloatArray
    ks_p_value: FloatArray
    ks_band_95: FloatArray
    interval_autocorrelation: FloatArray
    autocorrelation_band_95: FloatArray
    status: tuple[str, ...]
    ks_p_from: tuple[str, ...]
    reason: tuple[str, ...]
    is_of_fit: bool
    smoothing: float

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table, one row per neuron, a column per attribute (and per lag).

        >>> import spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(500, 1))
        >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
        >>> table = nmo.inference.goodness(nmo.GLM().fit(X, y), X, y, n_bootstrap=0).to_frame()
        >>> print(table[["n_rows", "n_spikes", "dispersion"]].round(2).to_string(index=False))
         n_rows  n_spikes  dispersion
          500.0     202.0        1.01
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "interval_autocorrelation":
                lags = enumerate(value, start=1)
                columns |= {f"interval_autocorrelation_{lag}": of_lag for lag, of_lag in lags}
            elif field.name not in ("neurons", "is_of_fit", "smoothing"):
                columns[field.name] = value
        return pd.DataFrame(columns, index=pd.Index(self.neurons, name="neuron"))

    def __str__(self) -> str:
        n = len(self.neurons)
        where = "the rows of the fit" if self.is_of_fit else "other rows than those of the fit"
        where = where if any(self.status) else "estimates that are of no fit"
        lines = [f"{n} neuron(s), {where}"]
        rows = [("neuron", *_PRINTED), *(self._row(c) for c in range(min(n, _MOST_ROWS)))]
        lines += showing.table(rows)
        if n > _MOST_ROWS:
            lines.append(f"and {n - _MOST_ROWS} more: to_frame() has all")
        if self.smoothing:
            lines.append(f"pearson_r: smoothed by a Gaussian of {self.smoothing:g} bins")
        return "\n".join([*lines, *self._remarks()])

    __repr__ = __str__

    def _row(self, c: int) -> tuple[str, ...]:
        values = ((name, getattr(self, name)[c]) for name in _PRINTED)
        return str(self.neurons[c]), *(_number(name, value) for name, value in values)

    def _remarks(self) -> list[str]:
        kinds = dict.fromkeys(filter(None, self.ks_p_from))
        lines = [f"ks_p_value: {', '.join(kinds)}"] if kinds else []
        for reason in dict.fromkeys(filter(None, self.reason)):
            who = [n for n, why in zip(self.neurons, self.reason, strict=True) if why == reason]
            lines.append(f"{reason}: {errors.listed(who)}")
        return lines


def _number(name: str, value: float) -> str:
    if name == "ks_p_value" and not np.isnan(value):
        return showing.p_value(value)
    return "-" if np.isnan(value) else _COUNTS.get(name, "{:.3g}").format(value)
