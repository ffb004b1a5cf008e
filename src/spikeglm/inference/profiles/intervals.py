"""Profile likelihood intervals of a coefficient or the intercept, of every neuron.

The interval of a parameter omega holds the values that the data do not contradict when all other
parameters are refitted:

    { omega : 2 (l(theta^) - max l(theta | omega)) <= chi2_1 quantile }

with l penalised if the fit was (Firth, Ridge). Unlike estimate ± 1.96 errors it need not be
symmetric, and does not depend on how a parameter is written. The intervals of ± 1.96 errors have
the errors of the estimates themselves, which are wrong where events are few: an intercept
that is too low has an error that is too large, or the other way round.

References
----------
Heinze & Schemper (2002), Stat Med 21:2409-19, section 3 (with Firth's penalty). Venzon & Moolgavkar
(1988), Appl Stat 37:87-94.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...solvers import Status
from ...typing import ArrayLike, FloatArray
from ..fit_on_data import FitOnData, FittedModel, fit_of
from ..information.fisher import uncertainties
from ..information.optimum import NO_OPTIMUM, Optimum
from ..no_errors import why_none
from .ends import profile_ends

if TYPE_CHECKING:
    import pandas as pd

_UNDETERMINED = "the data do not determine it"
_NO_END = "no end was found"


@dataclass(frozen=True, eq=False)
class ProfileIntervals:
    """Intervals of one parameter of N neurons; arrays are (N,).

    Attributes
    ----------
    neurons :
        Their names, or numbers.
    parameter :
        The feature's name, or ``"intercept"``.
    estimate, conf_low, conf_high :
        NaN where there is none.
    status :
        ``"converged"``, or why there is no interval.
    level :
        Of the intervals.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X, y = np.zeros((50, 0)), (np.arange(50) < 3) * 1.0
    >>> fit = nmo.GLM(regularizer="Firth").fit(X, y)
    >>> found = nmo.inference.profile_intervals(fit, X, y)
    >>> (50 * np.exp([found.conf_low[0], found.conf_high[0]])).round(1)
    array([1. , 8.5])
    """

    neurons: tuple[Any, ...]
    parameter: str
    estimate: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    status: tuple[str, ...]
    level: float

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(100, 1))
        >>> y = np.random.default_rng(1).poisson(0.2, 100)
        >>> found = nmo.inference.profile_intervals(nmo.GLM().fit(X, y), X, y, parameter="x0")
        >>> found.to_frame().columns.tolist()[:4]
        ['neuron', 'parameter', 'estimate', 'conf_low']
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "neuron": self.neurons,
                "parameter": self.parameter,
                "estimate": self.estimate,
                "conf_low": self.conf_low,
                "conf_high": self.conf_high,
                "status": self.status,
            }
        )


def profile_intervals(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    parameter: str = "intercept",
    level: float = 0.95,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> ProfileIntervals:
    """Return the profile likelihood's interval of a parameter of every neuron.

    Both ends of all neurons are columns that share each visit of the rows; some ten visits.

    Parameters
    ----------
    model :
        A fitted GLM or PopulationGLM of counts or choices, without a penalty or with a smooth one.
    X, y, sample_weight, offset :
        The data of the fit.
    parameter :
        ``"intercept"``, or the name of a feature (of an array ``"x0"``, ``"x1"``, ...).
    level :
        Of the intervals.

    Raises
    ------
    ValueError
        For a name that is none, a model whose dispersion is estimated, or other data than those of
        the fit.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, [0, 1]] - 2.5))
    >>> fit = nmo.PopulationGLM(regularizer="Firth").fit(X, y)
    >>> found = nmo.inference.profile_intervals(fit, X, y, parameter="x0")
    >>> found.conf_low.round(2), found.conf_high.round(2)
    (array([ 0.85, -0.4 ]), array([1.69, 0.45]))
    """
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    place = _checked(fit, parameter, level)
    why = _against(fit.optimum, place)
    known = np.flatnonzero([not word for word in why])
    low, high = np.full(fit.n_neurons, np.nan), np.full(fit.n_neurons, np.nan)
    low[known], high[known] = profile_ends(fit.optimum, place, known, level)
    for c in known:
        has_both = np.isfinite(low[c]) and np.isfinite(high[c])
        why[c] = str(Status.CONVERGED) if has_both else _NO_END
    estimate = np.where(np.isfinite(low) | np.isfinite(high), fit.parameters[place], np.nan)
    return ProfileIntervals(fit.neurons, parameter, estimate, low, high, tuple(why), level)


def _checked(fit: FitOnData, parameter: str, level: float) -> int:
    """Return the place of a parameter among coefficients and, last, the intercept."""
    model = fit.likelihood.model
    if model.has_dispersion:
        raise errors.value_error(
            "There is no profile of this likelihood: its dispersion is estimated apart.",
            given=model.name,
            expected="counts or choices: Poisson, Bernoulli, NegativeBinomial",
            todo="take standard_errors, with Student's quantile.",
        )
    if not 0.0 < level < 1.0:
        raise errors.value_error(
            "level must be a probability.", given=repr(level), expected="e.g. 0.95"
        )
    names = [*fit.feature_names]
    if fit.optimum.columns.has_intercept:
        names.append("intercept")
    if parameter not in names:
        raise errors.unknown_name("parameter", parameter, names)
    return fit.n_features if parameter == "intercept" else names.index(parameter)


def _against(optimum: Optimum, place: int) -> list[str]:
    """Return why there is no interval, a word for each neuron, "" where there may be one."""
    record, found = optimum.record, []
    for c, sure in enumerate(uncertainties(optimum)):
        status = None if record is None else record.status[c]
        is_masked = place < len(optimum.coef) and not _uses(optimum, place, c)
        if not optimum.penalty.is_smooth:
            found.append(why_none(optimum.penalty, "interval"))
        elif status in NO_OPTIMUM or status is Status.LIMIT:
            found.append(str(status))
        elif is_masked:
            found.append("left out by the feature mask")
        else:
            found.append(_UNDETERMINED if sure.undetermined[place] else "")
    return found


def _uses(optimum: Optimum, feature: int, c: int) -> bool:
    mask = optimum.columns.mask
    return mask is None or bool(mask[feature, c])
