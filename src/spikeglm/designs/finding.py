"""Data by their names: entries of a dict, columns of the table of trials, columns of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import errors, showing
from ..io.interop.interval_data import column_of, columns_of


@dataclass(frozen=True, eq=False)
class Finder:
    """Finds what a description calls by name.

    ``"speed"`` is an entry of the data, or else a column of the trials; ``"lever.press"`` is the
    column ``press`` of the table ``lever``.

    Attributes
    ----------
    data :
        What there is, by name.
    trials :
        The name of the table of trials, or None.

    Examples
    --------
    >>> find = Finder({"trials": {"start": [0.0], "cue": [0.5]}}, "trials")
    >>> find("cue"), find(("trials.start", "cue"))
    ([0.5], ([0.0], [0.5]))
    """

    data: dict[str, Any]
    trials: str | None = None

    __repr__ = showing.of_fields

    def __call__(self, name: Any) -> Any:
        """Return the data of a name, or a tuple of those of several.

        Raises
        ------
        ValueError
            If there are none.
        """
        if isinstance(name, tuple):
            return tuple(self(each) for each in name)
        if name in self.data:
            return self.data[name]
        table = self.data.get(self.trials) if self.trials is not None else None
        columns = () if table is None else columns_of(table)
        if name in columns:
            return column_of(table, name)
        first, _, column = name.partition(".")
        if column and first in self.data and column in columns_of(self.data[first]):
            return column_of(self.data[first], column)
        raise errors.unknown_name("name of data", name, [*self.data, *columns])


def kept(given: Any, name: str, data: dict[str, Any], trials: str | None = None) -> Any:
    """Return the name of data, which is put among the others if it is none itself; None for None.

    Raises
    ------
    ValueError
        If the name stands for other data, or for a column of the trials.

    Examples
    --------
    >>> data = {}
    >>> kept([0.5], "cue", data), kept("speed", "run", data), data
    ('cue', 'speed', {'cue': [0.5]})
    """
    if given is None or isinstance(given, str):
        return given
    is_taken = name in data and data[name] is not given
    table = data.get(trials) if trials is not None else None
    if is_taken or (table is not None and name in columns_of(table)):
        raise errors.value_error(
            "This name stands for other data already.",
            given=f"data to be kept as {name!r}",
            expected="a label that is no name of data, and no column of the trials",
            todo="say label='...'.",
        )
    data[name] = given
    return name


def label_of(label: str | None, given: Any, kind: str) -> str:
    """Return the label of a term: the one that is said, the name of its data, or its kind.

    >>> label_of(None, "speed", "signal"), label_of(None, [1.0], "signal")
    ('speed', 'signal')
    """
    if label is not None:
        return label
    return given if isinstance(given, str) else kind
