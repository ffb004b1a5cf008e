"""The ways to ask what a term contributes, and the question that each answers, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import errors

QUESTIONS = {
    "unique": "what is lost without the term when all others may take its place (refitted)",
    "alone": "what the term gains over the constant model when nothing else is there (refitted)",
    "zeroed": "what is lost when the full model is told the mean of the term only (not refitted)",
    "shuffled": "what is lost when the term comes from other times, also in training (refitted)",
    "shapley": "what the term gains on average over the orders in which terms may enter (refitted)",
}
"""By name, from the one to take if there is to be one only."""


def read_how(how: Any) -> tuple[str, ...]:
    """Return the names of ways, each once, in the order in which they are asked for.

    Raises
    ------
    ValueError
        If one is unknown, or there is none.

    >>> read_how("unique"), read_how(["alone", "unique", "alone"])
    (('unique',), ('alone', 'unique'))
    """
    if isinstance(how, str) and how == "all":
        return tuple(QUESTIONS)
    names = (how,) if isinstance(how, str) or not isinstance(how, Iterable) else tuple(how)
    for name in names:
        if name not in QUESTIONS:
            raise errors.unknown_name("way to ask (how)", name, [*QUESTIONS, "all"])
    if not names:
        raise errors.value_error(
            "Nothing is asked.", given="how=()", expected=f"some of {', '.join(QUESTIONS)}"
        )
    return tuple(dict.fromkeys(names))
