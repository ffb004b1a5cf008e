"""Wald tests of terms, of all neurons; of penalised terms those of Wood (2013)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ...solvers import Status
from ...typing import BoolArray, FloatArray, IntArray
from ..fit_on_data import FitOnData
from ..information.optimum import Information, Optimum, Uncertainty
from ..information.rereading import Rereading
from . import reasons
from .asked_terms import AskedTerm
from .cells import Cells
from .penalised_terms import Penalised, penalties_on
from .rank_aware import QuadraticForm, determined, wald

_ROUNDING = 1e-12  # of a sum of squares, what is left of a constant less its mean


def wald_tests(
    fit: FitOnData, asked: Sequence[AskedTerm], sure: Iterable[Uncertainty], *, is_robust: bool
) -> Cells:
    """Return the tests (J, N) of terms.

    Parameters
    ----------
    fit, asked :
        The fit, and what is asked of it.
    sure :
        How sure each neuron is, with directions that the data say nothing of.
    is_robust :
        Whether these covariances are robust: of penalised terms there is no such test.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> from spikeglm.inference.information.fisher import uncertainties
    >>> from spikeglm.inference.hypotheses.asked_terms import asked_terms
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> sure = uncertainties(fit.optimum, keep_void=True)
    >>> cells = wald_tests(fit, asked_terms(fit), sure, is_robust=False)
    >>> (cells.p_value < 0.05)[:, 0]
    array([ True, False])
    """
    cells = Cells.empty(len(asked), fit.dispersion_dof)
    optimum = fit.optimum
    bend = penalised(optimum)
    bent: BoolArray = np.asarray((bend > 0).any(axis=0) & (optimum.unit > 0) & (not is_robust))
    for neuron, (known, penalties) in enumerate(_with_penalties(fit, sure, bent)):
        cells.dof[neuron] = known.dof
        shrunk: dict[int, IntArray] = {}
        for j, term in enumerate(asked):
            at, features = (j, neuron), reasons.used_features(optimum, neuron, term.features)
            why = _against(optimum, neuron, features, known)
            is_penalised = bend[features, neuron].any()
            if why or (is_penalised and penalties is None):
                cells.refuse(at, why or reasons.PENALISED)
            elif is_penalised:
                shrunk[j] = features
            else:
                _put_plain(cells, at, optimum, features, known)
        if penalties is not None:
            _put_penalised(cells, neuron, optimum, shrunk, penalties)
    return cells.finish()


def _with_penalties(
    fit: FitOnData, sure: Iterable[Uncertainty], bent: BoolArray
) -> Iterator[tuple[Uncertainty, Penalised | None]]:
    """Yield how sure each neuron is, with what tests of penalised terms need of those ``bent``."""
    if not bent.any():
        yield from ((known, None) for known in sure)
        return
    optimum, centre, reading = fit.optimum, centre_of(fit), Rereading.of(fit.optimum)
    is_well = np.array([status is Status.CONVERGED for status in fit.status])
    slopes = np.where(is_well, reading.penalised_slopes(), 0.0)
    for neuron, known in enumerate(sure):
        if not bent[neuron]:
            yield known, None
            continue
        if known.information is None:
            ((_, information),) = reading.informations(np.array([neuron]), centre)
        else:
            information = known.information.about(centre)
        unit, coef = float(optimum.unit[neuron]), optimum.coef[:, neuron]
        information, own = _about_constants(information, centre, optimum.columns.has_intercept)
        yield known, Penalised.of(known, information, own, unit, coef, slopes[:, neuron])


def _about_constants(
    information: FloatArray, centre: FloatArray, has_intercept: bool
) -> tuple[FloatArray, FloatArray]:
    """Return an information about ``centre``, but where features are constant for a neuron.

    In the rows that a neuron has a feature may be its intercept, and no term, though it is not in
    the rows of all. There it is seen from its place, also returned (p,).

    >>> F = np.array([[4.0, 2.0], [2.0, 1.0]])
    >>> _about_constants(F, np.array([5.0]), True)
    (array([[0., 0.],
           [0., 1.]]), array([7.]))
    """
    total, along = np.diag(information)[:-1], information[:-1, -1]
    if not has_intercept or not information[-1, -1] > 0:
        return information, centre
    away = along / information[-1, -1]
    is_constant = (total > 0) & (total - away * along <= _ROUNDING * total)
    if not is_constant.any():
        return information, centre
    own = np.where(is_constant, centre + away, centre)
    out, places = Information(information, centre).about(own), np.flatnonzero(is_constant)
    out[places], out[:, places] = 0.0, 0.0
    return out, own


def penalised(optimum: Optimum) -> FloatArray:
    """Return the curvature of the penalty at each coefficient, (p, N): zero where there is none.

    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> penalised(nmo.GLM().fit(X, np.arange(100) % 3).on(X, np.arange(100) % 3).optimum).ravel()
    array([0., 0.])
    """
    shape = optimum.coef.shape
    if not optimum.penalty.is_smooth:
        return np.zeros(shape)
    return np.broadcast_to(optimum.penalty.curvature(shape), shape)


def centre_of(fit: FitOnData) -> FloatArray:
    """Return (p,) about what the features of a term are looked at: their means, or zero.

    Beside an intercept a term is its functions less their means, and one that is constant is none.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
    >>> centre_of(nmo.GLM(fit_intercept=False).fit(X, y).on(X, y))
    array([0., 0.])
    """
    return fit.feature_mean if fit.optimum.columns.has_intercept else np.zeros(fit.n_features)


def _against(optimum: Optimum, neuron: int, features: IntArray, known: Uncertainty) -> str:
    """Return why there is no test of the features that a neuron has of a term, "" if there is."""
    if not len(features):
        return reasons.MASKED
    why = reasons.against_fit(optimum, neuron, needs_dispersion=known.needs_dispersion)
    why = why or known.reason
    if not why and reasons.is_separated(optimum, neuron, features, known.undetermined):
        return reasons.SEPARATED
    return why


def _put_plain(
    cells: Cells, at: tuple[int, int], optimum: Optimum, features: IntArray, known: Uncertainty
) -> None:
    V = known.covariance[np.ix_(features, features)]
    form = wald(optimum.coef[features, at[1]], V, determined(known, features))
    put_form(cells, at, form, reasons.of_fit(optimum, at[1]))


def put_form(cells: Cells, at: tuple[int, int], form: QuadraticForm, status: str) -> None:
    """Write a statistic to the table, or why it is none.

    >>> cells = Cells.empty(1, np.array([np.inf]))
    >>> put_form(cells, (0, 0), QuadraticForm(np.nan, 0, 0), "converged")
    >>> cells.status[0, 0]
    'the data determine nothing of it beside the other features'
    """
    if form.df == 0:
        cells.refuse(at, reasons.NOTHING)
    elif form.rank < form.df:
        cells.refuse(at, reasons.FEW)
    else:
        cells.put(at, form, status)


def _put_penalised(
    cells: Cells, neuron: int, optimum: Optimum, shrunk: dict[int, IntArray], known: Penalised
) -> None:
    """Write the tests of terms with a penalty to the table, by their place in it."""
    terms = list(shrunk.values())
    found = known.tests(terms, penalties_on(optimum, neuron, terms))
    for (j, features), mixture in zip(shrunk.items(), found, strict=True):
        if mixture is None:
            cells.refuse((j, neuron), reasons.NO_TERM)
        elif known.is_decided[features].all():
            cells.refuse((j, neuron), reasons.NOTHING)
        else:
            cells.put_mixture((j, neuron), mixture, reasons.of_fit(optimum, neuron))
