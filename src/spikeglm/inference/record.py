"""The plain record of a fit: what inference reads, never an estimator."""

from __future__ import annotations

from dataclasses import dataclass

from ..solvers import Status
from ..typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class FitResult:
    """Coefficients of C columns and how their fit went; (p, C) and (C,) arrays.

    Attributes
    ----------
    coef, intercept :
        (p, C) and (C,) in the user's scale.
    status :
        (C,) how each column ended.
    certificate, decrement :
        What certifies the fit, in words, and its (C,) values: the Newton decrement (distance to
        the optimum in the norm of the curvature), or for penalties with absolute values the
        violation of the optimality (KKT) conditions relative to the strength.
    is_exact :
        Whether the decrement comes from each column's own Hessian or from the solver's estimate.
    objective :
        (C,) penalised mean loss.
    n_iterations :
        (C,) accepted steps.
    n_passes :
        Visits of all rows, the two or three that survey responses and features included.
    n_rows, total_weight, mean_response :
        (C,) rows of positive weight, the sum of their weights, and their mean response.
    rank :
        Rank of the features with an intercept column, if there is one, that column not counted.
    aliased :
        Indices of features that are constant or linear combinations of others.
    plan :
        How the passes ran, in words.
    has_intercept :
        Whether intercepts were fitted; if not, they are zero.
    remarks :
        What there is to say of the features, a line each.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = nmo.GLM("Gaussian").fit(X, X @ [1.0, -1.0])
    >>> record = model.fit_report_.result
    >>> record.coef.shape, record.n_rows, record.rank
    ((2, 1), array([200.]), 2)
    """

    coef: FloatArray
    intercept: FloatArray
    status: tuple[Status, ...]
    decrement: FloatArray
    is_exact: bool
    objective: FloatArray
    n_iterations: IntArray
    n_passes: int
    n_rows: FloatArray
    total_weight: FloatArray
    mean_response: FloatArray
    rank: int
    aliased: IntArray
    certificate: str
    plan: str
    has_intercept: bool = True
    remarks: tuple[str, ...] = ()
