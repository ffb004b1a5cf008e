"""The nulls by name."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ... import errors
from .contract import Null
from .pseudosessions import Pseudosession
from .sessions import SessionPermutation
from .shifts import CircularShift, LinearShift

NAMED: dict[str, type[Any]] = {
    kind.name: kind for kind in (LinearShift, SessionPermutation, Pseudosession, CircularShift)
}


def read_null(null: Any, options: dict[str, Any]) -> Null:
    """Return the null that a user named, with its options, or made.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, or options that it does not have.

    >>> read_null("linear_shift", {"max_shift": 100}).max_shift
    100
    """
    if not isinstance(null, str):
        if options or not hasattr(null, "draws"):
            raise errors.type_error(
                "null is not a null, or has options twice.",
                given=f"null={null!r}" + (f" and {', '.join(options)}" if options else ""),
                expected="a name with its options, or an object such as LinearShift(...) alone",
            )
        made: Null = null
        return made
    if null not in NAMED:
        raise errors.unknown_name("null", null, list(NAMED))
    known = [field.name for field in fields(NAMED[null])]
    for option, value in options.items():
        if option not in known:
            raise errors.type_error(
                f"{null} has no such option.",
                given=f"{option}={value!r}",
                expected=f"some of {', '.join(known)}",
            )
    if null == Pseudosession.name and "covariates" not in options:
        raise errors.type_error(
            "A pseudosession needs covariates to compare with.",
            given='null="pseudosession" alone',
            expected="covariates=, a function(rng) or features of many draws",
        )
    found: Null = NAMED[null](**options)
    return found
