"""The section ``[analysis]``: the arguments of :func:`spikeglm.encode` in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from .. import errors, showing
from ..encoding import encode
from ..encoding.asked import check_asked
from ..glm import PopulationGLM
from ..observation_models.named import model_named
from ..regularizer import regularizer_of
from ..selection import ContiguousBlocks, InterleavedBlocks
from ..solvers import get_solver
from .sections import check_keys, require_section

_DATA = ("y", "design", "data", "offset", "bin_s", "folder")  # what a run passes itself
KEYS = tuple(name for name in signature(encode).parameters if name not in _DATA)
"""What may stand in the section."""

_OF_MODEL = tuple(name for name in signature(PopulationGLM).parameters if name != "feature_mask")
_SPLITTERS: dict[str, Any] = {each.__name__: each for each in (InterleavedBlocks, ContiguousBlocks)}


@dataclass(frozen=True, eq=False)
class AnalysisSection:
    """``[analysis]``: what is asked, in words.

    Attributes
    ----------
    words :
        Arguments of :func:`spikeglm.encode`. ``model`` is a table of the arguments of
        :class:`spikeglm.PopulationGLM`, ``folds`` a number or a table with the name of a splitter.

    Examples
    --------
    >>> asked = AnalysisSection.of({"search": "backward", "folds": {"name": "ContiguousBlocks"}})
    >>> asked.arguments()
    {'search': 'backward', 'folds': ContiguousBlocks(n_folds=5, gap=None)}
    """

    words: Mapping[str, Any] = field(default_factory=dict)

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, words: Any) -> AnalysisSection:
        """Return the section that words describe, checked as far as it can be without data.

        Raises
        ------
        ValueError, TypeError
            If it has keys or values that nobody knows.
        """
        require_section(words, "analysis")
        check_keys(words, KEYS, "analysis")
        found = cls(dict(words))
        check_asked(found.arguments())
        return found

    def arguments(self, *, feature_mask: Any = None) -> dict[str, Any]:
        """Return what is passed to ``encode``; ``feature_mask`` is that of the design."""
        found = dict(self.words)
        if "model" in found:
            found["model"] = _model(found["model"], feature_mask)
        if isinstance(found.get("folds"), Mapping):
            found["folds"] = _splitter(found["folds"])
        elif isinstance(found.get("folds"), str):
            raise errors.type_error(
                "folds is a number, or a splitter in words.",
                given=f"folds = {found['folds']!r}",
                expected='5, or { name = "ContiguousBlocks", n_folds = 5 }',
                todo="write one of the two.",
            )
        return found

    def check_labels(self, labels: tuple[str, ...]) -> None:
        """Raise ValueError if a term is named that the design does not have."""
        groups = self.words.get("terms") or {}
        if isinstance(groups, Mapping):
            named = [label for group in groups.values() for label in _listed(group)]
        else:
            named, groups = _listed(groups), {}
        named += _listed(self.words.get("always", ()))
        if named and not labels:
            raise errors.value_error(
                "[analysis] names terms, and the design has none.",
                given=", ".join(map(repr, named)),
                expected="a [[design.terms]] for each",
                todo="give the design those terms, or leave their names out.",
            )
        for label in named:
            if label not in labels and label not in groups:
                raise errors.unknown_name("term in [analysis]", label, list(labels))


def _listed(names: Any) -> list[Any]:
    return [names] if isinstance(names, str) else list(names)


def _model(words: Any, feature_mask: Any) -> PopulationGLM:
    require_section(words, "analysis.model")
    check_keys(words, _OF_MODEL, "analysis.model")
    found = PopulationGLM(feature_mask=feature_mask, **words)
    model_named(found.observation_model)
    regularizer_of(found.regularizer)
    if found.solver_name is not None:
        get_solver(found.solver_name)
    return found


def _splitter(words: Mapping[str, Any]) -> Any:
    settings = dict(words)
    name = settings.pop("name", InterleavedBlocks.__name__)
    if name not in _SPLITTERS:
        raise errors.unknown_name("splitter", name, list(_SPLITTERS))
    known = [each.name for each in dataclasses.fields(_SPLITTERS[name])]
    check_keys(settings, known, "analysis.folds")
    return _SPLITTERS[name](**settings)
