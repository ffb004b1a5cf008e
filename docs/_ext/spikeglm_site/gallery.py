"""The figures of the gallery: what their pages call them, and small pictures of them.

Blocks of the gallery draw and save: ``plotting.plot_x(...)``, then ``savefig("name.png")``. So what
stands before a name is what the figure shows. Nothing of Sphinx is needed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from .pages import IMAGE, SAVED, split

PLOTTED = re.compile(r"\b(?:plotting\.(?P<call>plot_\w+)(?!\w|\.data)|(?P<method>\w+\.plot)\()")
HERE = "<!-- the site shows small pictures of the figures of these pages here -->"
LARGEST = (480, 260)
"""Pixels: twice as many as the index shows, for sharp screens."""
COLOURS = 64


@dataclass(frozen=True)
class Figure:
    """A figure of a block: the name of its file (or one with a number), and what draws it."""

    name: str
    functions: tuple[str, ...]
    alt: str = ""

    @property
    def anchor(self) -> str:
        """Where it is on its page."""
        return f"figure-{self.name}"


def figures(code: str, n_shown: int, described: dict[str, str], otherwise: str) -> list[Figure]:
    """Return the figures of a block that shows so many of them, in order.

    Those that the block does not save come last, and are named ``otherwise-1`` and so on.

    >>> code = 'plotting.plot_lnp(x)\\nsavefig("a.png")\\nplotting.plot_map.data(y)\\nmodel.plot()'
    >>> [figure.name for figure in figures(code, 2, {"a": "A current"}, "lnp")]
    ['a', 'lnp-1']
    >>> figures(code, 1, {"a": "A current"}, "lnp")
    [Figure(name='a', functions=('plot_lnp',), alt='A current')]
    """
    found, begin = [], 0
    for saved in list(SAVED.finditer(code))[:n_shown]:
        name = saved["name"]
        found.append(Figure(name, _functions(code[begin : saved.start()]), described.get(name, "")))
        begin = saved.end()
    more = range(1, n_shown - len(found) + 1)
    return found + [Figure(f"{otherwise}-{n}", _functions(code[begin:])) for n in more]


def _functions(code: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(found["call"] or found["method"] for found in PLOTTED.finditer(code))
    )


def described(text: str) -> dict[str, str]:
    """Return what a page says of its pictures, by the names of their files."""
    images = (found for part in split(text) for found in IMAGE.finditer(part.text))
    return {Path(found["target"]).stem: " ".join(found["alt"].split()) for found in images}


def write_small(picture: Path, target: Path) -> None:
    """Write a picture so small that forty of them make an index."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as image:
        small = image.convert("RGB")
    small.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    small.quantize(COLOURS).save(target, optimize=True)


def tile(alt: str, functions: Sequence[str], target: str, picture: str) -> str:
    """Return a small picture that leads to its figure, as HTML."""
    words = alt or ", ".join(functions)
    names = " ".join(f"<code>{escape(name)}</code>" for name in functions)
    return (
        f'<a href="{escape(target)}" title="{escape(words)}">'
        f'<img src="{escape(picture)}" alt="{escape(words)}" loading="lazy">'
        f"<span>{names}</span></a>"
    )
