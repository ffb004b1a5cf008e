"""Where time series enter and leave: anything array-like in, NumPy or pynapple out.

The only module that knows pynapple. Objects are recognised by the module their class comes from,
so that receiving NumPy imports nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import errors, showing
from ...typing import Array, ArrayLike, FloatArray, IntArray
from .numbers import is_series, pynapple_name, to_array

__all__ = [
    "TimeAxis",
    "check_same_time",
    "have_same_epochs",
    "is_pynapple",
    "regular_time_axis",
    "time_axis_of",
    "to_array",
    "to_pynapple",
]


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """The time of the rows of a pynapple object, kept so that results can get it back.

    Attributes
    ----------
    times : array (T,)
        Time of each row, seconds.
    time_support : pynapple.IntervalSet
        The epochs.
    epoch_starts : int array
        First row of each epoch that has rows, in order; the first entry is 0.
    columns : tuple or None
        Column names of the TsdFrame it came from.
    metadata : pandas.DataFrame-like or None
        Per-column metadata of that TsdFrame.
    """

    times: FloatArray
    time_support: Any
    epoch_starts: IntArray
    columns: tuple[Any, ...] | None = None
    metadata: Any = None

    __repr__ = showing.of_fields

    def __len__(self) -> int:
        return len(self.times)


def time_axis_of(*xs: ArrayLike) -> TimeAxis | None:
    """Return the time axis of the pynapple objects among ``xs``, None if there is none.

    Rows pair by their times. Where epochs (time_support) differ, those of the first object are
    kept, and rows are split at the borders of all, so that no window reaches over any.

    Raises
    ------
    ValueError
        Two pynapple objects differ in length, or in times (beyond pynapple's precision).

    Examples
    --------
    >>> time_axis_of([1.0, 2.0]) is None
    True
    """
    axes = [_axis(x) for x in xs if is_pynapple(x)]
    for other in axes[1:]:
        check_same_time(axes[0], other)
    if len(axes) < 2:
        return axes[0] if axes else None
    starts = np.unique(np.concatenate([axis.epoch_starts for axis in axes]))
    return replace(axes[0], epoch_starts=starts)


def check_same_time(
    first: TimeAxis, other: TimeAxis, *, called: tuple[str, str] = ("one", "another")
) -> None:
    """Check that two time axes have the same times; their epochs may differ.

    Parameters
    ----------
    called :
        What the user calls the two inputs.

    Raises
    ------
    ValueError
        They differ in length, or in times (beyond pynapple's precision).
    """
    if len(first) == len(other) and _close(first.times, other.times):
        return
    what = "times" if len(first) == len(other) else "length"
    given = " and ".join(
        f"{name} with {_span(axis)}" for name, axis in zip(called, (first, other), strict=True)
    )
    if what == "times":
        given += f"; they differ by up to {np.abs(first.times - other.times).max():.3g} s"
    raise errors.value_error(
        f"Two pynapple inputs differ in {'their ' if what == 'times' else ''}{what}.",
        given=given,
        expected="one time for each row, the same in both",
        todo="bring both to one grid of bins: spikes by .count(bin, ep=epochs), signals by "
        ".bin_average(bin, ep=epochs), or signal.interpolate(counts); .restrict(epochs) both.",
    )


def have_same_epochs(first: TimeAxis, other: TimeAxis) -> bool:
    """Tell whether two time axes have one time_support, up to pynapple's precision."""
    return _close(first.time_support.values, other.time_support.values)


def _span(axis: TimeAxis) -> str:
    """Say how many rows there are, and from when to when."""
    if len(axis) == 0:
        return "no rows"
    return f"{len(axis)} rows from {axis.times[0]:.10g} to {axis.times[-1]:.10g} s"


def to_pynapple(values: Array, axis: TimeAxis, *, columns: Any = None, metadata: Any = None) -> Any:
    """Return ``values`` (T, ...) as a Tsd (1-D), TsdFrame (2-D) or TsdTensor (more) on ``axis``.

    Parameters
    ----------
    values : array (T, ...)
        One row per time of ``axis``.
    axis :
        Where the rows lie in time.
    columns, metadata :
        Names of the columns and per-column metadata of the TsdFrame; used for 2-D values only.

    Raises
    ------
    ValueError
        ``values`` does not have one row per time.

    Examples
    --------
    >>> import pynapple as nap
    >>> counts = nap.Tsd(t=[0.0, 0.1, 0.2], d=[1, 0, 2])
    >>> type(to_pynapple(2 * counts.values, time_axis_of(counts))).__name__
    'Tsd'
    """
    import pynapple as nap

    if values.ndim == 0 or len(values) != len(axis):
        raise errors.value_error(
            "These values do not have one row per time.",
            given=f"shape {values.shape}",
            expected=f"{len(axis)} rows",
        )
    common = {"t": axis.times, "time_support": axis.time_support}
    if values.ndim == 1:
        return nap.Tsd(d=values, **common)
    if values.ndim == 2:
        return nap.TsdFrame(d=values, columns=columns, metadata=metadata, **common)
    return nap.TsdTensor(d=values, **common)


def is_pynapple(x: object) -> bool:
    """Tell whether ``x`` is a pynapple time series with values (Tsd, TsdFrame or TsdTensor)."""
    return is_series(x)


def _axis(series: Any) -> TimeAxis:
    times = np.asarray(series.t)
    starts = np.searchsorted(times, np.asarray(series.time_support.start))
    starts = np.unique(np.concatenate(([0], starts[starts < len(times)])))
    is_frame = pynapple_name(series) == "TsdFrame"
    return TimeAxis(
        times=times,
        time_support=series.time_support,
        epoch_starts=starts.astype(np.intp),
        columns=tuple(series.columns) if is_frame else None,
        metadata=series.metadata if is_frame else None,
    )


def _close(a: Array, b: Array) -> bool:
    """Equal within the precision to which pynapple keeps times."""
    if a is b:
        return True
    import pynapple as nap

    tolerance = 10.0**-nap.nap_config.time_index_precision
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0.0, atol=tolerance))


def regular_time_axis(n_bins: int, bin_s: float) -> TimeAxis:
    """Return the times of bins of one length, their centres, from zero on.

    >>> regular_time_axis(3, 0.1).times.round(2)
    array([0.05, 0.15, 0.25])
    """
    import pynapple as nap

    times = (np.arange(n_bins) + 0.5) * bin_s
    epoch = nap.IntervalSet(start=0.0, end=n_bins * bin_s)
    return TimeAxis(times, epoch, np.zeros(1, dtype=np.intp))
