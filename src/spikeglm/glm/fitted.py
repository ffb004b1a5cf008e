"""What estimates, from a fit or set by hand, say of data: the mean response and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import errors
from ..inference import fisher
from ..rows.contract import Rows
from ..typing import ArrayLike, FloatArray
from .choices import read_feature_mask
from .inputs import read_offset
from .layout import Layout
from .parameters import check_feature_names, check_parameters
from .prediction import linear_predictor
from .scoring import known_scale

if TYPE_CHECKING:
    from .glm import GLM


def mean_response(model: GLM, rows: Rows, offset: ArrayLike | None) -> FloatArray:
    """Return the mean response, (T,) or (T, N) as y has it; NaN where a row is not finite.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    ValueError
        If the features are not those of the fit.
    """
    coef, intercept = _estimates(model, rows)
    mask = read_feature_mask(
        model.feature_mask, coef.shape, ndim=model._response_ndim, layout=Layout.of(rows)
    )
    eta = linear_predictor(
        rows,
        coef if mask is None else coef * mask,
        intercept,
        read_offset(offset, rows.n_rows, len(intercept)),
    )
    rate = model._likelihood.mean(eta)
    return rate[:, 0] if model._response_ndim == 1 else rate


def uncertainty(
    model: GLM,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    offset: ArrayLike | None,
) -> fisher.Uncertainty:
    """Return how sure the estimates are, given the data of their fit.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    ValueError, TypeError
        If the data cannot be used.
    """
    inputs = model.read_inputs(X, y, sample_weight=sample_weight, offset=offset)
    coef, intercept = _estimates(model, inputs.rows)
    return fisher.uncertainty(
        inputs.rows,
        inputs.columns,
        coef,
        intercept,
        keep=inputs.keep,
        penalty=model.read_penalty(inputs.layout, coef.shape),
        scale=known_scale(getattr(model, "scale_", None), model._likelihood),
        status=model.fit_report_.result.status if hasattr(model, "fit_report_") else None,
    )


def check_fitted(model: GLM, rows: Rows) -> None:
    """Check that there are estimates, for features like those of the rows.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients.
    TypeError
        If X is another tree than that of the fit.
    ValueError
        If the features are not those of the fit.
    """
    if not model.__sklearn_is_fitted__():
        raise errors.not_fitted(type(model).__name__)
    Layout.of(rows).check(model.coef_, name="coef")
    known = getattr(model, "n_features_in_", rows.n_features)
    if known != rows.n_features:
        raise errors.value_error(
            f"X has {rows.n_features} features, but {type(model).__name__} is expecting {known} "
            "features as input.",
            given=f"X of shape ({rows.n_rows}, {rows.n_features})",
            expected=f"(n_samples, {known}), the features of the fit",
            todo="build X with the basis that made the X of the fit.",
        )
    check_feature_names(rows, getattr(model, "feature_names_", rows.feature_names))


def _estimates(model: GLM, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return coefficients (p, N) and intercepts (N,) that fit the features of the rows."""
    check_fitted(model, rows)
    shape = rows.n_features, np.size(model.intercept_)
    return check_parameters(
        (model.coef_, model.intercept_), shape, ndim=model._response_ndim, layout=Layout.of(rows)
    )
