"""Values to JSON and back: what a model holds, as JSON nodes and a folder of arrays.

None, truth values, integers, finite floats, text and lists are themselves in JSON. Everything else
is a node ``{kind: payload}`` with one of the kinds of :mod:`~spikeglm.io.files.node_kinds`. Which
classes may be named in a node is decided by a :class:`Registry`; nothing else of a file is ever
called.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...typing import Array
from .node_kinds import KINDS, not_stored

MOST_LEVELS = 40
"""How deep lists, dicts and objects may be nested."""
_MOST_TIMES = 4  # the bytes of all entries that may be handed out: some of it is copied
_SMALL_BYTES = 2**22  # that any file may use, however small its entries


class Registry(Protocol):
    """The classes whose objects can be saved."""

    def name_of(self, cls: type) -> str | None:
        """Return the name under which a class is saved, None if it is not known."""
        ...

    def class_of(self, name: str) -> type:
        """Return the class of a name; ValueError if there is none."""
        ...


@dataclass(frozen=True)
class Writer:
    """Turns values into JSON nodes, and collects the arrays they refer to."""

    registry: Registry
    arrays: dict[str, Array] = field(default_factory=dict)
    _entry_of: dict[int, tuple[str, Any]] = field(default_factory=dict)

    def node(self, value: Any, level: int = 0) -> Any:
        """Return the JSON node of a value.

        Raises
        ------
        ValueError
            If it is nested too deeply, or cannot be stored.
        """
        if level > MOST_LEVELS:
            raise not_stored(value, f"nesting of at most {MOST_LEVELS} levels")
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if type(value) is list:
            return [self.node(part, level + 1) for part in value]
        kind = next(name for name, kind in KINDS.items() if kind.matches(self, value))
        return {kind: KINDS[kind].write(self, value, level + 1)}

    def entry(self, array: Array) -> str:
        """Return the name of the entry that holds an array; the same array has one entry."""
        known = self._entry_of.get(id(array))
        if known is not None:
            return known[0]
        name = f"array{len(self.arrays)}"
        self.arrays[name] = array
        self._entry_of[id(array)] = name, array  # kept alive, so that its id stays its own
        return name


@dataclass(frozen=True)
class Reader:
    """Turns JSON nodes into values.

    Attributes
    ----------
    registry :
        The classes that nodes may name.
    arrays :
        The entries of the file.
    replacements :
        Path, e.g. ``"regularizer__mask"``, to what stands in for the node there.
    """

    registry: Registry
    arrays: dict[str, Array]
    replacements: dict[str, Any] = field(default_factory=dict)
    _used: list[int] = field(default_factory=lambda: [0], repr=False)

    def array(self, name: str) -> Array:
        """Return an entry of the file.

        Raises
        ------
        ValueError
            If entries are asked for so often that copies of them would fill the memory.
        """
        array = self.arrays[name]
        self._used[0] += array.nbytes
        there = sum(each.nbytes for each in self.arrays.values())
        if self._used[0] > _MOST_TIMES * there + _SMALL_BYTES:
            raise ValueError("arrays that are used over and over again")
        return array

    def value(self, node: Any, path: str = "", level: int = 0) -> Any:
        """Return the value of a JSON node.

        Raises
        ------
        ValueError, TypeError, LookupError
            If the node makes no sense.
        """
        if level > MOST_LEVELS:
            raise ValueError(f"nesting of more than {MOST_LEVELS} levels")
        if path in self.replacements:
            return self._replaced(node, path, level)
        if isinstance(node, list):
            return [self.value(part, f"{path}__{i}", level + 1) for i, part in enumerate(node)]
        if not isinstance(node, dict):
            return node
        ((kind, payload),) = node.items()
        if kind not in KINDS:
            raise ValueError(f"an unknown kind of value, {kind!r}")
        return KINDS[kind].read(self, payload, path, level + 1)

    def members(self, nodes: dict[str, Any], path: str, level: int) -> dict[str, Any]:
        """Return the values of named nodes, e.g. constructor arguments."""
        inner = f"{path}__" if path else ""
        return {name: self.value(node, inner + name, level) for name, node in nodes.items()}

    def _replaced(self, node: Any, path: str, level: int) -> Any:
        """A class is called with the arguments that were saved; anything else is used as it is."""
        given = self.replacements[path]
        if not isinstance(given, type):
            return given
        return given(**self.members(arguments_of(node), path, level))


def arguments_of(node: Any) -> dict[str, Any]:
    """Return the nodes of the constructor arguments that a node of an object holds."""
    if not isinstance(node, dict):
        return {}
    payload = node.get("object") or node.get("unsaved")
    return dict(payload.get("params", {})) if isinstance(payload, dict) else {}
