"""The ``solver_kwargs`` of a solver: the fields of its dataclass, checked in one place."""

from __future__ import annotations

import dataclasses
import numbers
from typing import Any

from .. import errors
from ..io.interop.random_keys import as_generator
from ..notices import warn

_POSITIVE = {
    "tol": numbers.Real,
    "maxiter": numbers.Integral,
    "memory_size": numbers.Integral,
    "batch_size": numbers.Integral,
}


def accepted_arguments(kind: type) -> set[str]:
    """Return the names that ``solver_kwargs`` may have for a solver, with and without effect.

    >>> from spikeglm.solvers import SVRG
    >>> sorted(accepted_arguments(SVRG))
    ['batch_size', 'key', 'maxiter', 'stepsize', 'tol']
    """
    if not dataclasses.is_dataclass(kind):
        return set(kind.get_accepted_arguments())  # type: ignore[attr-defined]
    fields = {field.name for field in dataclasses.fields(kind)}
    return fields | set(getattr(kind, "no_effect", ()))


def check_names(kind: type, kwargs: dict[str, Any]) -> None:
    """Check that a solver knows its arguments.

    Raises
    ------
    NameError
        For a name that it does not accept (NeMoS's type).
    """
    accepted = accepted_arguments(kind)
    for key in kwargs:
        if key not in accepted:
            raise NameError(
                f"Unknown solver argument. Given: {key!r}. "
                f"Expected: {', '.join(sorted(accepted))}. "
                "What to do: most fits need none; tol and maxiter bound accuracy and passes."
            )


def with_settings(kind: type, kwargs: dict[str, Any]) -> Any:
    """Return a solver of ours with these settings; names that mean nothing here are announced.

    Raises
    ------
    NameError
        For a name that it does not accept.
    TypeError, ValueError
        For a value that cannot be used.

    Warns
    -----
    UserWarning
        For arguments of NeMoS's solvers that have no counterpart.
    """
    check_names(kind, kwargs)
    idle = [key for key in kwargs if key in getattr(kind, "no_effect", ())]
    if idle:
        warn(
            f"solver_kwargs {', '.join(map(repr, idle))} have no effect on {kind.__name__} here. "
            "What to do: leave them out."
        )
    return kind(**{key: value for key, value in kwargs.items() if key not in idle})


def check_settings(settings: Any) -> None:
    """Check the values of a solver's settings, whichever of the known names it has.

    Raises
    ------
    TypeError
        For values of another type.
    ValueError
        For numbers that are not positive.
    """
    for field in dataclasses.fields(settings):
        name, value = field.name, getattr(settings, field.name)
        if value is None:
            continue
        if name in _POSITIVE:
            check_positive(name, value, _POSITIVE[name])
        elif name == "key":
            as_generator(value)
        elif name == "stepsize" and not isinstance(value, numbers.Real):
            raise errors.type_error(
                "stepsize cannot be used.", given=repr(value), expected="a number, or None"
            )


def check_positive(name: str, value: Any, kind: type) -> None:
    """Raise a TypeError or ValueError unless ``value`` is a positive number of a kind."""
    expected = "an integer >= 1" if kind is numbers.Integral else "a number > 0"
    if not isinstance(value, kind):
        raise errors.type_error(f"{name} cannot be used.", given=repr(value), expected=expected)
    if not value > 0:  # type: ignore[operator]
        raise errors.value_error(f"{name} must be positive.", given=repr(value), expected=expected)
