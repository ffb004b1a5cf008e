"""The penalty on how rough the functions of terms are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..typing import ArrayLike, FloatArray, IntArray
from .base import Regularizer
from .quadratic_penalty import QuadraticPenalty
from .ridge import Ridge
from .squares import Part
from .strengths_of_entries import strengths_in_words, strengths_of
from .term_roughness import TermColumns, null_space_of, roughness_of


@dataclass(frozen=True)
class Smoothness(Regularizer):
    """Smoothness of each term of a design: ½ Σ_j λ_j ∫ f_j''(θ)² dθ / 2π, added to the mean loss.

    f_j is what a term adds to the linear predictor: a tuning curve, a filter over lags, a map. Its
    variable runs from 0 to 2π over its range or window, whatever the units: a wave with k cycles
    over the range costs ½ λ k⁴ times its mean square, however many functions the basis has. A
    constant and a straight line cost nothing, on a circle only a constant. Products have a strength
    per smooth variable, for the mean over the other ones; the channels of a term share strengths.
    Terms of which nothing is known that could be smooth (columns of a plain table, the identity,
    categories, functions of one's own) have no penalty, unless ``ridge`` says so.

    What the strengths of a mean loss are to those of a sum, and the prior, is said in
    :class:`Quadratic`, which does the same with matrices that users know.

    ``regularizer_strength`` is a number for all; a dict with a number, or an array (n_neurons,),
    for each label of a term (a tuple with one for each variable) or of an entry
    (``"place[x]"``, ``"place null space"``); or an array (n_entries,) or (n_entries, n_neurons).

    Parameters
    ----------
    null_space :
        True, or labels of terms: what of a term is not rough (its line; its constant where there is
        no intercept) has a penalty too, ½ λ times its mean square, so that the whole term can
        vanish. It is an entry of its own, ``"label null space"``.
    ridge :
        True, or labels: terms without roughness have ½ λ times the sum of their squared
        coefficients. Of categories that is a random effect.
    by_channel :
        True, or labels: each channel of a term has strengths of its own; ``"label[channel]"``.

    References
    ----------
    Wood (2017), Generalized Additive Models, 2nd ed., sections 5.3 and 5.6; Marra & Wood (2011),
    Comput Stat Data Anal 55:2372-87, section 2.2, for the null space.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> speed, heading = rng.uniform(0, 30, 2000), rng.uniform(0, 360, 2000)
    >>> y = rng.poisson(np.exp(0.02 * speed + np.cos(np.radians(heading)) - 1))
    >>> basis = nmo.basis.BSplineEval(12, label="speed")
    >>> basis = basis + nmo.basis.CyclicBSplineEval(12, bounds=(0, 360), label="heading")
    >>> strengths = {"speed": 0.1, "heading": 1e-3}
    >>> model = nmo.GLM(regularizer="Smoothness", regularizer_strength=strengths)
    >>> curve = model.fit(basis.design(speed, heading), y).curve("heading")
    >>> float(curve.at[0][np.argmax(curve.value)].round(-1)) % 360
    0.0
    """

    null_space: bool | Sequence[str] = False
    ridge: bool | Sequence[str] = False
    by_channel: bool | Sequence[str] = False

    default_strength = 1.0
    default_solver = "LBFGS"
    allowed_solvers = Ridge.allowed_solvers
    has_own_strengths = True  # that belong to entries, not to coefficients
    is_by_term = True

    def __post_init__(self) -> None:
        for name, choice in self.get_params().items():
            listed = isinstance(choice, (list, tuple)) and all(isinstance(s, str) for s in choice)
            if not (listed or isinstance(choice, (bool, np.bool_))):
                raise errors.type_error(
                    f"{name} says for which terms.",
                    given=f"{name}={choice!r}",
                    expected="True, False or a list of labels",
                )

    def replaced(self, **changes: Any) -> Smoothness:
        """Return a copy with some arguments changed.

        >>> Smoothness().replaced(null_space=True).null_space
        True
        """
        return type(self)(**(self.get_params() | changes))

    def on_terms(
        self, terms: Sequence[TermColumns]
    ) -> tuple[TermPenalties, tuple[tuple[str, ...], ...]]:
        """Return the penalties of these terms, and what the strength of each can be called.

        Raises
        ------
        ValueError
            If a label is unknown.

        >>> import spikeglm as nmo
        >>> basis = nmo.basis.HistoryConv(4, label="past") + nmo.basis.BSplineEval(5, label="x")
        >>> terms = basis.design([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0, 4.0]).terms
        >>> penalties, names = Smoothness(null_space=["x"]).on_terms(terms)
        >>> names, [part.rows.shape for part in penalties.parts]
        ((('past',), ('x',), ('x', 'x null space')), [(2, 4), (3, 5), (2, 5)])
        """
        labels = [term.label for term in terms]
        for name, choice in self.get_params().items():
            for label in () if isinstance(choice, (bool, np.bool_)) else choice:
                if label not in labels:
                    raise errors.unknown_name(f"term in {name}", label, labels)
        found = [entry for term in terms for entry in self._entries(term)]
        parts = tuple(part for _, of_entry in found for part in of_entry)
        entry_of_part = np.repeat(np.arange(len(found)), [len(of_entry) for _, of_entry in found])
        names = tuple(name for name, _ in found)
        without = tuple(label for label in labels if label not in {name[0] for name in names})
        return TermPenalties(parts, entry_of_part, names, without), names

    def entry_labels(self, where: Any) -> tuple[str, ...]:
        """Return what the entries are called, in their order.

        Parameters
        ----------
        where :
            A design, a fitted model, or terms.

        Raises
        ------
        ValueError
            If a label of a choice is unknown.

        >>> import spikeglm as nmo
        >>> basis = nmo.basis.HistoryConv(4, label="past") + nmo.basis.BSplineEval(5, label="x")
        >>> design = basis.design([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0, 4.0])
        >>> Smoothness(null_space=["x"]).entry_labels(design)
        ('past', 'x', 'x null space')
        """
        _, names = self.on_terms(getattr(where, "terms_", getattr(where, "terms", where)))
        return tuple(name[-1] for name in names)

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> QuadraticPenalty:
        """ValueError: the terms of a model are not known yet."""
        raise errors.value_error(
            "The terms that should be smooth are not known yet.",
            given="Smoothness",
            expected="terms",
            todo="fit a model with it to basis.design(...), which knows its terms.",
        )

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return p for each column."""
        return np.full(coef.shape[1], float(len(coef)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "null_space": self.null_space,
            "ridge": self.ridge,
            "by_channel": self.by_channel,
        }

    def _entries(self, term: TermColumns) -> Iterator[tuple[tuple[str, ...], tuple[Part, ...]]]:
        """Yield the entries of a term: what each can be called, and its parts."""
        channels = roughness_of(term)
        n = max((len(channel.parts) for channel in channels), default=0)
        kinds = [(_of_variable(term, j, n), [c.parts[j] for c in channels]) for j in range(n)]
        if n and _is_chosen(self.null_space, term.label):
            parts = null_space_of(term, channels)
            kinds += [(" null space", parts)] if any(len(part.rows) for part in parts) else []
        if not n and _is_chosen(self.ridge, term.label) and term.stop > term.start:
            kinds = [("", _ridge(term))]
        for suffix, parts in kinds:
            if not _is_chosen(self.by_channel, term.label) or len(parts) == 1:
                yield _names(term.label, term.label + suffix), tuple(parts)
                continue
            for channel, part in zip(term.channels, parts, strict=True):
                yield _names(term.label, f"{term.label}[{channel}]{suffix}"), (part,)


@dataclass(frozen=True, eq=False)
class TermPenalties:
    """The penalties of terms of a design, before they have strengths.

    Attributes
    ----------
    parts, entry_of_part :
        As those of :class:`QuadraticPenalty`.
    names :
        What each entry can be called: by its term, and by a label of its own.
    without_entry :
        Labels of terms that have no penalty.
    """

    parts: tuple[Part, ...]
    entry_of_part: IntArray
    names: tuple[tuple[str, ...], ...]
    without_entry: tuple[str, ...] = ()

    __repr__ = showing.of_fields
    has_own_strengths = True

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> QuadraticPenalty:
        """Return the penalty for coefficients (p, N); raises what ``Quadratic`` does."""
        return self.bind_classes(strength, shape, 1)

    def bind_classes(
        self, strength: ArrayLike, shape: tuple[int, int], n_classes: int
    ) -> QuadraticPenalty:
        """Return the penalty for coefficients (p K, N), row j K + k being feature j of class k."""
        n_neurons = shape[1]
        if isinstance(strength, Mapping):
            of = n_neurons if n_neurons > 1 else None
            strength = strengths_in_words(strength, self.names, of, self.without_entry)
        each = strengths_of(strength, len(self.names), n_neurons)
        labels = tuple(name[-1] for name in self.names)
        p = shape[0] // n_classes
        return QuadraticPenalty(self.parts, self.entry_of_part, each, p, n_classes, labels)


def _is_chosen(choice: bool | Sequence[str], label: str) -> bool:
    return bool(choice) if isinstance(choice, (bool, np.bool_)) else label in choice


def _of_variable(term: TermColumns, number: int, n_variables: int) -> str:
    """Return ``[x]`` for one of several smooth variables: the input that it is, or its number."""
    if n_variables == 1:
        return ""
    are_inputs = len(set(term.inputs)) == n_variables == len(term.inputs)
    return f"[{term.inputs[number] if are_inputs else number}]"


def _names(term: str, entry: str) -> tuple[str, ...]:
    return (term,) if term == entry else (term, entry)


def _ridge(term: TermColumns) -> list[Part]:
    """Return a part per channel."""
    b = term.n_functions
    return [Part(np.arange(b) + start, np.eye(b)) for start in range(term.start, term.stop, b)]
