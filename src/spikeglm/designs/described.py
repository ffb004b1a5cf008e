"""What a builder holds: the description of a design so far, and data by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from .built import BuiltDesign
from .finding import kept
from .kinds.contract import TermKind
from .plan import DesignPlan, checked_labels


class Described:
    """The description of a design, and data: what the calls of a builder add their terms to."""

    def __init__(
        self,
        rows: Any = None,
        *,
        bin_s: float | None = None,
        epochs: Any = None,
        trials: Any = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.data: dict[str, Any] = dict(data or {})
        names = {}
        for name, given in (("rows", rows), ("epochs", epochs), ("trials", trials)):
            names[name] = kept(given, name, self.data)
        self.plan = DesignPlan(bin_s=bin_s, **names)

    def design(self, data: Mapping[str, Any] | None = None) -> BuiltDesign:
        """Return the design as a lazy table: nothing is written out before it is read.

        Parameters
        ----------
        data :
            Data by their names, instead of or beside those that the builder holds.

        Notes
        -----
        Raises and warns as :meth:`DesignPlan.design`.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs="session").boxcar("on", label="on")
        >>> builder.design({"session": [[0, 2]], "on": [[0, 1]]})
        Design(n_rows=20, n_features=1)
        """
        return self.plan.design({**self.data, **(data or {})})

    def to_toml(self, path: str | Path | None = None) -> str:
        """Return the description of the design as TOML, and write it to a file if one is named.

        Data are in it by their names only.

        TypeError if a basis has functions of your own.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> text = nmo.DesignBuilder(bin_s=0.1, epochs="session").to_toml()
        >>> nmo.DesignBuilder.from_toml(text).to_toml() == text
        True
        """
        return self.plan.to_toml(path)

    @classmethod
    def from_toml(cls, source: str | Path, data: Mapping[str, Any] | None = None) -> Self:
        """Return the builder that a text describes, or a file (.toml; .yaml with PyYAML).

        Raises as :meth:`DesignPlan.from_toml`.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.DesignBuilder.from_toml('bin_s = 0.1')
        DesignBuilder(bin_s=0.1)
        """
        found = cls(data=data)
        found.plan = DesignPlan.from_toml(source)
        return found

    def __repr__(self) -> str:
        plan = self.plan
        settings = ", ".join(f"{k}={v!r}" for k, v in plan.description.items() if k != "terms")
        lines = [f"\n    .{term.kind}({term.label!r})" for term in plan.terms]
        return f"{type(self).__name__}({settings}){''.join(lines)}"

    def _repr_html_(self) -> str:
        """Show the terms in a notebook."""
        return self.plan._repr_html_()

    def _kept(self, given: Any, name: str, data: dict[str, Any]) -> Any:
        return kept(given, name, data, self.plan.trials)

    def _with(self, term: TermKind, data: dict[str, Any]) -> Self:
        found = type(self)()
        found.data = data
        found.plan = replace(self.plan, terms=checked_labels((*self.plan.terms, term)))
        return found
