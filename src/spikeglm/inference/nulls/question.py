"""The question that a test answers: does a term tell more of the response than the rest does?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from ... import errors, showing
from ...engine.columns import Columns
from ...regularizer.base import Penalty
from ...rows.contract import Rows
from ...rows.terms import Term
from ...typing import BoolArray, IntArray
from ..fit_on_data import FitOnData

ALL = "all features"


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a fit of N neurons and p features.

    Attributes
    ----------
    fit :
        The fit, with its data.
    label :
        What the features in question are called.
    of_term :
        (p,) which they are; all others are the rest.
    """

    fit: FitOnData
    label: str
    of_term: BoolArray

    __repr__ = showing.of_fields

    @classmethod
    def about(cls, fit: FitOnData, term: str | Sequence[str] | None) -> Question:
        """Ask about a term by its label (or feature by its name), several, or all features.

        Raises
        ------
        ValueError
            If there is no such term.
        """
        if term is None:
            return cls(fit, ALL, np.ones(fit.n_features, dtype=bool))
        labels = (term,) if isinstance(term, str) else tuple(term)
        of_term = np.zeros(fit.n_features, dtype=bool)
        for label in labels:
            of_term[_columns(label, fit.terms, fit.feature_names)] = True
        return cls(fit, ", ".join(labels), of_term)

    @property
    def has_rest(self) -> bool:
        """Whether there are other features."""
        return not self.of_term.all()

    @property
    def observed(self) -> Sight:
        """The data as they are."""
        optimum = self.fit.optimum
        penalty = cast(Penalty, optimum.penalty)
        data = optimum.rows, optimum.keep, optimum.columns, penalty
        return Sight(*data, self.of_term, self.fit.has_chosen_strengths)


@dataclass(frozen=True, eq=False)
class Sight:
    """Data in some order: C columns over a table (T, p), of which the features of a term are asked.

    Attributes
    ----------
    rows, keep, columns, penalty :
        As of a fit.
    of_term :
        (p,) the features in question.
    has_chosen_strengths :
        Whether the data as they are chose the strengths of the penalty.
    """

    rows: Rows
    keep: BoolArray
    columns: Columns
    penalty: Penalty
    of_term: BoolArray
    has_chosen_strengths: bool = False

    __repr__ = showing.of_fields

    @property
    def free(self) -> BoolArray:
        """(p + 1, C) which parameters a column has; the intercept comes last."""
        C, mask = self.columns.n_columns, self.columns.mask
        used = np.ones((len(self.of_term), C), dtype=bool) if mask is None else mask
        return np.vstack([used, np.full((1, C), self.columns.has_intercept)])

    @property
    def has_rest(self) -> bool:
        """Whether there are other features."""
        return not self.of_term.all()

    @property
    def without_term(self) -> Columns:
        """The columns of the models that lack the term."""
        return replace(self.columns, mask=self.free[:-1] & ~self.of_term[:, None])

    def take(self, columns: IntArray) -> Sight:
        """Keep only some columns."""
        taken = self.columns.take(columns), self.penalty.take(columns)
        return Sight(self.rows, self.keep, *taken, self.of_term, self.has_chosen_strengths)


def _columns(label: Any, terms: tuple[Term, ...], names: tuple[str, ...]) -> slice:
    """Return the columns of a term, or of a feature."""
    known = {term.label: term.columns for term in terms if term.label}
    if label in known:
        return known[label]
    if label in names:
        place = names.index(label)
        return slice(place, place + 1)
    raise errors.unknown_name("term", label, [*known, *([] if known else names)])
