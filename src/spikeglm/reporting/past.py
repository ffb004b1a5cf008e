"""What a model has of the past of its own neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..simulation.network import columns_of


def feeds_of(model: Any) -> tuple[bool, bool]:
    """Return whether neurons see their own past, and whether they see that of each other.

    Only where a fit knows what fed it: X is a design of the very responses.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> counts = np.random.default_rng(0).poisson(0.5, (300, 2))
    >>> X = nmo.basis.HistoryConv(3, label="past").design(counts)
    >>> feeds_of(nmo.PopulationGLM().fit(X, counts))
    (True, True)
    >>> feeds_of(nmo.PopulationGLM().fit(np.asarray(X), counts))
    (False, False)
    """
    fed: Mapping[str, tuple[int, ...]] = getattr(model, "feedback_", {})
    coef = model.coef_.reshape(len(model.coef_), -1)
    is_fed = np.zeros((coef.shape[1], coef.shape[1]), dtype=bool)  # by, of
    for term in model.terms_:
        for channel, by in enumerate(fed.get(term.label, ())):
            if by >= 0:
                is_fed[by] |= (coef[columns_of(term, channel)] != 0).any(axis=0)
    own = np.diag(is_fed)
    return bool(own.any()), bool((is_fed & ~np.eye(len(is_fed), dtype=bool)).any())
