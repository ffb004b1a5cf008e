"""Repeats of the same stimulus: (trials, time, neurons), and how trials vary together.

All that is asked of them are the covariances between trials over time, C_ij of trials i and j, and
those with a prediction, a_i. Noise that is independent between trials leaves C_ij, i ≠ j, at the
power of the signal on average, whatever it does within a trial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...io.interop.frames import column_labels
from ...io.interop.timeseries import to_array
from ...typing import Array, ArrayLike, FloatArray

_NUMBERS_AT_ONCE = 2**22


@dataclass(frozen=True, eq=False)
class TrialMoments:
    """Covariances over time (mean products less products of means) of R trials, per neuron.

    Attributes
    ----------
    C :
        (N, R, R) between trials, over the bins that both have; NaN where they share fewer than two.
    a :
        (N, R) between trials and the prediction; None without one.
    prediction_power :
        (N, R) variance of the prediction over the bins of each trial; None without one.
    weight :
        (N, R, R) bins that both have.
    mean :
        (N, R) mean response of each trial.

    Examples
    --------
    >>> TrialMoments.of(np.array([[[0.0], [2.0]], [[1.0], [5.0]]]), None).C[0]
    array([[1., 2.],
           [2., 4.]])
    """

    C: FloatArray
    a: FloatArray | None
    prediction_power: FloatArray | None
    weight: FloatArray
    mean: FloatArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, responses: FloatArray, prediction: FloatArray | None) -> TrialMoments:
        """Sum up responses (R, T, N), NaN where there are none, and a prediction (T, N)."""
        R, T, N = responses.shape
        at_once = max(1, _NUMBERS_AT_ONCE // max(1, R * (T + R)))
        parts = [
            cls._of_some(
                responses[:, :, k : k + at_once],
                None if prediction is None else prediction[:, k : k + at_once],
            )
            for k in range(0, N, at_once)
        ]
        together: dict[str, Any] = {"a": None, "prediction_power": None}
        for name, value in vars(parts[0]).items():
            if value is not None:
                together[name] = np.concatenate([getattr(part, name) for part in parts])
        return cls(**together)

    @classmethod
    def _of_some(cls, responses: FloatArray, prediction: FloatArray | None) -> TrialMoments:
        r = responses.transpose(2, 0, 1)  # (n, R, T)
        if prediction is not None:
            there = np.isfinite(prediction).T[:, None]
            r = np.where(there, r, np.nan)
        present = np.isfinite(r)
        n_bins = present.sum(axis=2)
        mean = np.divide(
            np.where(present, r, 0.0).sum(axis=2),
            n_bins,
            out=np.full(n_bins.shape, np.nan),
            where=n_bins > 0,
        )
        m = present.astype(float)
        r = np.where(present, r - np.nan_to_num(mean)[:, :, None], 0.0)
        turned = m.transpose(0, 2, 1)
        weight, sums = m @ turned, r @ turned  # over the bins that both have
        products = r @ r.transpose(0, 2, 1)
        C = _covariance(products, sums, sums.transpose(0, 2, 1), weight)
        if prediction is None:
            return cls(C, None, None, weight, mean)
        v = np.nan_to_num(prediction - np.nanmean(prediction, axis=0)).T[:, :, None]  # (n, T, 1)
        v_sum, own = m @ v, sums.diagonal(axis1=1, axis2=2)
        a = _covariance((r @ v)[:, :, 0], own, v_sum[:, :, 0], n_bins)
        power = _covariance((m @ v**2)[:, :, 0], v_sum[:, :, 0], v_sum[:, :, 0], n_bins)
        return cls(C, a, power, weight, mean)


def _covariance(
    products: FloatArray, first: FloatArray, second: FloatArray, n: FloatArray
) -> FloatArray:
    """Return mean products less products of means, NaN of fewer than two."""
    known = n >= 2
    n = np.maximum(n, 1)
    return np.where(known, products / n - (first / n) * (second / n), np.nan)


def read_repeats(
    responses: ArrayLike, trials: ArrayLike | None
) -> tuple[FloatArray, tuple[Any, ...] | None, bool]:
    """Return responses (R, T, N), the names of neurons, and whether there is one without an axis.

    Parameters
    ----------
    responses :
        (R, T), (R, T, N), or with ``trials`` (rows,) or (rows, N).
    trials :
        (rows,) the trial of each row; NaN for none. The k-th row of a trial is its bin k.

    Raises
    ------
    ValueError
        If they have other shapes.

    >>> read_repeats([1.0, 2.0, 3.0], ["a", "a", "b"])[0][:, :, 0]
    array([[ 1.,  2.],
           [ 3., nan]])
    """
    names = column_labels(responses) if trials is not None else None
    values = to_array(responses, name="responses").astype(float)
    wanted = (2, 3) if trials is None else (1, 2)
    if values.ndim not in wanted or 0 in values.shape:
        raise errors.value_error(
            "responses have no such shape.",
            given=f"{values.shape}",
            expected="(trials, time), (trials, time, neurons), or with trials= (rows,) or (rows, "
            "neurons)",
        )
    is_single = values.ndim == wanted[0]
    values = values[..., None] if is_single else values
    values = np.where(np.isfinite(values), values, np.nan)
    return (values if trials is None else _in_trials(values, trials)), names, is_single


def _in_trials(values: FloatArray, trials: ArrayLike) -> FloatArray:
    labels = np.asarray(trials)
    if labels.shape != (len(values),):
        raise errors.value_error(
            "trials do not fit the responses.",
            given=f"shape {labels.shape}",
            expected=f"({len(values)},), the trial of each row",
        )
    is_in = labels == labels  # NaN is in no trial
    distinct, which = np.unique(labels[is_in], return_inverse=True)
    counts = np.bincount(which, minlength=len(distinct))
    order = np.argsort(which, kind="stable")
    place: Array = np.empty(len(which), dtype=np.intp)
    place[order] = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = np.full((len(distinct), int(counts.max(initial=1)), values.shape[1]), np.nan)
    out[which, place] = values[is_in]
    return out
