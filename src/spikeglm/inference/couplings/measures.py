"""How strong a filter is: several numbers of it, and their errors by the delta method.

With h = K b the filter at W lags, dt the length of a bin, m the mean response of the neuron that
receives and eta* the linear predictor at which the link f gives it:

    integral      sum_w h_w dt                          linear: its error is exact
    gain          exp(mean_w h_w)
    peak          h_w at the lag where |h| is largest   its error takes that lag for known
    norm          sqrt(sum_w h_w² dt)                   never negative: zero is at its edge
    extra_spikes  sum_w f(eta* + h_w) - f(eta*)         m is taken for known

Each is a number s(b) with the gradient g = ds/db, and its variance is g' V g.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import numerics, showing
from ...typing import FloatArray, IntArray
from ..information.optimum import Uncertainty
from .sources import Sources

MEASURES = ("integral", "gain", "peak", "norm", "extra_spikes")
_SHARE = 1e-6  # of a gradient in an undetermined direction, from which it is undetermined itself
_MOST_KEPT = 2**26  # numbers of all covariances that are kept for filters


@dataclass(frozen=True, eq=False)
class Measured:
    """Measures of the filters from M sources to N neurons, in the making.

    Attributes
    ----------
    value, error :
        (N, M) of each measure, by name.
    peak_lag :
        (N, M) bins.
    coef :
        (N, M, b) coefficients, b the most that a source has; zero beyond.
    covariance :
        (N, M, b, b) theirs; None where they are too many to be kept.
    """

    value: dict[str, FloatArray]
    error: dict[str, FloatArray]
    peak_lag: IntArray
    coef: FloatArray
    covariance: FloatArray | None

    __repr__ = showing.of_fields

    @classmethod
    def empty(cls, n_neurons: int, sources: Sources) -> Measured:
        """Return room for all measures."""
        M, b = len(sources.names), max(kernel.shape[1] for kernel in sources.kernels)
        shape = n_neurons, M
        nan = {name: np.full(shape, np.nan) for name in MEASURES}
        is_kept = n_neurons * M * b * b <= _MOST_KEPT
        return cls(
            nan,
            {name: part.copy() for name, part in nan.items()},
            np.zeros(shape, np.intp),
            np.zeros((*shape, b)),
            np.full((*shape, b, b), np.nan) if is_kept else None,
        )

    def put(self, neuron: int, known: Uncertainty, coef: FloatArray, seen: Seen) -> None:
        """Measure the filters to one neuron, given its coefficients (p,)."""
        for members in seen.sources.groups():
            K = seen.sources.kernels[members[0]]
            columns = np.stack([seen.sources.columns[m] for m in members])  # (G, b)
            b = K.shape[1]
            self.coef[neuron, members, :b] = coef[columns]
            V = known.covariance[columns[:, :, None], columns[:, None, :]]
            values, gradients, peak = _measures(coef[columns], K, seen, neuron)
            self.peak_lag[neuron, members] = seen.sources.lags[peak]
            for name in MEASURES:
                self.value[name][neuron, members] = values[name]
                error = _errors(gradients[name], V, columns, known)
                self.error[name][neuron, members] = error
            if self.covariance is not None:
                is_open = _undetermined(np.ones(columns.shape), columns, known)
                V[is_open] = np.nan
                self.covariance[neuron, members, :b, :b] = V


@dataclass(frozen=True, eq=False)
class Seen:
    """What measures are taken with: sources, length of a bin, the link, and where it stands.

    ``eta`` (N,) are the linear predictors that give the mean responses; -inf for silent neurons.
    """

    sources: Sources
    dt: float
    link: Any
    eta: FloatArray

    __repr__ = showing.of_fields

    def extra(self, h: FloatArray, eta: Any) -> tuple[FloatArray, FloatArray]:
        """Return f(eta + h) - f(eta) and f'(eta + h)."""
        with numerics.quiet():
            change = self.link.mean(eta + h) - self.link.mean(np.asarray(eta, dtype=float))
            slope = self.link.curve("mean", eta + h).slope
        return change, slope


def _measures(
    B: FloatArray, K: FloatArray, seen: Seen, neuron: int
) -> tuple[dict[str, FloatArray], dict[str, FloatArray], IntArray]:
    """Return measures (G,) of the filters B K', their gradients (G, b), and where the peaks are."""
    h, dt, rows = B @ K.T, seen.dt, np.arange(len(B))
    peak = np.abs(h).argmax(axis=1)
    gain = np.exp(h.mean(axis=1))
    norm = np.sqrt((h**2).sum(axis=1) * dt)
    extra, slope = seen.extra(h, seen.eta[neuron])
    flat = np.broadcast_to(K.sum(axis=0) * dt, B.shape)
    values = {
        "integral": h.sum(axis=1) * dt,
        "gain": gain,
        "peak": h[rows, peak],
        "norm": norm,
        "extra_spikes": extra.sum(axis=1),
    }
    gradients = {
        "integral": flat,
        "gain": gain[:, None] * K.mean(axis=0),
        "peak": K[peak],
        "norm": (h @ K) * dt / np.where(norm > 0, norm, np.nan)[:, None],
        "extra_spikes": slope @ K,
    }
    return values, gradients, peak


def _errors(
    gradient: FloatArray, V: FloatArray, columns: IntArray, known: Uncertainty
) -> FloatArray:
    """Return standard errors (G,); NaN where the data leave something open that counts."""
    if known.reason:
        return np.full(len(gradient), np.nan)
    variance = np.einsum("gb,gbc,gc->g", gradient, V, gradient)
    error = np.sqrt(np.maximum(variance, 0.0))
    return np.where(_undetermined(gradient, columns, known), np.nan, error)


def _undetermined(gradient: FloatArray, columns: IntArray, known: Uncertainty) -> Any:
    """Return (G,) True for combinations with a part of which the data say nothing."""
    if known.void is None:
        return ((gradient != 0) & known.undetermined[columns]).any(axis=1)
    if not known.void.size:
        return np.zeros(len(gradient), dtype=bool)
    void = known.void[columns]  # (G, b, m)
    part = np.linalg.norm(np.einsum("gb,gbm->gm", gradient, void), axis=1)
    whole = np.einsum("gb,gb->g", np.abs(gradient), np.linalg.norm(void, axis=2))
    return part > _SHARE * np.maximum(whole, np.finfo(float).tiny)
