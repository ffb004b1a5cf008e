"""How things look in a notebook: a box that opens, in scikit-learn's manner, without importing it.

All text is escaped: labels and names come from users.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from inspect import signature
from typing import Any

from .showing import shown

_STYLE = (
    "<style>.spikeglm-box{border:1px solid currentColor;border-radius:4px;padding:0 .6em;"
    "margin:.3em 0;font-size:90%;display:table}"
    ".spikeglm-box summary{cursor:pointer;padding:.3em 0}"
    ".spikeglm-box td,.spikeglm-box th{text-align:left;padding:0 .8em 0 0}"
    ".spikeglm-box .said{opacity:.6}.spikeglm-box p{margin:.3em 0}</style>"
)


def box(
    title: str,
    about: str = "",
    *,
    table: str = "",
    lines: Iterable[str] = (),
    parts: Sequence[str] = (),
    is_open: bool = True,
) -> str:
    """Return a box with a title, a table, lines of text and boxes within.

    Examples
    --------
    >>> box("GLM", "<3 features>").endswith("<b>GLM</b> &lt;3 features&gt;</summary></details>")
    True
    """
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    opened = " open" if is_open else ""
    return (
        f'{_STYLE}<details class="spikeglm-box"{opened}><summary><b>{escape(title)}</b> '
        f"{escape(about)}</summary>{table}{text}{''.join(parts).replace(_STYLE, '')}</details>"
    )


def table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Return rows of text as a table.

    Examples
    --------
    >>> table([("a", "1")], header=("name", "value"))
    '<table><tr><th>name</th><th>value</th></tr><tr><td>a</td><td>1</td></tr></table>'
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(entry)}</td>" for entry in row) + "</tr>" for row in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def of_parameters(thing: Any, about: str = "", *, parts: Sequence[str] = ()) -> str:
    """Return a box with the constructor arguments; those that are not defaults are bold.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> "<b>regularizer</b>" in of_parameters(nmo.GLM(regularizer="Ridge"))
    True
    """
    known = signature(type(thing).__init__).parameters
    rows = []
    for name in known:
        if name == "self" or not hasattr(thing, name):
            continue
        value = getattr(thing, name)
        is_default = shown(value) == shown(known[name].default)
        label = f'<span class="said">{escape(name)}</span>' if is_default else f"<b>{name}</b>"
        rows.append(f"<tr><td>{label}</td><td>{escape(shown(value))}</td></tr>")
    arguments = f"<table>{''.join(rows)}</table>" if rows else ""
    return box(type(thing).__name__, about, table=arguments, parts=parts)
