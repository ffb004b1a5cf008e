"""Formulas as MathML, which browsers draw themselves: no script, no font, no network."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def connect(app: Any) -> None:
    """Offer ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (in_line, None), (on_its_own, None))


def in_line(translator: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def on_its_own(translator: Any, node: nodes.math_block) -> None:
    """Write a formula that stands on its own."""
    translator.body.append(convert(node.astext(), display="block"))
    raise nodes.SkipNode
