"""Signals in time: samples with their times, a unit of measurement, and names of columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..io.interop.recorded import time_series
from ..typing import Array, FloatArray

if TYPE_CHECKING:
    import pandas as pd

_MANY = 2_000_000  # times that are looked at without being asked for
_LONG = 1.5  # samples: a longer step is a gap


@dataclass(frozen=True, eq=False)
class Regular:
    """The times of n samples at one rate: ``times[:]`` in seconds.

    Examples
    --------
    >>> Regular(10.0, 2.0, 4)[1:3]
    array([10.5, 11. ])
    """

    start: float
    rate: float
    n: int

    __repr__ = showing.of_fields

    @property
    def shape(self) -> tuple[int]:
        """(n,)"""
        return (self.n,)

    def __getitem__(self, rows: Any) -> Any:
        return self.start + np.arange(self.n)[rows] / self.rate


@dataclass(frozen=True)
class Steps:
    """What the times of a signal are like.

    Attributes
    ----------
    start, end :
        Of the first and the last sample, seconds; NaN for no samples.
    rate :
        One over the median step, samples per second; NaN where it is not known.
    gaps :
        (k, 2) the times before and after each step that is longer than one and a half samples.
    backwards :
        The first sample whose time is before that of the sample before it, or None.
    n_missing, n_repeated :
        Samples without a time, and with that of the sample before.
    is_complete :
        Whether all times were looked at: those of very long signals are not, to describe them.
    """

    start: float
    end: float
    rate: float
    gaps: FloatArray
    backwards: int | None = None
    n_missing: int = 0
    n_repeated: int = 0
    is_complete: bool = True

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, times: Any) -> Steps:
        """Look at times (n,).

        Examples
        --------
        >>> Steps.of(np.array([0.0, 0.1, 0.2, 5.0, 5.1])).gaps
        array([[0.2, 5. ]])
        """
        none = np.empty((0, 2))
        n = times.shape[0]
        if n == 0:
            return cls(np.nan, np.nan, np.nan, none)
        if isinstance(times, Regular):
            return cls(float(times[0]), float(times[-1]), times.rate, none)
        if n > _MANY and not isinstance(times, np.ndarray):
            found = cls.of(np.asarray(times[: _MANY // 2]))
            return replace(found, end=float(times[n - 1]), is_complete=False)
        t = np.asarray(times[:], dtype=np.float64)
        known = t[np.isfinite(t)]
        step = np.diff(known)
        if len(step) == 0:
            one = float(known[0]) if len(known) else np.nan
            return cls(one, one, np.nan, none, n_missing=n - len(known))
        usual = float(np.median(step))
        longer = np.flatnonzero(step > _LONG * usual) if usual > 0 else np.empty(0, np.intp)
        back = np.flatnonzero(step < 0)
        return cls(
            float(known[0]),
            float(known[-1]),
            1 / usual if usual > 0 else np.nan,
            np.column_stack([known[longer], known[longer + 1]]),
            int(back[0]) + 1 if len(back) else None,
            n - len(known),
            int((step == 0).sum()),
        )


@dataclass(frozen=True, eq=False)
class Series:
    """A signal of n samples, each a number or S of them; read when it is asked for.

    Attributes
    ----------
    name :
        What it is called.
    times :
        (n,) seconds: an array, or what reads it, ``times[:]``.
    values :
        (n,) or (n, S) or more axes: an array, or what reads it, ``values[:]``.
    columns :
        What the S columns are called; () for one number per sample, and for images.
    unit :
        Of measurement; ``""`` where it is not known.
    description :
        What whoever recorded it says.

    Examples
    --------
    >>> values = np.arange(8).reshape(4, 2)
    >>> position = Series("position", np.arange(4) / 2, values, ("x", "y"), "cm")
    >>> position.column("y").values[:], position.steps.rate
    (array([1, 3, 5, 7]), 2.0)
    """

    name: str
    times: Any
    values: Any
    columns: tuple[Any, ...] = ()
    unit: str = ""
    description: str = ""

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        n, m = self.times.shape[0], self.values.shape[0]
        if n != m:
            raise errors.value_error(
                f"The samples of {self.name!r} and their times do not go together.",
                given=f"{m} samples and {n} times",
                expected="a time for each sample",
                todo="mend the file; nothing is guessed here.",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,), (n, S) or more."""
        return tuple(self.values.shape)

    @cached_property
    def steps(self) -> Steps:
        """Start, end, rate and gaps."""
        return Steps.of(self.times)

    def column(self, name: Any) -> Series:
        """Return one column as a series of its own; nothing is read.

        Raises
        ------
        ValueError
            If there is no such column.

        Examples
        --------
        >>> Series("p", np.arange(2.0), np.ones((2, 2)), ("x", "y")).column("x").shape
        (2,)
        """
        known = {str(each): j for j, each in enumerate(self.columns)}
        if str(name) not in known:
            raise errors.unknown_name(f"column of {self.name!r}", name, list(known))
        values = Column(self.values, known[str(name)])
        return replace(self, name=f"{self.name}/{name}", values=values, columns=())

    def read(self) -> tuple[FloatArray, Array]:
        """Return times (n,) in seconds and values; samples without a time are left out.

        Raises
        ------
        ValueError
            If times go back.

        Examples
        --------
        >>> Series("speed", np.array([0.0, np.nan, 0.2]), np.arange(3)).read()
        (array([0. , 0.2]), array([0, 2]))
        """
        times = np.asarray(self.times[:], dtype=np.float64)
        values = np.asarray(self.values[:])
        keep = np.isfinite(times)
        if not keep.all():
            times, values = times[keep], values[keep]
        back = np.flatnonzero(np.diff(times) < 0)
        if len(back):
            i = int(back[0])
            raise errors.value_error(
                f"The times of {self.name!r} go back.",
                given=f"{times[i]:.9g} s, then {times[i + 1]:.9g} s, at sample {i + 1}; "
                f"{len(back)} such steps in all",
                expected="times that never decrease",
                todo="where the clock was started anew, cut the signal there and shift one part; "
                "where samples are in disorder, sort both times and values.",
            )
        return times, values

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per sample: times are its index, seconds.

        Examples
        --------
        >>> Series("speed", np.array([0.0, 0.1]), np.arange(2)).to_frame()["speed"].tolist()
        [0, 1]
        """
        import pandas as pd

        times, values = self.read()
        table = values.reshape(len(values), -1)
        names = self.columns or ((self.name,) if values.ndim == 1 else range(table.shape[1]))
        return pd.DataFrame(table, index=pd.Index(times, name="time"), columns=list(names))

    def to_pynapple(self) -> Any:
        """Return a pynapple Tsd, a TsdFrame of several columns, or a TsdTensor.

        Examples
        --------
        >>> frame = Series("p", np.arange(2.0), np.ones((2, 2)), ("x", "y")).to_pynapple()
        >>> type(frame).__name__, list(frame.columns)
        ('TsdFrame', ['x', 'y'])
        """
        times, values = self.read()
        return time_series(times, values, self.columns)


@dataclass(frozen=True, eq=False)
class Column:
    """One column of samples (n, S): ``column[rows]``."""

    values: Any
    j: int

    __repr__ = showing.of_fields

    @property
    def shape(self) -> tuple[int]:
        """(n,)"""
        return (self.values.shape[0],)

    def __getitem__(self, rows: Any) -> Array:
        return np.asarray(self.values[rows, self.j])
