"""A table of tests in the making: J terms by N neurons."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import chdtrc, fdtrc

from ... import showing
from ...typing import Array, FloatArray
from .rank_aware import QuadraticForm
from .smooth_tests import Mixture
from .weighted_chi_squares import weighted_chi2_tail


@dataclass(frozen=True, eq=False)
class Cells:
    """Statistics and p values (J, N), NaN until they are known, and a word on each.

    Attributes
    ----------
    statistic, df, p_value :
        (J, N).
    status :
        (J, N) why there is no number, or how the fit ended.
    dof :
        (N,) degrees of freedom of an estimated dispersion, or of groups; inf for chi-squared.

    Examples
    --------
    >>> cells = Cells.empty(1, np.array([np.inf]))
    >>> cells.put((0, 0), QuadraticForm(3.841458820694124, 1, 1), "converged")
    >>> cells.p_value.round(6)
    array([[0.05]])
    """

    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    status: Array
    dof: FloatArray
    _mixtures: list[tuple[tuple[int, int], Mixture]] = field(default_factory=list)

    __repr__ = showing.of_fields

    @classmethod
    def empty(cls, n_terms: int, dof: FloatArray) -> Cells:
        """Return a table of nothing."""
        shape = n_terms, len(dof)
        status = np.full(shape, "", dtype=object)
        nan = np.full(shape, np.nan)
        return cls(nan, nan.copy(), nan.copy(), status, np.array(dof))

    def put(self, at: tuple[int, int], form: QuadraticForm, status: str) -> None:
        """Write down a statistic, with the p value of chi² or F."""
        statistic, df, dof = form.statistic, form.df, self.dof[at[1]]
        self.statistic[at], self.df[at], self.status[at] = statistic, df, status
        of_f = np.isfinite(dof)
        self.p_value[at] = fdtrc(df, dof, statistic / df) if of_f else chdtrc(df, statistic)

    def put_mixture(self, at: tuple[int, int], mixture: Mixture, status: str) -> None:
        """Write down a statistic whose p value :meth:`finish` finds, together with all others."""
        self.statistic[at], self.df[at] = mixture.statistics[0], mixture.reference_df
        self.status[at] = status
        self._mixtures.append((at, mixture))

    def refuse(self, at: tuple[int, int], why: str) -> None:
        """Write down why there is no test."""
        self.statistic[at] = self.p_value[at] = np.nan
        self.status[at] = why

    def finish(self) -> Cells:
        """Find the p values of all mixtures at once."""
        problems = [
            (at, statistic, m, 1.0 / len(m.statistics))
            for at, m in self._mixtures
            for statistic in m.statistics
        ]
        if not problems:
            return self
        widest = max(len(m.weights) for _, _, m, _ in problems) + 1
        x = np.zeros(len(problems))
        weights, degrees = np.zeros((2, len(problems), widest))
        for i, (at, statistic, mixture, _) in enumerate(problems):
            k, dof = len(mixture.weights), self.dof[at[1]]
            weights[i, :k], degrees[i, :k] = mixture.weights, mixture.degrees
            if np.isfinite(dof):  # beside chi²_dof / dof
                weights[i, k], degrees[i, k] = -statistic / dof, dof
            else:
                x[i] = statistic
        tails = weighted_chi2_tail(x, weights, degrees)
        for at, _ in self._mixtures:
            self.p_value[at] = 0.0
        for (at, _, _, share), tail in zip(problems, tails, strict=True):
            self.p_value[at] += share * tail
        return self
