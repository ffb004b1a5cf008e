"""Sandwiches for rows that are independent of each other: HC0 to HC3."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ... import showing
from ...engine.features.survey import survey_responses
from ...engine.kernels.loss_kernels import Kernel
from ...engine.kernels.score_kernels import (
    LeverageSums,
    ProductSums,
    class_score_products,
    leverage_score_products,
    sampled_score_products,
    score_products,
)
from ...typing import FloatArray
from ..information.filling import Filling, Seen
from . import small_samples


@dataclass(frozen=True)
class Independent:
    """Squares of the scores: variances that differ from those of the model, row by row.

    Attributes
    ----------
    name :
        HC0, HC1, HC2 or HC3.
    delta :
        Of what power of 1 - h, h the leverage, squares are divided by: 0, 1 or 2.
    small_sample :
        The factor.
    are_copies :
        Whether a row of weight a is a rows, or one row that counts a times as much.

    References
    ----------
    White (1980), Econometrica 48:817-38; MacKinnon & White (1985), J Econom 29:305-25; for
    generalized linear models Zeileis (2006), J Stat Softw 16(9), section 2.

    >>> Independent("HC1", 0, "n/(n-k)", True).name
    'HC1'
    """

    name: str
    delta: int
    small_sample: str
    are_copies: bool

    __repr__ = showing.of_fields

    def fill(self, seen: Seen) -> Filling:
        """Return the sums of squares of the scores of each neuron."""
        n = n_rows(seen, are_copies=self.are_copies)
        factor = small_samples.factor(self.small_sample, n=n, k=seen.n_used)
        reason = np.full(seen.n_neurons, "", dtype=object)
        if self.delta:
            sums = self._with_leverage(seen)
            products = sums.products
            reason[sums.n_certain > 0] = (
                f"{self.name} divides by 1 - h, and a row of leverage h = 1 determines a "
                "coefficient alone; HC0 and HC1 do not"
            )
        else:
            products = seen.visited(self._kernel(seen)).products
        reason[np.isinf(factor)] = "as many parameters as rows"
        return Filling(
            products * np.where(np.isinf(factor), 0.0, factor)[:, None, None],
            np.full(seen.n_neurons, np.inf),
            (f"{self.name}, factor {self.small_sample}",) * seen.n_neurons,
            tuple(reason),
        )

    def _kernel(self, seen: Seen) -> Kernel[ProductSums]:
        if seen.n_classes > 1:
            power = 0.5 if self.are_copies else 1.0
            return partial(class_score_products, n_classes=seen.n_classes, power=power)
        return score_products if self.are_copies else sampled_score_products

    def _with_leverage(self, seen: Seen) -> LeverageSums:
        kernel = partial(
            leverage_score_products,
            inverses=np.stack(seen.inverses),
            delta=float(self.delta),
            power=0.5 if self.are_copies else 1.0,
        )
        return seen.visited(kernel)


def n_rows(seen: Seen, *, are_copies: bool) -> FloatArray:
    """Return how many rows each neuron has, (A,): the sum of the weights, if they are copies."""
    observed = survey_responses(seen.table, seen.columns, seen.how)
    n = observed.weight if are_copies else observed.n_rows
    return n[: seen.n_neurons]
