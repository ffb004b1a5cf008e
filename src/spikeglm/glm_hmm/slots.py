"""How the parts of a start are found: the four slots of ``setup`` and their options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any

from .. import errors, showing

CHAIN = ("initial_proba_init", "transition_proba_init")
MODEL = ("glm_params_init", "scale_init")
OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "initial_proba_init": {
        "uniform": (),
        "random": (),
        "dirichlet": ("alphas",),
        "kmeans": ("minimum_prob",),
    },
    "transition_proba_init": {
        "sticky": ("prob_stay",),
        "uniform": (),
        "random": (),
        "dirichlet": ("alphas",),
        "kmeans": ("minimum_prob",),
    },
    "glm_params_init": {"split": ("spread",), "random": ("std_dev",), "kmeans": ()},
    "scale_init": {"glm": (), "constant": ("scale_val",), "kmeans": ()},
}
"""Of each slot the options, the default first, and what arguments each takes."""
_OF_CHAIN = ("n_states", "X", "y", "session_starts", "random_key")
_OF_MODEL = (*_OF_CHAIN, "inverse_link_function", "observation_model")


@dataclass(frozen=True)
class Slot:
    """One part of a start.

    Attributes
    ----------
    option :
        The name of an option, or a function.
    arguments :
        Its keyword arguments.
    """

    option: str | Callable[..., Any]
    arguments: dict[str, Any]

    __repr__ = showing.of_fields


def read_slots(chain: Any, model: Any) -> dict[str, Slot]:
    """Return the four slots that two dicts of the constructor describe; None is all defaults.

    Raises
    ------
    KeyError
        For a key that is none.
    ValueError, TypeError
        For an option that there is not, a function that lacks an argument, or an argument that an
        option does not take.
    """
    found = {}
    for names, given, what in (
        (CHAIN, chain, "hmm_initialization_funcs"),
        (MODEL, model, "model_initialization_funcs"),
    ):
        given = {} if given is None else dict(given)
        known = [f"{name}{end}" for name in names for end in ("", "_kwargs", "_custom")]
        for key in given:
            if key not in known:
                raise KeyError(str(errors.unknown_name(f"key of {what}", key, known)))
        for name in names:
            option = given.get(f"{name}_custom") or given.get(name) or next(iter(OPTIONS[name]))
            found[name] = read_slot(name, option, given.get(f"{name}_kwargs"))
    return found


def changed(known: Any, names: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any] | None:
    """Return one of the dicts of the constructor with what ``setup`` was given for some slots.

    Raises
    ------
    ValueError, TypeError
        As :func:`read_slots`.
    """
    known = dict(known or {})
    for name in names:
        option, arguments = given[name], given[f"{name}_kwargs"]
        if option is not None:
            for end in ("", "_custom", "_kwargs"):
                known.pop(f"{name}{end}", None)
            known[f"{name}_custom" if callable(option) else name] = option
        if arguments is not None:
            known[f"{name}_kwargs"] = dict(arguments)
        now = known.get(f"{name}_custom") or known.get(name) or next(iter(OPTIONS[name]))
        read_slot(name, now, known.get(f"{name}_kwargs"))
    return known or None


def read_slot(name: str, option: Any, arguments: Any) -> Slot:
    """Return one slot; raises as :func:`read_slots`."""
    arguments = {} if arguments is None else dict(arguments)
    if callable(option):
        _check_function(name, option, arguments)
        return Slot(option, arguments)
    if not isinstance(option, str):
        raise errors.type_error(
            f"{name} must be a name or a function.",
            given=repr(option),
            expected=f"one of {', '.join(map(repr, OPTIONS[name]))}, or a function",
        )
    if option not in OPTIONS[name]:
        raise errors.unknown_name(name, option, list(OPTIONS[name]))
    taken = OPTIONS[name][option]
    for key in arguments:
        if key not in taken:
            raise errors.value_error(
                f"{name}={option!r} does not take this argument.",
                given=repr(key),
                expected=", ".join(map(repr, taken)) or "no arguments",
            )
    return Slot(option, arguments)


def _check_function(name: str, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    wanted = _OF_CHAIN if name in CHAIN else _OF_MODEL
    parameters = signature(function).parameters
    missing = [key for key in wanted if key not in parameters]
    if missing:
        raise errors.value_error(
            f"A function for {name} lacks arguments.",
            given=f"arguments {', '.join(parameters)}",
            expected=f"all of {', '.join(wanted)}, used or not",
            todo=f"add {', '.join(missing)}.",
        )
    for key in arguments:
        if key in wanted or key not in parameters:
            raise errors.value_error(
                f"{name}_kwargs has an entry that the function cannot get.",
                given=repr(key),
                expected="names of further arguments of the function",
            )
