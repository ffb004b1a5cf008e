"""One small table, printed three ways: as text, for a paper (LaTeX) and in a notebook (HTML)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .. import notebook, showing

_GAP = "  "
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "²": r"$^2$",
    "–": "--",
} | {sign: f"\\{sign}" for sign in "&%$#_{}"}


@dataclass(frozen=True)
class PrintedTable:
    """Cells of text under a header; the first column names the rows.

    Attributes
    ----------
    title :
        What the table is.
    header :
        (C,) names of columns.
    rows :
        Cells, (C,) each.
    notes :
        Sentences below the table.

    Examples
    --------
    >>> table = PrintedTable("Two models", ("model", "score"), (("a", "1.0"), ("b", "-0.5")))
    >>> print(table.text())
    Two models
    model  score
    a        1.0
    b       -0.5
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Return lines of text, columns aligned."""
        cells = [self.header, *self.rows]
        widths = [max(len(row[c]) for row in cells) for c in range(len(self.header))]
        lines = [
            _GAP.join(
                cell.ljust(width) if c == 0 else cell.rjust(width)
                for c, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        return "\n".join([self.title, *lines, *self.notes])

    def latex(self, *, caption: str | None = None, label: str | None = None) -> str:
        r"""Return a ``table`` for LaTeX with the package booktabs; notes go into its foot.

        Parameters
        ----------
        caption, label :
            Of the table; None takes the title, and no label.

        Examples
        --------
        >>> table = PrintedTable("Two models", ("model", "R²"), (("x_1", "-0.5"),))
        >>> print(table.latex(label="tab:two"))
        \begin{table}
        \caption{Two models}
        \label{tab:two}
        \begin{tabular}{lr}
        \toprule
        model & R$^2$ \\
        \midrule
        x\_1 & $-$0.5 \\
        \bottomrule
        \end{tabular}
        \end{table}
        """
        body = [" & ".join(map(_latex, row)) + r" \\" for row in (self.header, *self.rows)]
        lines = [r"\begin{table}", rf"\caption{{{_latex(caption or self.title)}}}"]
        lines += [rf"\label{{{label}}}"] if label else []
        lines += [rf"\begin{{tabular}}{{l{'r' * (len(self.header) - 1)}}}", r"\toprule"]
        lines += [body[0], r"\midrule", *body[1:], r"\bottomrule", r"\end{tabular}"]
        lines += [rf"\par\footnotesize {_latex(note)}" for note in self.notes]
        return "\n".join([*lines, r"\end{table}"])

    def html(self) -> str:
        """Return the table as HTML, in a box that opens.

        >>> "<td>0.5</td>" in PrintedTable("Two", ("model", "score"), (("a", "0.5"),)).html()
        True
        """
        return notebook.box(
            self.title, table=notebook.table(self.rows, self.header), lines=self.notes
        )


def _latex(text: str) -> str:
    escaped = "".join(_ESCAPED.get(sign, sign) for sign in text)
    return re.sub(r"(?<![\w-])-(?=[\d.])", "$-$", escaped)  # a hyphen is no minus


def number(value: float, form: str = ".4g") -> str:
    """Return a number as text, "" for NaN.

    >>> number(0.25), number(float("nan"))
    ('0.25', '')
    """
    return "" if value != value else f"{value:{form}}"


def p_value(p: float) -> str:
    """Return a p value as text, "" for NaN.

    >>> p_value(0.25), p_value(0.0)
    ('0.25', '<1e-300')
    """
    return "" if p != p else showing.p_value(p)
