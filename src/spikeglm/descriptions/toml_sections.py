"""A description with sections as TOML that reads back as the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..designs.toml_files import toml_line


def toml_of(words: Mapping[str, Any]) -> str:
    """Return sections as TOML; lists of tables are written below one another.

    Examples
    --------
    >>> print(toml_of({"recording": {"bin_s": 0.1}, "design": {"terms": [{"kind": "boxcar"}]}}))
    [recording]
    bin_s = 0.1
    <BLANKLINE>
    [[design.terms]]
    kind = "boxcar"
    <BLANKLINE>
    """
    return "\n\n".join("\n".join(part) for part in _parts(words)) + "\n"


def _parts(words: Mapping[str, Any]) -> Iterator[list[str]]:
    for name, section in words.items():
        tables = {key: value for key, value in section.items() if _is_tables(value)}
        lines = [toml_line(key, value) for key, value in section.items() if key not in tables]
        if lines or not tables:
            yield [f"[{name}]", *lines]
        for key, rows in tables.items():
            for row in rows:
                yield [f"[[{name}.{key}]]", *(toml_line(*entry) for entry in row.items())]


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
