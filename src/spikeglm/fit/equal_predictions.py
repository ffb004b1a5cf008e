"""A last look along features that are combinations of others, where a penalty alone decides.

Where X n is constant, a smooth penalty ½ w'Λw chooses among the weights w - n a, which all predict
the same. A solver sees that choice in X'X + Λ, unless Λ is less there than what X'X rounds: a weak
ridge on features whose units are far apart. What it left is known in closed form, but n only to
rounding, so the loss has the last word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..engine.coordinates.feature_facts import Features
from ..engine.features.settling import Settling
from ..engine.features.survey import Survey
from ..regularizer.squares import as_squares
from ..solvers import Outcome, Status
from ..typing import BoolArray, FloatArray
from .problems import Parameters, Problems
from .remarks import TOUCHED
from .user_scale import for_the_solver, location

_HIDDEN = 1e-9  # per feature: penalty over curvature; more than that no solver overlooks
_FALL = 1e-9  # of the objective, in units of the loss; what certificates miss is less


def look_along_combinations(
    problems: Problems, objective: Any, survey: Survey, estimates: Parameters, part: Outcome
) -> tuple[FloatArray, FloatArray, Outcome]:
    """Return the estimates and the outcome of problems, or lower points, which nothing certifies.

    The rows are visited, twice, only where a lower point would be worth it.

    Parameters
    ----------
    problems, objective :
        A problems of K columns each, and what the solver saw of them.
    survey :
        What is known of their features.
    estimates :
        (p, K A) and (K A,) in the user's scale: column k A + n is class k of problem n.
    part :
        How the solve of them went.

    >>> import numpy as np, spikeglm as nmo
    >>> x, n = np.random.default_rng(0).normal(size=(2, 200))
    >>> X = np.column_stack([1e8 * x, 1e8 * x, x])  # the first two can do what the third does
    >>> model = nmo.GLM("Gaussian", regularizer="Ridge", regularizer_strength=0.1).fit(X, x + n)
    >>> bool(abs(model.coef_[2]) < 1e-8)
    True
    """
    (W, b), over_rows, K = estimates, problems.over_rows(objective), problems.n_classes
    found = _with_less_penalty(W, problems, survey.features)
    if found is None:
        return W, b, part
    everyone = np.arange(len(part.status))
    theta = for_the_solver(over_rows, W, b)
    unit = problems.task(objective, theta, everyone)["unit"]
    if not _is_notable(found.gain, unit).any():
        return W, b, part
    other = found.W, b + location(survey) @ (W - found.W)
    begun = (
        problems.begin(objective, for_the_solver(over_rows, *point), everyone)[0]
        for point in (estimates, other)
    )
    before, after = (objective.evaluate(theta, everyone).value for theta in begun)
    is_lower = _is_notable(before - after, unit)
    in_columns = np.tile(is_lower, K)
    status = [
        Status.STALLED if lower and word is Status.CONVERGED else word
        for lower, word in zip(is_lower, part.status, strict=True)
    ]
    part = replace(
        part,
        value=np.where(is_lower, after, part.value),
        status=tuple(status),
        n_passes=part.n_passes + 2,
    )
    return np.where(in_columns, other[0], W), np.where(in_columns, other[1], b), part


class _Alternative(NamedTuple):
    """Weights (p, K A) that should predict the same, and by how much their penalty is less (A,)."""

    W: FloatArray
    gain: FloatArray


def _with_less_penalty(
    W: FloatArray, problems: Problems, features: Features
) -> _Alternative | None:
    """Return weights along combinations of features that cost less, if a solver may not see."""
    penalty, n_classes = problems.penalty, problems.n_classes
    null, (p, n_columns) = features.null_space, W.shape
    if not (penalty.is_smooth and null.shape[1]) or problems.columns.mask is not None:
        return None
    size = Settling.of(penalty, features, None, problems.h, n_classes).size
    taking_part = np.linalg.norm(null, axis=1) > TOUCHED
    by_feature = size[:p][taking_part] if len(size) == p else size[p:]
    if by_feature.min(initial=np.inf) > _HIDDEN * p or not by_feature.any():
        return None
    squares, unit = (
        as_squares(penalty, p, n_columns // n_classes, n_classes),
        features.inverse_scale,
    )
    better = W.copy()
    seen, wanted = squares.along(null * unit[:, None]), squares.along(W)
    _, groups = np.unique(squares.strength, axis=1, return_inverse=True)
    for group in range(groups.max() + 1):
        mine = np.flatnonzero(groups == group)
        root = np.sqrt(squares.strength[:, mine[:1]])
        step, *_ = np.linalg.lstsq(root * seen, root * wanted[:, mine], rcond=None)
        better[:, mine] -= unit[:, None] * (null @ step)
    before, after = (squares.value(w).reshape(n_classes, -1).sum(axis=0) for w in (W, better))
    return _Alternative(better, before - after)


def _is_notable(fall: FloatArray, unit: FloatArray) -> BoolArray:
    """Tell which falls of the objective (A,) are more than a certificate may miss."""
    return np.asarray(fall > _FALL * unit**2)
