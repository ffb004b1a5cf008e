"""What is learned of responses and features before a solver starts: two passes over the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..rows.arrays import ArrayRows
from ..typing import FloatArray, IntArray
from . import kernels, threads
from .columns import Columns
from .objective import Features
from .plan import Plan
from .runners import run
from .table import Table

_OFF_CENTRE = 30.0  # |mean| / deviation; beyond, correlations lose digits that rank is judged by
_CONSTANT = 1e-12  # relative spread below which a feature counts as constant
_CLEAR = 1e-3  # share of a feature's variance that float32 sums cannot mistake for none
_MODERATE = 1e12  # scales of features, and their inverse, with which float32 can compute


@dataclass(frozen=True)
class Responses:
    """Moments of the response of each column under its row weights; all (C,)."""

    weight: FloatArray  # sum of the row weights
    n_rows: FloatArray  # rows of positive weight
    mean: FloatArray
    variance: FloatArray
    offset: FloatArray  # mean of the offset

    def take(self, columns: IntArray) -> Responses:
        """Keep only some columns."""
        return Responses(*(getattr(self, name)[columns] for name in self.__dataclass_fields__))


def survey_responses(table: Table, columns: Columns, how: Plan) -> Responses:
    """Sum up the responses; the features are not read."""
    no_features = replace(table, rows=ArrayRows(np.empty((table.rows.n_rows, 0))), shift=None)
    empty = np.zeros((0, columns.n_columns))
    if not table.blocks:
        none = np.zeros(columns.n_columns)
        return Responses(none, none, none * np.nan, none * np.nan, none)
    sums = threads.run(kernels.responses, no_features, columns, empty, empty, how)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.y / sums.weight
        variance = np.maximum(sums.yy / sums.weight - mean**2, 0.0)
        return Responses(sums.weight, sums.n_rows, mean, variance, sums.offset / sums.weight)


@dataclass(frozen=True)
class Survey:
    """The features, and the table as further passes should read it."""

    table: Table
    features: Features
    n_passes: int


def survey_features(table: Table, columns: Columns, how: Plan) -> Survey:
    """Measure location, scale and correlation of the features.

    Where a feature sits far from zero compared with its spread (a time stamp, a raw voltage), the
    table is returned with that location subtracted from every row as it is read. A table in float32
    is surveyed in float32, and again in float64 if it shows anything that the rounding could hide.
    """
    table = _readied(table, how)
    n_passes = 1
    features = _features(table, columns, how)
    if table.is_single:
        if _is_unremarkable(features):
            return Survey(table, features, n_passes)
        n_passes += 1
        features = _features(table.in_double(), columns, how)
    with np.errstate(divide="ignore", invalid="ignore"):
        off_centre = np.abs(features.mean) > _OFF_CENTRE * features.scale
    if off_centre.any() and (features.mean[off_centre] != 0).any():
        # Both precisions must subtract the same number, so it is one that float32 can hold.
        location = features.mean.astype(np.float32) if table.is_single else features.mean
        table = table.moved(np.where(off_centre, location, 0.0).astype(np.float64))
        n_passes += 1
        features = _features(table.in_double(), columns, how)
    if how.begins_in_single and not _is_moderate(features):
        return Survey(table.in_double(), features, n_passes)
    return Survey(_readied(table, how), features, n_passes)


def _readied(table: Table, how: Plan) -> Table:
    if not how.begins_in_single:
        return table
    if how.keeps_copy and table.copy is None and table.copy_pays:
        return threads.with_copy(table, n_threads=how.n_threads)
    return table.in_single()


def _is_moderate(features: Features) -> bool:
    """Tell whether float32 can compute with features of this size."""
    scale = features.scale[features.scale > 0]
    return bool(((scale > 1 / _MODERATE) & (scale < _MODERATE)).all())


def _is_unremarkable(features: Features) -> bool:
    """Tell whether float64 could find the features neither constant, dependent nor off centre."""
    if not (np.isfinite(features.correlation).all() and _is_moderate(features)):
        return False
    if not (np.abs(features.mean) < _OFF_CENTRE * features.scale).all():
        return False
    try:
        return bool((np.diag(np.linalg.cholesky(features.correlation)) ** 2).min() > _CLEAR)
    except np.linalg.LinAlgError:
        return False


def _features(table: Table, columns: Columns, how: Plan) -> Features:
    p = table.rows.n_features
    if not table.blocks:
        return Features(np.zeros(p), np.zeros(p), np.zeros((p, p)))
    W = np.zeros((p, columns.n_columns))
    sums = run(kernels.gram, table, columns, W, W[:1], how)
    mean = sums.x / sums.weight
    covariance = sums.xx / sums.weight - np.outer(mean, mean)
    size = np.sqrt(np.diag(sums.xx) / sums.weight)
    if table.shift is not None:
        size = np.maximum(size, _CONSTANT**0.5 * np.abs(table.shift))
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    # A variance is a difference of squares: its root has half the digits until the mean is gone.
    scale = np.where(spread > _CONSTANT**0.5 * size, spread, 0.0)
    features = Features(mean, scale, covariance)
    inverse = features.inverse_scale
    correlation = covariance * np.outer(inverse, inverse)
    return replace(features, correlation=correlation)
