"""Short names for paths, as long as it takes to tell them apart."""

from __future__ import annotations

from collections.abc import Iterable


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Return a name for each path: its last part, and as many before it as make it unique.

    Examples
    --------
    >>> short_names(["acquisition/eye/position", "processing/head/position", "acquisition/lfp"])
    {'acquisition/eye/position': 'eye/position', 'processing/head/position': 'head/position', ...}
    """
    all_parts = {path: path.split("/") for path in paths}
    found = {}
    for path, parts in all_parts.items():
        others = [each for other, each in all_parts.items() if other != path]
        n = 1
        while n < len(parts) and any(each[-n:] == parts[-n:] for each in others):
            n += 1
        found[path] = "/".join(parts[-n:])
    return found
