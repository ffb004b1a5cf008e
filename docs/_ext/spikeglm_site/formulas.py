"""Formulas as MathML, which browsers draw themselves: no script, no font, no network."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

log = logging.getLogger(__name__)


def connect(app: Any) -> None:
    """Offer ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (in_line, None), (on_its_own, None))


def in_line(translator: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    translator.body.append(_drawn(node, "inline"))
    raise nodes.SkipNode


def on_its_own(translator: Any, node: nodes.math_block) -> None:
    """Write a formula that stands on its own."""
    translator.body.append(_drawn(node, "block"))
    raise nodes.SkipNode


def _drawn(node: nodes.Element, display: str) -> str:
    try:
        return convert(node.astext(), display=display)
    except Exception as problem:  # of whatever kind: the page and the formula must be named
        text = "a formula cannot be drawn (%s): %s"
        log.warning(text, type(problem).__name__, node.astext(), location=node)
        return ""
