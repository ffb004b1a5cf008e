"""Legends and names that fit where they stand."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTER_MM = 1.4  # of 7 pt, on average
_NO_BREAK = "\u00a0"
_TITLE_MM = 1.5  # a letter of 8 pt
_SHARE_OF_NAMES = 0.6  # of the width of axes before they are laid out
_WHOLE = 1.25  # what a figure of one panel is wider than that
_HANDLE_MM = 8.0
_INCH_MM = 25.4
_ROW_MM = 2.9
_SLANT = 30


def width_mm(ax: Axes) -> float:
    """Return how wide axes are, about, before the figure is laid out.

    >>> round(width_mm(style.axes_or_new(None, height_mm=50)))
    69
    """
    figure: Any = ax.figure
    return float(_INCH_MM * figure.get_figwidth() * ax.get_position().width)


def has_room_for_rows(ax: Axes, n: int) -> bool:
    """Return whether axes are high enough to name n rows, before the figure is laid out.

    >>> ax = style.axes_or_new(None, height_mm=50)
    >>> has_room_for_rows(ax, 10), has_room_for_rows(ax, 40)
    (True, False)
    """
    figure: Any = ax.figure
    height = _INCH_MM * figure.get_figheight() * ax.get_position().height
    return bool(n * _ROW_MM <= height)


def legend_above(ax: Axes) -> None:
    """Say what is what above the axes, where no curve is, in as many columns as there is room for.

    >>> ax = style.axes_or_new(None, height_mm=50)
    >>> _ = ax.plot([0, 1], label="recorded"), ax.plot([1, 0], label="simulated")
    >>> legend_above(ax)
    >>> len(ax.get_legend().get_texts())
    2
    """
    _, labels = ax.get_legend_handles_labels()
    widest = _HANDLE_MM + _LETTER_MM * max((len(label) for label in labels), default=0)
    n = max(min(len(labels), int(1.1 * width_mm(ax) / widest)), 1)
    look: style.Look = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    ax.legend(fontsize=style.SMALL_PT, frameon=False, ncols=n, handlelength=1.4, **look)


def upwards(ax: Axes, text: str) -> str:
    """Return a label of the vertical axis on as many lines as it takes to fit beside it.

    A unit in parentheses stays on one line if a line can hold it.

    >>> ax = style.axes_or_new(None, height_mm=50)
    >>> print(upwards(ax, "Difference in gain over a constant rate (bits per spike)"))
    Difference in gain over a
    constant rate
    (bits per spike)
    """
    figure: Any = ax.figure
    height = _INCH_MM * figure.get_figheight() * ax.get_position().height
    width = max(int(1.05 * height / _LETTER_MM), 8)
    held = re.sub(r"\([^()]*\)", lambda unit: unit[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(held, width, break_long_words=False)
    if max(map(len, lines), default=0) > width:
        return textwrap.fill(text, width)
    return "\n".join(lines).replace(_NO_BREAK, " ")


def in_lines(names: str, most: int) -> str:
    """Return a set of terms on lines of so many letters; a term is broken only where none holds it.

    >>> print(in_lines("position (cm) + running speed (cm/s)", 24))
    position (cm) +
    running speed (cm/s)
    """
    terms = names.split(" + ")
    held = f"{_NO_BREAK}+ ".join(term.replace(" ", _NO_BREAK) for term in terms)
    lines = textwrap.wrap(held, most, break_long_words=False)
    if max(map(len, lines), default=0) > most:
        return textwrap.fill(names, most)
    return "\n".join(lines).replace(_NO_BREAK, " ")


def rows_named(ax: Axes, names: Sequence[str]) -> list[str]:
    """Return names of rows on as many lines as it takes to leave most of the width to the data.

    >>> ax = style.axes_or_new(None, height_mm=50)
    >>> rows_named(ax, ["speed", "direction of the head (rad) + speed (cm/s)"])
    ['speed', 'direction of the head (rad) +\\nspeed (cm/s)']
    """
    most = max(int(_SHARE_OF_NAMES * width_mm(ax) / _LETTER_MM), 8)
    return [in_lines(name, most) for name in names]


def title_beside(ax: Axes, text: str, names: Sequence[str]) -> str:
    """Return a title on lines that end within the figure, where names of rows push the axes aside.

    >>> ax = style.axes_or_new(None, height_mm=50)
    >>> print(title_beside(ax, "neuron 6: position (cm) + speed (cm/s)", ["speed (cm/s)"] * 3))
    neuron 6: position (cm) + speed (cm/s)
    """
    letters = max((len(line) for name in names for line in name.split("\n")), default=0)
    room = _WHOLE * width_mm(ax) - _LETTER_MM * letters - _HANDLE_MM
    return in_lines(text, max(int(room / _TITLE_MM), 12))


def name_ticks(
    ax: Axes,
    names: Sequence[Any],
    places: Sequence[float] | None = None,
    *,
    slant: int = _SLANT,
) -> None:
    """Name places along the horizontal axis, slanted where names are too long side by side.

    >>> ax = style.axes_or_new(None, height_mm=50)
    >>> name_ticks(ax, ["a variable with a long name"] * 4)
    >>> ax.get_xticklabels()[0].get_rotation()
    30.0
    """
    words = [str(name) for name in names]
    at = np.arange(float(len(words))) if places is None else np.asarray(places, dtype=float)
    gaps = np.diff(at)
    whole = float(gaps.sum() + gaps.mean()) if len(gaps) else 1.0
    sizes = _LETTER_MM * np.array([len(word) for word in words])
    room = width_mm(ax) * gaps / whole
    is_tight = bool((0.5 * (sizes[1:] + sizes[:-1]) > room).any())
    look: style.Look = {"rotation": slant, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(at, words, **(look if is_tight else {}))


def number_ticks(
    ax: Axes, names: Sequence[Any], first: float = 0, *, upwards: bool = False
) -> None:
    """Name places one apart that have an order: each, or every second, fifth, ... where tight.

    Names of those that are left out are clear from those that are there; labels keep at least the
    width of a letter apart.

    >>> ax = style.axes_or_new(None, width_mm=55, height_mm=50)
    >>> number_ticks(ax, range(12))
    >>> [int(place) for place in ax.get_xticks()]
    [0, 2, 4, 6, 8, 10]
    """
    words = [str(name) for name in names]
    figure: Any = ax.figure
    if upwards:
        height = _INCH_MM * figure.get_figheight() * ax.get_position().height
        least = _ROW_MM * len(words) / height
    else:
        longest = max(map(len, words), default=0)
        least = _LETTER_MM * (longest + 1) * len(words) / width_mm(ax)
    steps = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    every = next((step for step in steps if step >= least), len(words))
    places = first + np.arange(len(words))[::every]
    (ax.set_yticks if upwards else ax.set_xticks)(places, words[::every])
