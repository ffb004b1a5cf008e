"""Which page of the reference a name leads to, however it is written."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from . import api


@dataclass(frozen=True)
class Names:
    """The public objects of a package by identity and by name, and its modules."""

    homes: dict[int, api.Entry]
    by_name: dict[str, api.Entry]
    modules: frozenset[str]

    @classmethod
    def of(cls, package: ModuleType) -> Names:
        """Return the names of a package."""
        entries = api.public(package)
        homes = api.homes(entries)
        by_name = {entry.name: homes.get(id(entry.thing), entry) for entry in reversed(entries)}
        modules = {module.__name__ for module in (package, *api.modules(package))}
        return cls(homes, by_name, frozenset(modules))

    def meant(self, target: str, module: str | None, owner: str | None) -> Iterator[str]:
        """Yield the full names that may be meant, the best first; which are there, Sphinx knows.

        ``target`` is looked for as it is, in the class and in the module that mention it, and by
        its name alone. An attribute that has no entry of its own is told on the page of its class.
        """
        target = target.lstrip(".~")
        scopes = [scope for scope in (_joined(module, owner), module) if scope]
        found = [self._at_home(name) for name in (target, *(f"{s}.{target}" for s in scopes))]
        first, _, rest = target.partition(".")
        if first in self.by_name:
            found.append((self.by_name[first], rest))
        if target in self.modules:
            yield target
        for entry, member in (f for f in found if f):
            yield _joined(entry.path, member)
        for entry, member in (f for f in found if f):
            if member in getattr(entry.thing, "__annotations__", {}) or hasattr(
                entry.thing, member
            ):
                yield entry.path

    def is_ambiguous(self, target: str, module: str | None) -> bool:
        """Whether several objects have the name, and none of the module in which it is read."""
        found = {entry.path for entry in self.homes.values() if entry.name == target}
        return len(found) > 1 and f"{module}.{target}" not in found

    def _at_home(self, name: str) -> tuple[api.Entry, str] | None:
        parts = name.split(".")
        for n in range(len(parts), 1, -1):
            for thing in _objects(parts[:n]):
                if id(thing) in self.homes:
                    return self.homes[id(thing)], ".".join(parts[n:])
        return None


def _joined(first: str | None, second: str | None) -> str:
    return ".".join(part for part in (first, second) if part)


def _objects(parts: list[str]) -> Iterator[Any]:
    """Yield what a dotted name may stand for: a module and a function in it may share theirs."""
    for n in range(1, len(parts) + 1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:n]))
            for name in parts[n:]:
                thing = getattr(thing, name)
        except (ImportError, AttributeError):
            continue
        yield thing
