"""How sure a fit is, by the kind of covariance that is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..fit_on_data import FitOnData
from ..information import fisher
from ..information.optimum import Uncertainty
from .requested import MODEL, Requested
from .rows_in_time import RowsInTime


def uncertainties(
    fit: FitOnData,
    cov_type: str = MODEL,
    *,
    groups: Any = None,
    lags: Any = None,
    small_sample: str | None = None,
    weights: str = "frequency",
    keep_void: bool = False,
) -> Iterator[Uncertainty]:
    """Yield, neuron by neuron, how sure a fit is of its n = p + 1 parameters (w, b).

    Parameters
    ----------
    fit :
        ``model.on(X, y)``.
    cov_type, groups, lags, small_sample, weights :
        As of ``model.covariance``.
    keep_void :
        Whether the directions that the data say nothing of are told, and the information.

    Returns
    -------
    iterator of Uncertainty
        With ``dof``, of Student's quantiles (inf: normal ones), ``method`` in words, and where
        there is no covariance the ``reason``.

    Raises
    ------
    ValueError, TypeError
        If the arguments cannot be used, or the data are not those of the fit.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, 400)
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> sure = next(uncertainties(fit, "cluster", groups=np.repeat(np.arange(20), 20)))
    >>> sure.method, sure.dof
    ('cluster (20 groups), factor G/(G-1)', 19.0)
    """
    optimum = fit.optimum
    wanted = Requested(cov_type, groups, lags, small_sample, weights).resolved(
        optimum.penalty, are_chosen=fit.has_chosen_strengths
    )
    data = RowsInTime(optimum.rows, optimum.keep, optimum.time_axis, fit.bin_s)
    found = fisher.uncertainties(optimum, keep_void=keep_void, filler=wanted.filler(data))
    return _with_dof(found, fit)


def _with_dof(found: Iterator[Uncertainty], fit: FitOnData) -> Iterator[Uncertainty]:
    """Yield the uncertainties with the degrees of freedom of the dispersion, where they are fewer.

    Robust covariances do not use it. But they vary as much from one recording to the next.
    """
    for sure, dof in zip(found, fit.dispersion_dof, strict=True):
        yield sure._replace(dof=float(np.fmin(sure.dof, dof)))
