"""A last look along features that are combinations of others, where a penalty alone decides.

Where X n is constant, a smooth penalty ½ w'Λw chooses among the weights w - n a, which all predict
the same. A solver sees that choice in X'X + Λ, unless Λ is less there than what X'X rounds: a weak
ridge on features whose units are far apart. What it left is known in closed form, but n only to
rounding, so the loss has the last word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..engine.coordinates.feature_facts import Features
from ..engine.features.settling import Settling
from ..regularizer.base import PenaltyTerm
from ..regularizer.squares import as_squares
from ..typing import BoolArray, FloatArray
from .remarks import TOUCHED

_HIDDEN = 1e-9  # per feature: penalty over curvature; more than that no solver overlooks
_FALL = 1e-9  # of the objective, in units of the loss; what certificates miss is less


class Alternative(NamedTuple):
    """Weights (p, K A) that should predict the same, and by how much their penalty is less (A,)."""

    W: FloatArray
    gain: FloatArray


def with_less_penalty(
    W: FloatArray,
    penalty: PenaltyTerm,
    features: Features,
    *,
    mask: BoolArray | None,
    h: FloatArray,
    n_classes: int,
) -> Alternative | None:
    """Return weights along combinations of features that cost less, if a solver may not have seen.

    Parameters
    ----------
    W :
        (p, K A) in the user's scale: column k A + n is class k of neuron n.
    penalty :
        On weights (p K, A).
    features :
        Which have the combinations.
    mask :
        (p, K A) False for weights that are none; None: all are.
    h :
        (A,) typical curvature of the loss per row.
    n_classes :
        K.
    """
    null, (p, n_columns) = features.null_space, W.shape
    if not (penalty.is_smooth and null.shape[1]) or mask is not None:
        return None
    size = Settling.of(penalty, features, mask, h, n_classes).size
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
    return Alternative(better, before - after)


def is_notable(fall: FloatArray, unit: FloatArray) -> BoolArray:
    """Tell which falls of the objective (A,) are more than a certificate may miss.

    >>> is_notable(np.array([1e-3, 1e-12]), np.ones(2))
    array([ True, False])
    """
    return np.asarray(fall > _FALL * unit**2)
