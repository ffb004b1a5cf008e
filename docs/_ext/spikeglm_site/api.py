"""Pages of the reference: one for each module behind the front door, one for each public object.

Public is what ``__all__`` of a module names, or, where a file has none, what it defines. An object
that several modules name has its page with the first of them, and a line with the others.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

FROM_OUTSIDE = "BaseException, dict, object, str, tuple"
"""Classes whose members are not ours: nothing inherited from them is on a page."""

BESIDES = {"settings": ["Settings"], "rows.design": ["Design"], "rows.terms": ["Term"]}
"""What calls take or return and the front door does not name."""


@dataclass(frozen=True)
class Entry:
    """A public object, under the name that users write."""

    module: str
    name: str
    thing: Any

    @property
    def path(self) -> str:
        """Its full name, ``spikeglm.glm.GLM``."""
        return f"{self.module}.{self.name}"

    @property
    def kind(self) -> str:
        """The directive that documents it."""
        if inspect.isclass(self.thing):
            return "autoexception" if issubclass(self.thing, BaseException) else "autoclass"
        return "autofunction" if inspect.isroutine(self.thing) else "autodata"

    @property
    def page(self) -> str:
        """The reStructuredText of its page."""
        head = [*_title(self.name), f".. currentmodule:: {self.module}", ""]
        if self.kind == "autodata":
            return "\n".join([*head, f".. py:data:: {self.name}", "", *_said_of(self), ""])
        is_class = self.kind == "autoclass"
        members = ["   :members:", f"   :inherited-members: {FROM_OUTSIDE}"] if is_class else []
        return "\n".join([*head, f".. {self.kind}:: {self.name}", *members, ""])


def _said_of(entry: Entry) -> list[str]:
    """Return the text under an assignment, as lines of a directive, and a short value."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("spikeglm") and entry.name in vars(module):
            body = ast.parse(inspect.getsource(module)).body
            for line, text in pairwise(body):
                targets = [*getattr(line, "targets", []), getattr(line, "target", None)]
                is_it = any(getattr(target, "id", "") == entry.name for target in targets)
                if is_it and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                    said = inspect.cleandoc(text.value.value).splitlines()
                    return [f"   {each}" for each in (*said, "", *_value(entry))]
    return [f"   {line}" for line in _value(entry)]


def _value(entry: Entry) -> list[str]:
    value = repr(entry.thing)
    return [f"Its value is ``{value}``."] if len(value) < 400 else []


def modules(package: ModuleType) -> list[ModuleType]:
    """Return the modules of the reference: those that the front door names, and a few besides."""
    return [
        importlib.import_module(f"{package.__name__}.{n}") for n in (*package._MODULES, *BESIDES)
    ]


def names(module: ModuleType) -> list[str]:
    """Return what a module offers: its ``__all__``, or what it defines."""
    listed = BESIDES.get(module.__name__.partition(".")[2]) or getattr(module, "__all__", None)
    own = (n for n, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__)
    return sorted(listed or (name for name in own if not name.startswith("_")), key=str.casefold)


def public(package: ModuleType) -> list[Entry]:
    """Return all public objects of a package, module by module, each as often as it is named."""
    found = [
        Entry(m.__name__, name, getattr(m, name)) for m in modules(package) for name in names(m)
    ]
    short = [Entry(package.__name__, name, getattr(package, name)) for name in package._OBJECTS]
    return [*found, *sorted(short, key=lambda entry: entry.name.casefold())]


def homes(entries: list[Entry]) -> dict[int, Entry]:
    """Return the entry at which each object has its page: {id: entry}.

    Numbers and texts are the same object wherever they are equal, so each has a page of its own.
    """
    found: dict[int, Entry] = {}
    for entry in entries:
        if entry.kind != "autodata":
            found.setdefault(id(entry.thing), entry)
    return found


def pages(package: ModuleType) -> dict[str, str]:
    """Return all pages of the reference: {name of the file without its ending: text}."""
    entries = public(package)
    home = homes(entries)
    at_home = [entry for entry in entries if home.get(id(entry.thing), entry) is entry]
    made = {entry.path: entry.page for entry in at_home}
    for module in (package, *modules(package)):
        mine = [entry for entry in entries if entry.module == module.__name__]
        made[module.__name__] = _module_page(module, [home.get(id(e.thing), e) for e in mine])
    return made


def _module_page(module: ModuleType, entries: list[Entry]) -> str:
    own = [entry.path for entry in entries if entry.module == module.__name__]
    inside = f"{module.__name__}."  # autosummary wants names as they are seen from there
    listed = [f"   ~{entry.path.removeprefix(inside)}" for entry in entries]
    lines = [*_title(module.__name__), f".. automodule:: {module.__name__}", "   :no-members:", ""]
    if listed:
        lines += [".. autosummary::", "   :nosignatures:", "", *listed, ""]
    if own:
        lines += [".. toctree::", "   :hidden:", "", *(f"   {path}" for path in own), ""]
    return "\n".join(lines)


def _title(text: str) -> list[str]:
    return [text.replace("_", r"\_"), "=" * (len(text) + text.count("_")), ""]


def write(package: ModuleType, folder: Path) -> list[str]:
    """Write the pages that changed, remove those that are gone, and return the modules' names."""
    made = pages(package)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.rst"):
        if old.stem not in made:
            old.unlink()
    for name, text in made.items():
        file = folder / f"{name}.rst"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return [module.__name__ for module in (package, *modules(package))]


def members(cls: type) -> list[str]:
    """Return the public methods and properties of a class that code of ours defines."""
    found = []
    for name in dir(cls):
        owner = next((parent for parent in cls.__mro__ if name in vars(parent)), object)
        member = getattr(vars(owner).get(name), "__func__", vars(owner).get(name))
        is_asked = inspect.isfunction(member) or isinstance(member, property)
        if is_asked and not name.startswith("_") and owner.__module__.startswith("spikeglm"):
            found.append(name)
    return found


def expected(package: ModuleType) -> list[str]:
    """Return the full names that the reference must explain: public objects and their members."""
    home = homes(entries := public(package))
    found = []
    for entry in entries:
        if home.get(id(entry.thing), entry) is entry:
            own = members(entry.thing) if entry.kind == "autoclass" else []
            found += [entry.path, *(f"{entry.path}.{name}" for name in own)]
    return found
