"""What a transformer wraps: a basis, whose attributes are attributes of the transformer."""

from __future__ import annotations

from typing import Any

from ... import errors
from ..tree.basis import Basis


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


def unwrapped(basis: Any) -> Basis:
    """Return a basis, or the basis within a transformer; TypeError for anything else."""
    inner = getattr(basis, "_basis", basis)
    if isinstance(inner, Basis):
        return inner
    needed = ("get_params", "set_params", "compute_features")
    missing = [name for name in needed if not hasattr(inner, name)]
    raise errors.type_error(
        "Only a basis can become a transformer.",
        given=f"{inner!r}" + (f", without {', '.join(missing)}" if missing else ""),
        expected="a basis of spikeglm",
        todo="Wrap functions of your own in a CustomBasis.",
    )
