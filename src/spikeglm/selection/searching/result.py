"""What came out of a search: the terms of each neuron, and every step on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...typing import BoolArray, FloatArray
from ..folds import Folds
from ..printed_tables import PrintedTable
from . import tables
from .ladders import SearchStep, mean_score
from .rules import Rule

if TYPE_CHECKING:
    import pandas as pd

NONE, NO_ANSWER = "none", "?"


@dataclass(frozen=True, eq=False)
class TermSearch:
    """Which of J terms each of N neurons encodes; K folds.

    Attributes
    ----------
    terms, neurons :
        What they are called.
    selected :
        (J, N) True for terms that are encoded; False everywhere where the answer is "none", or
        there is no answer.
    reason :
        (N,) why there is no answer, or what else to know of it; ``""`` for nothing.
    is_known :
        (N,) whether there is an answer.
    base_score, score :
        (K, N) scores without any of the terms, and with those that the search ended at.
    p_value :
        (N,) one-sided signed rank test of that end against no term; NaN for rules without a test.
    steps :
        Every set that was tried, in order.
    how, rule :
        The way, and what makes a set better than another.
    always :
        Terms that all models have.
    score_name :
        What scores are, in words. Larger is better.
    folds :
        The rows that were trained and tested on; None for criteria, of fits to all rows.
    n_fits :
        How many models of a neuron were fitted, each to all folds.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(3000, 3))
    >>> y = rng.poisson(np.exp(0.5 * X[:, [0]] - 1 + X[:, 1:2] * [0.4, 0.0]))
    >>> found = nmo.selection.search_terms(nmo.PopulationGLM(), X, y, folds=10)
    >>> found.sets
    ('x0 + x1', 'x0')
    """

    terms: tuple[Any, ...]
    neurons: tuple[Any, ...]
    selected: BoolArray
    reason: tuple[str, ...]
    is_known: BoolArray
    base_score: FloatArray
    score: FloatArray
    p_value: FloatArray
    steps: tuple[SearchStep, ...]
    how: str
    rule: Rule
    always: tuple[Any, ...]
    score_name: str
    folds: Folds | None
    n_fits: int

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return self.table().html()

    @property
    def sets(self) -> tuple[str, ...]:
        """(N,) what each neuron encodes, in words: ``"position + speed"``, ``"none"``.

        ``"?"`` where there is no answer.
        """
        return tuple(
            self.name_of(self.selected[:, n]) if known else NO_ANSWER
            for n, known in enumerate(self.is_known)
        )

    def name_of(self, terms: BoolArray) -> str:
        """Return a set of terms (J,) in words: ``"none"`` for no term, ``"'none'"`` for one of that
        label.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> nmo.selection.search_terms(nmo.GLM(), X, y).name_of(np.array([True, True]))
        'x0 + x1'
        """
        named = [str(label) for label, has in zip(self.terms, terms, strict=True) if has]
        words = " + ".join(named)
        return repr(words) if words in (NONE, NO_ANSWER) else words or NONE

    @property
    def share(self) -> FloatArray:
        """(J,) share of the neurons with an answer that encode a term."""
        n = self.is_known.sum()
        return self.selected.sum(axis=1) / n if n else np.full(len(self.terms), np.nan)

    @cached_property
    def gain(self) -> FloatArray:
        """(N,) mean over folds of what the selected terms gain over none of them."""
        return mean_score(self.score - self.base_score, self.base_score)

    def counts(self) -> Counter[str]:
        """Return how many neurons encode which set, the commonest first.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> nmo.selection.search_terms(nmo.GLM(), X, y, folds=10).counts()
        Counter({'none': 1})
        """
        return Counter(dict(Counter(self.sets).most_common()))

    def place(self, neuron: Any) -> int:
        """Return the number of a neuron; None is the only one.

        Raises
        ------
        ValueError
            If there is no such neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> nmo.selection.search_terms(nmo.GLM(), X, y, folds=10).place(0)
        0
        """
        if neuron is None and len(self.neurons) == 1:
            return 0
        if neuron not in self.neurons:
            raise errors.unknown_name("neuron", neuron, list(self.neurons))
        return self.neurons.index(neuron)

    def table(self) -> PrintedTable:
        """Return the table that is printed: a row per term, and a row per set.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> nmo.selection.search_terms(nmo.GLM(), X, y, folds=10).table().header
        ('encoded', 'neurons', 'share')
        """
        return tables.printed(self)

    def to_latex(self, *, caption: str | None = None, label: str | None = None) -> str:
        """Return that table for LaTeX (package booktabs).

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> text = nmo.selection.search_terms(nmo.GLM(), X, y, folds=10).to_latex()
        >>> text.splitlines()[0]
        '\\\\begin{table}'
        """
        return self.table().latex(caption=caption, label=label)

    def to_html(self) -> str:
        """Return that table as HTML.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> "none" in nmo.selection.search_terms(nmo.GLM(), X, y, folds=10).to_html()
        True
        """
        return self.table().html()

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table: a row per neuron and term.

        Columns: ``neuron``, ``term``, ``is_encoded``, ``step`` in which the search decided on the
        term (took it in, or left it out), ``set`` that the neuron encodes, ``gain`` of the set over
        no term, ``p_value`` of that, ``is_known``, ``reason``.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> found = nmo.selection.search_terms(nmo.GLM(), X, y, folds=10)
        >>> found.to_frame()["is_encoded"].tolist()
        [False, False]
        """
        return tables.frame(self)

    def steps_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table of all sets that were tried: a row per neuron, step and set.

        Columns: ``neuron``, ``step``, ``from`` and ``to`` (sets in words), ``score`` and
        ``score_se`` over folds (relative to the mean response of the training rows, where scores
        are gains), ``difference`` from the set before, ``p_value`` (one-sided, the larger of both
        sets against the smaller), ``n_folds``, ``is_best`` of its step, ``is_taken``.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
        >>> found = nmo.selection.search_terms(nmo.GLM(), X, y, folds=10)
        >>> len(found.steps_frame()) >= 2
        True
        """
        return tables.frame_of_steps(self)
