"""The part of a summary that tells which terms matter: terms of several coefficients as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ... import showing
from ...solvers import Status
from ...typing import FloatArray
from ..fit_on_data import FitOnData
from ..hypotheses.asked_terms import AskedTerm
from ..hypotheses.wald_tests import wald_tests
from ..information.optimum import Uncertainty
from ..smoothing.degrees import degrees_of


@dataclass(frozen=True, eq=False)
class WholeTerms:
    """Wald tests of the J terms of one neuron that have several coefficients, as mgcv tells them.

    Attributes
    ----------
    terms :
        (J,) labels.
    edf :
        (J,) effective degrees of freedom: what the penalty leaves of the coefficients.
    statistic, df, p_value :
        (J,) those of :func:`spikeglm.inference.term_tests`; NaN where there is no test.
    status :
        (J,) how the fit ended, or why there is no test.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 500)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(6, label="position").design(x)
    >>> found = nmo.GLM().fit(X, y).summary(X, y).whole_terms
    >>> found.terms, found.df, bool(found.p_value[0] < 1e-6)
    (('position',), array([5.]), True)
    """

    terms: tuple[str, ...]
    edf: FloatArray
    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    status: tuple[str, ...]

    __repr__ = showing.of_fields

    def rows(self) -> list[tuple[str, ...]]:
        """Return a header, and the cells of each term."""
        out: list[tuple[str, ...]] = [("term", "edf", "statistic", "ref. df", "p", "")]
        for j, term in enumerate(self.terms):
            numbers = (self.edf[j], self.statistic[j], self.df[j])
            cells = ("" if np.isnan(x) else f"{x:.4g}" for x in numbers)
            p = "" if np.isnan(self.p_value[j]) else showing.p_value(self.p_value[j])
            said = "" if self.status[j] == Status.CONVERGED else self.status[j]
            out.append((term, *cells, p, said))
        return out


def asked_of(fit: FitOnData) -> tuple[AskedTerm, ...]:
    """Return the terms to tell of: those with a label and several coefficients, of one neuron."""
    if fit.n_neurons > 1 or fit.optimum.record is None or not fit.optimum.penalty.is_smooth:
        return ()
    return tuple(
        AskedTerm(term.label, np.arange(term.start, term.stop))
        for term in fit.terms
        if term.label and term.stop - term.start > 1
    )


def whole_terms(
    fit: FitOnData, asked: tuple[AskedTerm, ...], sure: Iterable[Uncertainty], *, is_robust: bool
) -> WholeTerms:
    """Return the table of some terms of one neuron, given how sure it is of its parameters."""
    cells = wald_tests(fit, asked, sure, is_robust=is_robust)
    edf = degrees_of(fit).edf[:, 0]
    return WholeTerms(
        tuple(str(term.label) for term in asked),
        np.array([edf[term.features].sum() for term in asked]),
        cells.statistic[:, 0],
        cells.df[:, 0],
        cells.p_value[:, 0],
        tuple(map(str, cells.status[:, 0])),
    )
