"""What is searched: the terms in question, and those that every model has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...typing import Array, BoolArray, IntArray
from ..set_problem import SetProblem


@dataclass(frozen=True, eq=False)
class Question:
    """J terms among p features, in the order of their names: the order given changes nothing.

    Attributes
    ----------
    labels :
        (J,) names.
    terms :
        (p, J) the features of each.
    always :
        (p,) the features that all models have.
    as_given :
        (J,) where in ``labels`` the terms are, in the order in which they were given.
    """

    labels: tuple[Any, ...]
    terms: BoolArray
    always: BoolArray
    as_given: IntArray

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, problem: SetProblem, always: tuple[Any, ...]) -> Question:
        """Read the labels of a problem.

        Raises
        ------
        ValueError
            If there is no such term, none is left to search, or a feature belongs to none.
        """
        for label in always:
            if label not in problem.named:
                raise errors.unknown_name("term", label, list(problem.named))
        given = [label for label in problem.asked if label not in always]
        if not given:
            raise errors.value_error(
                "There are no terms to search.",
                given=f"always={always!r}",
                expected="terms beside those that all models have",
            )
        order = np.array(sorted(range(len(given)), key=lambda j: str(given[j])), dtype=np.intp)
        n_features = problem.inputs.rows.n_features
        terms = np.zeros((n_features, len(given)), dtype=bool)
        for j, place in enumerate(order):
            terms[problem.named[given[place]], j] = True
        beside = np.zeros(n_features, dtype=bool)
        for label in always:
            beside[problem.named[label]] = True
        _check_complete(problem, terms.any(axis=1) | beside)
        return cls(tuple(given[j] for j in order), terms, beside, np.argsort(order))

    @property
    def n_terms(self) -> int:
        """J."""
        return len(self.labels)

    def in_given_order(self, values: Any, axis: int = 0) -> Array:
        """Return values along an axis of terms in the order in which they were given."""
        return np.take(values, self.as_given, axis=axis)


def _check_complete(problem: SetProblem, is_named: BoolArray) -> None:
    lost = [
        name
        for name, known in zip(problem.inputs.rows.feature_names, is_named, strict=True)
        if not known
    ]
    if lost:
        raise errors.value_error(
            "Some features are neither searched nor in all models.",
            given=f"terms without {errors.listed(lost)}",
            expected="every feature in terms= or always=",
            todo="name their terms in always=[...] to have them in all models, or leave them out "
            "of X.",
        )
