"""Columns of numbers where times are taken: whether they can be times of a recording."""

from __future__ import annotations

import numpy as np

from .. import errors
from ..recordings import Recording

_MOST_OUTSIDE = 0.5  # of the values: times of a trial lie in it, or next to it


def check_times(who: str, place: str, name: str, recording: Recording) -> None:
    """Raise if a column of numbers is taken for times and does not lie where its intervals do.

    A contrast, a choice coded as a number or a reaction time is no moment of the recording.

    Parameters
    ----------
    who, place :
        What takes the times, and where, for the message.
    name :
        ``"trials/cue_time"``, a column of a table of intervals.
    recording :
        What holds it.

    Raises
    ------
    ValueError
        If most of the values lie more than the length of their interval away from it.

    Examples
    --------
    >>> from spikeglm.recordings import Intervals
    >>> columns = {"contrast": [0.5, 1.0], "cue": [11.0, 21.5]}
    >>> recording = Recording(trials=Intervals.of("trials", [10, 20], [14, 24], columns))
    >>> check_times("The term 'cue'", "times", "trials/cue", recording)
    >>> try:
    ...     check_times("The term 'cue'", "times", "trials/contrast", recording)
    ... except ValueError as error:
    ...     print(str(error).split(",")[0])
    The term 'cue' takes times. Given: times = 'trials/contrast'
    """
    table, _, key = name.rpartition("/")
    intervals = recording[table]
    values, spans = np.asarray(intervals[key], dtype=float), intervals.spans
    known = np.isfinite(values) & np.isfinite(spans).all(axis=1)
    if values.ndim != 1 or not known.any():
        return
    values, spans = values[known], spans[known]
    slack = np.maximum(np.abs(spans[:, 1] - spans[:, 0]), 1.0)
    is_outside = (values < spans.min(axis=1) - slack) | (values > spans.max(axis=1) + slack)
    if is_outside.mean() <= _MOST_OUTSIDE:
        return
    since = values.min() >= 0 and values.max() <= slack.max()
    hint = " (seconds since the start of a trial are no times: add the start)" if since else ""
    raise errors.value_error(
        f"{who} takes times.",
        given=f"{place} = {name!r}, numbers from {values.min():.4g} to {values.max():.4g}, most of "
        f"them far from the intervals they belong to",
        expected=f"seconds on the clock of the recording{hint}",
        todo=f"if it is a quantity, weight events by it: times = '{table}/start' and values = "
        f"{name!r}; or take a boxcar or a signal.",
    )
