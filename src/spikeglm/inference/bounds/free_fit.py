"""The same fit without bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from ...engine.features.survey import survey_responses
from ...fit.fitting import SolverChoice, fit_columns
from ...fit.record import check_optimum
from ...regularizer.bounded import BoundedPenalty
from ...regularizer.box import Box
from ..fit_on_data import FitOnData
from ..information.rereading import Rereading


def without_bounds(fit: FitOnData) -> FitOnData:
    """Return the fit of the same neurons, with the same penalty, without bounds.

    The dispersion stays that of the fit with bounds: it is as right where the bounds are, and too
    large, so that intervals are too long, where they are not.

    Raises
    ------
    ValueError
        If the data are not those of the fit.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(-0.5 * X[:, 0]))
    >>> model = nmo.GLM(regularizer=nmo.regularizer.Bounded((0, None))).fit(X, y)
    >>> model.coef_[0], without_bounds(model.on(X, y)).parameters[0, 0].round(2)
    (np.float64(0.0), np.float64(-0.48))
    """
    optimum, penalty = fit.optimum, cast(BoundedPenalty, fit.optimum.penalty)
    _check_data(fit, penalty)
    result = fit_columns(
        optimum.rows,
        optimum.columns,
        penalty=penalty.smooth,
        keep=optimum.keep,
        solver=SolverChoice(),
        start=(optimum.coef, optimum.intercept),
    )
    found = replace(
        optimum,
        coef=result.coef,
        intercept=result.intercept,
        penalty=penalty.smooth,
        record=result,
    )
    return replace(fit, optimum=found)


def _check_data(fit: FitOnData, penalty: BoundedPenalty) -> None:
    """Check that the estimates are the best within their bounds for these data, too.

    Their slopes are not zero, but on a bound those point outwards. What of them does not is told in
    standard errors of each parameter by itself.
    """
    fit.check_data()
    optimum, record = fit.optimum, fit.optimum.record
    if record is None:
        return
    reading = Rereading.of(optimum)
    observed = survey_responses(reading.table, optimum.columns, reading.how)
    slopes = reading.penalised_slopes()
    none = np.full((1, slopes.shape[1]), np.inf)
    box = Box(np.vstack([penalty.low, -none]).T, np.vstack([penalty.high, none]).T)
    inwards = box.violation(fit.parameters.T, slopes.T).T
    inwards[:-1][record.aliased] = 0.0
    everyone = np.arange(fit.n_neurons)
    for c, information in reading.informations(everyone, np.zeros(fit.n_features)):
        size = np.diag(information) > 0
        squared = float(np.sum(inwards[size, c] ** 2 / np.diag(information)[size]))
        about = float(observed.weight[c]), float(observed.variance[c]), float(optimum.unit[c])
        check_optimum(record, c, squared, weight=about[0], spread=about[1], unit=about[2])
