"""The analysis behind ``spikeglm demo``, as a function to read, to call and to test.

A grasshopper's auditory receptor heard a noisy tone. Do its spikes follow the sound, its own
recent spikes, or both? Three Poisson models answer, each judged on rows it has not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .. import basis, showing
from ..datasets import GrasshopperRecording
from ..glm import GLM
from ..inference.bits_per_spike import bits_per_spike
from ..inference.filters import Filter, filter_band
from ..inference.time_rescaling import TimeRescaling, time_rescaling
from ..selection import cross_validated, interleaved_blocks
from ..typing import Array, BoolArray, FloatArray

STIMULUS, HISTORY, BOTH = "stimulus", "history", "stimulus + history"
PARTS = {STIMULUS: (STIMULUS,), HISTORY: (HISTORY,), BOTH: (STIMULUS, HISTORY)}
"""The inputs of each model."""

RIDGE = {STIMULUS: 1e-1, HISTORY: 2e-5}
"""Light, per input. On the stimulus it calms the ringing where the sound has no power; on the
history it keeps the refractory period finite: no spike was ever seen there, and the likelihood
alone would send those coefficients to minus infinity."""

N_FOLDS, BLOCK_S = 5, 1.0
N_STEPS = len(PARTS) + 1


@dataclass(frozen=True)
class ModelScore:
    """How well one model predicts rows it has not seen; T rows, K folds.

    Attributes
    ----------
    name :
        ``"stimulus"``, ``"history"`` or ``"stimulus + history"``.
    mean_counts :
        (T,) mean count of each bin as predicted by the fit that did not see it; NaN in the first
        rows, whose lags reach back before the recording.
    bits_by_fold :
        (K,) bits per spike of each held-out fold over the mean rate of its training rows.
    bits :
        Bits per spike of all held-out rows together.
    rescaling :
        Time rescaling of ``mean_counts``.
    """

    name: str
    mean_counts: FloatArray
    bits_by_fold: FloatArray
    bits: float
    rescaling: TimeRescaling

    __repr__ = showing.of_fields


@dataclass(frozen=True)
class DemoResult:
    """Everything the demo shows.

    Attributes
    ----------
    recording :
        What was analysed.
    scores :
        One for each model, in the order stimulus, history, both.
    model :
        The model of both, fitted to all rows.
    filters :
        Its ``"stimulus"`` (log gain per dB) and ``"history"`` (per spike) filters.
    """

    recording: GrasshopperRecording
    scores: tuple[ModelScore, ...]
    model: GLM
    filters: dict[str, Filter]


def analyse(
    recording: GrasshopperRecording, *, on_step: Callable[[str], None] = lambda done: None
) -> DemoResult:
    """Fit and check the three models of one recording.

    Parameters
    ----------
    recording :
        From :func:`spikeglm.datasets.load_grasshopper`.
    on_step :
        Called with a few words after each of the ``N_STEPS`` steps, for a progress bar.

    Returns
    -------
    DemoResult
        Held-out predictions and scores, filters with 95 % bands, the fitted model.

    References
    ----------
    Truccolo, Eden, Fellows, Donoghue, Brown 2005, J Neurophysiol 93:1074-1089 (the models);
    Pillow et al. 2008, Nature 454:995-999 (filters, bits per spike).

    Examples
    --------
    >>> from spikeglm.datasets import load_grasshopper
    >>> result = analyse(load_grasshopper(1))
    >>> [f"{score.name}: {score.bits:.1f}" for score in result.scores]
    ['stimulus: 0.8', 'history: 0.5', 'stimulus + history: 1.8']
    """
    table = feature_table(recording)
    scores = []
    for name in PARTS:
        scores.append(cross_validate(table, name))
        on_step(f"{name}: {N_FOLDS} folds")
    model = _model(table, BOTH).fit(table.features, table.counts)
    filters = _filters(table, model, recording.bin_s)
    on_step("filters with 95 % bands")
    return DemoResult(recording, tuple(scores), model, filters)


@dataclass(frozen=True)
class FeatureTable:
    """The rows that all fits share; T rows, p features.

    Attributes
    ----------
    features :
        (T, p) 60 lags of stimulus on 30 B-splines, 80 lags of history on 12 raised cosines.
    columns, bases :
        By input: which columns of ``features`` it has, and the basis behind them.
    counts :
        (T,) spikes per bin.
    usable :
        (T,) whether all lags lie within the recording.
    folds :
        (T,) the fold that holds the row out.
    """

    features: FloatArray
    columns: dict[str, Array]
    bases: dict[str, basis.Basis]
    counts: FloatArray
    usable: BoolArray
    folds: Array

    __repr__ = showing.of_fields

    def columns_of(self, name: str) -> Array:
        """Return the columns that the model called ``name`` sees."""
        return np.concatenate([self.columns[part] for part in PARTS[name]])


def feature_table(recording: GrasshopperRecording) -> FeatureTable:
    """Build the features of one recording: 30 ms of stimulus and 40 ms of spike history.

    Examples
    --------
    >>> from spikeglm.datasets import load_grasshopper
    >>> table = feature_table(load_grasshopper(1))
    >>> table.features.shape, int(table.usable.sum())
    ((20000, 42), 19920)
    """
    inputs = basis.BSplineConv(30, window_size=60, label=STIMULUS) + basis.RaisedCosineLogConv(
        12, window_size=80, label=HISTORY
    )
    counts = recording.counts.astype(float)
    level_db = recording.stimulus_db - recording.stimulus_db.mean()
    features = np.asarray(inputs.compute_features(level_db, counts))
    folds = interleaved_blocks(counts.size, N_FOLDS, block_rows=round(BLOCK_S / recording.bin_s))
    return FeatureTable(
        features=features,
        columns=inputs.split_by_feature(np.arange(features.shape[1]), axis=0),
        bases={part: inputs[part] for part in PARTS[BOTH]},
        counts=counts,
        usable=np.isfinite(features).all(axis=1),
        folds=folds,
    )


def cross_validate(table: FeatureTable, name: str) -> ModelScore:
    """Score the model called ``name`` on blocks of 1 s, each predicted by a fit that left it out.

    Examples
    --------
    >>> from spikeglm.datasets import load_grasshopper
    >>> score = cross_validate(feature_table(load_grasshopper(1)), HISTORY)
    >>> round(score.bits, 1)
    0.5
    """
    features = table.features[:, table.columns_of(name)]
    held_out = cross_validated(_model(table, name), features, table.counts, table.folds)
    mean_counts = np.where(table.usable, held_out.prediction, np.nan)  # the same rows for all
    return _score(table, name, mean_counts, held_out.training_mean)


def _model(table: FeatureTable, name: str) -> GLM:
    strength = [np.full(table.columns[part].size, RIDGE[part]) for part in PARTS[name]]
    return GLM(regularizer="Ridge", regularizer_strength=np.concatenate(strength))


def _score(
    table: FeatureTable, name: str, mean_counts: FloatArray, null_mean: FloatArray
) -> ModelScore:
    def bits(rows: BoolArray) -> float:
        return float(
            bits_per_spike(table.counts[rows], mean_counts[rows], null_mean=null_mean[rows])
        )

    return ModelScore(
        name=name,
        mean_counts=mean_counts,
        bits_by_fold=np.array([bits(table.folds == fold) for fold in range(N_FOLDS)]),
        bits=bits(table.usable),
        rescaling=time_rescaling(table.counts, mean_counts, n_draws=20),
    )


def _filters(table: FeatureTable, model: GLM, bin_s: float) -> dict[str, Filter]:
    """Return the filters of the full model, with bands from its Fisher information."""
    covariance = model.covariance(table.features, table.counts)
    return {
        part: filter_band(
            table.bases[part],
            model.coef_[columns],
            covariance=covariance[np.ix_(columns, columns)],
            bin_s=bin_s,
        )
        for part, columns in table.columns.items()
    }
