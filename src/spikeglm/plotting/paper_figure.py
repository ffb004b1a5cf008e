"""Figures whose files keep text as text, whoever saves them; imported where one is made."""

from __future__ import annotations

from typing import Any

from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure

_TYPE_3, _TRUE_TYPE = 3, 42
_FONT_TYPES: tuple[Any, ...] = ("pdf.fonttype", "ps.fonttype")


class PaperFigure(Figure):
    """A figure that is saved with TrueType fonts (Type 42) where matplotlib's own is Type 3.

    matplotlib asks for the type of fonts when a file is written, long after the style of whoever
    drew has ended; journals refuse Type 3, its default. Settings other than that are the user's.

    >>> import io
    >>> file = io.BytesIO()
    >>> PaperFigure().savefig(file, format="pdf")
    >>> file.getvalue()[:4]
    b'%PDF'
    """

    def savefig(self, fname: Any, **arguments: Any) -> None:
        """Write the figure to a file; arguments are those of matplotlib's own ``savefig``.

        >>> import io
        >>> PaperFigure().savefig(io.BytesIO(), format="ps")
        """
        with rc_context({name: _TRUE_TYPE for name in _FONT_TYPES if rcParams[name] == _TYPE_3}):
            super().savefig(fname, **arguments)
