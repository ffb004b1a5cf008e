"""Whether two tables call their columns the same: features, neurons, classes.

Columns are never put in order here: a table whose columns come otherwise is refused. The numbers
0 .. n-1 are what pandas and pynapple write where nobody gave names: they are compared with other
numbers, and say nothing against names (docs/decisions/0015-labels.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import errors


def require_same_columns(
    given: Sequence[Any] | None, known: Sequence[Any] | None, *, table: str, what: str, todo: str
) -> None:
    """Check that a table's columns are those that are known, in their order.

    Parameters
    ----------
    given, known :
        Labels, None where there are none; tables of another width are for others to refuse.
    table :
        What the user calls the table.
    what :
        What the columns are, and where they are known from.
    todo :
        How to put them in order.

    Raises
    ------
    ValueError
        If they differ, or in order.

    Examples
    --------
    >>> require_same_columns(("b", "a"), ("a", "b"), table="X", what="features", todo="X[names].")
    Traceback (most recent call last):
    ...
    ValueError: The columns of X come in another order than features. Given: 'b' as column 0. ...
    """
    if given is None or known is None or len(given) != len(known) or _agree(given, known):
        return
    pairs = enumerate(zip(given, known, strict=True))
    j = next(j for j, (a, b) in pairs if _comparable(a) != _comparable(b))
    if sorted(map(str, given)) == sorted(map(str, known)):
        raise errors.value_error(
            f"The columns of {table} come in another order than {what}.",
            given=f"{given[j]!r} as column {j}",
            expected=f"{known[j]!r} there",
            todo=todo,
        )
    new = [name for name in given if name not in set(known)]
    gone = [name for name in known if name not in set(given)]
    raise errors.value_error(
        f"The columns of {table} have other names than {what}.",
        given=errors.listed(map(repr, new or given)),
        expected=errors.listed(map(repr, gone or known)),
        todo=f"{todo[:-1]}; if they are the same and only called otherwise, pass an array.",
    )


def _agree(given: Sequence[Any], known: Sequence[Any]) -> bool:
    if tuple(map(_comparable, given)) == tuple(map(_comparable, known)):
        return True
    numbered = [_are_numbers(names) for names in (given, known)]
    return numbered[0] != numbered[1] and any(
        tuple(names) == tuple(range(len(names)))
        for names, are_numbers in zip((given, known), numbered, strict=True)
        if are_numbers
    )


def _comparable(name: Any) -> Any:
    """Return a name, of which a missing one (NaN) is equal to itself."""
    return "nan" if isinstance(name, float) and name != name else name


def _are_numbers(names: Sequence[Any]) -> bool:
    return all(isinstance(name, int) and not isinstance(name, bool) for name in names)
