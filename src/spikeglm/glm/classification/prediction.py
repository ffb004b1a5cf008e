"""What a classifier's estimates say of data: log-probabilities, labels, scores, samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...observation_models.categorical import CategoricalObservations, LogSoftmax
from ...observation_models.observations import PseudoR2
from ...rows.arrays import finite_rows
from ...rows.contract import Rows
from ...typing import Array, ArrayLike, BoolArray, FloatArray, IntArray
from ..reading.known_labels import check_neurons, check_null_probabilities, check_rows
from ..reading.lost_rows import LostRows
from ..results.fitted import estimates
from ..results.prediction import linear_predictor
from ..results.score_requests import ScoreRequest
from ..results.score_weights import ScoreWeights
from ..results.scoring import Null, check_complete, check_request
from .inputs import read_class_offset
from .labels import encode

if TYPE_CHECKING:
    from .classifier import ClassifierGLM


def log_probabilities(
    model: ClassifierGLM, rows: Rows, offset: ArrayLike | None = None
) -> FloatArray:
    """Return log-probabilities, (T, K) or (T, N, K); NaN where a row is not finite.

    Raises
    ------
    NotFittedError
        If the estimator has no coefficients or no classes; the latter is also a RuntimeError.
    ValueError
        If the features are not those of the fit.
    """
    classes = known_classes(model)
    shapes, coef, intercept = estimates(model, rows, len(classes))
    added = read_class_offset(offset, rows, shapes, classes)
    return LogSoftmax()(shapes.user(linear_predictor(rows, coef, intercept, added)))


def null_of(model: ClassifierGLM, rows: Rows, offset: ArrayLike | None, given: Any) -> Null:
    """Return what a score is measured against, given what the user says of it."""
    classes = known_classes(model)
    record = model.fit_report_.result if hasattr(model, "fit_report_") else None
    shapes, _, _ = estimates(model, rows, len(classes))
    added = read_class_offset(offset, rows, shapes, classes)
    return Null(given, added if offset is None else shapes.user(added), record)


def known_classes(model: ClassifierGLM) -> Array:
    """Return the labels of a classifier, (K,).

    Raises
    ------
    NotFittedError
        If they are not known; it is also a RuntimeError.
    """
    classes = getattr(model, "classes_", None)
    if classes is None:
        raise errors.no_classes(type(model).__name__)
    return np.asarray(classes)


def most_probable(log_p: FloatArray) -> IntArray:
    """Return the place of the most probable class, -1 where probabilities are NaN."""
    gap = np.isnan(log_p).any(axis=-1)
    return np.where(gap, -1, np.argmax(log_p, axis=-1))


def score(model: ClassifierGLM, X: ArrayLike, y: ArrayLike, asked: ScoreRequest) -> Any:
    """Score a classifier against the classes that occurred, where all are known.

    Raises
    ------
    NotImplementedError
        For an unknown score type.
    ValueError
        If the shapes differ, or no row is complete.
    """
    rows = model.read_inputs(X, y).rows
    check_rows(rows, y=y, sample_weight=asked.sample_weight, offset=asked.offset)
    log_p = log_probabilities(model, rows, asked.offset)
    check_neurons(model, y=y, sample_weight=asked.sample_weight)
    check_null_probabilities(model, rows, y, asked.null_mean)
    codes = encode(y, known_classes(model))
    check_request(asked.score_type, codes.shape, log_p.shape[:-1])
    weights = ScoreWeights.read(asked.sample_weight, y, rows, codes.shape)
    scored = _scored(rows, codes, finite_rows(log_p.reshape(len(log_p), -1)), weights)
    check_complete(scored, "finite features and a label")
    valid, aggregate = scored.keep, asked.aggregate
    y_hot, log_p = codes[valid, ..., None] == np.arange(log_p.shape[-1]), log_p[valid]
    if weights is not None:
        weights = weights.take(valid)
        aggregate = weights.weighted(aggregate)
    observed = CategoricalObservations()
    if asked.score_type == "log-likelihood":
        return observed.log_likelihood(y_hot, log_p, None, aggregate)
    null = null_of(model, rows, asked.offset, asked.null_mean)
    means = null.log_probabilities(y_hot, valid, weights)
    kind: PseudoR2 = asked.score_type  # type: ignore[assignment]  # checked above
    return observed.pseudo_r2(y_hot, log_p, kind, None, aggregate, null_mean=means)


def _scored(
    rows: Rows, codes: IntArray, predicted: BoolArray, weights: ScoreWeights | None
) -> LostRows:
    if weights is not None:
        return weights.lost(rows, codes >= 0, predicted)
    answered = np.asarray((codes >= 0).reshape(len(codes), -1).all(axis=1))
    return LostRows(rows, answered & predicted, others={"y": ~answered})
