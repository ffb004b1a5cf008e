"""What is left of responses once their predictions are taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np

from ... import errors
from ...numerics import quiet
from ...observation_models.elementwise import ElementwiseObservations
from ...typing import ArrayLike, FloatArray
from ..fit_on_data import FittedModel, fit_of
from .measures import shape_of
from .predictions import Predictions, RandomPlaces, predictions, without_fit
from .quantile_residuals import deviance_residuals, quantile_residuals

Kind: TypeAlias = Literal["response", "pearson", "deviance", "quantile"]
_Residuals: TypeAlias = Callable[[ElementwiseObservations, Predictions, FloatArray], FloatArray]


def residuals(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    kind: Kind = "quantile",
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> Any:
    r"""Return the residuals of a fitted model, labelled like its predictions.

    ==============  ================================================================
    ``"response"``  y - mu, in the units of y
    ``"pearson"``   sqrt(a) (y - mu) / sqrt(V(mu)), V at dispersion one
    ``"deviance"``  sign(y - mu) sqrt(a d), d the deviance of the response
    ``"quantile"``  Phi^-1 of a random point of [F(y - 1), F(y)]; of F(y) for
                    continuous responses. Standard normal if the model is right
    ==============  ================================================================

    Where a bin holds .02 spikes, nearly all that a quantile residual says is its random point, and
    it looks normal under almost any model: sum up bins first, or rescale time. Several draws are
    not independent samples.

    Parameters
    ----------
    model :
        A fitted GLM or PopulationGLM.
    X, y, sample_weight, offset :
        Data, of the fit or others.
    kind :
        As above.
    seed :
        Of the random points of quantile residuals of counts: an int or a NumPy Generator.

    Returns
    -------
    array (T,) or (T, N), or pynapple or pandas as ``predict`` returns it
        NaN where a row takes no part. Pearson's and deviance residuals of weights a are multiplied
        by sqrt(a), as in R; the others are of one response.

    Raises
    ------
    ValueError, TypeError
        If the data cannot be used; for another kind; if the model does not state the variance or
        the distribution that it needs (models of one's own).

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.4; Dunn & Smyth (1996), J Comput
    Graph Stat 5:236-44.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(2000, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0]))
    >>> z = residuals(nmo.GLM().fit(X, y), X, y)
    >>> z.shape, bool(abs(z.mean()) < 0.05), bool(abs(z.std() - 1) < 0.05)
    ((2000,), True, True)
    """
    residual = _residuals_of(kind)
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    of_model = fit.likelihood.model
    _check_stated(of_model, kind)
    out = np.full((fit.optimum.rows.n_rows, fit.n_neurons), np.nan)
    places = RandomPlaces.of(seed)
    for found in predictions(fit.optimum):
        place = places.of_rows(found) if kind == "quantile" else found.mean
        with quiet():
            values = residual(of_model, found, place)
        out[:, found.neurons] = np.where(found.takes_part, values, np.nan)
    out[:, without_fit(fit.optimum)] = np.nan
    return fit.labelled(out)


def _response(model: ElementwiseObservations, found: Predictions, place: FloatArray) -> FloatArray:
    return found.y - found.mean


def _pearson(model: ElementwiseObservations, found: Predictions, place: FloatArray) -> FloatArray:
    variance = model.variance(found.mean, shape_of(model, found.scale))
    return np.sqrt(found.weight) * (found.y - found.mean) / np.sqrt(variance)


def _deviance(model: ElementwiseObservations, found: Predictions, place: FloatArray) -> FloatArray:
    root = deviance_residuals(model, found.y, found.mean, shape_of(model, found.scale))
    return np.sqrt(found.weight) * root


def _quantile(model: ElementwiseObservations, found: Predictions, place: FloatArray) -> FloatArray:
    return quantile_residuals(model, found.y, found.mean, found.scale, place)


_KINDS: dict[str, _Residuals] = {
    "response": _response,
    "pearson": _pearson,
    "deviance": _deviance,
    "quantile": _quantile,
}


def _residuals_of(kind: str) -> _Residuals:
    if kind not in _KINDS:
        raise errors.unknown_name("kind of residuals", kind, list(_KINDS))
    return _KINDS[kind]


def _check_stated(model: ElementwiseObservations, kind: str) -> None:
    """Check that a model states what residuals need, by asking for a response of one."""
    probe = np.array([0.5])
    needed: dict[str, tuple[str, Callable[[], Any]]] = {
        "pearson": ("variance", lambda: model.variance(probe)),
        "quantile": ("distribution", lambda: model.log_tails(np.ones(1), probe).lower),
    }
    what, of_probe = needed.get(kind, ("", lambda: probe))
    if np.isnan(of_probe()).all():
        raise errors.value_error(
            f"This model does not state its {what}.",
            given=f"kind={kind!r} of {model.name} responses",
            expected="'response' or 'deviance'",
        )
