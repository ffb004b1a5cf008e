"""What a block bootstrap found: estimates of many draws, and what they say of those of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import planned
from ...solvers import WELL
from ...typing import Array, FloatArray
from ..fit_on_data import FitOnData
from ..information.memory import in_longer_blocks
from .contract import at_random
from .p_values import at_least_as_large
from .question import Question

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class BlockBootstrap:
    """Fits of N neurons to D draws of whole blocks of the data.

    Attributes
    ----------
    fit :
        The fit to the data, with the data.
    coef, intercept :
        (D, p, N) and (D, N); NaN where a draw has no fit (of a neuron that is silent in it).
    assumption :
        What must hold for intervals to cover.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(1000, 2)), rng.poisson(0.5, size=1000)
    >>> found = nmo.inference.block_bootstrap(nmo.GLM().fit(X, y), X, y, block=20, n_draws=99)
    >>> found.coef.shape, found.standard_errors.round(1)[:, 0]
    ((99, 2, 1), array([0., 0., 0.]))
    """

    fit: FitOnData
    coef: FloatArray
    intercept: FloatArray
    assumption: str

    __repr__ = showing.of_fields

    @property
    def n_draws(self) -> int:
        """D."""
        return len(self.coef)

    @property
    def n_failed(self) -> Array:
        """(N,) draws without a fit."""
        return np.count_nonzero(np.isnan(self.intercept), axis=0)

    @property
    def standard_errors(self) -> FloatArray:
        """(p + 1, N) standard deviation over draws, the intercept last.

        NaN for coefficients that the data do not determine by themselves (of splines that add up to
        one): ask for what they make together, :meth:`of`.
        """
        return self._determined(_spread(self._draws))

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return lower and upper ends (p + 1, N) of intervals: quantiles of the draws.

        >>> import spikeglm as nmo
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(1000, 1)), rng.poisson(0.5, size=1000)
        >>> found = nmo.inference.block_bootstrap(nmo.GLM().fit(X, y), X, y, block=20, n_draws=99)
        >>> low, high = found.interval()
        >>> bool(low[0, 0] < 0 < high[0, 0])
        True
        """
        low, high = _quantiles(self._draws, level)
        return self._determined(low), self._determined(high)

    def of(
        self, function: Callable[[FloatArray, FloatArray], Any], *, level: float = 0.95
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return any function of the estimates, and the ends of its interval.

        Parameters
        ----------
        function :
            ``f(coef, intercept)`` of arrays (p, C) and (C,), returns (..., C): a tuning curve, a
            ratio, a preferred direction.
        level :
            Of the interval.

        Returns
        -------
        value, low, high : (..., N)

        Raises
        ------
        ValueError
            If the function returns something else.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(1000, 2))
        >>> y = rng.poisson(np.exp(X @ [0.6, 0.3] - 1))
        >>> found = nmo.inference.block_bootstrap(nmo.GLM().fit(X, y), X, y, block=20, n_draws=99)
        >>> ratio, low, high = found.of(lambda coef, intercept: coef[1] / coef[0])
        >>> bool(low[0] < 0.5 < high[0])
        True
        """
        optimum = self.fit.optimum
        N = self.fit.n_neurons
        value = np.asarray(function(optimum.coef, optimum.intercept), dtype=float)
        p = self.coef.shape[1]
        together = np.moveaxis(self.coef, 0, 1).reshape(p, -1)
        draws = np.asarray(function(together, self.intercept.ravel()), dtype=float)
        if value.shape[-1:] != (N,) or draws.shape != (*value.shape[:-1], self.n_draws * N):
            raise errors.value_error(
                "The function does not have a value per column.",
                given=f"shapes {value.shape} and {draws.shape}",
                expected=f"(..., {N}) and (..., {self.n_draws * N})",
                todo="return arrays whose last axis is that of coef.",
            )
        draws = np.moveaxis(draws.reshape(*value.shape[:-1], self.n_draws, N), -2, 0)
        return value, *_quantiles(draws, level)

    def p_values(self, term: Any = None) -> FloatArray:
        """Return p (N,) of a term (several, or all features) having no coefficients but zero.

        The share of draws that are farther from the estimates than these are from zero, in units of
        the information on the term: (1 + k) / (1 + D).

        References
        ----------
        Hall & Wilson (1991), Biometrics 47:757-762 (draws are compared with the estimate).

        Examples
        --------
        >>> import spikeglm as nmo
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(1000, 2))
        >>> y = rng.poisson(np.exp(X @ [0.6, 0.0] - 1))
        >>> found = nmo.inference.block_bootstrap(nmo.GLM().fit(X, y), X, y, block=20, n_draws=99)
        >>> found.p_values("x0"), bool(found.p_values("x1")[0] > 0.05)
        (array([0.01]), True)
        """
        of_term = Question.about(self.fit, term).of_term
        metric = _information(self.fit)[:, of_term][:, :, of_term]
        estimates = self.fit.optimum.coef
        off = (self.coef - estimates)[:, of_term]
        of_data = np.einsum("an,nab,bn->n", estimates[of_term], metric, estimates[of_term])
        of_draws = np.einsum("dan,nab,dbn->dn", off, metric, off, optimize=True)
        p = at_random(at_least_as_large(of_data, of_draws), self.n_draws)
        has_fit = np.array([status in (None, *WELL) for status in self.fit.status], dtype=bool)
        return np.where(has_fit, p, np.nan)

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return a pandas table with a row per neuron and parameter.

        Columns ``neuron``, ``feature``, ``estimate``, ``std_error``, ``conf_low``, ``conf_high``.
        The intercept comes last, where the model has one.

        >>> import spikeglm as nmo
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(1000, 1)), rng.poisson(0.5, size=1000)
        >>> found = nmo.inference.block_bootstrap(nmo.GLM().fit(X, y), X, y, block=20, n_draws=99)
        >>> found.to_frame()["feature"].tolist()
        ['x0', 'intercept']
        """
        import pandas as pd

        has_intercept = self.fit.optimum.columns.has_intercept
        names = [*self.fit.feature_names, *["intercept"] * has_intercept]
        low, high = self.interval(level)
        parts = {
            "estimate": self.fit.parameters,
            "std_error": self.standard_errors,
            "conf_low": low,
            "conf_high": high,
        }
        return pd.DataFrame(
            {
                "neuron": [neuron for neuron in self.fit.neurons for _ in names],
                "feature": names * self.fit.n_neurons,
                **{name: part[: len(names)].T.ravel() for name, part in parts.items()},
            }
        )

    @property
    def _draws(self) -> FloatArray:
        """(D, p + 1, N)."""
        return np.concatenate([self.coef, self.intercept[:, None]], axis=1)

    def _determined(self, values: FloatArray) -> FloatArray:
        """Return values (p + 1, N), NaN where the data do not determine a parameter."""
        record = self.fit.optimum.record
        if record is not None and self.fit.optimum.penalty.is_smooth:
            free = self.fit.optimum.penalty.curvature(self.fit.optimum.coef.shape) == 0
            rows = record.aliased
            values[rows] = np.where(free[rows], np.nan, values[rows])
        return values


def _information(fit: FitOnData) -> FloatArray:
    """Return the information (N, p, p) on coefficients at the estimates."""
    optimum = fit.optimum
    table, how = planned(optimum.rows, optimum.keep, fit.n_neurons)
    table = in_longer_blocks(table, how)
    at = optimum.coef, optimum.intercept
    F = run(loss_kernels.fisher_information, table, optimum.columns, *at, how).information
    # What the intercept can take up is no distance.
    total = np.where(F[:, -1, -1] > 0, F[:, -1, -1], 1.0)
    if optimum.columns.has_intercept:
        F = F - F[:, :, -1:] * F[:, -1:, :] / total[:, None, None]
    return F[:, :-1, :-1]


def _spread(draws: FloatArray) -> FloatArray:
    known = ~np.isnan(draws)
    n = known.sum(axis=0)
    mean = np.where(known, draws, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = (np.where(known, draws - mean, 0.0) ** 2).sum(axis=0)
    return np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)


def _quantiles(draws: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the ends of intervals from draws (D, ...); NaN where fewer than two have a value."""
    if not 0 < level < 1:
        raise errors.value_error(
            "level is no probability.", given=f"level={level!r}", expected="0 < level < 1"
        )
    few = np.count_nonzero(~np.isnan(draws), axis=0) < 2
    filled = np.where(few, 0.0, draws)
    ends = np.nanquantile(filled, [(1 - level) / 2, (1 + level) / 2], axis=0)
    low, high = (np.where(few, np.nan, end) for end in ends)
    return low, high
