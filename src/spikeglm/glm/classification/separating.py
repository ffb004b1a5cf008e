"""Which features tell the classes of which neurons apart perfectly, found once a fit has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...engine.softmax_objective import SoftmaxObjective
from ...fit.class_separation import class_separations
from ...fit.separating import LARGE, LOOKS_DONE, MOST_MULTIPLICATIONS, VISITS
from ...solvers import Status
from ...typing import BoolArray, FloatArray


class Found(NamedTuple):
    """What a search has shown."""

    separating: BoolArray | None  # (p, N) features without a finite optimum; None: nobody looked
    status: tuple[Status, ...]  # of the neurons, some of them separated after all
    n_passes: int


def separating_features(
    objective: SoftmaxObjective, theta: FloatArray, status: Sequence[Status]
) -> Found:
    """Look for what separates neurons; theta ((p + 1) K, N) are the estimates of all.

    Looked at are neurons that a solver found separated, and those whose linear predictors vary so
    much that it may have stopped where the loss falls ever more slowly. Nobody looks
    where the search would cost more than a fit should, or rows lie on other machines.
    """
    status, K = tuple(status), objective.n_classes
    everyone = np.arange(objective.n_columns)
    is_apart = np.array([s is Status.SEPARATED for s in status])
    # The log-odds of two classes vary up to twice as much as one of them does around their mean.
    spread = 4.0 * objective.classes.spread(objective.widened(theta)).reshape(K, -1).max(axis=0)
    is_large = (spread > LARGE**2) & np.array([s in LOOKS_DONE for s in status])
    apart = np.flatnonzero(is_apart | is_large)
    table, plan = objective.classes.table, objective.classes.plan
    cost = len(apart) * float(table.n_kept) * objective.n_parameters**2
    may_move = objective.penalty.is_smooth and bool((objective.ridge(everyone) == 0).any())
    if not (may_move and 0 < cost < MOST_MULTIPLICATIONS) or plan.runner == "dask":
        return Found(None, status, 0)
    objective.use_double()
    separating = np.zeros((objective.classes.n_parameters - 1, len(status)), dtype=bool)
    for n, found in zip(apart, class_separations(objective, theta, apart), strict=True):
        if found is not None:
            separating[:, n] = found.touched
            is_apart[n] = True
    words = zip(is_apart, status, strict=True)
    after = tuple(Status.SEPARATED if is_one else word for is_one, word in words)
    return Found(separating, after, VISITS)
