"""The page of results, RESULTS.md, a section of each module here."""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def keep(section: str) -> None:
    """Print a section, ``## Heading`` first, and write it in the place of the one that is there."""
    heading, page = section.partition("\n")[0], RESULTS.read_text()
    there = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", flags=re.M | re.S)
    text = section.rstrip() + "\n\n"
    page = there.sub(lambda _: text, page) if there.search(page) else f"{page.rstrip()}\n\n{text}"
    RESULTS.write_text(page.rstrip() + "\n")
    print(section)


def head(*titles: str) -> str:
    """Return the first two lines of a table.

    >>> print(head("model", "rows"))
    | model | rows |
    |---|---|
    """
    return f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|"
