"""Tables of intervals: trials, epochs, stimuli, with a start, an end and columns of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..io.interop.recorded import interval_set, time_series
from ..typing import Array, BoolArray, FloatArray

if TYPE_CHECKING:
    import pandas as pd

ENDS = ("start", "end")


@dataclass(frozen=True, eq=False)
class Intervals:
    """n intervals in time, with columns (n,) by name: ``trials["choice"]``.

    It goes as it is where :class:`spikeglm.DesignBuilder` takes trials, epochs or intervals.

    Attributes
    ----------
    name :
        What they are called.
    columns :
        Columns (n,) by name; ``"start"`` and ``"end"`` come first, in seconds.
    descriptions :
        What whoever recorded it says of columns.

    Examples
    --------
    >>> trials = Intervals.of("trials", [0, 5], [4, 9], {"choice": ["left", "right"]})
    >>> trials["choice"], len(trials), list(trials.columns)
    (array(['left', 'right'], dtype='<U5'), 2, ['start', 'end', 'choice'])
    """

    name: str
    columns: Mapping[str, Array]
    descriptions: Mapping[str, str]

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls,
        name: str,
        start: Any,
        end: Any,
        columns: Mapping[str, Any] | None = None,
        descriptions: Mapping[str, str] | None = None,
    ) -> Intervals:
        """Return intervals of columns in memory.

        Raises
        ------
        ValueError
            If a column has not one entry per interval.

        Examples
        --------
        >>> Intervals.of("delay", [0.0], [1.0]).spans
        array([[0., 1.]])
        """
        times = {"start": np.asarray(start, float).ravel(), "end": np.asarray(end, float).ravel()}
        others = {key: np.asarray(each) for key, each in (columns or {}).items()}
        for key, column in (times | others).items():
            if len(column) != len(times["start"]):
                raise errors.value_error(
                    f"A column of {name!r} is of another length than the others.",
                    given=f"{len(column)} entries of {key!r}, and {len(times['start'])} starts",
                    expected="one entry per interval",
                    todo="fill the entries that are missing with NaN, or leave the column out.",
                )
        return cls(name, times | others, dict(descriptions or {}))

    def __getitem__(self, column: str) -> Array:
        """Return a column (n,)."""
        if column not in self.columns:
            raise errors.unknown_name(f"column of {self.name!r}", column, list(self.columns))
        return self.columns[column]

    def __len__(self) -> int:
        """How many intervals there are."""
        return len(self.columns["start"])

    @cached_property
    def spans(self) -> FloatArray:
        """(n, 2) starts and ends, seconds; NaN where one is missing."""
        return np.column_stack([self.columns[end] for end in ENDS]).astype(np.float64)

    def select(self, keep: BoolArray, name: str | None = None) -> Intervals:
        """Return some of the intervals, with their columns.

        Examples
        --------
        >>> trials = Intervals.of("trials", [0, 5], [4, 9], {"choice": ["left", "right"]})
        >>> trials.select(trials["choice"] == "right").spans
        array([[5., 9.]])
        """
        columns = {key: column[keep] for key, column in self.columns.items()}
        return replace(self, name=self.name if name is None else name, columns=columns)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per interval.

        Examples
        --------
        >>> Intervals.of("delay", [0.0], [1.0]).to_frame().columns.tolist()
        ['start', 'end']
        """
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

    def to_pynapple(self) -> Any:
        """Return a pynapple IntervalSet with the other columns as metadata.

        Pynapple keeps no intervals that overlap or touch: it joins or shortens them, loses their
        metadata, and warns.

        Examples
        --------
        >>> Intervals.of("delay", [0.0], [1.0]).to_pynapple().values
        array([[0., 1.]])
        """
        others = {key: column for key, column in self.columns.items() if key not in ENDS}
        return interval_set(self.spans, others)


@dataclass(frozen=True, eq=False)
class Events:
    """Moments without a length: licks, rewards, pulses.

    Attributes
    ----------
    name :
        What they are called.
    times :
        (n,) seconds.
    labels :
        (n,) what each of them is, or None.
    description :
        What whoever recorded it says.

    Examples
    --------
    >>> Events("licks", np.array([0.5, 0.7])).to_pynapple().t
    array([0.5, 0.7])
    """

    name: str
    times: FloatArray
    labels: Array | None = None
    description: str = ""

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per event.

        Examples
        --------
        >>> Events("licks", np.array([0.5, 0.7])).to_frame()["time"].tolist()
        [0.5, 0.7]
        """
        import pandas as pd

        found = pd.DataFrame({"time": self.times})
        return found if self.labels is None else found.assign(label=self.labels)

    def to_pynapple(self) -> Any:
        """Return a pynapple Ts.

        Examples
        --------
        >>> len(Events("licks", np.array([0.5, 0.7])).to_pynapple())
        2
        """
        return time_series(np.sort(self.times), None)
