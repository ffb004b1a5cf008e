"""Weights that are the same in all states: one fit of all states, their rows below each other.

With shared features s and own ones o the predictor of state k is x_s . v + x_o . w_k + b_k. Given
the posterior of the states, (v, w_1 ... w_K, b) are the coefficients of one fit over K copies of
the rows, in copy k of which only the own features of state k are there; the posterior of state k is
its row weight. A shared weight has one prior.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..engine.columns import Columns, Source
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..fit.fitting import fit_prepared
from ..fit.prepared import Prepared, prepare
from ..fit.record import FitResult
from ..regularizer import Ridge, regularizer_of
from ..rows import ArrayRows
from ..rows.contract import Rows
from ..rows.terms import terms_of
from ..typing import BoolArray, FloatArray
from .parameters import Parameters

if TYPE_CHECKING:
    from .emissions import Emissions

INTERCEPT = "intercept"


@dataclass(frozen=True, eq=False)
class Shared:
    """Which weights are the same in all states: (p,) features, and whether the intercept is.

    Examples
    --------
    >>> Shared(np.array([True, False]), False).first_of(n_states=2, n_outputs=1)
    array([[ True, False],
           [ True,  True]])
    """

    features: BoolArray
    intercept: bool

    __repr__ = showing.of_fields

    def first_of(self, n_states: int, n_outputs: int) -> BoolArray:
        """Return (p, K N) False where a coefficient is that of the first state over again."""
        first = np.arange(n_states * n_outputs) < n_outputs
        return np.asarray(first | ~self.features[:, None])

    def tied(self, at: Parameters) -> Parameters:
        """Return parameters whose shared weights are the means over states."""
        coef = np.where(
            self.features[:, None, None, None], at.coef.mean(axis=2, keepdims=True), at.coef
        )
        intercept = at.intercept
        if self.intercept:
            mean = intercept.mean(axis=1, keepdims=True)
            intercept = np.broadcast_to(mean, intercept.shape).copy()
        return replace(at, coef=coef, intercept=intercept)


def read_shared(model: Any, rows: Rows, likelihood: Any, n_classes: int) -> Shared | None:
    """Return which weights the states of a model share; None where none is.

    Raises
    ------
    ValueError
        Where that cannot be fitted, for a name that is neither a feature nor a term, or bools of
        another shape.
    """
    given = getattr(model, "shared_features", None)
    if given is None or model.n_states == 1:
        return None
    kind = type(regularizer_of(model.regularizer)).__name__
    if n_classes > 1 or likelihood.estimates_scale or kind not in ("Ridge", "UnRegularized"):
        raise errors.value_error(
            "States of this model cannot share weights.",
            given=f"regularizer={model.regularizer!r}, {likelihood.model!r}",
            expected="Ridge or no penalty, and responses that are numbers, with a known scale",
            todo="leave out shared_features, or use regularizer='Ridge'.",
        )
    return _named(given, rows)


def _named(given: Any, rows: Rows) -> Shared:
    """Return which weights names, or (p,) bools, are of."""
    p, names = rows.n_features, rows.feature_names
    if not isinstance(given, str) and np.asarray(given).dtype == bool:
        which = np.asarray(given)
        if which.shape != (p,):
            raise errors.value_error(
                "shared_features do not fit the features.",
                given=f"shape {which.shape}",
                expected=f"({p},) bools, or a list of names",
            )
        return Shared(which, False)
    which, terms = np.zeros(p, dtype=bool), {term.label: term for term in terms_of(rows)}
    listed = [given] if isinstance(given, str) else list(given)
    for name in listed:
        if name in terms and name:
            which[terms[name].start : terms[name].stop] = True
        elif name in names:
            which[names.index(name)] = True
        elif name != INTERCEPT:
            raise errors.unknown_name("feature", name, [*names, INTERCEPT])
    return Shared(which, INTERCEPT in listed)


class StackedStates:
    """The rows of all states below each other, looked at once."""

    def __init__(self, emissions: Emissions, shared: Shared) -> None:
        rows, K = emissions.rows, emissions.n_states
        p = rows.n_features
        X = products(rows, np.eye(p), plan(rows, p))
        X = np.where(emissions.keep[:, None], X, 0.0)
        own = X[:, ~shared.features]
        n, q = own.shape
        self.shared, self.n_states, self.n_own = shared, K, q
        blocks = np.zeros((K, n, K, q))
        blocks[np.arange(K), :, np.arange(K)] = own
        parts = [np.tile(X[:, shared.features], (K, 1)), blocks.reshape(K * n, K * q)]
        if not shared.intercept:
            parts.append(np.repeat(np.eye(K)[:, 1:], n, axis=0))
        table = np.hstack(parts)
        y, keep = np.tile(emissions.y, (K, 1)), np.tile(emissions.keep, K)
        columns = Columns(emissions.likelihood, Source.one_per_column(y))
        self.y = y
        self.ready: Prepared = prepare(ArrayRows(table), columns, keep=keep)

    def stacked(self, values: FloatArray) -> FloatArray:
        """Return what rows have for all columns (n, R K N) as (K n, R N)."""
        return values.transpose(2, 0, 1, 3).reshape(-1, values.shape[1] * values.shape[3])

    def coefficients(self, coef: FloatArray, intercept: FloatArray) -> FloatArray:
        """Return parameters (p, R, K, N) and (R, K, N) as those of the stack, (P, R N)."""
        _, R, K, N = coef.shape
        first = coef[self.shared.features][:, :, 0].reshape(-1, R * N)
        own = coef[~self.shared.features].transpose(2, 0, 1, 3).reshape(-1, R * N)
        parts = [first, own]
        if not self.shared.intercept:
            steps = (intercept[:, 1:] - intercept[:, :1]).transpose(1, 0, 2)
            parts.append(steps.reshape(K - 1, R * N))
        return np.vstack(parts)

    def back(self, found: FitResult, like: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (p, R K N) and intercepts (R K N,) of the stack's."""
        p, R, K, N = like.shape
        n_shared, n_own = int(self.shared.features.sum()), K * self.n_own
        coef = np.zeros(like.shape)
        coef[self.shared.features] = found.coef[:n_shared].reshape(-1, R, 1, N)
        own = found.coef[n_shared : n_shared + n_own].reshape(K, -1, R, N)
        coef[~self.shared.features] = own.transpose(1, 2, 0, 3)
        intercept = np.repeat(found.intercept.reshape(R, 1, N), K, axis=1)
        if not self.shared.intercept:
            intercept[:, 1:] += (
                found.coef[n_shared + n_own :].reshape(K - 1, R, N).transpose(1, 0, 2)
            )
        return coef.reshape(p, -1), intercept.ravel()

    def fit(self, emissions: Emissions, at: Parameters, weights: Source) -> FitResult:
        """Find all weights, given those that there are and p(states) as row weights."""
        _, R, K, N = at.coef.shape
        model, n = emissions.likelihood.model, len(emissions.y)
        w = np.broadcast_to(weights.block(slice(None)), (n, R * K * N)).reshape(n, R, K, N)
        unit = np.full((R, 1, N), model.loss_unit)
        if model.has_dispersion:
            mean = at.scale.mean(axis=1, keepdims=True)
            w, unit = w / (at.scale / mean), unit * mean
        total = w.sum(axis=(0, 2)).reshape(R * N)
        centre = emissions.centre_of_runs(R)
        coef, intercept = at.columns
        start = (coef - centre).reshape(at.coef.shape), at.intercept
        offsets = emissions.offsets_of_runs(R)
        if offsets is not None:
            of_rows = offsets.block(slice(None)).reshape(n, R, K, N)
            offsets = Source.one_per_column(self.stacked(of_rows))
        columns = Columns(
            emissions.likelihood,
            Source(self.y, np.tile(np.arange(N), R)),
            Source.one_per_column(self.stacked(w)),
            offsets,
            mask=self._mask(emissions, at),
        )
        strength = self._strengths(emissions, at) * unit.reshape(-1) / np.maximum(total, 1e-8)
        result = fit_prepared(
            self.ready,
            columns,
            penalty=Ridge().bind(strength, strength.shape),
            solver=emissions.solver,
            start=(self.coefficients(*start), intercept.reshape(R, K, N)[:, 0].ravel()),
        )
        found = self.back(result, at.coef)
        return replace(result, coef=found[0], intercept=found[1])

    def _mask(self, emissions: Emissions, at: Parameters) -> BoolArray | None:
        if emissions.mask is None:
            return None
        _, R, K, N = at.coef.shape
        mask = np.tile(emissions.mask, (1, R)).reshape(at.coef.shape)
        steps = np.arange(K)[None, :, None] * np.ones((R, 1, N))  # of intercepts: all free
        return self.coefficients(mask.astype(np.float64), steps) > 0

    def _strengths(self, emissions: Emissions, at: Parameters) -> FloatArray:
        """Return the strength of a ridge on each coefficient of the stack; none on steps."""
        _, R, K, N = at.coef.shape
        of_one = emissions.penalty.gradient(np.ones((len(at.coef), K * N)))
        strengths = np.tile(of_one, (1, R)).reshape(at.coef.shape)
        return self.coefficients(strengths, np.zeros((R, K, N)))
