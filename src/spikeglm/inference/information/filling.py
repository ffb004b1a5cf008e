"""What is between the two inverses of a sandwich: what it is asked of, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...engine.kernels.loss_kernels import Kernel, Sums
from ...engine.runners.dispatch import run
from ...engine.runners.plan import Plan
from ...engine.table import Table
from ...regularizer.base import PenaltyTerm
from ...typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Seen:
    """A fit of A neurons as its rows are read: p features, K classes (or one), n = (p + 1) K.

    Attributes
    ----------
    table, columns :
        The rows and the C = K A column problems over them.
    W, b :
        The estimates for these rows, (p, C) and (C,).
    how :
        The plan.
    inverses :
        (n, n) each: the inverse of the penalised information of a neuron.
    n_used :
        (A,) parameters that the fit of each uses up: their number, fewer with a penalty.
    shift :
        (p,) what was subtracted from the features.
    n_classes :
        K.
    penalty, unit, weight :
        The penalty on the coefficients (p, A), and per neuron k phi (the dispersion in units of the
        loss) and the sum of the row weights, (A,); None where nobody asks.
    """

    table: Table
    columns: Columns
    W: FloatArray
    b: FloatArray
    how: Plan
    inverses: Sequence[FloatArray]
    n_used: FloatArray
    shift: FloatArray
    n_classes: int = 1
    penalty: PenaltyTerm | None = None
    unit: FloatArray | None = None
    weight: FloatArray | None = None

    __repr__ = showing.of_fields

    @property
    def n_neurons(self) -> int:
        """A."""
        return len(self.inverses)

    def take(self, neurons: IntArray) -> Seen:
        """Return what is seen of some neurons."""
        K, n = self.n_classes, self.n_neurons
        columns = (np.arange(K)[:, None] * n + neurons).ravel()
        return replace(
            self,
            columns=self.columns.take(columns),
            W=self.W[:, columns],
            b=self.b[columns],
            inverses=[self.inverses[a] for a in neurons],
            n_used=self.n_used[neurons],
            penalty=None if self.penalty is None else self.penalty.take(neurons),
            unit=None if self.unit is None else self.unit[neurons],
            weight=None if self.weight is None else self.weight[neurons],
        )

    def visited(self, kernel: Kernel[Sums], marks: IntArray | None = None) -> Sums:
        """Return the sums of a kernel over all rows, read in double."""
        columns = replace(self.columns, marks=marks)
        return run(kernel, self.table.in_double(), columns, self.W, self.b, self.how)


class Filling(NamedTuple):
    """What stands between the inverses, (A, n, n), small-sample factor included, and about it.

    >>> import numpy as np
    >>> Filling(np.ones((1, 1, 1)), np.array([np.inf]), ("HC0",), ("",)).method
    ('HC0',)
    """

    products: FloatArray  # (A, n, n)
    dof: FloatArray  # (A,) of Student's quantiles; inf where they are normal
    method: tuple[str, ...]  # A
    reason: tuple[str, ...]  # A, why there is no covariance; "" where there is one
    is_whole: bool = False  # whether products are the covariances, with what surrounds them


class Filler(Protocol):
    """What makes the filling of a sandwich from the rows.

    >>> hasattr(Filler, "fill")
    True
    """

    def fill(self, seen: Seen) -> Filling:
        """Return the filling for the neurons of a group."""
        ...
