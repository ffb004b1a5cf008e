"""Which data a description names: they alone are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..designs import DesignBuilder
from ..designs.toml_files import read_description

_PLACES = ("rows", "epochs", "trials", "times", "intervals", "signal", "signals", "spikes")
"""Where a description names data, and nothing else."""


def description_of(wanted: Any) -> Any:
    """Return a description in plain text, lists and dicts: of a path, TOML, or a builder.

    >>> description_of("bin_s = 0.01")
    {'bin_s': 0.01}
    """
    if isinstance(wanted, DesignBuilder):
        wanted = wanted.plan
    if hasattr(wanted, "description"):
        return wanted.description
    return read_description(wanted) if isinstance(wanted, str | Path) else wanted


def texts_in(described: Any, key: str = "") -> Iterator[tuple[str, bool]]:
    """Return each text in a description, and whether it stands where data are named.

    >>> list(texts_in({"terms": [{"kind": "signal", "signal": "series/speed"}]}))
    [('signal', False), ('series/speed', True)]
    """
    if isinstance(described, str):
        yield described, key in _PLACES
    elif isinstance(described, Mapping):
        for inner, value in described.items():
            yield from texts_in(value, str(inner))
    elif isinstance(described, list | tuple | set):
        for value in described:
            yield from texts_in(value, key)
