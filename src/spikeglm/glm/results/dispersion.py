"""The dispersion of a fit: Pearson's sum over the degrees of freedom that the fit leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ... import errors, notices
from ...fit.record import FitResult
from ...inference.information.degrees_of_freedom import effective_parameters
from ...inference.information.optimum import Optimum
from ...observation_models.likelihood import Likelihood
from ...regularizer.base import Penalty
from ...typing import FloatArray
from ..reading.fit_inputs import FitInputs
from .prediction import estimate_scale
from .scoring import known_scale

if TYPE_CHECKING:
    from ..hooks import Hooks

_NOTHING_LEFT = 1e-9  # of the observations; less is what rounding leaves of none


class Dispersion(NamedTuple):
    """Dispersion and effective degrees of freedom of N neurons."""

    scale: FloatArray  # (N,) NaN where nothing is left to estimate it from
    edf: FloatArray | None  # (N,) None for a model without a dispersion


def estimate(
    inputs: FitInputs,
    result: FitResult,
    penalty: Callable[[], Penalty],
    *,
    dof_resid: FloatArray,
    weight: FloatArray,
) -> Dispersion:
    """Return phi = Σ a r² / (Σ a − edf) of each neuron, r Pearson's residual.

    Parameters
    ----------
    inputs, penalty :
        The data, and what returns the penalty on the coefficients (p, N) where it matters.
    result :
        Where the fit ended. The observations weigh ``result.total_weight``.
    dof_resid :
        (N,) what parameters leave of that where no penalty shrinks them.
    weight :
        (N,) what the data weigh: less than the observations if they are a batch of them.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 9.2.4; for edf
    :mod:`~spikeglm.inference.information.degrees_of_freedom`.
    """
    rows, columns, keep, total = inputs.rows, inputs.columns, inputs.keep, result.total_weight
    if result.scale is not None:  # of the likelihood: the fit has found it
        return Dispersion(result.scale, None)
    if not columns.likelihood.model.has_dispersion:
        return Dispersion(estimate_scale(rows, columns, result, dof_resid, keep=keep), None)
    optimum = Optimum(rows, columns, keep, result.coef, result.intercept, penalty=penalty())
    counted, has_aliased = total - dof_resid, len(result.aliased) > 0
    edf = effective_parameters(optimum, counted, total_weight=total, has_aliased=has_aliased)
    with np.errstate(invalid="ignore", divide="ignore"):
        share_left = 1.0 - edf / total
    share_left[~(share_left > _NOTHING_LEFT)] = np.nan
    return Dispersion(estimate_scale(rows, columns, result, share_left * weight, keep=keep), edf)


def store(model: Any, found: Dispersion) -> None:
    """Write a dispersion to the model, and what it stands on."""
    model.scale_ = found.scale
    vars(model).pop("edf_", None)  # of an earlier fit
    if found.edf is not None:
        model.edf_ = found.edf


def at_scale(model: Hooks) -> Likelihood:
    """Return the likelihood of a fit: at the scales that it found, if there were some to find.

    Raises
    ------
    ValueError
        If the estimates were set by hand, without the scales that they need.
    """
    likelihood = model._likelihood
    if not likelihood.estimates_scale:
        return likelihood
    scale: Any = known_scale(getattr(model, "scale_", None), likelihood)
    return likelihood.at_scale(np.atleast_1d(np.asarray(scale, dtype=float)))


def warn_if_unknown(found: Dispersion, result: FitResult, neurons: Sequence[Any]) -> None:
    """Warn of neurons whose fit leaves nothing to estimate the dispersion from."""
    if found.edf is None:
        return
    unknown = np.flatnonzero(np.isnan(found.scale) & (result.total_weight > 0))
    if not len(unknown):
        return
    names = errors.listed(neurons[n] for n in unknown.tolist())
    notices.warn(
        f"{len(unknown)} neuron(s) without a dispersion ({names}): the fit uses up "
        f"{found.edf[unknown[0]]:.6g} degrees of freedom, of observations that weigh "
        f"{result.total_weight[unknown[0]]:.6g}. scale_, standard errors and log-likelihoods are "
        "NaN. What to do: fewer features, a stronger penalty or more rows; check that "
        "sample_weight says how often each row counts."
    )
