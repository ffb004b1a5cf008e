"""Penalties whose strengths are still to be chosen: matrices, each with a strength of its own."""

from __future__ import annotations

from typing import Protocol

from ..typing import FloatArray, IntArray
from .base import Penalty
from .squares import Part


class Adjustable(Protocol):
    """½ Σ_j λ_j Σ_r (g_r . w)² with r over the rows of entry j, and λ still to come.

    R entries, p features.

    Attributes
    ----------
    parts :
        Rows g of full rank, each with the features that they are for.
    entry_of_part :
        (n_parts,) which entry a part belongs to.
    labels :
        (R,) what entries are called; () where they have no names.
    n_features :
        p.
    strength :
        (R, N) some strengths.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.regularizer import Quadratic
    >>> pair: Adjustable = Quadratic([([0, 1], [[1.0, -1.0], [-1.0, 1.0]])]).bind(1.0, (2, 1))
    >>> pair.with_strengths(np.array([[3.0, 4.0]])).value(np.eye(2))
    array([1.5, 2. ])
    """

    @property
    def parts(self) -> tuple[Part, ...]: ...  # noqa: D102  # told above

    @property
    def entry_of_part(self) -> IntArray: ...  # noqa: D102

    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def n_features(self) -> int: ...  # noqa: D102

    @property
    def strength(self) -> FloatArray: ...  # noqa: D102

    def with_strengths(self, strength: FloatArray) -> Penalty:
        """Return the penalty with strengths (R, C) for C columns, as many as one likes."""
        ...
