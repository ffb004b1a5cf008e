"""How much of a response could be predicted, and how much of that a model does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import to_array
from ...numerics import special
from ...typing import Array, ArrayLike, BoolArray, FloatArray, IntArray
from .powers import RATIOS, Powers, jackknife, trials_of
from .repeats import TrialMoments, read_repeats

if TYPE_CHECKING:
    import pandas as pd

_NOISES = ("repeats", "poisson")
_MOST_ROWS = 12
_SURE = 2.0  # standard errors
_PRINTED = ("n_trials", "signal_power", "signal_power_se", "explainable", "cc_max")
_OF_PREDICTION = ("cc_norm", "explained", "r2_er")


@dataclass(frozen=True, eq=False, repr=False)
class NoiseCeiling:
    """Signal and noise of N neurons; print it, or take :meth:`to_frame`.

    Powers are variances over time, in squared units of the response. Attributes are (N,) arrays,
    NaN where there is nothing to say; those of a prediction are NaN without one. ``..._se`` are
    standard errors by the jackknife over trials, NaN of fewer than three.

    Attributes
    ----------
    neurons :
        Names or numbers.
    n_trials :
        Trials with two bins or more.
    mean :
        Mean response.
    signal_power, signal_power_se :
        S: what repeats share. Negative by chance where there is little: shown, not hidden.
    noise_power, noise_power_se :
        What a trial has besides.
    fano :
        Noise power over mean response (times 1 - 1/T), one for Poisson counts; NaN of one trial.
    explainable, explainable_se :
        S over the power of a trial: the share of a single trial that could be predicted.
    cc_max, cc_max_se :
        Largest correlation that a prediction could have with the mean of the trials.
    cc_abs, cc_abs_se :
        Correlation of the prediction with the mean of the trials.
    cc_norm, cc_norm_se :
        ``cc_abs / cc_max``: correlation with the signal itself. It can exceed one by chance.
    explained, explained_se :
        (2 A - V) / S: share of the signal power that the prediction, as it is, explains; negative
        where it adds more error than it explains. Its mean does not matter.
    r2_er, r2_er_se :
        Square of the correlation with the signal, without the upward bias that squaring noise has.
    status :
        Why ratios are missing, or unsure; ``""`` for nothing.
    noise :
        ``"repeats"`` or ``"poisson"``.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> signal = np.sin(np.arange(200) / 9)[:, None] * [1.0, 0.3]
    >>> repeats = signal + rng.normal(size=(20, 200, 2))
    >>> ceiling = nmo.inference.noise_ceiling(repeats, signal)
    >>> ceiling.signal_power.round(2), ceiling.cc_norm.round(2)
    (array([0.52, 0.05]), array([1.01, 0.95]))
    """

    neurons: tuple[Any, ...]
    n_trials: IntArray
    mean: FloatArray
    signal_power: FloatArray
    signal_power_se: FloatArray
    noise_power: FloatArray
    noise_power_se: FloatArray
    fano: FloatArray
    explainable: FloatArray
    explainable_se: FloatArray
    cc_max: FloatArray
    cc_max_se: FloatArray
    cc_abs: FloatArray
    cc_abs_se: FloatArray
    cc_norm: FloatArray
    cc_norm_se: FloatArray
    explained: FloatArray
    explained_se: FloatArray
    r2_er: FloatArray
    r2_er_se: FloatArray
    status: tuple[str, ...]
    noise: str

    def interval(self, name: str, level: float = 0.95) -> FloatArray:
        """Return (2, N) the interval of one of the numbers that has a standard error.

        With Student's quantile for as many degrees of freedom as there are trials, less one.

        Raises
        ------
        ValueError
            If there is no such number, or level.

        >>> import spikeglm as nmo
        >>> repeats = np.random.default_rng(0).normal(size=(9, 50, 1)) + np.arange(50)[:, None]
        >>> nmo.inference.noise_ceiling(repeats).interval("explainable").round(3).ravel()
        array([0.994, 0.996])
        """
        known = [f.name[:-3] for f in fields(self) if f.name.endswith("_se")]
        if name not in known:
            raise errors.unknown_name("number with a standard error", name, known)
        if not 0 < level < 1:
            raise errors.value_error(
                "There is no such level.", given=f"{level}", expected="a number between 0 and 1"
            )
        dof = np.maximum(self.n_trials - 1, 1)
        half = special(np).stdtrit(dof, 0.5 + 0.5 * level) * getattr(self, f"{name}_se")
        value = getattr(self, name)
        return np.array([value - half, value + half])

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table, one row per neuron, a column per attribute.

        >>> import spikeglm as nmo
        >>> repeats = np.random.default_rng(0).normal(size=(9, 50, 1)) + np.arange(50)[:, None]
        >>> nmo.inference.noise_ceiling(repeats).to_frame().loc[0, "n_trials"].item()
        9
        """
        import pandas as pd

        names = [f.name for f in fields(self) if f.name not in ("neurons", "noise")]
        index = pd.Index(self.neurons, name="neuron")
        return pd.DataFrame({name: getattr(self, name) for name in names}, index=index)

    def __str__(self) -> str:
        N = len(self.neurons)
        shown = _PRINTED + (_OF_PREDICTION if np.isfinite(self.cc_abs).any() else ())
        lines = [f"{N} neuron(s); noise from {self.noise}"]
        rows = [("neuron", *shown, "status")]
        for n in range(min(N, _MOST_ROWS)):
            numbers = (f"{getattr(self, name)[n]:.3g}" for name in shown)
            rows.append((str(self.neurons[n]), *numbers, self.status[n]))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        if N > _MOST_ROWS:
            lines.append(f"... and {N - _MOST_ROWS} more; to_frame() has all")
        return "\n".join(lines)

    __repr__ = __str__


def noise_ceiling(
    responses: ArrayLike,
    prediction: ArrayLike | None = None,
    *,
    trials: ArrayLike | None = None,
    noise: str = "repeats",
) -> NoiseCeiling:
    """Ask of repeats how much of a response is signal, and how much of the signal is predicted.

    Parameters
    ----------
    responses :
        (R, T) or (R, T, N): R repeats of the same T bins, N neurons. NaN where there is none:
        whole trials, or bins of some. With ``trials`` (rows,) or (rows, N).
    prediction :
        (T,) or (T, N), the same for every repeat: of a model that has not seen these trials.
    trials :
        (rows,) the repeat that each row is of; its k-th row is bin k. NaN for rows of none.
    noise :
        ``"repeats"``: noise is what differs between repeats. It may be of any kind, and depend on
        time, if it is independent between repeats. ``"poisson"``: the noise of counts is their
        mean; one repeat is enough, and signal is whatever varies more than that.

    Raises
    ------
    ValueError
        If shapes do not fit, the noise is unknown, or Poisson noise is asked of what are no counts.

    References
    ----------
    Sahani & Linden (2003), NIPS 15:125-32, eqs. 1-2; Hsu, Borst & Theunissen (2004), Network
    15:91-109; Schoppe et al. (2016), Front Comput Neurosci 10:10, eqs. 7-9; Pospisil & Bair (2021),
    PLoS Comput Biol 17:e1009212.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> rate = np.exp(np.sin(np.arange(300) / 20))
    >>> counts = rng.poisson(rate, (10, 300))
    >>> found = nmo.inference.noise_ceiling(counts, rate)
    >>> found.fano.round(1), found.cc_norm.round(2)
    (array([1.]), array([1.01]))
    """
    if noise not in _NOISES:
        raise errors.unknown_name("noise", noise, list(_NOISES))
    values, names, is_single = read_repeats(responses, trials)
    if noise == "poisson" and (values[np.isfinite(values)] % 1 != 0).any():
        raise errors.value_error(
            "Poisson noise is that of counts.",
            given="responses that are no whole numbers",
            expected="counts, or noise='repeats'",
        )
    predicted = None if prediction is None else _read_prediction(prediction, values, is_single)
    moments = TrialMoments.of(values, predicted)
    present = np.isfinite(values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(present > 0, 1.0 / present, np.nan)
        share = np.nanmean(np.where((present > 0).any(axis=0), share, 1.0), axis=0)
    found = _Found(moments, share, noise, (present > 0).sum(axis=0))
    return found.told(names or tuple(range(values.shape[2])))


def _read_prediction(prediction: ArrayLike, values: FloatArray, is_single: bool) -> FloatArray:
    found = to_array(prediction, name="prediction").astype(float)
    found = found[:, None] if found.ndim == 1 and is_single else found
    if found.shape != values.shape[1:]:
        raise errors.value_error(
            "The prediction does not fit the responses.",
            given=f"shape {np.shape(prediction)}",
            expected=f"{values.shape[1:]}, bins and neurons",
        )
    return np.where(np.isfinite(found), found, np.nan)


@dataclass(frozen=True, eq=False)
class _Found:
    """What was summed up, and what it says."""

    moments: TrialMoments
    share: FloatArray
    noise: str
    n_bins: IntArray

    def told(self, neurons: tuple[Any, ...]) -> NoiseCeiling:
        is_in, counts = trials_of(self.moments)
        rate = self._rate(np.where(is_in, self.moments.mean, np.nan))
        repeats = Powers.of(self.moments, self.share)
        powers = self._under_noise(repeats, rate)
        each = self._under_noise(
            Powers.without_each(self.moments, self.share), self._rate_without_each(is_in)
        )

        def se(values: FloatArray) -> FloatArray:
            return jackknife(values, counts, is_in)

        ratios: dict[str, Array] = {}
        for name in RATIOS:
            ratios[name], ratios[f"{name}_se"] = powers.ratio(name), se(each.ratio(name))
        signal_se = se(each.signal)
        with np.errstate(invalid="ignore", divide="ignore"):
            fano = np.where(counts > 1, repeats.noise / rate, np.nan)
        return NoiseCeiling(
            neurons=neurons,
            n_trials=counts,
            mean=_nan_mean(np.where(is_in, self.moments.mean, np.nan)),
            signal_power=powers.signal,
            signal_power_se=signal_se,
            noise_power=powers.noise,
            noise_power_se=se(each.noise),
            fano=fano,
            status=tuple(self._status(powers, signal_se, counts)),
            noise=self.noise,
            **ratios,
        )

    def _rate(self, mean: FloatArray) -> FloatArray:
        """Return what Poisson noise adds to the variance over T bins, (N,)."""
        return _nan_mean(mean) * (1.0 - 1.0 / np.maximum(self.n_bins, 1))

    def _rate_without_each(self, is_in: BoolArray) -> FloatArray:
        mean = np.where(is_in, self.moments.mean, 0.0)
        left = np.maximum(is_in.sum(axis=1, keepdims=True) - is_in, 1)
        others = (mean.sum(axis=1, keepdims=True) - mean) / left
        return others * (1.0 - 1.0 / np.maximum(self.n_bins, 1))[:, None]

    def _under_noise(self, powers: Powers, rate: FloatArray) -> Powers:
        return powers.with_poisson_noise(rate) if self.noise == "poisson" else powers

    def _status(self, powers: Powers, se: FloatArray, counts: IntArray) -> list[str]:
        told = []
        rows = zip(powers.signal, se, powers.trial, powers.prediction, counts, strict=True)
        for signal, error, trial, prediction, n in rows:
            if n == 0:
                told.append("no trial of two bins")
            elif n == 1 and self.noise == "repeats":
                told.append("one trial: signal and noise cannot be told apart")
            elif not trial > 0:
                told.append("the response does not vary")
            elif not signal > 0:
                told.append("no signal power above zero")
            elif not prediction > 0 and np.isfinite(prediction):
                told.append("the prediction does not vary")
            elif n > 2 and signal < _SURE * error:
                told.append("signal power within two standard errors of zero")
            else:
                told.append("")
        return told


def _nan_mean(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    total, n = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
