"""Docstrings as Sphinx wants them: plain text that happens to hold signs of reStructuredText.

``coef_`` is the name of an attribute to whoever wrote it and a broken link to Sphinx; likewise
``|x|`` and ``a * b``. Outside of literals, roles and examples such signs are escaped.
"""

from __future__ import annotations

import re

PROTECTED = re.compile(
    r"(``.+?``|:[a-z:]+:`[^`]+`|`[^`]+`_?_?"  # literals, roles
    r"|\*\*[^*\s][^*]*\*\*|(?<![\w*])\*[A-Za-z](?:[^*]*[^*\s])?\*(?![\w*]))"  # emphasis
)
HAZARDS = ((re.compile(r"(?<=\w)_(?![\w`])"), r"\_"), (re.compile(r"[*|]"), r"\\\g<0>"))


def escaped(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with what is not meant as markup escaped.

    >>> escaped(["x . coef_ + a*b, ``coef_``", ">>> model.coef_ * 2"])
    ['x . coef\\\\_ + a\\\\*b, ``coef_``', '>>> model.coef_ * 2']
    """
    made, in_example = [], False
    for line in lines:
        text = line.strip()
        in_example = bool(text) and (in_example or text.startswith(">>>"))
        is_left = in_example or _is_field(line)
        made.append(line if is_left else _escaped(line))
    return made


def _is_field(line: str) -> bool:
    """Whether a line names parameters (``coef_, intercept_ :``), which Napoleon escapes itself."""
    return re.fullmatch(r"\s*\*{0,2}\w+(, \*{0,2}\w+)* :.*", line) is not None


def _escaped(line: str) -> str:
    pieces = PROTECTED.split(line)
    for n in range(0, len(pieces), 2):
        for hazard, replacement in HAZARDS:
            pieces[n] = hazard.sub(replacement, pieces[n])
    return "".join(pieces)


def escaped_fields(lines: list[str]) -> list[str]:
    """Return lines in which the names of fields keep an underscore at their end.

    >>> escaped_fields([":ivar coef_, intercept_: estimates", ":param x: ``a_``"])
    [':ivar coef\\\\_, intercept\\\\_: estimates', ':param x: ``a_``']
    """
    made = []
    for line in lines:
        field = re.match(r"(:(?:ivar|param|raises) )([^:]*)(:.*)", line)
        if field:
            names = re.sub(r"(?<=\w)_(?!\w)", r"\\_", field[2].replace("\\_", "_"))
            line = f"{field[1]}{names}{field[3]}"
        made.append(line)
    return made
