"""The overdispersion of every neuron: how sure it is, and whether there is any.

With l(b, s) the log-likelihood of coefficients and scale, I_bb, I_bs, I_ss its second derivatives
with their signs changed (observed, A Lambda of a penalty added to I_bb), at the optimum:

    error, coefficients held fixed   I_ss^(-1/2)
    error, of all together           (I_ss - I_sb I_bb^-1 I_bs)^(-1/2)
    interval                         { s : 2 (l(b^, s^) - max_b l(b, s)) <= chi2_1 quantile }
    against the Poisson model        2 (l(b^, s^) - max_b l(b, 0)),  half chi2_0 + half chi2_1

The two errors differ by little, as the cross derivative is zero in expectation. The interval is the
profile likelihood's: a scale is skewed, and near zero a symmetric interval would reach below it.

References
----------
Lawless (1987), Can J Stat 15:209-25. Self & Liang (1987), J Am Stat Assoc 82:605-10, case 5 (the
test). Venzon & Moolgavkar (1988), Appl Stat 37:87-94 (the interval).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...engine.kernels import loss_kernels, scale_kernels
from ...engine.runners.dispatch import run
from ...numerics import quiet
from ...regularizer.squares import squares_of
from ...typing import ArrayLike, FloatArray
from ..fit_on_data import FittedModel, fit_of
from ..information.memory import groups
from ..information.optimum import NO_OPTIMUM, Optimum
from ..information.rereading import Rereading
from ..no_errors import why_none
from .profile import profile_interval, scales_of

if TYPE_CHECKING:
    import pandas as pd

POISSON_LIMIT = "no overdispersion: Poisson limit"


@dataclass(frozen=True, eq=False)
class Overdispersion:
    """The overdispersion of N neurons; arrays are (N,).

    Attributes
    ----------
    neurons :
        Their names, or numbers.
    scale :
        The most likely one, in variance = mean + scale mean²; zero in the Poisson limit.
    std_error, joint_std_error :
        Its standard error with coefficients held fixed (that of R's ``glm.nb``, there for 1/scale),
        and with those estimated too. NaN where the scale is zero.
    conf_low, conf_high :
        The profile likelihood's interval at ``level``; low is 0 where the Poisson model is inside.
    ratio, p_value :
        Likelihood ratio against the Poisson model, and its tail under half chi2_0 + half chi2_1.
        The p value is NaN for penalised fits, whose likelihoods are not the largest.
    status :
        ``"estimated"``, ``"no overdispersion: Poisson limit"``, or why there is no answer.
    level :
        Of the interval.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 1))
    >>> y = np.random.default_rng(1).negative_binomial(2, 0.5, 500)
    >>> kind = nmo.observation_models.NegativeBinomialObservations("estimate")
    >>> found = nmo.inference.overdispersion(nmo.GLM(kind).fit(X, y), X, y)
    >>> bool(found.conf_low[0] < 0.5 < found.conf_high[0]), found.status
    (True, ('estimated',))
    """

    neurons: tuple[Any, ...]
    scale: FloatArray
    std_error: FloatArray
    joint_std_error: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    ratio: FloatArray
    p_value: FloatArray
    status: tuple[str, ...]
    level: float

    __repr__ = showing.of_fields

    def __str__(self) -> str:
        tail = 0.5 * (1.0 - self.level)
        header = ("neuron", "scale", "std error", f"[{tail:.4g}", f"{1 - tail:.4g}]", "p", "")
        numbers = (self.scale, self.std_error, self.conf_low, self.conf_high)
        rows = [
            (
                str(name),
                *(f"{values[n]:.3g}" for values in numbers),
                showing.p_value(self.p_value[n]),
                self.status[n],
            )
            for n, name in enumerate(self.neurons)
        ]
        return "\n".join(showing.table([header, *rows], to_left=(0, 6)))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(500, 1))
        >>> y = np.random.default_rng(1).negative_binomial(2, 0.5, 500)
        >>> kind = nmo.observation_models.NegativeBinomialObservations("estimate")
        >>> frame = nmo.inference.overdispersion(nmo.GLM(kind).fit(X, y), X, y).to_frame()
        >>> frame.columns.tolist()[:4]
        ['neuron', 'scale', 'std_error', 'joint_std_error']
        """
        import pandas as pd

        names = ("scale", "std_error", "joint_std_error", "conf_low", "conf_high", "ratio")
        columns = {name: getattr(self, name) for name in (*names, "p_value")}
        return pd.DataFrame({"neuron": self.neurons, **columns, "status": self.status})


def overdispersion(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    level: float = 0.95,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Overdispersion:
    """Return how sure the overdispersion of every neuron is, and whether there is any.

    All neurons share each visit of the rows; the intervals take some ten short fits of all.

    Parameters
    ----------
    model :
        A fit of ``NegativeBinomialObservations(scale="estimate")``.
    X, y, sample_weight, offset :
        The data of the fit.
    level :
        Of the interval.

    Raises
    ------
    ValueError
        If the model has no scale that was estimated, or these are not the data of the fit.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 2))
    >>> mean = np.exp(X @ [0.5, -0.25] + 0.5)[:, None]
    >>> y = rng.poisson(mean * np.column_stack([rng.gamma(2.0, 0.5, 1000), np.ones(1000)]))
    >>> kind = nmo.observation_models.NegativeBinomialObservations("estimate")
    >>> found = nmo.inference.overdispersion(nmo.PopulationGLM(kind).fit(X, y), X, y)
    >>> found.scale.round(2), found.conf_low.round(2), found.conf_high.round(2)
    (array([0.47, 0.03]), array([0.39, 0.  ]), array([0.58, 0.08]))
    >>> found.p_value < 0.05
    array([ True, False])
    """
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    optimum = _checked(fit.optimum, level)
    fit.check_estimates()
    scale, error, ratio, _ = scales_of(optimum)
    has_none = np.array([optimum.has_none(c) for c in range(len(scale))])
    low, high = profile_interval(optimum, ratio, level, has_none)
    return Overdispersion(
        fit.neurons,
        np.where(has_none, np.nan, scale),
        np.where(has_none, np.nan, error),
        _joint_error(optimum, error, has_none),
        low,
        high,
        np.where(has_none, np.nan, ratio),
        _tail(optimum, np.where(has_none, np.nan, ratio)),
        tuple(_status(optimum, c) for c in range(len(has_none))),
        level,
    )


def _checked(optimum: Optimum, level: float) -> Optimum:
    record = optimum.record
    if record is None or record.scale is None:
        raise errors.value_error(
            "This model has no scale that was estimated.",
            given=repr(optimum.columns.likelihood.model),
            expected="a fit of NegativeBinomialObservations(scale='estimate')",
            todo="fit one; of other models scale_ is the dispersion, or there is none.",
        )
    if not 0.0 < level < 1.0:
        raise errors.value_error(
            "level must be a probability.", given=repr(level), expected="e.g. 0.95"
        )
    return optimum


def _status(optimum: Optimum, c: int) -> str:
    record = optimum.record
    if record is not None and record.status[c] in NO_OPTIMUM:
        return str(record.status[c])
    if not optimum.penalty.is_smooth:
        return why_none(optimum.penalty, "error")
    return "estimated" if scales_of(optimum).scale[c] > 0 else POISSON_LIMIT


def _tail(optimum: Optimum, ratio: FloatArray) -> FloatArray:
    """Return p values under half chi2_0 + half chi2_1, (N,)."""
    from scipy.special import chdtrc

    shape = optimum.coef.shape
    is_penalised = (optimum.penalty.curvature(shape) != 0).any(axis=0) | (
        not optimum.penalty.is_smooth
    )
    with quiet():
        p = np.where(ratio > 0, 0.5 * chdtrc(1.0, ratio), 1.0)
    return np.where(is_penalised | np.isnan(ratio), np.nan, p)


def _joint_error(optimum: Optimum, error: FloatArray, has_none: np.ndarray) -> FloatArray:
    """Return (I_ss - I_sb I_bb^-1 I_bs)^(-1/2), (N,)."""
    reading, out = Rereading.of(optimum), np.full(len(error), np.nan)
    known = np.flatnonzero(np.isfinite(error) & ~has_none)
    p, weight = len(optimum.coef), scales_of(optimum).total_weight
    for group in (known[g] for g in groups(max(len(known), 1), p + 1) if len(known)):
        columns = optimum.columns.take(group)
        at = reading.table.weights_here(optimum.coef[:, group], optimum.intercept[group])
        table, how = reading.table, reading.how
        hessian = run(loss_kernels.loss_and_hessian, table, columns, *at, how).hessian
        cross = run(scale_kernels.cross_information, table, columns, *at, how).cross
        for k, c in enumerate(group):
            _add_penalty(hessian[k, :p, :p], optimum, c, weight[c])
            free = np.append(_used(optimum, c), columns.has_intercept)
            I_bb, I_bs = hessian[k][np.ix_(free, free)], cross[k, free]
            left = error[c] ** -2 - I_bs @ np.linalg.pinv(I_bb, hermitian=True) @ I_bs
            out[c] = left**-0.5 if left > 0 else np.nan
    return out


def _used(optimum: Optimum, c: int) -> np.ndarray:
    mask = optimum.columns.mask
    return np.ones(len(optimum.coef), dtype=bool) if mask is None else mask[:, c]


def _add_penalty(information: FloatArray, optimum: Optimum, c: int, weight: float) -> None:
    penalty, p = optimum.penalty.take(np.array([c])), len(optimum.coef)
    squares = squares_of(penalty, 1)
    if squares is None:
        information[np.arange(p), np.arange(p)] += weight * penalty.curvature((p, 1))[:, 0]
    else:
        information += weight * squares.matrix(squares.strength[:, 0])
