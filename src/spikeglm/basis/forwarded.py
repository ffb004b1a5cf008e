"""An attribute of the basis that a transformer wraps, as an attribute of the transformer."""

from __future__ import annotations

from typing import Any

from .. import errors


class Forwarded:
    """Reads and sets an attribute of this name of the wrapped basis.

    AttributeError when reading, ValueError when setting what the wrapped basis does not have.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, transformer: Any, owner: type | None = None) -> Any:
        return self if transformer is None else getattr(transformer.basis, self.name)

    def __set__(self, transformer: Any, value: Any) -> None:
        basis = transformer.basis
        if not hasattr(basis, self.name):
            known = [name for name in dir(basis) if not name.startswith("_")]
            raise errors.unknown_name(f"attribute of {type(basis).__name__}", self.name, known)
        setattr(basis, self.name, value)
