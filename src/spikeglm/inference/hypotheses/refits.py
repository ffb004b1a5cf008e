"""Every term left out for every neuron, in one fit; likelihood-ratio tests.

The columns of that fit differ in their masks alone, so that all of them share each visit of the
rows (:mod:`spikeglm.fit.prepared`). With L the summed loss in units k of the negative
log-likelihood and phi the dispersion of the larger model, as in R,

    LR = 2 (L_without - L_with) / (k phi)

is chi-squared with rank(with) - rank(without) degrees of freedom.

References
----------
McCullagh & Nelder (1989), Generalized Linear Models, appendix A.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ... import showing
from ...fit.fitting import SolverChoice, fit_columns
from ...fit.record import FitResult
from ...regularizer import UnRegularized
from ...regularizer.firth import is_of_information
from ...solvers import Status
from ...typing import BoolArray, FloatArray, IntArray
from ..fit_on_data import FitOnData
from ..information.optimum import NO_OPTIMUM, Optimum, Uncertainty
from ..information.rereading import Rereading
from . import reasons
from .asked_terms import AskedTerm
from .cells import Cells
from .rank_aware import QuadraticForm, determined
from .wald_tests import penalised

_NO_LIKELIHOOD = NO_OPTIMUM | {Status.STALLED, Status.LIMIT}  # or not the largest one


@dataclass(frozen=True, eq=False)
class Refits:
    """Fits that each leave out one term for one neuron; C columns.

    Attributes
    ----------
    term, neuron :
        (C,) which.
    optimum :
        Where they ended.
    """

    term: IntArray
    neuron: IntArray
    optimum: Optimum

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, fit: FitOnData, asked: Sequence[AskedTerm], wanted: FloatArray) -> Refits:
        """Fit what is wanted, (J, N), all at once, without a penalty.

        >>> import spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
        >>> fit = nmo.GLM().fit(X, y).on(X, y)
        >>> refits = Refits.of(fit, (AskedTerm("x0", np.array([0])),), np.array([[True]]))
        >>> bool(refits.optimum.coef[0, 0] == 0), refits.status(0)
        (True, 'converged')
        """
        full, (term, neuron) = fit.optimum, np.nonzero(wanted)
        stays = np.ones((fit.n_features, len(asked)), dtype=bool)
        for j, each in enumerate(asked):
            stays[each.features, j] = False
        mask = stays[:, term]
        if full.columns.mask is not None:
            mask = mask & full.columns.mask[:, neuron]
        columns = replace(full.columns.take(neuron), mask=mask)
        coef, intercept = _starts(fit, neuron, mask, has_intercept=columns.has_intercept)
        penalty = UnRegularized().bind(None, (0, 0))
        result: FitResult = fit_columns(
            full.rows,
            columns,
            penalty=penalty,
            keep=full.keep,
            solver=SolverChoice(),
            start=(coef, intercept),
        )
        scale = None if full.scale is None else full.scale[neuron]
        found = replace(
            full,
            columns=columns,
            coef=result.coef,
            intercept=result.intercept,
            penalty=penalty,
            scale=scale,
            record=result,
        )
        return cls(term, neuron, found)

    def status(self, column: int) -> str:
        """Return how a fit ended, in a word."""
        return reasons.of_fit(self.optimum, column)

    def failed(self, column: int) -> str:
        """Return why a fit is none, "" if it is one."""
        record = self.optimum.record
        status = None if record is None else record.status[column]
        return f"without the term: {status}" if status in _NO_LIKELIHOOD else ""


def _starts(
    fit: FitOnData, neuron: IntArray, mask: BoolArray, *, has_intercept: bool
) -> tuple[FloatArray, FloatArray]:
    """Return where fits (C,) with masks (p, C) begin: the full fit, what it loses at its mean.

    Features may lie anywhere: the intercept stands for what is left out. Separated neurons, whose
    estimates are far out, begin at the model without features.
    """
    full, record = fit.optimum, fit.optimum.record
    coef, intercept = full.coef[:, neuron], full.intercept[neuron]
    if has_intercept:
        intercept = intercept + fit.feature_mean @ np.where(mask, 0.0, coef)
    coef = coef * mask
    if record is not None:
        apart = np.array([record.status[n] is Status.SEPARATED for n in neuron], dtype=bool)
        coef[:, apart] = 0.0
        mean = record.mean_response[neuron[apart]]
        intercept[apart] = fit.likelihood.start(mean) if has_intercept else 0.0
    return coef, intercept


def likelihood_ratio_tests(
    fit: FitOnData, asked: Sequence[AskedTerm], sure: Iterable[Uncertainty]
) -> Cells:
    """Return the tests (J, N) by the loss that is gained; parameters as for the Wald tests.

    >>> import spikeglm as nmo
    >>> from spikeglm.inference.information.fisher import uncertainties
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> first = (AskedTerm("x0", np.array([0])),)
    >>> found = likelihood_ratio_tests(fit, first, uncertainties(fit.optimum, keep_void=True))
    >>> bool(found.p_value[0, 0] < 1e-10)
    True
    """
    cells, optimum = Cells.empty(len(asked), fit.dispersion_dof), fit.optimum
    wanted, bend = np.zeros(cells.df.shape, dtype=bool), penalised(optimum)
    for neuron, known in enumerate(sure):
        for j, term in enumerate(asked):
            features = reasons.used_features(optimum, neuron, term.features)
            why = against_refit(optimum, neuron, features, bend)
            if not why and optimum.record is None:
                why = reasons.BY_HAND
            if not why and reasons.is_separated(optimum, neuron, features, known.undetermined):
                why = reasons.SEPARATED
            df = 0 if why else determined(known, features).shape[1]
            if why or df == 0:
                cells.refuse((j, neuron), why or reasons.NOTHING)
                continue
            wanted[j, neuron], cells.df[j, neuron] = True, df
    if not wanted.any():
        return cells
    refits = Refits.of(fit, asked, wanted)
    gained = Rereading.of(refits.optimum).losses() - Rereading.of(optimum).losses()[refits.neuron]
    statistic = np.maximum(2.0 * gained / refits.optimum.unit, 0.0)
    for c, at in enumerate(zip(refits.term.tolist(), refits.neuron.tolist(), strict=True)):
        df, failed = int(cells.df[at]), refits.failed(c)
        if failed:
            cells.refuse(at, failed)
        else:
            cells.put(at, QuadraticForm(float(statistic[c]), df, df), _worse(refits, c, optimum))
    return cells


def against_refit(optimum: Optimum, neuron: int, features: IntArray, bend: FloatArray) -> str:
    """Return why there is no test that refits, "" if there may be.

    ``features`` (b,) are those that the mask leaves of a term, ``bend`` (p, N) the curvature of the
    penalty.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> fit = nmo.GLM(regularizer="Ridge").fit(X, y).on(X, y)
    >>> against_refit(fit.optimum, 0, np.array([0]), penalised(fit.optimum))
    "only the Wald test with cov_type='model' is one of penalised fits"
    """
    if not len(features):
        return reasons.MASKED
    why = reasons.against_fit(optimum, neuron)
    is_penalised = bend[:, neuron].any() or is_of_information(optimum.penalty)
    return why or (reasons.PENALISED if is_penalised else "")


def _worse(refits: Refits, column: int, full: Optimum) -> str:
    """Return how the worse of two fits ended, in a word."""
    without, with_all = refits.status(column), reasons.of_fit(full, int(refits.neuron[column]))
    return with_all if without == Status.CONVERGED else f"without the term: {without}"
