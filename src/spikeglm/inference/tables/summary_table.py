"""The table that one prints first: did it converge, how good is it, and every coefficient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ... import errors, showing
from ...typing import Array, ArrayLike, FloatArray
from ..bounds import without_bounds
from ..covariances import Requested, uncertainties
from ..fit_on_data import FitOnData, FittedModel, fit_of
from ..hypotheses.few_events import ROUGH, has_few_events
from ..hypotheses.wald_tests import penalised
from ..information.optimum import Uncertainty
from . import printing
from .bounded_coefficients import REMARK, within_bounds
from .coefficients import Coefficients, coefficients_of
from .criteria import criteria_of
from .fit_facts import FitFacts
from .whole_terms import asked_of, rows_of_terms

if TYPE_CHECKING:
    import pandas as pd

_PENALISED = (
    "the penalty shrinks: intervals are those of the posterior, p values of single coefficients "
    "are rough; of whole terms ask inference.term_tests"
)


@dataclass(frozen=True, eq=False)
class Summary:
    """A fit of N neurons in a table; arrays are (n, N) for n parameters, an intercept first.

    Print it; :meth:`to_frame` has a row per neuron and parameter.

    Attributes
    ----------
    neurons, terms, features :
        What neurons and parameters are called; the term of an intercept is ``""``.
    model, link, is_count :
        Of the fit, and whether responses are counts or choices.
    estimate, std_error, statistic, p_value, conf_low, conf_high :
        z, or t where ``dof`` is finite, with two-sided p value and interval; NaN where there is
        no error.
    status :
        How the fit ended, or why there is no error.
    dof :
        (N,) degrees of freedom of Student's quantiles, inf for normal ones.
    cov_type, method :
        What the errors stand on, as asked, and (N,) in words.
    level :
        Coverage of the intervals.
    ended :
        (N,) how each fit ended.
    facts :
        Log-likelihood, deviances and so on, (N,) each.
    aic :
        (N,).
    remark :
        What to know of all coefficients, or nothing.
    counted :
        What responses count, in the plural.
    whole_terms :
        What is printed of terms of several coefficients, of a single neuron: a header and a row for
        each; None where there are none. ``inference.term_tests`` has these numbers, for any number
        of neurons.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> print(nmo.GLM().fit(X, y).summary(X, y))
    converged
    Poisson model, link exp; 500 rows, 205 spikes
    log-likelihood -402.8 · deviance explained 0.0706 · AIC 811.6 · edf 3 · dispersion 1
    standard errors: model
                          estimate std error         z         p    [0.025    0.975]
    intercept             -0.94024   0.07349   -12.794  1.76e-37   -1.0843  -0.79621
    x0                     0.42561   0.07327     5.809   6.3e-09     0.282   0.56922
    x1                    0.026437   0.07286     0.363     0.717  -0.11636   0.16923
    """

    neurons: tuple[Any, ...]
    terms: tuple[str, ...]
    features: tuple[str, ...]
    model: str
    link: str
    is_count: bool
    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    status: Array
    dof: FloatArray
    cov_type: str
    method: tuple[str, ...]
    level: float
    ended: tuple[str, ...]
    facts: FitFacts
    aic: FloatArray
    remark: str = ""
    counted: str = "spikes"
    whole_terms: tuple[tuple[str, ...], ...] | None = None

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron and parameter.

        Columns: neuron, term, feature, estimate, std_error, statistic, p_value, conf_low,
        conf_high, status.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
        >>> nmo.GLM().fit(X, y).summary(X, y).to_frame()["feature"].tolist()
        ['intercept', 'x0', 'x1']
        """
        import pandas as pd

        n, N = self.estimate.shape
        named = {
            "neuron": [neuron for neuron in self.neurons for _ in range(n)],
            "term": list(self.terms) * N,
            "feature": list(self.features) * N,
        }
        numbers = {name: getattr(self, name).T.ravel() for name in (*printing.NUMBERS, "status")}
        return pd.DataFrame(named | numbers)

    def __str__(self) -> str:
        return printing.text(self)

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        return printing.html(self)


def summary(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    cov_type: str = "model",
    groups: Any = None,
    lags: Any = None,
    level: float = 0.95,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Summary:
    """Return a fit in a table; ``model.summary(X, y)`` is the same.

    Parameters
    ----------
    model :
        A fitted ``GLM`` or ``PopulationGLM``.
    X, y, sample_weight, offset :
        The data of the fit.
    cov_type, groups, lags :
        What standard errors stand on, as of ``model.covariance``.
    level :
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    ValueError
        If the covariance or the level cannot be used, or the data are not those of the fit.
    TypeError
        For classifiers.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> summary(nmo.GLM().fit(X, y), X, y).estimate[:, 0].round(2)
    array([-0.94,  0.43,  0.03])
    """
    if not 0.0 < level < 1.0:
        raise errors.value_error(
            "This is no coverage.", given=f"level={level!r}", expected="a number between 0 and 1"
        )
    wanted = Requested(cov_type, groups, lags)  # says what is wrong before the rows are read
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    has_bounds = getattr(fit.optimum.penalty, "has_bounds", False)
    told_by = without_bounds(fit) if has_bounds else fit
    asked = () if has_bounds else asked_of(fit)
    sure: Iterable[Uncertainty] = uncertainties(
        told_by, cov_type, groups=groups, lags=lags, keep_void=bool(asked)
    )
    sure = list(sure) if asked else sure
    facts = FitFacts.of(fit)
    leaves_nothing = facts.leaves_nothing & fit.likelihood.model.has_dispersion
    coefficients = coefficients_of(told_by, sure, level, leaves_nothing=leaves_nothing)
    remark = _PENALISED if penalised(told_by.optimum).any() else _of_few(told_by)
    if has_bounds:
        coefficients = within_bounds(coefficients, told_by, fit, level)
        remark = "; ".join(filter(None, (REMARK, remark)))
    found = _of(fit, coefficients, facts, cov_type, level, remark)
    if not asked:
        return found
    rows = rows_of_terms(fit, asked, sure, is_robust=not wanted.is_model)
    return replace(found, whole_terms=rows)


def _of_few(fit: FitOnData) -> str:
    """Return what is said of p values of coefficients, which are Wald's, where events are few."""
    few = has_few_events(fit)
    who = f"{int(few.sum())} of {len(few)} neurons: " if len(few) > 1 else ""
    return f"{who}{ROUGH}" if few.any() else ""


def _of(
    fit: FitOnData,
    found: Coefficients,
    facts: FitFacts,
    cov_type: str,
    level: float,
    remark: str,
) -> Summary:
    has_intercept, likelihood = fit.optimum.columns.has_intercept, fit.likelihood
    term_of = [""] * fit.n_features
    for term in fit.terms:
        term_of[term.columns] = [term.label] * (term.stop - term.start)
    return Summary(
        neurons=fit.neurons,
        terms=(*[""] * has_intercept, *term_of),
        features=(*["intercept"] * has_intercept, *fit.feature_names),
        model=likelihood.model.name,
        link=likelihood.link.name,
        is_count=likelihood.model.gives_probabilities,
        counted=f"{likelihood.model.event}s",
        estimate=found.estimate,
        std_error=found.std_error,
        statistic=found.statistic,
        p_value=found.p_value,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        status=found.status,
        dof=found.dof,
        cov_type=cov_type,
        method=found.method,
        level=level,
        ended=tuple("not of a fit" if s is None else str(s) for s in fit.status),
        facts=facts,
        aic=criteria_of(fit, facts, facts.n_rows, "bins").aic,
        remark=remark,
    )
