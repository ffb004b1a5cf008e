"""A constructor argument of a basis, as an attribute that is checked whenever it is set."""

from __future__ import annotations

from typing import Any

from .basis_parameters import put_in_formula


class Parameter:
    """An attribute that lives in the frozen formula of a basis.

    Setting it builds a new formula, so an impossible value raises what the constructor would raise
    and leaves the basis as it was.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, basis: Any, owner: type | None = None) -> Any:
        return self if basis is None else basis.node.formula.parameter(self.name)

    def __set__(self, basis: Any, value: Any) -> None:
        put_in_formula(basis.node, {self.name: value})
