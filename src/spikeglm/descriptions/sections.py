"""The sections ``[recording]`` and ``[output]``, and what may stand in any section."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from .. import errors, showing
from .derived import Derived
from .derived_epochs import DerivedEpochs

TABLES = ("csv", "parquet")


@dataclass(frozen=True)
class RecordingSection:
    """``[recording]``: a file, whose spikes are explained, and what rows are.

    Attributes
    ----------
    path :
        Of a file or folder, from the folder of the description on. None where data are passed.
    units :
        The name of the responses in the recording: spike times, or numbers per bin.
    neurons :
        Those to analyse, by name; None for all.
    where :
        Of columns of the table of units: a value, or a list of them, that a neuron must have.
    min_spikes :
        Neurons with fewer in the recording are left out.
    bin_s, epochs :
        Seconds of a bin, and the name of the epochs that bins are cut out of: those of the design.
    derived :
        Series that are computed of others, by their names.
    derived_epochs :
        Epochs that are computed, by their names: ``"epochs/NAME"`` from then on.

    Examples
    --------
    >>> RecordingSection(path="session.nwb", where={"quality": "good"}).units
    'units'
    """

    path: str | None = None
    units: str = "units"
    neurons: tuple[Any, ...] | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    min_spikes: int = 0
    bin_s: float | None = None
    epochs: str | None = None
    derived: Mapping[str, Derived] = field(default_factory=dict)
    derived_epochs: Mapping[str, DerivedEpochs] = field(default_factory=dict)

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        for name in ("path", "units", "epochs"):
            _require(self, name, str, "a text")
        _require(self, "min_spikes", int, "a whole number")
        _require(self, "bin_s", Real, "a number of seconds: 0.02 for 20 ms")
        _require(self, "where", Mapping, 'a table such as { quality = "good" }')
        if self.neurons is not None:
            _require(self, "neurons", list | tuple, "a list of neurons")
            object.__setattr__(self, "neurons", tuple(self.neurons))
        for key, kind in (("derived", Derived), ("derived_epochs", DerivedEpochs)):
            place, parts = f"recording.{key}", getattr(self, key)
            require_section(parts, place)
            found = {
                name: section_of(kind, part, f"{place}.{name}") for name, part in parts.items()
            }
            object.__setattr__(self, key, found)


@dataclass(frozen=True)
class OutputSection:
    """``[output]``: where results go, and as what.

    Attributes
    ----------
    folder :
        From the folder of the description on; None is the name of the description without its end.
    tables :
        ``"csv"``, ``"parquet"``, both or none.
    report :
        Whether a page is made of the results.
    nwb :
        A file that becomes a copy of the recording, which is NWB, with the tables of results in
        it: :func:`spikeglm.recordings.write_results`. From the folder of the description on.

    Examples
    --------
    >>> OutputSection(tables=["csv", "parquet"]).tables
    ('csv', 'parquet')
    """

    folder: str | None = None
    tables: tuple[str, ...] = ("csv",)
    report: bool = True
    nwb: str | None = None

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        for name in ("folder", "nwb"):
            _require(self, name, str, "a text")
        _require(self, "report", bool, "true or false")
        names = (self.tables,) if isinstance(self.tables, str) else tuple(self.tables)
        for name in names:
            if name not in TABLES:
                raise errors.unknown_name("form of tables", name, TABLES)
        object.__setattr__(self, "tables", names)


def section_of(cls: Any, words: Any, name: str) -> Any:
    """Return the section that words describe, or the section itself.

    Raises
    ------
    ValueError
        If it has a key that nobody knows, or lacks one.
    TypeError
        If it is no section, or a value is of the wrong type.

    Examples
    --------
    >>> section_of(OutputSection, {"report": False}, "output")
    OutputSection(folder=None, tables=('csv',), report=False, nwb=None)
    """
    if isinstance(words, cls):
        return words
    require_section(words, name)
    fields = dataclasses.fields(cls)
    check_keys(words, [each.name for each in fields], name)
    missing = [f.name for f in fields if _default(f) is dataclasses.MISSING and f.name not in words]
    if missing:
        raise errors.value_error(
            f"[{name}] is not complete.",
            given=", ".join(words) or "nothing",
            expected=f"also {', '.join(missing)}",
            todo=f"add a line {missing[0]} = ... below [{name}].",
        )
    return cls(**words)


def require_section(words: Any, name: str) -> None:
    """Raise TypeError if something is no section."""
    if not isinstance(words, Mapping):
        raise errors.type_error(
            f"[{name}] is a section.",
            given=f"{name} = {words!r}",
            expected=f"a line [{name}], and settings below it",
            todo="put its settings on lines of their own.",
        )


def check_keys(words: Mapping[str, Any], known: Any, name: str) -> None:
    """Raise ValueError if a section has a key that nobody knows."""
    for key in words:
        if key not in known:
            raise errors.unknown_name(f"key of [{name}]", key, list(known))


def plain(section: Any) -> dict[str, Any]:
    """Return a section in words; what is by default is left out.

    Examples
    --------
    >>> plain(OutputSection(folder="out", tables=["csv"]))
    {'folder': 'out'}
    """
    return {
        each.name: _in_words(getattr(section, each.name))
        for each in dataclasses.fields(section)
        if getattr(section, each.name) != _default(each)
    }


def _in_words(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return plain(value)
    if isinstance(value, Mapping):
        return {name: _in_words(each) for name, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _default(field: Any) -> Any:
    is_made = field.default_factory is not dataclasses.MISSING
    return field.default_factory() if is_made else field.default


def _require(section: Any, name: str, kind: Any, expected: str) -> None:
    value = getattr(section, name)
    is_number_by_chance = isinstance(value, bool) and kind in (int, Real)
    if value is not None and (is_number_by_chance or not isinstance(value, kind)):
        raise errors.type_error(
            f"{name} is of another type.",
            given=f"{name} = {value!r}",
            expected=expected,
            todo="text goes in quotation marks, numbers without, several values in [ ].",
        )
