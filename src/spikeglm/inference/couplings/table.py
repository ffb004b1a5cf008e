"""The strength of every pair of neurons: :func:`coupling`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import numerics
from ...simulation.network import Network, filters_of, read_feedback
from ...simulation.stability import Stability
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from ..covariances import Requested, uncertainties
from ..fit_on_data import FitOnData, FittedModel, fit_of
from ..hypotheses import q_values, reasons
from ..hypotheses.asked_terms import AskedTerm
from ..hypotheses.cells import Cells
from ..hypotheses.few_events import has_few_events
from ..hypotheses.wald_tests import wald_tests
from ..information.optimum import NO_OPTIMUM, Uncertainty
from .measures import Measured, Seen
from .result import Coupling, Filters
from .sources import Sources

_NO_ESTIMATE = {reasons.SEPARATED, reasons.MASKED, reasons.NOTHING, *map(str, NO_OPTIMUM)}
"""Of these pairs there is no strength; of other reasons there is one without an error."""


def coupling(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    terms: Any = None,
    feedback: Any = None,
    cov_type: str = "auto",
    groups: Any = None,
    lags: Any = None,
    level: float = 0.95,
    bin_s: float | None = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Coupling:
    """Return how strongly each neuron drives each: strengths, errors, tests, filters, stability.

    Parameters
    ----------
    model :
        A fitted ``PopulationGLM`` (or ``GLM``) whose design has history or coupling terms.
    X, y, sample_weight, offset :
        The data of the fit.
    terms :
        Labels of terms over lags; None for all whose input is the very y. Terms that see the same
        neuron (its own history, and coupling) make one filter together.
    feedback :
        Which terms see the responses, where the fit cannot know (X was an array), as of
        ``model.simulate``: a label whose channels are the neurons of y, or a dict.
    cov_type, groups, lags :
        The covariance behind errors and tests, as of ``model.covariance``.
    level :
        Coverage of the bands of filters.
    bin_s :
        Seconds of a bin, of data that did not say so: integrals and norms are then over seconds,
        lags in seconds, rates in Hz.

    Returns
    -------
    Coupling
        Matrices (N to, M from). ``q_value`` is over all pairs of different neurons at once; that of
        the diagonal, own history, over the neurons. ``.to_frame()`` has a row per pair.

    Raises
    ------
    ValueError
        If it is not known which terms see the neurons, there is no such term or covariance, or the
        data are not those of the fit.
    TypeError
        For classifiers.

    Notes
    -----
    A filter that differs from zero is no synapse: whatever drives two neurons and is not in the
    model couples them (docs/coupling.md).

    References
    ----------
    Truccolo et al. (2005), J Neurophysiol 93:1074-89; Pillow et al. (2008), Nature 454:995-9;
    Stevenson et al. (2008), Curr Opin Neurobiol 18:582-8 (what coupling cannot say).

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> counts = rng.poisson(0.2, (5000, 3))
    >>> counts[1:, 1] += rng.poisson(0.5 * counts[:-1, 0])  # neuron 0 drives neuron 1
    >>> X = nmo.basis.HistoryConv(2, label="coupling").design(counts)
    >>> model = nmo.PopulationGLM().fit(X, counts)
    >>> found = nmo.inference.coupling(model, X, counts)
    >>> found.strength.shape, (found.q_value < 0.01).nonzero()
    ((3, 3), (array([1]), array([0])))
    """
    wanted = Requested(cov_type, groups, lags)
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset).in_seconds(bin_s)
    sources = Sources.of(fit, terms, feedback)
    seen = Seen(sources, 1.0 if fit.bin_s is None else fit.bin_s, fit.likelihood.link, _eta(fit))
    measured = Measured.empty(fit.n_neurons, sources)
    wanted = wanted.resolved(fit.optimum.penalty, are_chosen=fit.has_chosen_strengths)
    sure = uncertainties(
        fit, wanted.cov_type, groups=wanted.groups, lags=wanted.lags, keep_void=True
    )
    asked = [AskedTerm(name, c) for name, c in zip(sources.names, sources.columns, strict=True)]
    watched = _watched(sure, measured, fit.optimum.coef, seen)
    cells = wald_tests(fit, asked, watched, is_robust=not _is_of_model(wanted))
    return _told(fit, sources, seen, measured, cells, feedback, level)


def _watched(
    sure: Iterator[Uncertainty], measured: Measured, coef: FloatArray, seen: Seen
) -> Iterator[Uncertainty]:
    """Yield how sure each neuron is, and measure its filters on the way: one visit of the rows."""
    for neuron, known in enumerate(sure):
        measured.put(neuron, known, coef[:, neuron], seen)
        yield known


def _is_of_model(wanted: Requested) -> bool:
    return wanted.is_model or wanted.cov_type == "unconditional"


def _mean_response(fit: FitOnData) -> FloatArray:
    """Return the mean responses (N,) of the fit; NaN where nobody knows them."""
    record = fit.optimum.record
    return np.full(fit.n_neurons, np.nan) if record is None else record.mean_response


def _eta(fit: FitOnData) -> FloatArray:
    with numerics.quiet():
        return np.asarray(fit.likelihood.link.predictor(_mean_response(fit)), dtype=float)


def _told(
    fit: FitOnData,
    sources: Sources,
    seen: Seen,
    measured: Measured,
    cells: Cells,
    feedback: Any,
    level: float,
) -> Coupling:
    status = cells.status.T
    is_self = sources.neurons == np.arange(fit.n_neurons)[:, None]
    is_none = np.isin(status.astype(str), list(_NO_ESTIMATE))
    for part in (*measured.value.values(), *measured.error.values()):
        part[is_none] = np.nan
    lasting = Filters(
        sources.kernels, sources.lags, measured.coef, measured.covariance, seen.eta,
        cells.dof, fit.likelihood.link, fit.bin_s, level,
    )  # fmt: skip
    return Coupling(
        fit.neurons,
        sources.names,
        measured.value,
        measured.error,
        measured.peak_lag,
        cells.statistic.T,
        cells.df.T,
        cells.p_value.T,
        _q_values(cells.p_value.T, is_self),
        status,
        is_self,
        lasting,
        _stability(fit, feedback),
        few_events=has_few_events(fit),
        metadata=fit.neuron_metadata,
    )


def _q_values(p: FloatArray, is_self: BoolArray) -> FloatArray:
    """Return q values over all pairs of different neurons, and over those with themselves."""
    found: Array = np.full(p.shape, np.nan)
    for family in (~is_self, is_self):
        found[family] = q_values(p[family])
    return found


def _stability(fit: FitOnData, feedback: Any) -> Stability | None:
    """Return whether the network is stable; None where it is not known what sees the responses."""
    fed = fit.feedback
    if feedback is not None:
        fed = read_feedback(feedback, fit.terms, fit.neurons)
    first = {t.label: t.lags.min() for t in fit.terms if t.label in fed and t.lags is not None}
    lagged = {label: fed[label] for label in first}
    if not lagged or min(first.values()) < 1:
        return None
    mean = _mean_response(fit)
    network = Network(
        fit.likelihood,
        filters_of(fit.terms, lagged, fit.optimum.coef),
        fit.neurons,
        mean_response=mean,
        bin_s=fit.bin_s,
    )
    return Stability.of(network)
