"""``section.key=value``: one setting of a description said anew, as on a command line."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from .. import errors

_TERMS = ("design", "terms")


def overridden(words: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Return a description in which some settings are replaced.

    Parameters
    ----------
    words :
        The description, as TOML is read.
    overrides :
        ``"analysis.folds=5"``: a value as TOML writes it; text needs no quotes. Nothing after ``=``
        takes the setting out, so that it is what it is by default. A term is known by its label
        (the unit in it may be left out): ``"design.terms.history.window=0.1"``, and
        ``"design.terms.history="`` takes all of it out.

    Raises
    ------
    ValueError
        If there is no ``=``, no such term, or a part of the name is no section.

    Examples
    --------
    >>> words = {"analysis": {"seed": 1}, "design": {"terms": [{"label": "past", "window": 1.0}]}}
    >>> new = ["analysis.folds=5", "analysis.seed=", "design.terms.past.window=2"]
    >>> found = overridden(words, new)
    >>> found["analysis"], found["design"]["terms"][0]["window"]
    ({'folds': 5}, 2)
    """
    found = copy.deepcopy(dict(words))
    for override in overrides:
        name, is_given, text = override.partition("=")
        path = tuple(part.strip() for part in name.split("."))
        if not is_given or len(path) < 2 or not all(path):
            raise errors.value_error(
                "This is no setting.",
                given=repr(override),
                expected="section.key=value, such as analysis.folds=5",
                todo=_meant(words, override),
            )
        _set(found, path, text.strip())
    return found


def _meant(words: Mapping[str, Any], override: str) -> str:
    """Return what to do: name the section that was left out, where one has such a setting."""
    key = override.partition("=")[0].strip()
    sections = [name for name, part in words.items() if isinstance(part, dict) and key in part]
    if sections and "=" in override:
        return f"did you mean {sections[0]}.{override}?"
    return "spikeglm fit --help shows examples."


def _set(words: dict[str, Any], path: tuple[str, ...], text: str) -> None:
    place: Any = words
    if path[:2] == _TERMS and len(path) > 2:
        rest = ".".join(path[2:])
        if not text and rest in _by_label(words):
            words["design"]["terms"].remove(_by_label(words)[rest])
            return
        place, path = _term(words, rest)
    for key in path[:-1]:
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            raise errors.value_error(
                "This setting has no parts.",
                given=".".join(path),
                expected=f"{key}=value, which is no section",
                todo=f"leave .{path[-1]} out.",
            )
    if text:
        place[path[-1]] = value_of(text)
    else:
        place.pop(path[-1], None)


def _term(words: dict[str, Any], rest: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the term whose label a name begins with, and what follows it."""
    by_label = _by_label(words)
    known = [label for label in by_label if rest.startswith(label + ".")]
    if not known and rest in by_label:
        raise errors.value_error(
            "A term has settings, and no value of its own.",
            given=f"design.terms.{rest}=...",
            expected=f"design.terms.{rest}.KEY=value, or design.terms.{rest}= to leave it out",
            todo="name the setting of the term that is meant.",
        )
    if not known:
        raise errors.unknown_name(
            "term of the design",
            rest.rpartition(".")[0] or rest,
            [str(term.get("label")) for term in words.get("design", {}).get("terms", [])],
        )
    label = max(known, key=len)
    return by_label[label], tuple(rest[len(label) + 1 :].split("."))


def _by_label(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return terms by their labels, and by these without a unit, where that is one term alone."""
    terms = words.get("design", {}).get("terms", [])
    by_label = {str(term.get("label")): term for term in terms}
    stems = [label.partition(" (")[0] for label in by_label]
    pairs = zip(stems, by_label.values(), strict=True)
    return {stem: term for stem, term in pairs if stems.count(stem) == 1} | by_label


def value_of(text: str) -> Any:
    """Return what a text means in TOML; the text itself where it means nothing.

    Examples
    --------
    >>> value_of("[0.1, 2]"), value_of("true"), value_of("backward"), value_of("runs/a.nwb")
    ([0.1, 2], True, 'backward', 'runs/a.nwb')
    """
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
