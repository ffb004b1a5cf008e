"""What came out of a choice of strengths: a strength per neuron, every score, a fitted model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..glm import GLM
from ..typing import FloatArray
from .folds import Folds
from .strength_search import StrengthSearch

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class StrengthChoice:
    """Strengths that predict held-out rows best; N neurons, K folds.

    Attributes
    ----------
    strength :
        (N,) what was chosen; NaN where no fold has a fit. With ``by="term"`` (R, N), a row per
        entry of ``terms``.
    ratio :
        (N,) the ratio of an elastic net that was chosen; None for other penalties.
    score, score_se :
        (N,) mean held-out score over folds at the choice, and its standard error over folds.
    reason :
        (N,) what to know of a neuron's choice: folds without a fit, a best strength at the end of
        the grid; ``""`` for nothing.
    searches :
        The scores of all strengths: one :class:`StrengthSearch` per ratio, or per term and sweep.
    score_name :
        What scores are, in words.
    rule :
        ``"min"`` or ``"one_se"``.
    terms :
        (R,) what the rows of ``strength`` are called; () for a strength for all.
    neurons :
        (N,) names.
    folds :
        The rows that were trained and tested on; None for a choice without folds.
    model :
        The model, fitted to all rows with these strengths.
    r2 :
        (N,) of Ridge with a Gaussian model, at the choice: the share of the squared deviations of
        held-out rows from the mean of the others that is predicted. Else None.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 8))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> choice = nmo.selection.select_strength(nmo.GLM(regularizer="Lasso"), X, y)
    >>> choice.strength.shape, choice.model.coef_.shape
    ((1,), (8,))
    """

    strength: FloatArray
    ratio: FloatArray | None
    score: FloatArray
    score_se: FloatArray
    reason: tuple[str, ...]
    searches: tuple[StrengthSearch, ...]
    score_name: str
    rule: str
    terms: tuple[str, ...]
    neurons: tuple[Any, ...]
    folds: Folds | None
    model: GLM
    r2: FloatArray | None = None

    def __repr__(self) -> str:
        known = np.isfinite(self.score)
        told = Counter(reason for reason in self.reason if reason)
        by = "" if self.folds is None else f"{len(self.folds.labels)} folds, rule {self.rule!r}; "
        lines = [
            f"StrengthChoice: {known.sum()} of {len(self.neurons)} neuron(s), {by}{self.score_name}"
        ]
        rows = np.atleast_2d(self.strength)
        for label, row in zip(self.terms or ("strength",), rows, strict=True):
            some = row[np.isfinite(row)]
            if len(some) == 1:
                lines.append(f"  {label}: {some[0]:.3g}")
            elif len(some):
                lines.append(
                    f"  {label}: {some.min():.3g} to {some.max():.3g}, median {np.median(some):.3g}"
                )
        lines += [f"  {n} neuron(s): {reason}" for reason, n in told.most_common(3)]
        return "\n".join([*lines, "  to_frame() has every score; .model is fitted"])

    def search_of(self, n: int) -> StrengthSearch:
        """Return the scores among which the strength of neuron number ``n`` was chosen.

        Of an elastic net those of its ratio; of strengths by term those for all terms together.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> model = nmo.GLM(regularizer="Ridge")
        >>> choice = nmo.selection.select_strength(model, X, y, strengths=[1.0, 0.1])
        >>> choice.search_of(0).strength.shape
        (2, 1)
        """
        together = [search for search in self.searches if not search.term]
        if self.ratio is None:
            return together[0]
        return next((s for s in together if s.ratio == self.ratio[n]), together[0])

    def place(self, neuron: Any) -> int:
        """Return the number of a neuron; None is the only one, or the first.

        Raises
        ------
        ValueError
            If there is no such neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> model = nmo.GLM(regularizer="Ridge")
        >>> nmo.selection.select_strength(model, X, y, strengths=[1.0, 0.1]).place(0)
        0
        """
        if neuron is None:
            return 0
        if neuron not in self.neurons:
            raise errors.unknown_name("neuron", neuron, list(self.neurons))
        return self.neurons.index(neuron)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table: a row per search, neuron and strength.

        Columns: ``neuron``, ``term`` (``""`` for all), ``ratio``, ``strength``, ``score`` and
        ``score_se`` over folds, ``n_folds`` that count, ``is_chosen``, ``reason``, and ``fold_k``
        for each fold.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> model = nmo.GLM(regularizer="Ridge")
        >>> choice = nmo.selection.select_strength(model, X, y, strengths=[1.0, 0.1])
        >>> choice.to_frame()[["strength", "is_chosen"]].to_numpy().tolist()
        [[1.0, True], [0.1, False]]
        """
        import pandas as pd

        tables = [pd.DataFrame(self._columns_of(search)) for search in self.searches]
        return pd.concat(tables, ignore_index=True)

    def _columns_of(self, search: StrengthSearch) -> dict[str, Any]:
        S, _, N = search.fold_score.shape
        in_use = np.ones(N, dtype=bool) if search.ratio is None else self.ratio == search.ratio
        is_chosen = (np.arange(S)[:, None] == search.chosen) & in_use
        columns = {
            "neuron": np.repeat(np.array(self.neurons, dtype=object), S),
            "term": search.term,
            "ratio": np.nan if search.ratio is None else search.ratio,
            "strength": search.strength.T.ravel(),
            "score": search.mean.T.ravel(),
            "score_se": search.se.T.ravel(),
            "n_folds": np.repeat(search.counts.sum(axis=0), S),
            "is_chosen": is_chosen.T.ravel(),
            "reason": np.repeat(np.array(search.reasons(), dtype=object), S),
        }
        labels = () if self.folds is None else self.folds.labels
        by_fold = {
            f"fold_{label}": search.fold_score[:, k].T.ravel() for k, label in enumerate(labels)
        }
        return columns | by_fold
