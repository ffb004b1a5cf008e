"""Python objects one by one: which are real numbers."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from ... import errors
from .refusals import advice_for

PLAIN = {int, float, bool}


def is_real(entry: Any) -> bool:
    """Tell whether a Python object is a real number: no text, no date, no complex number.

    >>> is_real(1), is_real("1"), is_real(np.timedelta64(1, "s")), is_real(1j)
    (True, False, False, False)
    """
    if type(entry) in PLAIN:
        return True
    if isinstance(entry, np.ma.MaskedArray):
        return False
    dtype = getattr(entry, "dtype", None)
    if dtype is not None:
        return np.ndim(entry) == 0 and getattr(dtype, "kind", "O") in "biuf"
    return hasattr(entry, "__float__") and not isinstance(entry, (str, bytes, complex))


def advice_for_entry(entry: Any) -> str:
    """Return what to do about an object that is no number.

    >>> advice_for_entry(None)
    'Use np.nan for a gap.'
    """
    if entry is None:
        return "Use np.nan for a gap."
    if isinstance(entry, (str, bytes)):
        return advice_for(np.dtype("U1"))
    if isinstance(entry, datetime.timedelta):
        return advice_for(np.dtype("m8[us]"))
    if isinstance(entry, (datetime.date, datetime.time)):
        return advice_for(np.dtype("M8[us]"))
    if isinstance(entry, (np.generic, complex)):
        return advice_for(np.asarray(entry).dtype)
    return advice_for(np.dtype(object))


def short(entry: Any) -> str:
    """Return an object as a message shows it.

    >>> short("left")
    "'left'"
    """
    text = repr(entry)
    return text if len(text) < 40 else text[:37] + "..."


def in_pythons_words(entry: Any) -> str:
    """Return an object with what Python says of it as a number, if it says something.

    >>> in_pythons_words({})
    "{} (float() argument must be a string or a real number, not 'dict')"
    """
    if isinstance(entry, np.generic):
        return short(entry)
    try:
        float(entry)
    except TypeError as error:
        return f"{short(entry)} ({error})"
    except (ValueError, OverflowError):
        pass
    return short(entry)


def require_one_each(found: Any, n: int, what: str, each: str) -> None:
    """Raise a ValueError unless there is an entry for each of n things.

    >>> require_one_each([1.0, 2.0], 2, "values", "event")
    """
    if np.ndim(found) == 0 or len(found) != n:
        raise errors.value_error(
            f"There must be one of the {what} for each {each}.",
            given=f"{np.shape(found)} for {n} of them",
            expected=f"({n},)",
        )
