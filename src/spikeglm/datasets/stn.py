"""A neuron of the human subthalamic nucleus while a joystick is moved to the left or right.

Fifty trials of two seconds: planning, then movement, from the companion repository of Kramer & Eden
(2016).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import showing
from ..recordings import Intervals, Recording, Units
from ..typing import Array, FloatArray
from .place_cell import CITATION
from .shipped import stored

FILE = "stn.npz"
BIN_S, PLAN_S, TRIAL_S = 0.001, 1.0, 2.0
EVERY_S = 3.0
"""When trials were is not known: on a common clock they start every three seconds."""


@dataclass(frozen=True)
class StnRecording:
    """Spikes of one neuron in R trials of T bins of one millisecond.

    Attributes
    ----------
    counts :
        (R, T) uint8, spikes per bin (0 or 1).
    direction :
        (R,) ``"left"`` or ``"right"``: where the joystick was moved to.
    times_s :
        (T,) seconds from the beginning of the movement: below zero it is planned.
    bin_s :
        Width of a bin, seconds.
    citation :
        What to cite.

    Examples
    --------
    >>> neuron = load_stn()
    >>> neuron.counts.shape, int(neuron.counts.sum()), int((neuron.direction == "right").sum())
    ((50, 2000), 4696, 25)
    """

    counts: Array
    direction: Array
    times_s: FloatArray
    bin_s: float = BIN_S
    citation: str = CITATION

    __repr__ = showing.of_fields

    @property
    def is_moving(self) -> Array:
        """(T,) whether a bin is after the beginning of the movement."""
        return self.times_s >= 0

    def recording(self) -> Recording:
        """Return it on one clock, on which trials start every three seconds, with names.

        ``trials`` have ``start``, ``end``, ``go`` (the beginning of the movement) and
        ``direction``; what lies between them was not recorded, and is no part of
        ``epochs/session``.

        Examples
        --------
        >>> found = load_stn().recording()
        >>> found.names[:4], int(found.units.n_spikes[0])
        (('units', 'trials', 'trials/go', 'trials/direction'), 4696)
        """
        start = EVERY_S * np.arange(len(self.counts))
        trial, at = np.nonzero(self.counts)
        spikes = start[trial] + (at + 0.5) * self.bin_s
        spans = np.column_stack([start, start + TRIAL_S])
        return Recording(
            units=Units.of({0: spikes}, support=spans),
            trials=Intervals.of(
                "trials",
                start,
                start + TRIAL_S,
                {"go": start + PLAN_S, "direction": self.direction},
            ),
            source="datasets.load_stn()",
        )


def load_stn() -> StnRecording:
    """Load a neuron of the subthalamic nucleus in fifty trials of planning and movement.

    Returns
    -------
    StnRecording
        50 trials of 2000 bins of one millisecond, 4696 spikes.

    References
    ----------
    Kramer & Eden (2016), Case Studies in Neural Data Analysis. MIT Press.

    Examples
    --------
    It fires more during movement: 39 Hz in planning, 55 Hz after it has begun.

    >>> neuron = load_stn()
    >>> rate = neuron.counts.mean(axis=0) / neuron.bin_s
    >>> rate[~neuron.is_moving].mean().round(1), rate[neuron.is_moving].mean().round(1)
    (np.float64(39.0), np.float64(55.0))
    """
    files = stored(FILE)
    n_trials, n_bins = (int(n) for n in files["shape"])
    counts = np.unpackbits(files["spikes"])[: n_trials * n_bins].reshape(n_trials, n_bins)
    return StnRecording(
        counts=counts,
        direction=np.where(files["is_right"], "right", "left"),
        times_s=(np.arange(n_bins) + 0.5) * BIN_S - PLAN_S,
    )
