"""Problems whose loss is a quadratic function of the parameters: after one visit, no more are due.

Fits that have many columns on the same rows (folds, strengths) ask for them. Whether moments are
worth their visit is judged where they are summed up (:mod:`~spikeglm.engine.quadratic`); other
losses, and columns that have none, are solved over the rows as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .. import showing
from ..engine.cumulant_objective import by_cumulants
from ..engine.features.near_dependence import View
from ..engine.objective import Objective
from ..engine.quadratic import by_moments
from ..engine.runners.plan import Plan
from ..typing import BoolArray
from .prepared import Prepared
from .problems import MakeProblems, Numbers


@dataclass(frozen=True, eq=False)
class NumbersByMoments(Numbers):
    """C problems of one column each, solved from the moments of their rows where that can be.

    Attributes
    ----------
    keep :
        (T,) rows that take part.
    """

    keep: BoolArray = field(kw_only=True)

    __repr__ = showing.of_fields

    def objective(self, view: View, how: Plan) -> Objective:
        """Return the columns of a view; that may visit the rows."""
        plain, observed = super().objective(view, how), self.observed.take(view.columns)
        middle = observed.mean - np.nan_to_num(observed.offset)
        found = by_moments(
            plain, self.keep, middle if plain.columns.has_intercept else 0.0 * middle
        )
        return by_cumulants(plain, self.keep) if found is plain else found


def numbers_by_moments(ready: Prepared) -> MakeProblems:
    """Return what makes problems over prepared rows that are solved from moments if they can be.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.engine.columns import Columns, Source
    >>> from spikeglm.fit.fitting import SolverChoice, fit_prepared
    >>> from spikeglm.fit.prepared import prepare
    >>> from spikeglm.observation_models import GaussianObservations
    >>> from spikeglm.observation_models.likelihood import Likelihood
    >>> from spikeglm.observation_models.links import Identity
    >>> from spikeglm.regularizer import Ridge
    >>> from spikeglm.rows import ArrayRows
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(500, 3)), rng.normal(size=(500, 4))
    >>> gaussian = Likelihood(GaussianObservations(), Identity())
    >>> columns = Columns(gaussian, Source.one_per_column(y))
    >>> ready = prepare(ArrayRows(X), columns, keep=np.ones(500, dtype=bool))
    >>> how = {"penalty": Ridge().bind(0.1, (3, 4)), "solver": SolverChoice()}
    >>> fit_prepared(ready, columns, **how, kind=numbers_by_moments(ready)).status[0].value
    'converged'
    """
    return partial(NumbersByMoments, keep=ready.keep)
