"""Numbers in bins of a continuous signal, or of one that is counted per row."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...io.interop.timed_data import Timed
from ...rows.arrays import finite_rows
from ...typing import Array, BoolArray
from ..grid import Grid, Stretches
from ..numbers_in_bins import beyond, sampled

EDGES = ("lost", "zero")


def require_rows(signal: Timed, grid: Grid, label: str) -> None:
    """Raise a ValueError unless a signal without times has a sample for each row."""
    if signal.times is None and len(signal.values) != grid.n_rows:
        raise errors.value_error(
            f"{label!r} does not say when its samples are.",
            given=f"{len(signal.values)} samples without times, for {grid.n_rows} rows",
            expected="one sample per row, or samples with times",
            todo="give a pynapple Tsd, or a pair (times, values); spike times of one neuron are "
            "a list of one array.",
        )


def numbers_in_bins(
    signal: Timed, runs: Stretches, label: str, *, how: str, **options: Any
) -> tuple[Array, BoolArray]:
    """Return numbers (M, ...) in the bins of runs of rows, and (M,) where they are not known.

    Samples without times, and counts (``how="same"``), are those of the bin of their time: between
    bins there are none.
    """
    require_rows(signal, runs.grid, label)
    if signal.times is None:
        signal = Timed(signal.values, runs.grid.axis.times, None, signal.columns)
        how = "same"
    elif how == "same":
        _require_same_bins(signal, runs.grid, label)
    if how == "same":
        found = _same(signal, runs)
    else:
        found = sampled(signal, runs.times, runs.grid.bin_s, how=how, **options)
    unknown = beyond(finite_rows(found), runs)
    found[unknown] = 0.0
    return found, unknown


def _require_same_bins(signal: Timed, grid: Grid, label: str) -> None:
    """Raise a ValueError for counts in bins of another length."""
    steps = np.diff(np.empty(0) if signal.times is None else signal.times)
    if len(steps) and abs(np.median(steps) - grid.bin_s) > 0.01 * grid.bin_s:
        raise errors.value_error(
            f"The counts of {label!r} were made for bins of another length.",
            given=f"bins of {np.median(steps):g} s",
            expected=f"bins of {grid.bin_s:g} s, as the rows",
            todo="give spike times: they are counted in the bins of the rows.",
        )


def _same(signal: Timed, runs: Stretches) -> Array:
    assert signal.times is not None
    bin_s = runs.grid.bin_s
    return sampled(signal, runs.times, bin_s, how="nearest", max_gap_s=0.02 * bin_s)


def channels_of(values: Array, columns: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """Return what the columns of (n,) or (n, S) numbers are called, as a basis calls them."""
    if values.ndim == 1:
        return (0,)
    names = columns if columns is not None and len(columns) == values.shape[1] else None
    if names is None:
        return tuple(range(values.shape[1]))
    plain = (name.item() if isinstance(name, np.generic) else name for name in names)
    return tuple(name if isinstance(name, int | float) else str(name) for name in plain)
