"""Rows that share samples with each other, and folds that test on what they have trained on."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..notices import warn
from ..rows.contract import Rows
from ..rows.sampling import bin_size_of as _bin_size_of
from ..rows.sampling import bins_in, is_duration
from ..rows.terms import terms_of
from ..typing import BoolArray, IntArray

if TYPE_CHECKING:
    from .folds import Folds

_SHUFFLED = 0.5  # of the tested rows: more with a neighbour in training are no blocks


def longest_kernel(rows: Rows) -> tuple[int, str]:
    """Return how far apart rows share no sample, in bins, and the term that reaches that far.

    A row sees the samples from ``past`` bins before to ``future`` bins after it, its response
    among them: two rows share none if more than ``past + future`` bins lie between them. That is
    known where a table knows its terms, else 0.

    >>> import numpy as np, spikeglm as nmo
    >>> longest_kernel(nmo.basis.HistoryConv(20, label="past").design(np.zeros(50)))
    (20, 'past')
    """
    reach, label = 0, ""
    past = future = 0
    for term in terms_of(rows):
        before, after = term.reach
        past, future = max(past, before), max(future, after)
        if past + future > reach:
            reach, label = past + future, term.label
    return reach, label


def gap_in_bins(gap: Any, rows: Rows) -> int:
    """Return a gap in bins: None is the longest kernel, a text such as ``"200 ms"`` a duration.

    Raises
    ------
    ValueError
        If it is negative, or a duration where nobody knows how long bins are.
    TypeError
        If it is neither a whole number nor a text.
    """
    if gap is None:
        return longest_kernel(rows)[0]
    if is_duration(gap):
        bin_s = _bin_size_of(rows.time_axis)
        if bin_s is None:
            raise errors.value_error(
                "A gap in seconds needs rows that say how long their bins are.",
                given=f"gap={gap!r} for rows without times, or without regular bins",
                expected="pynapple objects, or a design made of them",
                todo="give the gap as a number of bins.",
            )
        gap = bins_in(gap, bin_s, name="gap")
    if not isinstance(gap, Integral) or isinstance(gap, bool):
        raise errors.type_error(
            "gap cannot be used.",
            given=f"gap={gap!r}",
            expected="a whole number of bins, a duration such as '200 ms', or None",
        )
    if gap < 0:
        raise errors.value_error("gap cannot be used.", given=f"gap={gap}", expected="0 or more")
    return int(gap)


def stretch_starts(rows: Rows) -> IntArray:
    """Return the first rows of stretches between which no window reaches; without times [0].

    Those are epochs, unless a table says otherwise: kernels of events may see over their borders.
    """
    known: IntArray | None = getattr(rows, "window_borders", None)
    if known is not None:
        return known
    axis = rows.time_axis
    return np.zeros(1, dtype=np.intp) if axis is None else axis.epoch_starts


def within(marked: BoolArray, distance: int, starts: IntArray) -> BoolArray:
    """Mark the rows (T,) that are marked or at most so many bins from one that is.

    No distance reaches over the first row of a stretch.

    >>> within(np.array([False, False, True, False, False]), 1, np.array([0, 3])).astype(int)
    array([0, 1, 1, 0, 0])
    """
    n_rows = len(marked)
    rows, edges = np.arange(n_rows), np.append(starts, n_rows)
    stretch = np.searchsorted(starts, rows, side="right") - 1
    before = np.maximum.accumulate(np.where(marked, rows, -1))
    after = np.minimum.accumulate(np.where(marked, rows, n_rows)[::-1])[::-1]
    is_after = (before >= edges[stretch]) & (rows - before <= distance)
    is_before = (after < edges[stretch + 1]) & (after - rows <= distance)
    return np.asarray(is_after | is_before)


def warn_of_leaks(folds: Folds, rows: Rows) -> None:
    """Warn where tested rows share samples with rows that their fit has seen, or are next to them.

    Kernels tell the first. Of a time series without kernels, rows that were dealt singly are told
    by most tested rows having a neighbour in training.
    """
    reach, label = longest_kernel(rows)
    n_tested = int(np.count_nonzero(folds.tested_by >= 0))
    if reach:
        n_near = _n_near(folds, reach, stretch_starts(rows))
        if n_near:
            warn(
                f"{n_near} of {n_tested} tested rows lie within {reach} bins of rows that their "
                f"fit has seen, and the kernels (of {label!r}) reach that far: they share samples, "
                "and scores are too good. What to do: folds=selection.ContiguousBlocks(5), "
                "InterleavedBlocks(5) or TrialFolds(trials), whose gap is as long as the longest "
                "kernel."
            )
    elif rows.time_axis is not None:
        n_near = _n_near(folds, 1, stretch_starts(rows))
        if n_near > _SHUFFLED * n_tested:
            warn(
                f"{n_near} of {n_tested} tested bins have a neighbour in time that their fit has "
                "seen: neighbouring bins resemble each other, so that scores are too good. What to "
                "do: folds=selection.ContiguousBlocks(5, gap='1 s') or InterleavedBlocks(5, "
                "gap='1 s')."
            )


def _n_near(folds: Folds, distance: int, starts: IntArray) -> int:
    """Count tested rows that have a row of their fit's training within a distance."""
    return sum(
        int((within(folds.training[:, k] > 0, distance, starts) & (folds.tested_by == k)).sum())
        for k in range(len(folds.labels))
    )
