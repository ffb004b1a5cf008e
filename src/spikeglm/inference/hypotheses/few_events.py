"""Where Wald's test is not to be trusted: events are few, or a term separates.

Of an estimate that is large by chance Wald's statistic believes the size; of one without a finite
optimum it has none (Hauck & Donner 1977). The score test looks at neither: it needs the fit without
the term alone. So it is taken there, of fits without a penalty. A test of it is a fit more and
an information: many of them would take minutes where Wald's take a second, and are left to whoever
asks for them.

References
----------
Hauck & Donner (1977), J Am Stat Assoc 72:851-3; Peduzzi et al. (1996), J Clin Epidemiol 49:1373-9,
for ten events per parameter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...regularizer.firth import is_of_information
from ...solvers import Status
from ...typing import BoolArray
from ..fit_on_data import FitOnData
from .asked_terms import AskedTerm
from .cells import Cells
from .score_tests import score_tests
from .wald_tests import penalised

_FEWEST = 15.0  # events per parameter
_MOST = 10  # score tests of a neuron
ROUGH = (
    f"fewer than {_FEWEST:.0f} events per parameter, where Wald tests reject too often or too "
    "seldom: inference.term_tests(..., test='score') holds"
)


def better_by_score(fit: FitOnData, cells: Cells) -> BoolArray:
    """Tell of which Wald tests (J, N) the score test is the better one.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson([0.05, 1.0], (300, 2))
    >>> fit = nmo.PopulationGLM().fit(X, y).on(X, y)
    >>> cells = Cells.empty(1, np.full(2, np.inf))
    >>> cells.status[:], cells.p_value[:] = "converged", 0.05
    >>> better_by_score(fit, cells)
    array([[ True, False]])
    """
    record = fit.optimum.record
    status = [] if record is None else record.status
    is_apart = np.array([word is Status.SEPARATED for word in status] or [False], dtype=bool)
    optimum = fit.optimum
    is_open = ~penalised(optimum).any(axis=0) & (not is_of_information(optimum.penalty))
    few = has_few_events(fit) & (len(cells.p_value) <= _MOST)
    out: BoolArray = is_open & np.where(np.isnan(cells.p_value), is_apart, few)
    out[:, out.sum(axis=0) > _MOST] = False
    return out


def score_where_better(fit: FitOnData, asked: Sequence[AskedTerm], cells: Cells) -> BoolArray:
    """Put score tests in the place of Wald tests (J, N) where they are better; return where.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = np.random.default_rng(1).poisson([0.05, 1.0], (300, 2))
    >>> found = nmo.inference.term_tests(nmo.PopulationGLM().fit(X, y), X, y)
    >>> found.by.tolist()
    [['score', 'wald']]
    """
    better = better_by_score(fit, cells)
    if better.any():
        found = score_tests(fit, asked, only=better)
        better &= ~np.isnan(found.p_value)
        for name in ("statistic", "df", "p_value", "status"):
            getattr(cells, name)[better] = getattr(found, name)[better]
    return better


def has_few_events(fit: FitOnData) -> BoolArray:
    """Tell which neurons (N,) have fewer than fifteen events (of choices the rarer) a parameter.

    Those of a fit with a penalty are not told: what it leaves of parameters depends on its
    strength.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson([0.05, 1.0], (300, 2))
    >>> has_few_events(nmo.PopulationGLM().fit(X, y).on(X, y))
    array([ True, False])
    """
    optimum = fit.optimum
    record, columns = optimum.record, optimum.columns
    model = columns.likelihood.model
    if record is None or not model.gives_probabilities or is_of_information(optimum.penalty):
        return np.zeros(fit.n_neurons, dtype=bool)
    events = record.mean_response * record.total_weight
    if model.means[1] == 1.0:
        events = np.minimum(events, record.total_weight - events)
    used = fit.n_features if columns.mask is None else columns.mask.sum(axis=0)
    is_free = ~penalised(optimum).any(axis=0)
    few: BoolArray = is_free & (events < _FEWEST * (used + columns.has_intercept))
    return few
