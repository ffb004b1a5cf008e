"""Figures of the population as images that stand in the page itself."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..errors import listed
from ..plotting import paper_style, plot_encoding
from .subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn

MOST_PATH_POINTS = 2000
"""Of an SVG; what has more is drawn as a PNG, which a page shows faster."""
_DPI = 200
_POINTS_OF_A_MARKER = 8
_PATH = re.compile(r' d="([^"]*)"')
_STEP = re.compile(r"[A-Za-z]")


@dataclass(frozen=True)
class Figure:
    """An image.

    Attributes
    ----------
    caption, alt :
        What is to be seen; for those who see it, and for those who do not.
    source :
        The image itself, as a ``data:`` address.
    width_px :
        As wide as it is shown; None for all the width that there is.
    """

    caption: str
    alt: str
    source: str
    width_px: int | None = None


def figures(subject: Subject) -> Iterator[Figure]:
    """Draw the population; nothing of one neuron, or where matplotlib is not installed."""
    encoding = subject.encoding
    if encoding is None or len(subject.names) == 1 or find_spec("matplotlib") is None:
        return
    how, terms = subject.how[0], listed(subject.term_names)
    caption = (
        "Left: share of the neurons that encode each term, with standard errors. Middle: what "
        f"each term contributes to each neuron ({how}, {subject.unit}); open: not "
        "encoded; bar: median of the neurons that encode it. Right: the same by neuron, sorted by "
        "their largest term; white: not encoded."
    )
    alt = f"Bars, points and a heat map of what {len(subject.names)} neurons encode of {terms}."
    yield Figure(caption, alt, image(plot_encoding(encoding)))


def image(figure: Drawn) -> str:
    """Return a figure as an address that holds it: SVG, or PNG if it has many points; closes it.

    Examples
    --------
    >>> from spikeglm.plotting import plot_curve
    >>> import numpy as np, spikeglm as nmo
    >>> at, value = (np.arange(3.0),), np.ones(3)
    >>> drawn = plot_curve(nmo.inference.Curve("x", at, ("",), value, "nats")).figure
    >>> image(drawn)[:26]
    'data:image/svg+xml;base64,'
    """
    from matplotlib import pyplot as plt
    from matplotlib import rc_context

    with paper_style(), rc_context({"svg.hashsalt": "spikeglm"}):  # the same figure, the same page
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        content, kind = svg.getvalue().encode(), "svg+xml"
        if path_points(svg.getvalue()) > MOST_PATH_POINTS:
            png = io.BytesIO()
            figure.savefig(png, format="png", dpi=_DPI)
            content, kind = png.getvalue(), "png"
    plt.close(figure)
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def path_points(svg: str) -> int:
    """Return how many points the paths of an SVG have, markers included.

    Examples
    --------
    >>> path_points('<path d="M 0 0 L 1 1"/><use x="1"/>')
    10
    """
    steps = sum(len(_STEP.findall(path)) for path in _PATH.findall(svg))
    return steps + _POINTS_OF_A_MARKER * svg.count("<use")
