"""Scores of predicted means: log-likelihood and pseudo-R²."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import errors, showing
from ...fit.record import FitResult
from ...inference.null_model import normalised, null_log_probabilities, null_mean
from ...io.interop.timeseries import to_array
from ...observation_models.likelihood import Likelihood
from ...observation_models.observations import PseudoR2
from ...rows.arrays import finite_rows
from ...rows.contract import Rows
from ...typing import Array, BoolArray, FloatArray
from ..reading.lost_rows import LostRows
from .score_weights import ScoreWeights

_OF_ONE = 1e-6  # by which the sum of probabilities may miss one: float32 rounds them
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
    null: Null,
    weights: ScoreWeights | None = None,
) -> Any:
    """Score predicted means (T,) or (T, N) against the response on the rows where both are finite.

    With weights a row counts as often as they say, also for the null model.

    Raises
    ------
    NotImplementedError
        For an unknown score type.
    ValueError
        If the shapes differ, or no row is complete.
    """
    check_request(score_type, y.shape, rate.shape)
    likelihood.check_response(y)
    scored = _scored(rows, y, finite_rows(rate), weights)
    check_complete(scored, "finite features and response")
    valid = scored.keep
    if not valid.all():
        y, rate = y[valid], rate[valid]
    if weights is not None:
        weights = weights.take(valid)
        y, aggregate = weights.with_any(y), weights.weighted(aggregate)
    y = y if y.dtype.kind in "biu" else y.astype(np.float64, copy=False)  # counts stay small
    model, scale = likelihood.model, known_scale(scale, likelihood)
    if score_type == "log-likelihood":
        return model.log_likelihood(y, rate, scale, aggregate)
    kind: PseudoR2 = score_type  # type: ignore[assignment]  # checked above
    means = null.mean(likelihood, y, valid, weights)
    more = {} if means is None else {"null_mean": means}  # of which older models know nothing
    return model.pseudo_r2(y, rate, kind, scale, aggregate, **more)


def _scored(rows: Rows, y: Array, predicted: BoolArray, weights: ScoreWeights | None) -> LostRows:
    if weights is not None:
        return weights.lost(rows, np.isfinite(y), predicted)
    answered = finite_rows(y)
    return LostRows(rows, answered & predicted, others={"y": ~answered})


@dataclass(frozen=True, eq=False)
class Null:
    """What a score is measured against: predictions without features.

    Attributes
    ----------
    given :
        As the user gave it: None for the rows that are scored, ``"training"``, or means.
    offset :
        (T, N), (T, 1) or (1, 1), of all rows.
    record :
        Of the fit, if there is one.
    """

    given: Any
    offset: Array
    record: FitResult | None = None

    __repr__ = showing.of_fields

    def mean(
        self,
        likelihood: Likelihood,
        y: Array,
        valid: BoolArray,
        weights: ScoreWeights | None = None,
    ) -> FloatArray | None:
        """Return predictions shaped like y, which has the valid rows; None: the mean of y.

        Raises
        ------
        ValueError
            For means of another shape, or training rows that are not known.
        """
        offset = self.offset[valid] if len(self.offset) > 1 else self.offset
        columns = y if y.ndim == 2 else y[:, None]
        if isinstance(self.given, str):
            response = self._training_mean(columns.shape[1])
            eta = likelihood.start(response) + offset
            return likelihood.mean(np.broadcast_to(eta, columns.shape)).reshape(y.shape)
        if self.given is not None:
            means = self._given_means(valid, y.shape)
            _check_possible(means, likelihood.model.means)
            return means
        weight = None if weights is None else weights.weight.reshape(columns.shape)
        if offset.any():
            return null_mean(likelihood, columns, offset, weight).reshape(y.shape)
        if weight is None:
            return None
        return np.broadcast_to(_mean(columns, weight), columns.shape).reshape(y.shape)

    def log_probabilities(
        self, y: Array, valid: BoolArray, weights: ScoreWeights | None = None
    ) -> FloatArray | None:
        """Return :meth:`mean` for classes: log-probabilities shaped like y (T, ..., K), one-hot."""
        with_offset = self.offset.shape[-1] == y.shape[-1]
        offset = self.offset[valid] if with_offset else np.zeros_like(y, dtype=float)
        if isinstance(self.given, str):
            frequency = self._training_mean(y[0].size)
            if y.ndim == 3:  # the record has classes first
                frequency = frequency.reshape(y.shape[2], y.shape[1]).T
            return normalised(_log(frequency) + offset)
        if self.given is not None:
            probabilities = self._given_means(valid, y.shape)
            _check_probabilities(probabilities)
            return _log(probabilities)
        weight = None if weights is None else weights.weight
        if offset.any():
            return null_log_probabilities(y, offset, weight)
        if weight is None:
            return None
        return np.broadcast_to(_log(_mean(y, weight[..., None])), y.shape)

    def _training_mean(self, n_neurons: int) -> FloatArray:
        if self.given != "training":
            raise errors.unknown_name("null_mean", self.given, ["training"])
        if self.record is None:
            raise errors.value_error(
                "The rows of the fit are not known.",
                given="null_mean='training' for estimates that no fit has found",
                expected="a fitted model",
                todo="pass the mean response of the training rows as null_mean.",
            )
        square = self.record.offset_square
        if square is None or np.nan_to_num(square).any():
            raise errors.value_error(
                "The fit had an offset, so its mean response is not what the null model predicts.",
                given="null_mean='training'",
                expected="a fit without an offset",
                todo="fit a model to X[:, :0] with the offset of the training rows, and pass its "
                "predictions for these rows as null_mean.",
            )
        return self.record.mean_response[:n_neurons]

    def _given_means(self, valid: BoolArray, shape: tuple[int, ...]) -> FloatArray:
        means = to_array(self.given, name="null_mean").astype(float)
        of_rows = means.ndim > 0 and means.shape == (len(valid), *shape[1:])
        means = means[valid] if of_rows else means
        if not of_rows and means.shape not in ((), shape[1:]):
            raise errors.value_error(
                "null_mean does not fit the response.",
                given=f"shape {means.shape}",
                expected="a number, one per neuron, or one per row and neuron, "
                f"{(len(valid), *shape[1:])}",
            )
        return np.broadcast_to(means, shape)


def _mean(y: Array, weight: FloatArray) -> FloatArray:
    """Return the mean over rows, (N,) or (..., K), of y (T, N) or (T, ..., K)."""
    return (weight * y).sum(axis=0) / weight.sum(axis=0)


def _check_possible(means: FloatArray, of_model: tuple[float, float]) -> None:
    """Raise a ValueError for means that a model cannot have: scores against them say nothing."""
    low, high = of_model
    wrong = ~(np.isfinite(means) & (means >= low) & (means <= high))
    if wrong.any():
        raise errors.value_error(
            "null_mean has means that are none of this model.",
            given=f"{means[wrong][0]}",
            expected=f"between {low} and {high}, finite",
            todo="pass mean responses, not logarithms of them or rates per second.",
        )


def _check_probabilities(given: FloatArray) -> None:
    """Raise a ValueError unless the last axis holds probabilities of all classes."""
    total = given.sum(axis=-1)
    wrong = ~((given >= 0).all(axis=-1) & (np.abs(total - 1) < _OF_ONE))
    if wrong.any():
        raise errors.value_error(
            "null_mean has no probabilities of classes.",
            given=f"{given[wrong][0]}, which add up to {total[wrong][0]:g}",
            expected="numbers >= 0, one per class, that add up to 1",
        )


def _log(probability: FloatArray) -> FloatArray:
    return np.log(np.maximum(probability, np.finfo(float).eps))


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
    needs_one = likelihood.model.has_dispersion or likelihood.estimates_scale
    if scale is None and needs_one:
        raise errors.value_error(
            "This model has coefficients but no dispersion.",
            given="coef_ and intercept_ set by hand",
            expected="scale_ too",
            todo="set model.scale_, e.g. to the residual variance, or call fit.",
        )
    return scale
