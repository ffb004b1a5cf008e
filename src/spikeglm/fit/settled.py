"""Which coefficients a penalty decides, whatever the data leave open."""

from __future__ import annotations

import numpy as np

from ..engine.coordinates.feature_facts import Features
from ..engine.features.settling import Settling
from ..regularizer.base import Penalty
from ..typing import BoolArray
from .remarks import TOUCHED


def settled_by(
    penalty: Penalty, shape: tuple[int, int], features: Features, n_classes: int = 1
) -> BoolArray:
    """Return (p,) True for features whose coefficients, (p K, N), all have a penalty.

    Of a penalty with matrices that is not enough: neither may they take part in a combination of
    features that is constant and that no matrix penalises.
    """
    if not penalty.is_smooth:
        return np.ones(shape[0] // n_classes, dtype=bool)
    has_one = (penalty.curvature(shape) > 0).all(axis=1)
    is_settled: BoolArray = has_one.reshape(-1, n_classes).min(axis=1)
    null = features.null_space
    if not null.shape[1]:
        return is_settled
    settling = Settling.of(penalty, features, None, np.ones(shape[1]), n_classes)
    open_ = null @ settling.untouched(null, settling.size.min(axis=1))
    return is_settled & (np.linalg.norm(open_, axis=1) <= TOUCHED)
