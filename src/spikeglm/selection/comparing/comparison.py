"""What came out of a comparison: every score, differences, tests, and one table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ... import errors, numerics
from ...inference.false_discovery import q_values
from ...typing import Array, FloatArray, IntArray
from ..folds import Folds
from ..paired_tests import PairedDifferences, signed_rank
from ..printed_tables import PrintedTable
from . import tables

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05


class OverNeurons(NamedTuple):
    """Differences from the reference over neurons, (M,) each: neurons are the sample."""

    median: FloatArray
    low: FloatArray  # quartiles
    high: FloatArray
    n_better: IntArray  # with q <= .05 of the corrected t test
    n_worse: IntArray
    n_neurons: IntArray
    p_signed_rank: FloatArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """Held-out scores of M models, K folds and N neurons, compared with one of the models.

    Attributes
    ----------
    models, neurons :
        What they are called.
    reference :
        The model that others are compared with.
    measure, score_name :
        What scores are: the word, and in full. Larger is better.
    fold_score :
        (M, K, N); NaN where a fit has no certificate, or a fold tests no row of a neuron.
    status :
        (M, K, N) how fits ended, in a word.
    folds :
        The rows that all models were trained and tested on.
    ratio :
        Rows tested over rows trained on, on average over folds.
    n_left_out :
        (M,) rows that a model could have used, but not all of them.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(1000, 2))
    >>> y = rng.poisson(np.exp(0.5 * x[:, 0] - 1))
    >>> models = {"first": (nmo.GLM(), x[:, :1]), "both": (nmo.GLM(), x)}
    >>> found = nmo.selection.compare(models, y=y, folds=10)
    >>> found.fold_score.shape, found.difference.n_folds.ravel()
    ((2, 10, 1), array([10, 10]))
    """

    models: tuple[str, ...]
    neurons: tuple[Any, ...]
    reference: str
    measure: str
    score_name: str
    fold_score: FloatArray
    status: Array
    folds: Folds
    ratio: float
    n_left_out: IntArray

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return self.table().html()

    @property
    def mean(self) -> FloatArray:
        """(M, N) mean score over the folds that a model has."""
        return over_folds(self.fold_score)[0]

    @property
    def se(self) -> FloatArray:
        """(M, N) standard deviation over folds, over the root of their number."""
        return over_folds(self.fold_score)[1]

    @cached_property
    def difference(self) -> PairedDifferences:
        """Differences (M, N) from the reference, with effect sizes and tests."""
        other = self.fold_score[self.models.index(self.reference)]
        return PairedDifferences.of(self.fold_score, other, ratio=self.ratio)

    @property
    def q_value(self) -> FloatArray:
        """(M, N) q values over neurons of the corrected t test; NaN for the reference."""
        p = self.difference.p_corrected_t.copy()
        p[self.models.index(self.reference)] = np.nan
        return q_values(p)

    @property
    def best(self) -> Array:
        """(N,) the model with the best mean score among those with most folds; None for none."""
        n = np.isfinite(self.fold_score).sum(axis=1)
        mean = np.where((n == n.max(axis=0)) & (n > 0), self.mean, -np.inf)
        names = np.array([*self.models, None], dtype=object)
        return names[np.where(np.isfinite(mean).any(axis=0), np.argmax(mean, axis=0), -1)]

    def against(self, reference: str) -> Comparison:
        """Return the same scores, compared with another model.

        Raises
        ------
        ValueError
            If there is no such model.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> found = nmo.selection.compare(models, y=y)
        >>> bool((found.against("b").difference.mean[0] == -found.difference.mean[1]).all())
        True
        """
        return replace(self, reference=self.named(reference))

    def named(self, model: str) -> str:
        """Return the name of a model, and raise a ValueError if there is none.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> nmo.selection.compare(models, y=y).named("a")
        'a'
        """
        if model not in self.models:
            raise errors.unknown_name("model", model, list(self.models))
        return model

    def place(self, neuron: Any) -> int:
        """Return the number of a neuron; None is the only one.

        Raises
        ------
        ValueError
            If there is no such neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> nmo.selection.compare(models, y=y).place(None)
        0
        """
        if neuron is None and len(self.neurons) == 1:
            return 0
        if neuron not in self.neurons:
            raise errors.unknown_name("neuron", neuron, list(self.neurons))
        return self.neurons.index(neuron)

    def over_neurons(self) -> OverNeurons:
        """Return the differences from the reference over neurons.

        The signed rank test takes neurons for independent, as published comparisons of models do:
        neurons that were recorded together share what made a fold easy, so it is too sure.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, [0]] - [[1.0, 0.5, 0.0]]))
        >>> model = nmo.PopulationGLM()
        >>> found = nmo.selection.compare({"a": (model, X[:, 1:]), "b": (model, X)}, y=y)
        >>> found.over_neurons().n_better.tolist()
        [0, 3]
        """
        mean, q = self.difference.mean, self.q_value
        with numerics.quiet():
            low, median, high = np.array([_quantiles(row[~np.isnan(row)]) for row in mean]).T
        return OverNeurons(
            median,
            low,
            high,
            n_better=((q <= LEVEL) & (mean > 0)).sum(axis=1),
            n_worse=((q <= LEVEL) & (mean < 0)).sum(axis=1),
            n_neurons=(~np.isnan(mean)).sum(axis=1),
            p_signed_rank=signed_rank(mean.T).p_value,
        )

    def reasons(self) -> list[list[str]]:
        """Return what there is to say of each model and neuron, ``""`` for nothing.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) < 40
        >>> found = nmo.selection.compare({"a": nmo.GLM(), "b": nmo.GLM()}, X, y, folds=5)
        >>> found.reasons()[0]
        ['1 of 5 folds without a score (silent)']
        """
        M, _, N = self.fold_score.shape
        return [[self._reason(m, n) for n in range(N)] for m in range(M)]

    def _reason(self, m: int, n: int) -> str:
        lost = np.isnan(self.fold_score[m, :, n])
        if not lost.any():
            return ""
        words = Counter(str(word) for word in self.status[m, lost, n])
        del words["converged"]
        why = ", ".join(sorted(words)) or "nothing to test"
        return f"{lost.sum()} of {len(lost)} folds without a score ({why})"

    def table(self, neuron: Any = None) -> PrintedTable:
        """Return the table that is printed: of one neuron, or over all.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> nmo.selection.compare(models, y=y).table().header[:2]
        ('model', 'score ± SE')
        """
        if neuron is not None or len(self.neurons) == 1:
            return tables.of_neuron(self, self.place(neuron))
        return tables.of_population(self)

    def to_latex(
        self, neuron: Any = None, *, caption: str | None = None, label: str | None = None
    ) -> str:
        """Return the table for LaTeX (package booktabs).

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> nmo.selection.compare(models, y=y).to_latex().splitlines()[0]
        '\\\\begin{table}'
        """
        return self.table(neuron).latex(caption=caption, label=label)

    def to_html(self, neuron: Any = None) -> str:
        """Return the table as HTML.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> "<th>model</th>" in nmo.selection.compare(models, y=y).to_html()
        True
        """
        return self.table(neuron).html()

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy pandas table: a row per neuron and model.

        Columns: ``neuron``, ``model``, ``score`` and ``score_se`` over folds, ``difference`` from
        the reference with ``difference_se``, ``conf_low``, ``conf_high``, ``effect_size``,
        ``rank_biserial``, ``t``, ``p_corrected_t``, ``q_corrected_t`` (over neurons),
        ``p_signed_rank``, ``n_folds`` compared, ``reason``, and ``fold_k`` for each fold.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
        >>> models = {"a": (nmo.GLM(), X), "b": (nmo.GLM(), X[:, :1])}
        >>> nmo.selection.compare(models, y=y).to_frame()["model"].tolist()
        ['a', 'b']
        """
        return tables.frame(self)


def over_folds(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard error over the folds of scores (..., K, N); NaN is no fold.

    >>> over_folds(np.array([[1.0], [3.0], [np.nan]]))
    (array([2.]), array([1.]))
    """
    known = ~np.isnan(scores)
    n = known.sum(axis=-2)
    with numerics.quiet():
        mean = np.where(n > 0, np.where(known, scores, 0.0).sum(axis=-2) / n, np.nan)
        off = np.where(known, scores - np.expand_dims(mean, -2), 0.0)
        se = np.sqrt(np.square(off).sum(axis=-2) / (n * (n - 1)))
    return mean, np.where(n > 1, se, np.nan)


def _quantiles(values: FloatArray) -> FloatArray:
    return np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else np.full(3, np.nan)
