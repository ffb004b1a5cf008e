"""What is compared between the data and draws: how much a term adds to the rest of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ... import errors
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import products, run
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import Prepared, prepare
from ...fit.record import FitResult
from ...settings import get_config
from ...typing import Array, FloatArray
from . import score
from .question import Sight
from .reduced import ANSWERED, Reduced

_SHARE_FOR_INFORMATION = 1 / 8  # of the memory budget; without it draws take longer


@dataclass(eq=False)
class Shared:
    """What all draws have in common where only the features of a term move: fits without it."""

    reduced: Reduced
    observed: Sight

    @cached_property
    def information(self) -> FloatArray | None:
        """(N, p + 1, p + 1) at those fits, in the data as they are; None if it is too large."""
        size = 8 * self.observed.columns.n_columns * (len(self.observed.of_term) + 1) ** 2
        if size > _SHARE_FOR_INFORMATION * get_config().memory_bytes:
            return None
        return score.informations(self.observed, self.reduced)


class Statistic(Protocol):
    """How much a term adds, in whatever unit; larger is more.

    >>> from spikeglm.inference.nulls.statistics import Score
    >>> Score().name
    'score'
    """

    @property
    def name(self) -> str:
        """What results call it."""
        ...

    @property
    def is_chi_squared(self) -> bool:
        """Whether it is χ² of as many degrees of freedom as the term has, if bins tell anew."""
        ...

    def check(self, sight: Sight) -> None:
        """Raise ValueError where it is none of these models."""
        ...

    def of(self, sight: Sight, reduced: Reduced, shared: Shared | None) -> FloatArray:
        """Return it for the columns of a sight, given the fits without the term."""
        ...


@dataclass(frozen=True)
class Score:
    """Twice the gain of the log-likelihood to second order, see :mod:`~.score`; no fits."""

    name = "score"
    is_chi_squared = True

    def check(self, sight: Sight) -> None:
        """Raise ValueError for penalties with kinks."""
        if not sight.penalty.is_smooth:
            raise errors.value_error(
                "There is no score of a model whose penalty selects features, or has bounds.",
                given="a penalty with kinks",
                expected="no penalty, or one that is smooth",
                todo='take statistic="deviance", which fits the models again.',
            )

    def of(self, sight: Sight, reduced: Reduced, shared: Shared | None) -> FloatArray:
        """Return score statistics."""
        known = None if shared is None else shared.information
        return score.scores(sight, reduced, known).statistic


@dataclass(frozen=True)
class Deviance:
    """Twice the gain of the log-likelihood, 2 (l − l_without) / phi: fits for every draw."""

    name = "deviance"
    is_chi_squared = True

    def check(self, sight: Sight) -> None:
        """Raise ValueError for strengths that the data chose."""
        _check_strengths(sight)

    def of(self, sight: Sight, reduced: Reduced, shared: Shared | None) -> FloatArray:
        """Return gains of fits with the term."""
        ready, result = _with_term(sight, reduced)
        table, how = reduced.table(sight.rows, ready.how), ready.how
        losses = [
            run(loss_kernels.loss, table, sight.columns, *table.weights_here(W, b), how).total
            for W, b in ((reduced.coef, reduced.intercept), _estimates(result))
        ]
        gain = 2.0 * (losses[0] - losses[1]) / reduced.unit
        return _where_answered(gain, reduced, result)


@dataclass(frozen=True)
class BitsPerSpike:
    """The gain of the log-likelihood in bits, per spike, on the rows of the fits: counts only."""

    name = "bits_per_spike"
    is_chi_squared = False

    def check(self, sight: Sight) -> None:
        """Raise ValueError for models of other responses than counts, and as the deviance."""
        _check_strengths(sight)
        model = sight.columns.likelihood.model
        if model.has_dispersion or not model.gives_probabilities:
            raise errors.value_error(
                "There are no bits per spike without spikes.",
                given=f"{model.name} responses",
                expected="a model of counts",
                todo='take statistic="deviance".',
            )

    def of(self, sight: Sight, reduced: Reduced, shared: Shared | None) -> FloatArray:
        """Return gains per spike; zero where there is no spike."""
        gain = Deviance().of(sight, reduced, shared)
        n_spikes = reduced.weight * reduced.mean
        return gain * reduced.unit / (2.0 * np.log(2.0) * np.where(n_spikes > 0, n_spikes, 1.0))


@dataclass(frozen=True)
class Custom:
    """A user's own: ``function(y, mean, null_mean)`` of arrays (R, C), returns (C,)."""

    function: Callable[[Array, FloatArray, FloatArray], Any]

    is_chi_squared = False

    @property
    def name(self) -> str:
        """That of the function."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def check(self, sight: Sight) -> None:
        """Raise ValueError where rows count differently: a function is not told; and as others."""
        _check_strengths(sight)
        if sight.columns.weights is not None:
            raise errors.value_error(
                "A statistic of one's own does not know row weights.",
                given="sample_weight",
                expected="rows that count alike",
                todo='take statistic="deviance", or leave rows out by a NaN in y.',
            )

    def of(self, sight: Sight, reduced: Reduced, shared: Shared | None) -> FloatArray:
        """Return what the function makes of responses and means, with and without the term."""
        _, result = _with_term(sight, reduced)
        keep, columns = np.flatnonzero(sight.keep), sight.columns
        block = columns.block(keep)
        means = []
        for W, b in (_estimates(result), (reduced.coef, reduced.intercept)):
            eta = products(sight.rows, W, reduced.ready.how)[keep] + b
            if block.offset is not None:
                eta = eta + block.offset
            means.append(columns.likelihood.mean(eta))
        values = np.asarray(self.function(block.y, *means), dtype=float)
        if values.shape != (columns.n_columns,):
            raise errors.value_error(
                f"The statistic {self.name} does not have one number per column.",
                given=f"shape {values.shape} for y of shape {block.y.shape}",
                expected=f"({columns.n_columns},)",
                todo="sum over axis 0.",
            )
        return _where_answered(values, reduced, result)


NAMED: dict[str, Statistic] = {
    "score": Score(),
    "deviance": Deviance(),
    "bits_per_spike": BitsPerSpike(),
}


def read_statistic(statistic: Any) -> Statistic:
    """Return the statistic that a user named or wrote.

    Raises
    ------
    ValueError, TypeError
        If it is neither a name nor a function.

    >>> read_statistic("deviance").name
    'deviance'
    """
    if callable(statistic):
        return Custom(statistic)
    if not isinstance(statistic, str):
        raise errors.type_error(
            "statistic is neither a name nor a function.",
            given=repr(statistic),
            expected=f"one of {', '.join(map(repr, NAMED))}, or f(y, mean, null_mean)",
        )
    if statistic not in NAMED:
        raise errors.unknown_name("statistic", statistic, list(NAMED))
    return NAMED[statistic]


def _check_strengths(sight: Sight) -> None:
    """Check that strengths are not those that suit the data better than draws."""
    if sight.has_chosen_strengths:
        raise errors.value_error(
            "Strengths that these data chose suit them better than any draw.",
            given='regularizer_strength="auto"',
            expected="strengths that are given, or the score, in which the term has no penalty",
            todo='take statistic="score", or fit with numbers for regularizer_strength.',
        )


def _with_term(sight: Sight, reduced: Reduced) -> tuple[Prepared, FitResult]:
    """Return fits with the term, which begin where those without ended, and how they saw rows."""
    ready = reduced.ready
    if sight.rows is not ready.rows:
        ready = prepare(sight.rows, sight.columns, keep=sight.keep)
    how: dict[str, Any] = {"penalty": sight.penalty, "solver": SolverChoice()}
    start = reduced.coef, reduced.intercept
    return ready, fit_prepared(ready, sight.columns, start=start, **how)


def _estimates(result: FitResult) -> tuple[FloatArray, FloatArray]:
    """Return coefficients (p, C) and intercepts (C,)."""
    return result.coef, result.intercept


def _where_answered(values: FloatArray, reduced: Reduced, result: FitResult) -> FloatArray:
    """Return statistics, NaN of fits that have no answer, 0 where there is nothing to gain."""
    is_there = np.array([status in ANSWERED for status in result.status], dtype=bool)
    found = np.where(is_there & reduced.has_answer, values, np.nan)
    return np.where(reduced.is_constant, 0.0, found)
