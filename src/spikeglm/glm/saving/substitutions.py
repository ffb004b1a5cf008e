"""What a user supplies when a model is loaded: functions and classes that a file cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import errors
from ...io.files.json_nodes import MOST_LEVELS, arguments_of
from ...notices import warn

_NAMED = ("observation_model", "inverse_link_function", "regularizer")
"""Arguments for which a name, or None, stands for an object, so that an object may replace it."""


def places(nodes: dict[str, Any], prefix: str = "", level: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the path and the node of every object, saved or not, below named nodes.

    >>> list(places({"regularizer": {"object": {"class": "regularizer.Ridge", "params": {}}}}))
    [('regularizer', {'object': {'class': 'regularizer.Ridge', 'params': {}}})]
    """
    if level > MOST_LEVELS:
        return
    for name, node in nodes.items():
        path = f"{prefix}{name}"
        if isinstance(node, dict) and ("object" in node or "unsaved" in node):
            yield path, node
        yield from places(_inside(node), f"{path}__", level + 1)


def check_replacements(params: dict[str, Any], given: dict[str, Any]) -> None:
    """Check that every hole in the saved arguments is filled, and everything given has a place.

    Raises
    ------
    ValueError
        If an argument that could not be saved is not given; or if what is given is neither a
        function nor an object, or has no place.

    Warns
    -----
    UserWarning
        If something replaces what was saved.
    """
    known = dict(places(params)) | {name: params[name] for name in _NAMED if name in params}
    for path, value in given.items():
        if path not in known:
            raise errors.unknown_name("key of mapping_dict", path, sorted(map(str, known)))
        if value is None or isinstance(value, (str, int, float, complex, list, tuple, dict)):
            raise errors.value_error(
                f"mapping_dict replaces functions, classes and objects only, not {path!r}.",
                given=repr(value),
                expected="a function, a class or an object",
                todo="load the model, then use set_params.",
            )
    for path, node in known.items():
        if _is_hole(node) and not any(_covers(key, path) for key in given):
            name = node["unsaved"].get("name") if isinstance(node["unsaved"], dict) else "something"
            raise errors.value_error(
                "This model needs what a file cannot hold.",
                given=f"{name} as {path}",
                expected=f"mapping_dict={{{path!r}: ...}}",
                todo="pass the function or class that the model was made with.",
            )
    replaced = [path for path in given if not _is_hole(known[path])]
    if replaced:
        warn(f"mapping_dict replaces what the file holds for: {', '.join(replaced)}.")


def _inside(node: Any) -> dict[str, Any]:
    """Return the nodes below a node, by the names that lead to them."""
    if isinstance(node, list):
        return {str(i): part for i, part in enumerate(node)}
    if not isinstance(node, dict):
        return {}
    if isinstance(node.get("tuple"), list):
        return _inside(node["tuple"])
    pairs = node.get("dict")
    if isinstance(pairs, list):
        return {str(p[0]): p[1] for p in pairs if isinstance(p, list) and len(p) == 2}
    try:
        return arguments_of(node)
    except (TypeError, ValueError):
        return {}


def _is_hole(node: Any) -> bool:
    return isinstance(node, dict) and "unsaved" in node


def _covers(key: str, path: str) -> bool:
    """Whether a replacement at ``key`` makes one at ``path`` unnecessary."""
    return path == key or path.startswith(f"{key}__")
