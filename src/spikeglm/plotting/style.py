"""One small style, fit for a paper, as a context: sizes in millimetres, colours, fonts, saving.

>>> with paper_style():                                                        # doctest: +SKIP
...     figure, ax = plt.subplots(figsize=size_inches(ONE_COLUMN_MM, 60))
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ONE_COLUMN_MM = 89.0
TWO_COLUMNS_MM = 183.0

BLACK, GREY, LIGHT_GREY = "#000000", "#767676", "#d9d9d9"
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY = "#CC79A7", "#56B4E9"
CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
"""Okabe and Ito's colours, told apart with every common form of colour blindness."""

LINE_PT = 1.2
THIN_PT = 0.6
SMALL_PT = 7.0
BAND_ALPHA = 0.25
BAR_ALPHA = 0.3
Look: TypeAlias = dict[str, Any]
"""Keyword arguments of a matplotlib artist."""

_FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
_RC: Look = {
    "font.family": "sans-serif",
    "font.sans-serif": list(_FONTS),
    "font.size": SMALL_PT,
    "mathtext.fontset": "dejavusans",
    "axes.labelsize": SMALL_PT,
    "axes.titlesize": 8.0,
    "axes.titlelocation": "left",
    "axes.linewidth": THIN_PT,
    "axes.labelpad": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "xtick.major.width": THIN_PT,
    "ytick.major.width": THIN_PT,
    "xtick.minor.width": THIN_PT,
    "ytick.minor.width": THIN_PT,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "lines.linewidth": LINE_PT,
    "axes.prop_cycle": f"cycler('color', {list(CYCLE)})",
    "grid.linewidth": THIN_PT,
    "grid.color": LIGHT_GREY,
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 400,
    "savefig.bbox": None,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw in the style of a paper inside the ``with`` block; nothing outside it changes.

    Text of 7-8 pt that stays text in PDF files, thin axes without top and right spines.

    Raises
    ------
    ImportError
        If matplotlib is not installed; the message says what to install.

    Examples
    --------
    >>> import matplotlib
    >>> before = matplotlib.rcParams["font.size"]
    >>> with paper_style():
    ...     matplotlib.rcParams["pdf.fonttype"]
    42
    >>> matplotlib.rcParams["font.size"] == before
    True
    """
    library = _matplotlib()
    is_interactive = library.is_interactive()
    try:
        with library.rc_context(_RC | {"font.family": _fonts()}):
            try:
                yield
            finally:
                is_interactive = library.is_interactive()
    finally:  # a first figure switches a notebook to drawing at once, which is no matter of style
        library.interactive(is_interactive)


@cache
def _fonts() -> list[str]:
    """Return our fonts that are there, by name: text keeps a name when the style has ended.

    Of "sans-serif" it would keep the word, and be drawn in whatever font that is by then.
    """
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in there] or ["sans-serif"]


def size_inches(width_mm: float, height_mm: float) -> tuple[float, float]:
    """Return a figure size in inches, as matplotlib wants it, from one in millimetres.

    Examples
    --------
    >>> [round(side, 2) for side in size_inches(ONE_COLUMN_MM, 50.8)]
    [3.5, 2.0]
    """
    return width_mm / 25.4, height_mm / 25.4


def figure_class() -> type[Figure]:
    """Return the class of figures whose files keep text as text; that imports matplotlib.

    >>> figure_class().__name__
    'PaperFigure'
    """
    from .paper_figure import PaperFigure

    return PaperFigure


def new_figure(n_rows: int = 1, n_columns: int = 1, **arguments: Any) -> tuple[Figure, Any]:
    """Return a figure and its axes, as ``plt.subplots`` does, in the style of a paper.

    >>> figure, axes = new_figure(1, 2, figsize=size_inches(ONE_COLUMN_MM, 50))
    >>> type(figure).__name__, axes.shape
    ('PaperFigure', (2,))
    """
    with paper_style():
        from matplotlib import pyplot as plt

        return plt.subplots(n_rows, n_columns, FigureClass=figure_class(), **arguments)


def axes_or_new(ax: Axes | None, *, width_mm: float = ONE_COLUMN_MM, height_mm: float) -> Axes:
    """Return ``ax``, or, for None, the axes of a new figure in the paper's style.

    Examples
    --------
    >>> ax = axes_or_new(None, height_mm=50)
    >>> axes_or_new(ax, height_mm=50) is ax
    True
    """
    if ax is not None:
        return ax
    axes: Axes = new_figure(figsize=size_inches(width_mm, height_mm))[1]
    return axes


def polar_or_new(ax: Any) -> Any:
    """Return polar axes, or, for None, those of a new figure in the paper's style.

    Raises
    ------
    ValueError
        If the axes are not polar.

    Examples
    --------
    >>> polar_or_new(None).name
    'polar'
    """
    if ax is None:
        size = size_inches(ONE_COLUMN_MM, 65)
        return new_figure(figsize=size, subplot_kw={"projection": "polar"})[1]
    if ax.name != "polar":
        raise errors.value_error(
            "These axes are not polar.",
            given=f"axes of the projection {ax.name!r}",
            expected="polar axes",
            todo='plt.subplots(subplot_kw={"projection": "polar"}) makes them.',
        )
    return ax


def save_figure(figure: Figure | Axes, stem: str | Path) -> tuple[Path, Path]:
    """Write ``stem.png`` (400 dpi) and ``stem.pdf`` (fonts as text) and return both paths.

    Axes stand for their figure.

    Raises
    ------
    TypeError
        If the name is none.
    OSError
        If the folder does not exist or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> figure = axes_or_new(None, height_mm=50).figure
    >>> [path.name for path in save_figure(figure, Path(tempfile.mkdtemp()) / "rate")]
    ['rate.png', 'rate.pdf']
    """
    if not isinstance(stem, str | Path):
        raise errors.type_error(
            "A figure is saved under a name.",
            given=f"stem={type(stem).__name__}",
            expected="save_figure(figure, stem): the figure, or axes of it, then a path",
        )
    whole: Any = getattr(figure, "figure", figure)  # of axes, which plotting functions return
    stem = Path(stem)
    stem = stem.with_suffix("") if stem.suffix.lower() in (".png", ".pdf") else stem
    png, pdf = (Path(f"{stem}{suffix}") for suffix in (".png", ".pdf"))
    with paper_style():
        whole.savefig(png, dpi=_RC["savefig.dpi"])
        whole.savefig(pdf, metadata={"CreationDate": None})  # the same figure, the same file
    return png, pdf


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise errors.missing_package("matplotlib", purpose="Plotting", extra="plot") from None
    return matplotlib
