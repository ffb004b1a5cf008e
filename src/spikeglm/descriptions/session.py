"""The rows of an analysis: a recording that was read, on the design of a description."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import errors, showing
from ..designs.built import BuiltDesign
from ..designs.plan import DesignPlan
from ..fit.progress import say
from ..notices import warn
from ..recordings import Intervals, Recording, Series, Units
from ..typing import FloatArray
from .checking import LABELS, check_against
from .description import Description
from .opening import open_recording
from .sections import RecordingSection

ALL_TIME = "epochs/session"
UNITS = "units"
TIMES = "time_s"
_MISSING = ("", "nan", "NaN", "None", "<NA>")


@dataclass(frozen=True, eq=False)
class Session:
    """A recording on the rows of a design.

    Attributes
    ----------
    description :
        What was asked, with what reading has decided.
    recording :
        What was read: the units that were asked for, and derived series among the others.
    X :
        (T, p) the design.
    y :
        (T, N) responses; (T,) where they are numbers of a column, or labels (hidden states take
        those), None where one is missing.
    """

    description: Description
    recording: Recording
    X: BuiltDesign
    y: Any

    __repr__ = showing.of_fields


def rows_of(X: BuiltDesign, plan: DesignPlan, recording: Recording) -> tuple[str, FloatArray]:
    """Return what tells the rows of a design apart in a table: a name, and a number for each.

    Centres of bins in seconds are ``"time_s"``; where a column of a table says when rows are, such
    as ``"trials/trial"``, which counts trials, they have the name of that column.
    """
    is_column = plan.rows is not None and not hasattr(recording[plan.rows], "t")
    name = str(plan.rows).rpartition("/")[2] if is_column else TIMES
    return name, np.asarray(X.grid.axis.times)


def read_session(description: Description, recording: Recording | None = None) -> Session:
    """Read the recording of a description, or take one, and put it on the rows of the design.

    Raises
    ------
    OSError, ValueError, TypeError
        If it cannot be read, has not what the description names, or has no spikes.
    """
    found = _recording(description) if recording is None else recording
    section, plan = description.recording, _with_epochs(description.design)
    found = with_derived(with_units(found, section), section)
    data = found.data(plan)
    check_against(plan, section.units, found, takes_labels=description.states is not None)
    X = plan.design(data)
    say(f"design of {X.shape[0]:,} rows and {X.shape[1]} columns")
    y = responses_of(X, found, section.units)
    if section.units == UNITS:
        _check_spikes(np.asarray(y), found, section)
    return Session(replace(description, design=plan), found, X, y)


def responses_of(X: BuiltDesign, recording: Recording, units: str) -> Any:
    """Return what is predicted in each row of a design: counts, numbers, or labels.

    Truth values are numbers. In a file text that is missing is empty or ``"nan"``.

    Raises
    ------
    ValueError
        If there is no label for each row.
    """
    given = recording[units]
    kinds = {entry.name: entry.kind for entry in recording.entries}
    if kinds.get(units) != LABELS:
        return X.counts(given)
    values = np.asarray(given)
    if len(values) != X.shape[0]:
        raise errors.value_error(
            f"{units} has no label for each row.",
            given=f"{len(values)} labels for {X.shape[0]} rows",
            expected="a column of the table whose rows are analysed: rows = "
            f'"{units.rpartition("/")[0]}/trial", for example, and no bins',
            todo="name such a column, or leave it out.",
        )
    if values.dtype.kind == "b":
        return X.counts(values.astype(np.float64))
    values = values.astype(object)
    values[np.isin(values.astype(str), _MISSING)] = None
    return values


def _recording(description: Description) -> Recording:
    if description.path is None:
        raise errors.value_error(
            "The description does not say which recording it is about.",
            given="no path in [recording]",
            expected="a file or folder",
            todo='write path = "session.nwb" below [recording], or recording.path=session.nwb.',
        )
    say(f"reading {description.path}")
    found = open_recording(description.path)
    for remark in found.warnings:
        warn(f"{found.source}: {remark}.")
    return found


def with_units(recording: Recording, asked: RecordingSection) -> Recording:
    """Return a recording with the units that are asked for alone.

    Raises
    ------
    ValueError
        If it has no such units, or none is left.

    Examples
    --------
    >>> recording = Recording(units=Units.of({0: [0.1, 2.0], 1: [0.5]}))
    >>> with_units(recording, RecordingSection(min_spikes=2)).units.names
    (0,)
    """
    if asked.units != UNITS:
        _check_signal(recording, asked)
        return recording
    units: Units = recording[UNITS]
    if asked.where:
        units = units.where(**asked.where)
    if asked.neurons is not None:
        by_text = {str(name): name for name in units.names}
        units = units.select([by_text.get(str(name), name) for name in asked.neurons])
    enough = units.n_spikes >= asked.min_spikes
    if not enough.any():
        raise errors.value_error(
            "No neuron has so many spikes.",
            given=f"min_spikes = {asked.min_spikes}, and {units.n_spikes.max(initial=0)} at most",
            expected="fewer, so that some neuron is left",
            todo="lower min_spikes; spikeglm describe shows how many spikes units have.",
        )
    kept = [name for name, has in zip(units.names, enough, strict=True) if has]
    return replace(recording, units=units.select(kept))


def with_derived(recording: Recording, asked: RecordingSection) -> Recording:
    """Return a recording with what is derived: ``"series/speed"``, ``"epochs/running"``.

    Raises
    ------
    ValueError, TypeError
        If there is nothing that one is derived of, or a name is taken by what was recorded.
    """
    series = dict(recording.series)
    for name, derived in asked.derived.items():
        if name in series:
            raise errors.value_error(
                "A derived series needs a name of its own.",
                given=f"recording.derived.{name}, and series/{name} is in the recording",
                expected="another name",
                todo=f"call it my_{name}, for example.",
            )
        times, values = derived.series(recording[derived.of])
        series[name] = Series(name, times, values, description=f"{derived.how} of {derived.of}")
    return _with_derived_epochs(replace(recording, series=series), asked)


def _with_derived_epochs(recording: Recording, asked: RecordingSection) -> Recording:
    """Return a recording in which derived epochs are epochs as the others: ``"epochs/running"``."""
    for name, derived in asked.derived_epochs.items():
        if name in recording.epochs:
            raise errors.value_error(
                "Derived epochs need a name of their own.",
                given=f"recording.derived_epochs.{name}, and epochs/{name} is in the recording",
                expected="another name",
                todo=f"call them my_{name}, for example.",
            )
        within = None if derived.within is None else _intervals(recording, derived.within)
        made = derived.epochs(name, recording[derived.of], within)
        recording = replace(recording, epochs={**recording.epochs, name: made})
    return recording


def _intervals(recording: Recording, name: str) -> Intervals:
    found = recording[name]
    if isinstance(found, Intervals):
        return found
    raise errors.value_error(
        "Epochs lie within epochs.",
        given=f"within = {name!r}",
        expected="the name of trials or epochs",
        todo=f"see the names: spikeglm describe {recording.source or 'FILE'}.",
    )


def _check_signal(recording: Recording, asked: RecordingSection) -> None:
    """Raise ValueError if settings that are about spikes are given for a signal."""
    kind, _, rest = asked.units.partition("/")
    if kind == UNITS:
        raise errors.value_error(
            "One unit is chosen by its name.",
            given=f'units = "{asked.units}"',
            expected=f'units = "{UNITS}" and neurons = ["{rest}"]',
            todo="write the two lines.",
        )
    if asked.where or asked.neurons is not None or asked.min_spikes:
        raise errors.value_error(
            "Neurons are chosen among units with spike times.",
            given=f'where, neurons or min_spikes, and units = "{asked.units}"',
            expected="one of them",
            todo="leave where, neurons and min_spikes out.",
        )


def _with_epochs(plan: DesignPlan) -> DesignPlan:
    """Return a plan whose bins are cut out of the whole recording, if it does not say of what."""
    says_so = (plan.epochs, plan.trials, plan.rows) != (None, None, None)
    return plan if says_so else replace(plan, epochs=ALL_TIME)


def _check_spikes(y: Any, recording: Recording, asked: RecordingSection) -> None:
    """Raise ValueError if no unit has a spike in any row, or one that was asked for by name."""
    assert recording.units is not None
    units, n_spikes = recording.units, y.reshape(len(y), -1).sum(axis=0)
    empty = [str(name) for name, n in zip(units.names, n_spikes, strict=True) if n == 0]
    if not empty or (asked.neurons is None and len(empty) < len(n_spikes)):
        return  # among others, an empty unit is a status in the tables
    raise errors.value_error(
        "There are units without a spike in any row.",
        given=f"{', '.join(empty[:8])}{' ...' if len(empty) > 8 else ''}; {units.n_spikes.sum()} "
        f"spikes in the whole recording, {len(y)} rows",
        expected="a spike or more",
        todo="leave them out of recording.neurons, or check epochs and clocks.",
    )
