"""The errors users see, all of one shape: what is wrong, what was given, what to do.

Every message is built here, so that a tired reader finds the same three parts in the same order.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

_MOST_KNOWN = 40  # names that are told where none of them was meant


class NotFittedError(ValueError, AttributeError):
    """The estimator was used before ``fit`` (both a ValueError and an AttributeError)."""


class StorageError(OSError):
    """Stored data cannot be read or written, and it is known why; catch it as an ``OSError``."""


class ConvergenceWarning(RuntimeWarning):
    """Some columns of a fit did not reach their certificate; the message names them.

    A ``RuntimeWarning``, as NeMoS has it: who catches that still does.
    """


class NothingToFitWarning(UserWarning):
    """Some columns have data that say nothing: no event in them, nothing else, or no row at all.

    Silent units are no failure of a fit: it has a status for each, and all others are as they were.
    ``warnings.simplefilter("ignore", spikeglm.exceptions.NothingToFitWarning)`` is for recordings
    in which they are expected.
    """


def not_fitted(estimator: str, todo: str = "call fit(X, y) first.") -> NotFittedError:
    """Build the error for an estimator that has no estimates yet.

    Whoever uses scikit-learn may catch it as scikit-learn's exception of the same name.
    """
    return _not_fitted_class()(f"This {estimator} is not fitted yet. What to do: {todo}")


def no_classes(estimator: str) -> NotFittedError:
    """Build the error for a classifier that knows no labels; it is a RuntimeError too."""
    kind = type("NoClassesError", (_not_fitted_class(), RuntimeError), {"__module__": __name__})
    return kind(
        f"This {estimator} knows no classes: it is not fitted yet. "
        "What to do: call fit(X, y), or set_classes(y) if the coefficients were set by hand."
    )


def _not_fitted_class() -> type[NotFittedError]:
    return _both_kinds() if "sklearn.exceptions" in sys.modules else NotFittedError


@cache
def _both_kinds() -> type[NotFittedError]:
    from sklearn.exceptions import NotFittedError as OfScikitLearn

    return type("NotFittedError", (NotFittedError, OfScikitLearn), {"__module__": __name__})


def value_error(problem: str, *, given: object, expected: str, todo: str = "") -> ValueError:
    """Build the error for an argument of the right type whose value cannot be used."""
    return ValueError(_message(problem, given, expected, todo))


def saying_more(error: ValueError, more: str) -> ValueError:
    """Return an error whose message goes on.

    >>> saying_more(ValueError("No counts."), "Those of X are.")
    ValueError('No counts. Those of X are.')
    """
    return type(error)(f"{error} {more}")


def type_error(problem: str, *, given: object, expected: str, todo: str = "") -> TypeError:
    """Build the error for an argument of the wrong type."""
    return TypeError(_message(problem, given, expected, todo))


def index_error(problem: str, *, given: object, expected: str, todo: str = "") -> IndexError:
    """Build the error for a place that a table does not have."""
    return IndexError(_message(problem, given, expected, todo))


def attribute_error(
    problem: str, *, given: object, expected: str, todo: str = ""
) -> AttributeError:
    """Build the error for an object that lacks what its role asks for."""
    return AttributeError(_message(problem, given, expected, todo))


def storage_error(problem: str, *, given: object, expected: str, todo: str = "") -> StorageError:
    """Build the error for stored data that cannot be read or written."""
    return StorageError(_message(problem, given, expected, todo))


def missing_file(
    problem: str, *, path: object, expected: str = "a path that exists", todo: str
) -> FileNotFoundError:
    """Build the error for a file or folder that is not there."""
    return FileNotFoundError(_message(problem, path, expected, todo))


def connection_error(
    problem: str, *, given: object, expected: str, todo: str = ""
) -> ConnectionError:
    """Build the error for other machines that cannot be reached."""
    return ConnectionError(_message(problem, given, expected, todo))


def process_error(problem: str, *, given: object, expected: str, todo: str = "") -> RuntimeError:
    """Build the error for what cannot work in this process, whatever its arguments."""
    return RuntimeError(_message(problem, given, expected, todo))


def listed(names: Iterable[object], most: int = 12, *, between: str = ", ") -> str:
    """Return names in a row, and of many how many more there are.

    >>> listed("abcd", 3)
    'a, b, c and 1 more'
    >>> listed(["n1: silent", "n2: silent"], 1, between="; ")
    'n1: silent; and 1 more'
    """
    told = [str(name) for name in names]
    more = len(told) - most
    stop = between.strip().replace(",", "")
    return between.join(told[:most]) + (f"{stop} and {more} more" if more > 0 else "")


def unknown_name(
    kind: str, name: object, known: Sequence[Any], *, meant: dict[str, str] | None = None
) -> ValueError:
    """Build the error for a name that names nothing, with what is meant by it elsewhere.

    ``meant`` are names (in lower case) that other books and libraries use, and what they are here;
    of others the closest known spelling is told.
    """
    import difflib

    words = [word for word in known if isinstance(word, str)]  # numbers have no spelling
    by_lower_case = {word.lower(): word for word in words} | (meant or {})
    close = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1, cutoff=0.5)
    hint = f"Did you mean {by_lower_case[close[0]]!r}?" if close else ""
    told = listed((repr(w) if isinstance(w, str) else w for w in known), _MOST_KNOWN)
    return value_error(f"Unknown {kind}.", given=repr(name), expected=f"one of {told}", todo=hint)


def missing_package(package: str, *, purpose: str, extra: str) -> ImportError:
    """Build the error for an optional package that is needed and not installed."""
    return ImportError(
        f"{purpose} needs the package {package!r}, which is not installed. "
        f'What to do: pip install "spikeglm[{extra}]"'
    )


def _message(problem: str, given: object, expected: str, todo: str) -> str:
    parts = [problem, f"Given: {given}.", f"Expected: {expected}."]
    if todo:
        parts.append(f"What to do: {todo}")
    return " ".join(parts)
