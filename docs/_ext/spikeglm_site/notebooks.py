"""A page as a Jupyter notebook: its blocks as cells, its own pictures within it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from .pages import IMAGE, KERNEL, LINK, Part, drawn_by, split, without_pictures


def notebook(page: Path) -> dict[str, Any]:
    """Return a page as a notebook (nbformat 4.5) without outputs.

    Links to other pages, which a file on its own cannot follow, are left as words; pictures that no
    cell draws are put into the notebook.
    """
    parts = split(page.read_text(encoding="utf-8"))
    drawn = drawn_by(parts)
    made: list[dict[str, Any]] = []
    for is_code, text in _joined(parts):
        if is_code:
            made.append(_cell(len(made), text, cell_type="code", outputs=[], execution_count=None))
        elif prose := without_pictures(text, drawn).strip("\n"):
            made.append(_prose(len(made), prose, page))
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}, "cells": made}


def _joined(parts: list[Part]) -> list[tuple[bool, str]]:
    """Return (is it code, text): neighbouring parts that are no code are one."""
    made: list[tuple[bool, str]] = []
    for part in parts:
        if part.language == "python":
            made.append((True, part.code.strip("\n")))
        elif made and not made[-1][0]:
            made[-1] = (False, made[-1][1] + part.text)
        else:
            made.append((False, part.text))
    return made


def _prose(n: int, text: str, page: Path) -> dict[str, Any]:
    pictures: dict[str, dict[str, str]] = {}

    def put_in(found: re.Match[str]) -> str:
        file = page.parent / found["target"]
        pictures[file.name] = {"image/png": base64.b64encode(file.read_bytes()).decode()}
        return f"![{found['alt']}](attachment:{file.name})\n"

    text = IMAGE.sub(put_in, text)
    text = LINK.sub(lambda link: link[0] if ":" in link["target"] else _words(link), text)
    return _cell(n, text, cell_type="markdown", **({"attachments": pictures} if pictures else {}))


def _words(link: re.Match[str]) -> str:
    return link["before"][1:-2]


def _cell(n: int, source: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"cell-{n}", "metadata": {}, "source": source.splitlines(keepends=True), **fields}
