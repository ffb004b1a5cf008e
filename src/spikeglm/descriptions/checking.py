"""What a description names and says, looked at beside the recording before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np

from .. import errors
from ..designs.plan import DesignPlan
from ..notices import warn
from ..recordings import Recording
from .times import check_times

_LONG_BIN_S = 1.0
_IN_SECONDS = "say it in seconds: 0.02 is 20 ms."
_NUMBERS = ("series", "column", "values", "times")
LABELS = "labels"
_OF_TIMES = ("times", "intervals")  # places of moments
_DESCRIBE = "choose another one; spikeglm describe shows what each holds."
_AS_CATEGORIES = (
    'for labels: kind = "tuning", signals = ["{}"], '
    'basis = {{ name = "Category", categories = ["a label", "another"] }}.'
)
_TAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "epochs": (("intervals",), "epochs, or trials"),
    "trials": (("intervals",), "trials, or epochs"),
    "intervals": (
        ("intervals", "times", "values"),
        "epochs, trials, or two columns of times",
    ),
    "times": (("times", "events", "values", "units", "series", "column"), "events, or times"),
    "signal": (_NUMBERS, "a series, or numbers"),
    "signals": ((*_NUMBERS, "labels"), "series, or a value for each row"),
    "spikes": (("units", *_NUMBERS), "units, or counts"),
    "units": (
        ("units", *_NUMBERS),
        "units, or numbers: labels of two kinds as a column of 0 and 1, those of more in Python "
        "(spikeglm.ClassifierGLM); with [states] labels, too",
    ),
}
"""Kinds of entries (``Recording.entries``) that may stand in a place, and what that is in words."""


def check_against(
    plan: DesignPlan, units: str, recording: Recording, *, takes_labels: bool = False
) -> None:
    """Raise if a design cannot be meant so: labels for times, milliseconds for seconds, no terms.

    Parameters
    ----------
    plan, units, recording :
        The design, the name of the responses, and where both are.
    takes_labels :
        Whether responses may be labels.

    Raises
    ------
    ValueError
        That says what stands where something else is taken.

    Warns
    -----
    UserWarning
        If bins are longer than a second.
    """
    if not plan.terms:
        raise errors.value_error(
            "The design has no terms.",
            given="no [[design.terms]]",
            expected="one or more",
            todo="see 'spikeglm describe FILE --template first.toml' for some.",
        )
    if plan.rows is None and plan.bin_s is None:
        raise errors.value_error(
            "It is not said how long bins are.",
            given="no bin_s in [recording]",
            expected="seconds",
            todo="write bin_s = 0.02 below [recording].",
        )
    kinds = {entry.name: entry.kind for entry in recording.entries}
    for what, place, name in _named(plan, units):
        if takes_labels and place == "units" and kinds.get(name) == LABELS:
            continue
        _check_kind(what, place, name, kinds, plan.trials)
        full = name if name in kinds else f"{plan.trials}/{name}"
        if place in _OF_TIMES and kinds.get(full) == "values":
            check_times(what, place, full, recording)
    if plan.rows is None:
        _check_seconds(plan, recording)


def _named(plan: DesignPlan, units: str) -> Iterator[tuple[str, str, str]]:
    """Return who takes data, in which place, and their name."""
    yield "[recording]", "units", units
    for place in ("epochs", "trials"):
        if getattr(plan, place) is not None:
            yield "[recording]" if place == "epochs" else "[design]", place, getattr(plan, place)
    for term in plan.terms:
        for place in ("intervals", "times", "signal", "signals", "spikes"):
            found = getattr(term, place, ())
            for name in (found,) if isinstance(found, str) else found:
                yield f"The term {term.label!r}", place, name


def _check_kind(who: str, place: str, name: str, kinds: dict[str, str], trials: str | None) -> None:
    kind = kinds.get(name, kinds.get(f"{trials}/{name}"))
    taken, words = _TAKES[place]
    if kind is None or kind in taken:  # what has no name is told by whoever looks for it
        return
    names = [each for each, of in kinds.items() if of == taken[0]]
    raise errors.value_error(
        f"{who} takes other data.",
        given=f"{place} = {name!r}, which is {kind}",
        expected=words + (f": {errors.listed(map(repr, names))}" if names else ""),
        todo=_AS_CATEGORIES.format(name) if (place, kind) == ("signal", LABELS) else _DESCRIBE,
    )


def _check_seconds(plan: DesignPlan, recording: Recording) -> None:
    """Raise for bins and windows that no recording of this length can have."""
    spans = recording.epochs["session"].spans
    length = float(np.nanmax(spans) - np.nanmin(spans)) if np.isfinite(spans).any() else np.inf
    times: list[tuple[str, Any]] = [("bin_s", plan.bin_s)]
    times += [(f"window of {term.label!r}", getattr(term, "window", None)) for term in plan.terms]
    for what, given in times:
        sides = [abs(float(s)) for s in np.ravel(given or []) if isinstance(s, Real)]
        if max(sides, default=0.0) > length:
            raise errors.value_error(
                f"The {what} is longer than the recording.",
                given=f"{given!r} s, and {length:.6g} s of recording",
                expected="a part of it",
                todo=_IN_SECONDS,
            )
    if plan.bin_s is not None and plan.bin_s > _LONG_BIN_S:
        warn(
            f"Bins are {plan.bin_s:g} s long. Given: bin_s = {plan.bin_s!r}. Expected: seconds. "
            f"What to do: nothing, if that is meant; else {_IN_SECONDS}"
        )
