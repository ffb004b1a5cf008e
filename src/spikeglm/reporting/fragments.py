"""Pieces of HTML; every word that comes from a result is escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

_IN_A_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def text(value: Any) -> str:
    """Return what can stand between tags, or within quotes.

    Examples
    --------
    >>> text("a < b")
    'a &lt; b'
    """
    return escape(str(value), quote=True)


def tag(name: str, content: str, **attributes: Any) -> str:
    """Return an element around content that is HTML; ``class_`` stands for class, ``_`` for ``-``.

    Examples
    --------
    >>> tag("td", text("<b>"), class_="number", data_v=1)
    '<td class="number" data-v="1">&lt;b&gt;</td>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{content}</{name}>"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, caption: str = "") -> str:
    """Return a small table of text, in a box that scrolls where it is too wide.

    Examples
    --------
    >>> "<td>1</td>" in table(["a", "b"], [("x", 1)])
    True
    """
    head = "".join(tag("th", text(name), scope="col") for name in header)
    body = "".join(tag("tr", _cells(*row)) for row in rows)
    said = tag("p", text(caption), class_="caption") if caption else ""
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    box = {"class_": "wide", "tabindex": 0, "role": "region", "aria_label": caption or "table"}
    return said + tag("div", whole, **box)


def _cells(first: Any, *others: Any) -> str:
    return tag("th", text(first), scope="row") + "".join(tag("td", text(c)) for c in others)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and what they are, as a list of descriptions.

    Examples
    --------
    >>> facts([("rows", "1,000")])
    '<dl><div><dt>rows</dt><dd>1,000</dd></div></dl>'
    """
    rows = (tag("div", tag("dt", text(name)) + tag("dd", text(value))) for name, value in pairs)
    return tag("dl", "".join(rows))


def data(value: Any) -> str:
    """Return JSON that is safe within a script element, whatever text is in it.

    Examples
    --------
    >>> data({"name": "</script>"})
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    plain = json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return plain.translate(_IN_A_SCRIPT)
