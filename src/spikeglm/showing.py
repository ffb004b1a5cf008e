"""How values are printed: whatever their size, a line that a person can read.

An array of more than a few numbers is told by its shape and type, never written out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

_MOST_NUMBERS = 6  # of an array, or entries of a list, that are written out
_MOST_LETTERS = 200  # of one field of a repr
_SMALLEST_P = 1e-300  # below it is next to what a number can hold, and nothing underflows to "0"


def shown(value: Any) -> str:
    """Return how a value is printed within the line of another.

    Examples
    --------
    >>> import numpy as np
    >>> shown(np.zeros((50, 2))), shown([1.0, 2.0]), shown(list(range(100)))
    ('<array (50, 2) of float64>', '[1.0, 2.0]', '[0, 1, 2, ...] (100)')
    >>> shown({"mask": np.ones(9)}), shown(np.exp), shown(np.arange(3))
    ("{'mask': <array (9,) of float64>}", '<function exp>', 'array([0, 1, 2])')
    """
    if isinstance(value, str) and len(value) > _MOST_LETTERS:
        return f"{value[:_MOST_LETTERS]!r}..."
    if isinstance(value, Enum):
        return repr(str(value))
    if hasattr(value, "shape") and hasattr(value, "dtype") and not hasattr(value, "feature_names"):
        return _array(value)
    if hasattr(value, "shape") and hasattr(value, "dtypes"):  # a data frame
        return f"<{type(value).__name__} {tuple(value.shape)}>"
    if type(value) in (list, tuple):
        opening, closing = "[]" if type(value) is list else "()"
        comma = "," if type(value) is tuple and len(value) == 1 else ""
        return _listed(map(shown, value), len(value), opening, comma + closing)
    if isinstance(value, Mapping):
        pairs = (f"{key!r}: {shown(entry)}" for key, entry in value.items())
        return _listed(pairs, len(value), "{", "}")
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return f"<function {name}>" if callable(value) and isinstance(name, str) else repr(value)


def of_fields(self: Any) -> str:
    """Print a dataclass by its fields: a class body says ``__repr__ = showing.of_fields``.

    Examples
    --------
    >>> import numpy as np
    >>> @dataclasses.dataclass
    ... class Point:
    ...     x: np.ndarray
    ...     __repr__ = of_fields
    >>> Point(np.zeros(1000))
    Point(x=<array (1000,) of float64>)
    """
    fields = [field.name for field in dataclasses.fields(self) if field.repr]
    entries = ", ".join(f"{name}={shown(getattr(self, name))}" for name in fields)
    return f"{type(self).__qualname__}({entries})"


def table(rows: Sequence[Sequence[str]], *, to_left: Collection[int] = (0,)) -> list[str]:
    """Return lines in which the cells of a column stand below one another, a header among them.

    Parameters
    ----------
    rows :
        Of as many cells each.
    to_left :
        Columns that are set to the left, as text is; all others to the right, as numbers are.

    Examples
    --------
    >>> print(*table([("neuron", "spikes"), ("a", "1200"), ("cell 12", "7")]), sep="\\n")
    neuron   spikes
    a          1200
    cell 12       7
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if j in to_left else cell.rjust(width)
            for j, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def p_value(p: float, form: str = ".3g") -> str:
    """Return a p or a q value as it is printed: never as zero, which no probability here is.

    Examples
    --------
    >>> p_value(0.01234), p_value(1e-40), p_value(0.0), p_value(float("nan"))
    ('0.0123', '1e-40', '<1e-300', 'nan')
    """
    return f"<{_SMALLEST_P:g}" if p < _SMALLEST_P else f"{p:{form}}"


def p_is(name: str, p: float, form: str = ".2g") -> str:
    """Return what is said of a p or a q value in a sentence.

    Examples
    --------
    >>> p_is("p", 0.01234), p_is("q", 0.0)
    ('p = 0.012', 'q < 1e-300')
    """
    text = p_value(p, form)
    return f"{name} < {text[1:]}" if text.startswith("<") else f"{name} = {text}"


def _array(value: Any) -> str:
    kind = "array" if type(value).__name__ == "ndarray" else type(value).__name__
    text = repr(value) if getattr(value, "size", _MOST_NUMBERS + 1) <= _MOST_NUMBERS else ""
    if text and len(text) <= _MOST_LETTERS and "\n" not in text:
        return text
    return f"<{kind} {tuple(value.shape)} of {value.dtype}>"


def _listed(entries: Iterable[str], n: int, opening: str, closing: str) -> str:
    if n <= _MOST_NUMBERS:
        return opening + ", ".join(entries) + closing
    first = [text for text, _ in zip(entries, range(_MOST_NUMBERS // 2), strict=False)]
    return f"{opening}{', '.join(first)}, ...{closing} ({n})"
