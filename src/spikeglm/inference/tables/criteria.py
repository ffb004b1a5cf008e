"""AIC, its correction for small samples, and BIC, by effective degrees of freedom.

With l the log-likelihood, p the parameters (coefficients by effective degrees of freedom, one more
for an estimated dispersion or scale) and n the observations,

    AIC = -2 l + 2 p        AICc = AIC + 2 p (p + 1) / (n - p - 1)        BIC = -2 l + p log n

References
----------
Akaike (1974), IEEE Trans Automat Contr 19:716-23; Hurvich & Tsai (1989), Biometrika 76:297-307;
Schwarz (1978), Ann Stat 6:461-4. Of penalised fits: Hastie & Tibshirani (1990), Generalized
Additive Models, section 6.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notebook, showing
from ...numerics import quiet
from ...solvers import Status
from ...typing import ArrayLike, FloatArray
from ..fit_on_data import FitOnData, FittedModel, fit_of
from .coefficients import NO_DISPERSION
from .fit_facts import FitFacts

if TYPE_CHECKING:
    import pandas as pd

COUNTED = ("bins", "spikes")
DISPERSIONS = ("deviance", "pearson")
_SHOWN = 30  # neurons of a table that is printed
_NO_LIKELIHOOD = "no likelihood: a quasi-likelihood is no distribution"


@dataclass(frozen=True, eq=False)
class InformationCriteria:
    """Criteria of N neurons, (N,) each; smaller is better, of models of the same responses.

    Of a ``GLM`` N is 1: its number is ``found.aic.item()``.

    Attributes
    ----------
    neurons :
        What they are called.
    n, n_is :
        Observations that AICc and BIC count, and whether they are bins or spikes.
    log_likelihood :
        With all constants.
    n_parameters :
        p.
    aic, aicc, bic :
        NaN where there is no fit; AICc also where n <= p + 1.
    status :
        How each fit ended.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, 200)
    >>> with_features, without = nmo.GLM().fit(X, y), nmo.GLM().fit(X[:, :0], y)
    >>> criteria = [information_criteria(with_features, X, y)]
    >>> criteria.append(information_criteria(without, X[:, :0], y))
    >>> [each.n_parameters[0] for each in criteria], bool(criteria[0].bic > criteria[1].bic)
    ([np.float64(3.0), np.float64(1.0)], True)
    """

    neurons: tuple[Any, ...]
    n: FloatArray
    n_is: str
    log_likelihood: FloatArray
    n_parameters: FloatArray
    aic: FloatArray
    aicc: FloatArray
    bic: FloatArray
    status: tuple[str, ...]

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron.

        >>> import spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
        >>> information_criteria(nmo.GLM().fit(X, y), X, y).to_frame()["n_parameters"].tolist()
        [3.0]
        """
        import pandas as pd

        numbers = {name: getattr(self, name) for name in _COLUMNS}
        return pd.DataFrame({"neuron": list(self.neurons)} | numbers | {"status": self.status})

    def __str__(self) -> str:
        rows = self._rows()
        last = len(_COLUMNS) + 1
        lines = showing.table([("neuron", *_COLUMNS, "status"), *rows], to_left=(0, last))
        more = len(self.neurons) - len(rows)
        return "\n".join([f"n counts {self.n_is}", *lines, *([f"... {more} more"] if more else [])])

    def _repr_html_(self) -> str:
        """Show the criteria of the first neurons in a notebook."""
        table = notebook.table(self._rows(), ("neuron", *_COLUMNS, "status"))
        return notebook.box("Information criteria", f"n counts {self.n_is}", table=table)

    def _rows(self) -> list[tuple[str, ...]]:
        columns = [getattr(self, name) for name in _COLUMNS]
        return [
            (str(neuron), *(f"{column[i]:.6g}" for column in columns), self.status[i])
            for i, neuron in enumerate(self.neurons[:_SHOWN])
        ]


_COLUMNS = ("n", "log_likelihood", "n_parameters", "aic", "aicc", "bic")


def information_criteria(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    n: str = "bins",
    dispersion: str = "deviance",
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> InformationCriteria:
    """Return AIC, AICc and BIC of each neuron.

    Parameters
    ----------
    model :
        A fitted ``GLM`` or ``PopulationGLM`` of N neurons.
    X, y, sample_weight, offset :
        The data of the fit.
    n :
        What AICc and BIC count: ``"bins"`` (the sum of the row weights), or ``"spikes"``, which
        does not depend on how wide bins are.
    dispersion :
        Of models that estimate one: ``"deviance"``, deviance / n, as R takes it (the maximum of the
        likelihood for Gaussian and inverse Gaussian), or ``"pearson"``, that of ``model.scale_``.

    Raises
    ------
    ValueError
        For another word, or spikes of a model that is not of counts.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> few, all_ = nmo.GLM().fit(X[:, :1], y), nmo.GLM().fit(X, y)
    >>> a, b = information_criteria(few, X[:, :1], y), information_criteria(all_, X, y)
    >>> bool(a.aic[0] < b.aic[0])
    True
    """
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    _check(n, dispersion, fit)
    fit.check_estimates()
    facts = FitFacts.of(fit)
    counted = facts.n_rows if n == "bins" else facts.total
    at_pearson = dispersion == "pearson"
    return criteria_of(fit, facts, counted, n, at_pearson=at_pearson)


def criteria_of(
    fit: FitOnData, facts: FitFacts, n: FloatArray, n_is: str, *, at_pearson: bool = False
) -> InformationCriteria:
    """Return the criteria from what is known of a fit.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> facts = FitFacts.of(fit)
    >>> found = criteria_of(fit, facts, facts.n_rows, "bins")
    >>> bool(np.isclose(found.aic[0], 6 - 2 * facts.log_likelihood[0]))
    True
    """
    likelihood = facts.log_likelihood_pearson if at_pearson else facts.log_likelihood
    record, model = fit.optimum.record, fit.likelihood.model
    has_scale = model.has_dispersion or (record is not None and record.scale is not None)
    p = facts.edf + has_scale
    with quiet():
        aic = -2.0 * likelihood + 2.0 * p
        left = np.where(n - p - 1.0 > 0, n - p - 1.0, np.nan)
        aicc = aic + 2.0 * p * (p + 1.0) / left
        bic = -2.0 * likelihood + p * np.log(np.where(n > 0, n, np.nan))
    status = tuple(
        _NO_LIKELIHOOD
        if not model.has_likelihood
        else _ended(s)
        if np.isfinite(d)
        else NO_DISPERSION
        for s, d in zip(fit.status, fit.optimum.unit, strict=True)
    )
    return InformationCriteria(fit.neurons, n, n_is, likelihood, p, aic, aicc, bic, status)


def _ended(status: Status | None) -> str:
    return "not of a fit" if status is None else str(status)


def _check(n: str, dispersion: str, fit: FitOnData) -> None:
    if n not in COUNTED:
        raise errors.unknown_name("n", n, COUNTED)
    if dispersion not in DISPERSIONS:
        raise errors.unknown_name("dispersion", dispersion, DISPERSIONS)
    model = fit.likelihood.model
    if n == "spikes" and not model.gives_probabilities:
        raise errors.value_error(
            "Responses of this model are no spikes.",
            given=f"n='spikes' for a {model.name} model",
            expected="n='bins'",
        )
