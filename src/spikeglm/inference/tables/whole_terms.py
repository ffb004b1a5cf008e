"""The part of a summary that tells which terms matter: terms of several coefficients as a whole."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ... import showing
from ...solvers import Status
from ..fit_on_data import FitOnData
from ..hypotheses.asked_terms import AskedTerm
from ..hypotheses.few_events import score_where_better
from ..hypotheses.wald_tests import wald_tests
from ..information.optimum import Uncertainty
from ..smoothing.degrees import degrees_of


def asked_of(fit: FitOnData) -> tuple[AskedTerm, ...]:
    """Return the terms to tell of: those with a label and several coefficients, of one neuron."""
    if fit.n_neurons > 1 or fit.optimum.record is None or not fit.optimum.penalty.is_smooth:
        return ()
    return tuple(
        AskedTerm(term.label, np.arange(term.start, term.stop))
        for term in fit.terms
        if term.label and term.stop - term.start > 1
    )


def rows_of_terms(
    fit: FitOnData, asked: tuple[AskedTerm, ...], sure: Iterable[Uncertainty], *, is_robust: bool
) -> tuple[tuple[str, ...], ...]:
    """Return a header and the cells of some terms of one neuron, as mgcv prints them.

    The effective degrees of freedom are what the penalty leaves of the coefficients; the rest are
    the tests of :func:`spikeglm.inference.term_tests`, given how sure the neuron is of its
    parameters.
    """
    cells, edf = wald_tests(fit, asked, sure, is_robust=is_robust), degrees_of(fit).edf[:, 0]
    by_score = np.zeros((len(asked), 1), dtype=bool)
    if not is_robust:
        by_score = score_where_better(fit, asked, cells)
    rows: list[tuple[str, ...]] = [("term", "edf", "statistic", "ref. df", "p", "")]
    for j, term in enumerate(asked):
        numbers = edf[term.features].sum(), cells.statistic[j, 0], cells.df[j, 0]
        told = ("" if np.isnan(x) else f"{x:.4g}" for x in numbers)
        p, status = cells.p_value[j, 0], str(cells.status[j, 0])
        words = "score test" if by_score[j, 0] else "", "" if status == Status.CONVERGED else status
        said = "; ".join(filter(None, words))
        rows.append((str(term.label), *told, "" if np.isnan(p) else showing.p_value(p), said))
    return tuple(rows)
