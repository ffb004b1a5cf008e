"""Scores of predicted means: log-likelihood and pseudo-R²."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from ..observation_models.likelihood import Likelihood
from ..rows.arrays import finite_rows
from ..rows.contract import Rows
from ..typing import Array
from .lost_rows import LostRows

SCORES = ["log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen"]


def score(
    likelihood: Likelihood,
    y: Array,
    rate: Array,
    scale: Array | None,
    *,
    rows: Rows,
    score_type: str,
    aggregate: Callable[[Array], Any],
) -> Any:
    """Score predicted means (T,) or (T, N) against the response on the rows where both are finite.

    Raises
    ------
    NotImplementedError
        For an unknown score type.
    ValueError
        If the shapes differ, or no row is complete.
    """
    check_request(score_type, y.shape, rate.shape)
    likelihood.check_response(y)
    answered = finite_rows(y)
    valid = answered & finite_rows(rate)
    check_complete(LostRows(rows, valid, others={"y": ~answered}), "finite features and response")
    if not valid.all():
        y, rate = y[valid], rate[valid]
    y = y if y.dtype.kind in "biu" else y.astype(np.float64, copy=False)  # counts stay small
    model, scale = likelihood.model, known_scale(scale, likelihood)
    if score_type == "log-likelihood":
        return model.log_likelihood(y, rate, scale, aggregate)
    return model.pseudo_r2(y, rate, score_type, scale, aggregate)  # type: ignore[arg-type]


def check_request(score_type: str, given: tuple[int, ...], predicted: tuple[int, ...]) -> None:
    """Check the name of a score, and that a response is shaped like what was predicted.

    Raises
    ------
    NotImplementedError
        For an unknown score type.
    ValueError
        If the shapes differ.
    """
    if score_type not in SCORES:
        raise NotImplementedError(str(errors.unknown_name("score type", score_type, SCORES)))
    if given != predicted:
        raise errors.value_error(
            "y must be shaped like the predictions.",
            given=f"y of shape {given}",
            expected=f"{predicted}, one column per neuron of the fit",
        )


def check_complete(scored: LostRows, what: str) -> None:
    """Raise a ValueError if no row can be scored; warn where many cannot."""
    if not scored.keep.any():
        raise errors.value_error(
            "At least a NaN or an Inf at all sample points.",
            given=f"{len(scored.keep)} rows, none of them complete: {scored.causes()}",
            expected=f"some rows with {what}",
            todo="check for an all-NaN feature, samples outside of bounds or of the range of the "
            "fit, or epochs shorter than the basis window.",
        )
    scored.announce("take no part in the score")


def known_scale(scale: Array | None, likelihood: Likelihood) -> Array | None:
    """Return the dispersion of an estimator; None only where the model needs none.

    Raises
    ------
    ValueError
        If the model has a dispersion and the estimator none: its coefficients were set by hand.
    """
    if scale is None and likelihood.model.has_dispersion:
        raise errors.value_error(
            "This model has coefficients but no dispersion.",
            given="coef_ and intercept_ set by hand",
            expected="scale_ too",
            todo="set model.scale_, e.g. to the residual variance, or call fit.",
        )
    return scale
