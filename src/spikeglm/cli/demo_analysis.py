"""The analysis behind ``spikeglm demo``, as a function to read, to call and to test.

A grasshopper's auditory receptor heard a noisy tone. Do its spikes follow the sound, its own
recent spikes, or both? Three Poisson models answer, each judged on rows it has not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import basis, showing
from ..datasets import GrasshopperRecording
from ..encoding import Encoding, encode
from ..glm import GLM
from ..inference.bits_per_spike import bits_per_spike
from ..inference.filters import Filter
from ..inference.time_rescaling import TimeRescaling, time_rescaling
from ..rows.design import Design
from ..selection import Folds, TrialFolds, cross_validated, fixed_folds, interleaved_blocks
from ..typing import BoolArray, FloatArray

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
    data = demo_data(recording)
    scores = []
    for name in PARTS:
        scores.append(cross_validate(data, name))
        on_step(f"{name}: {N_FOLDS} folds")
    model = _model(BOTH).fit(data.features, data.counts)
    filters = {
        part: model.curve(part, data.features, data.counts, bin_s=recording.bin_s).as_filter()
        for part in PARTS[BOTH]
    }
    on_step("filters with 95 % bands")
    return DemoResult(recording, tuple(scores), model, filters)


def encoded(recording: GrasshopperRecording) -> Encoding:
    """Return what the neuron encodes, by the model, the rows and the folds of :func:`analyse`.

    Examples
    --------
    >>> from spikeglm.datasets import load_grasshopper
    >>> encoded(load_grasshopper(1)).sets
    {0: 'stimulus + history'}
    """
    data = demo_data(recording)
    return encode(
        data.counts,
        data.features,
        model=_model(BOTH),
        folds=data.folds,
        rule="score",  # a test over so few folds says little
        bin_s=recording.bin_s,
    )


class DemoData(NamedTuple):
    """The rows that all fits share: features (T, p), spike counts (T,) and folds."""

    features: Design
    counts: FloatArray
    folds: Folds


def demo_data(recording: GrasshopperRecording) -> DemoData:
    """Return 30 ms of stimulus (60 lags, 30 B-splines) and 40 ms of spike history (12 cosines).

    Examples
    --------
    >>> from spikeglm.datasets import load_grasshopper
    >>> data = demo_data(load_grasshopper(1))
    >>> data.features.shape, [term.label for term in data.features.terms]
    ((20000, 42), ['stimulus', 'history'])
    """
    inputs = basis.BSplineConv(30, window_size=60, label=STIMULUS) + basis.RaisedCosineLogConv(
        12, window_size=80, label=HISTORY
    )
    counts = recording.counts.astype(float)
    level_db = recording.stimulus_db - recording.stimulus_db.mean()
    blocks = interleaved_blocks(counts.size, N_FOLDS, block_rows=round(BLOCK_S / recording.bin_s))
    design = inputs.design(level_db, counts)
    return DemoData(design, counts, fixed_folds(TrialFolds(blocks, n_folds=None), design))


def cross_validate(data: DemoData, name: str) -> ModelScore:
    """Score the model called ``name`` on blocks of 1 s, each predicted by a fit that left it out.

    Examples
    --------
    >>> from spikeglm.datasets import load_grasshopper
    >>> score = cross_validate(demo_data(load_grasshopper(1)), HISTORY)
    >>> round(score.bits, 1)
    0.5
    """
    counts, tested_by = data.counts, data.folds.tested_by
    held_out = cross_validated(_model(name), data.features, counts, data.folds)
    mean_counts, null_mean = held_out.prediction, held_out.training_mean

    def bits(rows: BoolArray) -> float:
        found = bits_per_spike(counts[rows], mean_counts[rows], null_mean=null_mean[rows])
        return float(found)

    return ModelScore(
        name=name,
        mean_counts=mean_counts,
        bits_by_fold=np.array([bits(tested_by == fold) for fold in range(N_FOLDS)]),
        bits=bits(np.isfinite(mean_counts)),
        rescaling=time_rescaling(counts, mean_counts, n_draws=20),
    )


def _model(name: str) -> GLM:
    """Return the model of some of the inputs: the others are masked, so that all see one table."""
    used = {part: part in PARTS[name] for part in PARTS[BOTH]}
    return GLM(regularizer="Ridge", regularizer_strength=RIDGE, feature_mask=used)
