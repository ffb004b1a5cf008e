"""Numbers as a page writes them: short, and a dash where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

DASH = "–"


def number(value: Any, digits: int = 3) -> str:
    """Return a number with so many significant digits, thousands apart.

    Examples
    --------
    >>> number(0.12345), number(12345.6), number(float("nan")), number(-0.0000123)
    ('0.123', '12,346', '–', '−1.23e-05')
    """
    if value is None or not np.isfinite(value):
        return DASH
    said = f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
    return said.replace("-", "−", 1) if said.startswith("-") else said


def capital(text: str) -> str:
    """Return a sentence with a capital letter.

    >>> capital("one neuron is silent")
    'One neuron is silent'
    """
    return text[:1].upper() + text[1:]


def fixed(value: Any, decimals: int) -> str:
    """Return a number with so many decimals, as those below one another have them.

    Examples
    --------
    >>> fixed(0.12345, 3), fixed(-1e-9, 3), fixed(None, 3)
    ('0.123', '0.000', '–')
    """
    if value is None or not np.isfinite(value):
        return DASH
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def percent(share: Any) -> str:
    """Return a share in percent.

    Examples
    --------
    >>> percent(0.256), percent(None)
    ('26 %', '–')
    """
    if share is None or not np.isfinite(share):
        return DASH
    return f"{100 * share:.{0 if abs(share) >= 0.0995 else 1}f} %".replace("-", "−")


def p_value(p: Any) -> str:
    """Return a p value; below a ten thousandth only that.

    Examples
    --------
    >>> p_value(0.0312), p_value(1e-9)
    ('0.031', '< 0.0001')
    """
    if p is None or not np.isfinite(p):
        return DASH
    return "< 0.0001" if p < 1e-4 else number(p, 2)


def quartiles(values: Any, *, as_percent: bool = False) -> str:
    """Return the median and the quartiles of what is known.

    Examples
    --------
    >>> quartiles([1.0, 2.0, 3.0, np.nan])
    '2 [1.5, 2.5]'
    """
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return DASH
    low, middle, high = np.quantile(values * (100 if as_percent else 1), [0.25, 0.5, 0.75])
    unit = " %" if as_percent else ""
    if len(values) == 1:
        return f"{number(middle)}{unit}"
    return f"{number(middle, 2)}{unit} [{number(low, 2)}, {number(high, 2)}]"


def joined(parts: Sequence[str], word: str = "and") -> str:
    """Return parts of a sentence with commas and an "and", or another word.

    Examples
    --------
    >>> joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return f" {word} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def duration(seconds: float) -> str:
    """Return a time in seconds, minutes or hours.

    Examples
    --------
    >>> duration(42), duration(1200), duration(7200)
    ('42 s', '20 min', '2 h')
    """
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{number(seconds / length)} {unit}"
    return f"{number(seconds)} s"


def width(seconds: float) -> str:
    """Return the length of a bin.

    Examples
    --------
    >>> width(0.02), width(2.0), width(0.0005)
    ('20 ms', '2 s', '0.5 ms')
    """
    return f"{number(1e3 * seconds)} ms" if seconds < 1 else f"{number(seconds)} s"


def plain(name: str) -> str:
    """Return the name of a measure in words.

    Examples
    --------
    >>> plain("bits_per_spike")
    'bits per spike'
    """
    return name.replace("_", " ")
