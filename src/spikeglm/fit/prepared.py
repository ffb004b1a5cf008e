"""Rows that were looked at once, for any number of fits over them.

What a survey finds (where features lie and how they vary, how they go together, which are constant
or nearly the same, in which pieces and which precision rows are read) depends on the rows, on which
of them take part, on how much each weighs, and on whether there is an intercept. It does not depend
on responses, offsets, masks, penalties and starts: these may be others in every fit. Other row
weights may be others too, for all but one thing, which combinations of features are constant; a fit
asks that again, see :mod:`~spikeglm.fit.row_weights`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import showing
from ..engine.columns import Columns, Source
from ..engine.features.survey import Responses, Survey, survey_features, survey_responses
from ..engine.runners.plan import Look, Plan, plan
from ..engine.runners.threads import one_blas_thread
from ..engine.table import Table, cut
from ..numerics import quiet
from ..rows.contract import Rows
from ..typing import BoolArray
from .magnitudes import check_features
from .progress import responses_report, survey_report

_MORE_BLOCKS = 2  # times as many; with four times, a block's fixed cost is more than is saved


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table whose features are known, on which columns are solved as often as one likes.

    Attributes
    ----------
    rows, keep :
        The table (T, p), and (T,) which rows take part.
    how :
        How passes run, for up to ``n_columns`` columns.
    survey :
        What is known of the features under the mean of the columns' row weights.
    n_columns :
        Of the widest fit that it was planned for.
    weights :
        The row weights of the columns that it was made for.

    Examples
    --------
    Fits to two responses that share a survey of the features:

    >>> import numpy as np
    >>> from spikeglm.engine.columns import Columns, Source
    >>> from spikeglm.fit.fitting import SolverChoice, fit_prepared
    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> from spikeglm.observation_models.links import Exp
    >>> from spikeglm.regularizer import Ridge
    >>> from spikeglm.rows import ArrayRows
    >>> X, y = np.random.default_rng(0).normal(size=(500, 2)), np.arange(1000).reshape(500, 2) % 3
    >>> poisson = Likelihood(PoissonObservations(), Exp())
    >>> both = [Columns(poisson, Source.one_per_column(y[:, [n]])) for n in (0, 1)]
    >>> ready = prepare(ArrayRows(X), both[0], keep=np.ones(500, dtype=bool))
    >>> how = {"penalty": Ridge().bind(0.1, (2, 1)), "solver": SolverChoice()}
    >>> [fit_prepared(ready, columns, **how).status[0].value for columns in both]
    ['converged', 'converged']
    """

    rows: Rows
    keep: BoolArray
    how: Plan
    survey: Survey
    n_columns: int
    weights: Source | None

    __repr__ = showing.of_fields

    def responses(self, columns: Columns) -> Responses:
        """Sum up the responses of columns; the features are not read.

        Columns that only differ in their penalty or their mask (strengths) are summed up once.
        """
        sources = columns.responses, columns.weights, columns.offsets
        series = np.array([source.of for source in sources if source is not None])
        _, first, which = np.unique(series, axis=1, return_index=True, return_inverse=True)
        with responses_report(self.rows):
            if len(first) == columns.n_columns:
                return survey_responses(self.survey.table, columns, self.how)
            distinct = survey_responses(self.survey.table, columns.take(first), self.how)
            return distinct.take(which.ravel())

    def is_for(self, columns: Columns) -> bool:
        """Tell whether columns have the row weights that the survey knows, one and the same."""
        known, now = self.weights, columns.weights
        if known is None or now is None:
            return known is now
        one_series = np.unique(np.append(known.of, now.of)).size == 1
        return known.values is now.values and one_series

    def for_columns(self, columns: Columns) -> Prepared:
        """Return the same rows in pieces that suit more columns than planned; no pass is taken."""
        n_columns = columns.n_columns
        if n_columns <= self.n_columns:
            return self
        new = plan(self.rows, n_columns, iterative=True)
        how = replace(self.how, block_rows=new.block_rows, n_threads=new.n_threads)
        ends, told = _ends_of_folds(self.rows, columns, how), self.survey.told_apart
        blocks = tuple(cut(self.keep, how.block_rows, ends=ends))
        survey = replace(
            self.survey,
            table=replace(self.survey.table, blocks=blocks),
            told_apart=told and replace(told, table=replace(told.table, blocks=blocks)),
        )
        return replace(self, how=how, survey=survey, n_columns=n_columns)

    def under(self, columns: Columns) -> Survey:
        """Look at the features again under the row weights of some columns alone."""
        table = Table.cut(self.rows, self.keep, self.how.block_rows)
        survey = survey_features(table, columns, self.how)
        check_features(survey, self.rows)
        return survey


def prepare(
    rows: Rows,
    columns: Columns,
    *,
    keep: BoolArray,
    looks_at_all: bool = False,
    iterative: bool = True,
) -> Prepared:
    """Look at the features of a table: what all fits over it share.

    Parameters
    ----------
    rows :
        The table (T, p).
    columns :
        Those of the first fit: how many, their row weights, and whether they have an intercept.
    keep :
        (T,) rows that take part.
    looks_at_all :
        Whether all correlations are needed, whatever they cost.
    iterative :
        Whether many passes follow, of which the early ones may round.

    Raises
    ------
    ValueError
        If a feature is too large for float64.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.engine.columns import Source
    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> from spikeglm.observation_models.links import Exp
    >>> from spikeglm.rows import ArrayRows
    >>> X = np.column_stack([np.arange(6.0), np.ones(6)])
    >>> columns = Columns(Likelihood(PoissonObservations(), Exp()), Source.one_per_column(X))
    >>> prepare(ArrayRows(X), columns, keep=np.ones(6, dtype=bool)).survey.features.scale.round(3)
    array([1.708, 0.   ])
    """
    # The workers are the threads: BLAS must not add its own. An overflow is a point without value.
    with one_blas_thread(), quiet():
        how = plan(rows, columns.n_columns, iterative=iterative)
        if looks_at_all:
            how = replace(how, look=Look())
        table = Table.cut(rows, keep, how.block_rows, ends=_ends_of_folds(rows, columns, how))
        with survey_report(rows):
            survey = survey_features(table, columns, how)
        check_features(survey, rows)
        return Prepared(rows, keep, how, survey, columns.n_columns, columns.weights)


def _ends_of_folds(rows: Rows, columns: Columns, how: Plan) -> list[int]:
    """Return where the columns that rows count for change: where blocks had better end.

    Columns without weight in a block are left out there (:meth:`Columns.present`). That saves 1 / K
    with K folds of runs of rows, however these lie to the blocks, unless runs are so short that
    there would be many more blocks than before, or rows are wanted in pieces as they are stored.
    """
    weights = columns.weights
    is_fixed = how.runner != "threads" or getattr(rows, "waits_for_storage", False)
    if is_fixed or weights is None or not isinstance(weights.values, np.ndarray):
        return []
    if weights.values.shape[1] >= columns.n_columns:  # nobody looks
        return []
    counts = weights.values > 0
    ends = np.flatnonzero((counts[1:] != counts[:-1]).any(axis=1)) + 1
    lengths = np.diff(np.concatenate([[0], ends, [len(counts)]]))
    n_blocks = np.ceil(lengths / how.block_rows).sum()
    most = max(1, _MORE_BLOCKS * len(counts) / how.block_rows)
    is_worth_it = n_blocks <= most and lengths.mean() >= rows.efficient_block_rows
    return ends.tolist() if is_worth_it else []
