"""Spike times of many units, by name: read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import errors, showing
from ..io.interop.recorded import spike_group
from ..typing import Array, FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd


class Trains(Protocol):
    """Spike times by number of the unit: a list of arrays, or what reads them from a file."""

    def __getitem__(self, i: Any, /) -> Any:
        """Return the spike times of a unit, seconds."""

    def __len__(self) -> int:
        """How many units there are."""


@dataclass(frozen=True, eq=False)
class Units(Mapping[Any, FloatArray]):
    """Spike times of N units: a mapping from their names to times in seconds.

    It goes as it is into :func:`spikeglm.encode` and into a spike history. Times are read from the
    file when a unit is asked for, and come sorted.

    Attributes
    ----------
    names :
        (N,) what the units are called: whole numbers, or text.
    trains :
        (N,) arrays of spike times in seconds, or what reads them: ``trains[i]``.
    n_spikes :
        (N,) how many spikes each has.
    metadata :
        Columns (N,) that describe the units, by name: location, quality, ...
    support :
        (k, 2) the stretches of time, in seconds, in which all units were recorded; None where that
        is not known.

    Examples
    --------
    >>> units = Units.of({3: [0.5, 0.1], 7: []}, {"area": ["CA1", "CA3"]})
    >>> units[3], len(units), units.where(area="CA1").names
    (array([0.1, 0.5]), 2, (3,))
    """

    names: tuple[Any, ...]
    trains: Trains = field(repr=False)
    n_spikes: IntArray
    metadata: Mapping[str, Array]
    support: FloatArray | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of(
        cls,
        trains: Mapping[Any, Any],
        metadata: Mapping[str, Any] | None = None,
        support: FloatArray | None = None,
    ) -> Units:
        """Return units whose spike times are in memory.

        Examples
        --------
        >>> Units.of({"a": [0.5, 0.1]}).n_spikes
        array([2])
        """
        times = [np.asarray(each, dtype=np.float64).ravel() for each in trains.values()]
        columns = {name: np.asarray(column) for name, column in (metadata or {}).items()}
        n_spikes = np.array([len(each) for each in times], dtype=np.intp)
        return cls(tuple(trains), times, n_spikes, columns, support)

    def __getitem__(self, name: Any) -> FloatArray:
        """Return the spike times of a unit, seconds, sorted."""
        times = np.asarray(self.trains[self._place_of(name)], dtype=np.float64)
        if np.isnan(times).any():
            raise errors.value_error(
                f"Unit {name!r} has spikes without a time.",
                given=f"{int(np.isnan(times).sum())} missing of {len(times)} times",
                expected="a time in seconds for each spike",
                todo="leave the unit out: units.without(name), or mend the file.",
            )
        return times if (times[1:] >= times[:-1]).all() else np.sort(times)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    __eq__ = object.__eq__  # a mapping would compare arrays
    __hash__ = object.__hash__

    @cached_property
    def ends(self) -> FloatArray:
        """(2,) the first and the last spike of all, seconds; (0,) for no spikes."""
        if hasattr(self.trains, "ends"):
            return np.asarray(self.trains.ends(), dtype=np.float64)
        known = [times for times in self.values() if len(times)]
        edges = [edge for times in known for edge in (times[0], times[-1])]
        return np.array([min(edges), max(edges)] if edges else [], dtype=np.float64)

    @cached_property
    def _places(self) -> dict[Any, int]:
        return {name: i for i, name in enumerate(self.names)}

    def _place_of(self, name: Any) -> int:
        if name not in self._places:
            raise errors.unknown_name("unit", name, self.names)
        return self._places[name]

    def select(self, names: Iterable[Any]) -> Units:
        """Return some of the units, in the order asked for; nothing is read.

        Raises
        ------
        ValueError
            If there is no such unit.

        Examples
        --------
        >>> Units.of({3: [0.5], 7: []}).select([7]).names
        (7,)
        """
        wanted = tuple(names)
        place = np.array([self._place_of(name) for name in wanted], dtype=np.intp)
        return replace(
            self,
            names=wanted,
            trains=Chosen(self.trains, place),
            n_spikes=self.n_spikes[place],
            metadata={name: column[place] for name, column in self.metadata.items()},
        )

    def without(self, *names: Any) -> Units:
        """Return all units but these.

        Examples
        --------
        >>> Units.of({3: [0.5], 7: []}).without(7).names
        (3,)
        """
        return self.select([name for name in self.names if name not in names])

    def where(self, **wanted: Any) -> Units:
        """Return the units of which columns of metadata have these values.

        A value may be a list of several. With other questions, choose names by :meth:`to_frame`.

        Raises
        ------
        ValueError
            If there is no such column, or no unit is left.

        Examples
        --------
        >>> about = {"area": ["CA1", "CA3"], "quality": ["good", "good"]}
        >>> units = Units.of({3: [0.5], 7: []}, about)
        >>> units.where(area=["CA3", "V1"], quality="good").names
        (7,)
        """
        keep = np.ones(len(self), dtype=bool)
        for name, value in wanted.items():
            if name not in self.metadata:
                raise errors.unknown_name("column of units", name, list(self.metadata))
            values = value if isinstance(value, list | tuple | set) else [value]
            keep &= np.isin(self.metadata[name], list(values))
        if not keep.any():
            raise errors.value_error(
                "No unit is like that.",
                given=", ".join(f"{name}={value!r}" for name, value in wanted.items()),
                expected="; ".join(f"{name}: {self._labels(name)}" for name in wanted),
                todo="choose among these; spikeglm describe shows them, too.",
            )
        return self.select([name for name, kept in zip(self.names, keep, strict=True) if kept])

    def _labels(self, column: str) -> str:
        found = np.unique(np.asarray(self.metadata[column]).astype(str))
        return errors.listed(found)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per unit: ``n_spikes``, and the columns of metadata.

        What the metadata call ``n_spikes`` is in the column ``n_spikes (metadata)``: it may count
        spikes of a longer recording.

        Examples
        --------
        >>> Units.of({3: [0.5], 7: []}, {"area": ["CA1", "CA3"]}).to_frame()["n_spikes"].tolist()
        [1, 0]
        """
        import pandas as pd

        index = pd.Index(self.names, name="unit")
        told = {
            "n_spikes (metadata)" if name == "n_spikes" else name: values
            for name, values in self.metadata.items()
        }
        return pd.DataFrame({"n_spikes": self.n_spikes, **told}, index=index)

    def to_pynapple(self) -> Any:
        """Return the spikes as a pynapple TsGroup, with metadata.

        Names that are text become the column ``unit``, as pynapple numbers what it groups.

        Examples
        --------
        >>> group = Units.of({3: [0.5, 0.1], 7: [0.2]}).to_pynapple()
        >>> group[3].t, list(group.keys())
        (array([0.1, 0.5]), [3, 7])
        """
        return spike_group(dict(self.items()), self.metadata, self.support)


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some of many arrays, in another order."""

    trains: Trains
    place: IntArray

    __repr__ = showing.of_fields

    def __getitem__(self, i: Any) -> Any:
        return self.trains[int(self.place[i])]

    def __len__(self) -> int:
        return len(self.place)
