"""Rates that pass for counts: spikes divided by the bin are whole numbers, too, if 1 / bin is."""

from __future__ import annotations

from math import gcd

import numpy as np

from ... import notices
from ...observation_models.likelihood import Likelihood
from ...rows.series import StoredSeries, pieces
from ...typing import Array

_FEWEST = 20  # values above zero, of which counts of spikes would hardly all be multiples
_RATE = 20  # Hz of one spike in 50 ms: the same number again and again may be a smaller count


def announce_multiples(y: Array | StoredSeries, likelihood: Likelihood) -> None:
    """Warn where all counts (T, N) are multiples of a number above one: 0, 50 and 100, say.

    Rates in Hz of bins of 20 ms are such multiples. A fit to them tells of fifty times as many
    spikes as there were, and its standard errors are too small by the root of that.

    Examples
    --------
    >>> import warnings
    >>> from spikeglm.observation_models import PoissonObservations, links
    >>> pair = Likelihood(PoissonObservations(), links.Exp())
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     announce_multiples(np.tile([[0], [50], [100]], (20, 1)), pair)
    >>> str(caught[0].message)[:48]
    'All counts are multiples of 50, as rates in Hz a'
    """
    if not likelihood.takes_counts:
        return
    common, n_positive, smallest, largest = 0, 0, np.inf, 0
    for part in pieces(y):
        values = y[part]
        if (values == 1).any():
            return
        positive = values[np.isfinite(values) & (values > 0)]
        distinct = np.unique(positive).astype(np.int64).tolist()
        smallest, largest = min([smallest, *distinct[:1]]), max([largest, *distinct[-1:]])
        n_positive, common = n_positive + positive.size, gcd(common, *distinct)
        if common == 1:
            return
    is_rate = common > 1 and (smallest < largest or common >= _RATE)
    if is_rate and n_positive >= _FEWEST:
        notices.warn(
            f"All counts are multiples of {common}, as rates in Hz are. Given: {n_positive} values "
            f"above zero, the largest {largest}. Expected: spikes per bin. What to do: if y was "
            f"divided by the bin, pass y / {common}, and so if each spike was counted {common} "
            "times: standard errors are too small else."
        )
