"""Whether the inputs of a design go with those that it was made of."""

from __future__ import annotations

from typing import Any

from ..io.interop.column_names import require_same_columns


def check_columns(
    given: tuple[tuple[Any, ...] | None, ...],
    known: tuple[tuple[Any, ...] | None, ...],
    *,
    first: int = 0,
) -> None:
    """Check that each input calls its columns as the input that it replaces.

    ``first`` is the number of the first one among all inputs.

    Raises
    ------
    ValueError
        If one does not, or has them in another order.
    """
    for i, (names, before) in enumerate(zip(given, known, strict=False), start=first):
        require_same_columns(
            names,
            before,
            table=f"Input {i}",
            what="those that the design was made of",
            todo="select them in that order, e.g. table[list(names)].",
        )


def advice_on_packed(packed: Any, n_inputs: int) -> str:
    """Say how to unpack inputs that came in one list, tuple or dict; nothing for anything else.

    >>> advice_on_packed([[0.0], [1.0]], 2)
    'Give them one by one, with a star: (*inputs).'
    """
    if not isinstance(packed, (list, tuple, dict)) or len(packed) != n_inputs:
        return ""
    values = "inputs.values()" if isinstance(packed, dict) else "inputs"
    return f"Give them one by one, with a star: (*{values})."
