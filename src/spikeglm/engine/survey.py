"""What is learned of responses and features before a solver starts: two passes over the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..rows.arrays import ArrayRows
from ..typing import BoolArray, FloatArray, IntArray
from . import feature_kernels, kernels, threads
from .block_diagonal import BlockDiagonal
from .columns import Columns
from .correlation import Correlation
from .feature_kernels import SketchSums
from .features import RANK_TOLERANCE, Features, null_space
from .plan import Look, Plan
from .runners import run
from .table import Table

_OFF_CENTRE = 30.0  # |mean| / deviation; beyond, correlations lose digits that rank is judged by
_CONSTANT = 1e-12  # relative spread below which a feature counts as constant
_CLEAR = 1e-3  # share of a feature's variance that float32 sums cannot mistake for none
_FACTORS = 128  # that features of different blocks may share
_OWN_VARIANCE = 1e-4  # of a feature in a sample, as a share
_MOST_SUSPECTS = 1 / 4  # per feature; of more, all rows tell as cheaply
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

    def then(self, better: Survey) -> Survey:
        """Return a survey that was made again, with the passes of both."""
        return replace(better, n_passes=self.n_passes + better.n_passes)


def survey_features(table: Table, columns: Columns, how: Plan) -> Survey:
    """Measure location, scale and correlation of the features.

    Where a feature sits far from zero compared with its spread (a time stamp, a raw voltage), the
    table is returned with that location subtracted from every row as it is read. A table in float32
    is surveyed in float32, and again in float64 if it shows anything that the rounding could hide.
    """
    table = _readied(table, how)
    survey = _surveyed(table, columns, how)
    if table.is_single and not _is_unremarkable(survey.features, how):
        survey = survey.then(_surveyed(table.in_double(), columns, how))
    shift = _shift(survey.features, table)
    if shift is not None:
        table = table.moved(shift)
        survey = survey.then(_surveyed(table.in_double(), columns, how))
    if how.begins_in_single and _is_moderate(survey.features):
        return replace(survey, table=_readied(table, how))
    return replace(survey, table=table.in_double() if how.begins_in_single else table)


def survey_locations(table: Table, columns: Columns, how: Plan) -> Survey:
    """Measure location and scale of the features, and move those that lie far from zero."""
    table = table.in_double()
    survey = _located(table, columns, how)
    shift = _shift(survey.features, table)
    return survey if shift is None else survey.then(_located(table.moved(shift), columns, how))


def _readied(table: Table, how: Plan) -> Table:
    if not how.begins_in_single:
        return table
    if how.keeps_copy and table.copy is None and table.copy_pays:
        return threads.with_copy(table, n_threads=how.n_threads)
    return table.in_single()


def _shift(features: Features, table: Table) -> FloatArray | None:
    """Return what to subtract from the rows, None where all features lie near enough to zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        off_centre = np.abs(features.mean) > _OFF_CENTRE * features.scale
    if not (features.mean[off_centre] != 0).any():
        return None
    # Both precisions must subtract the same number, so it is one that float32 can hold.
    location = features.mean.astype(np.float32) if table.is_single else features.mean
    return np.where(off_centre, location, 0.0).astype(np.float64)


def _is_moderate(features: Features) -> bool:
    """Tell whether float32 can compute with features of this size."""
    scale = features.scale[features.scale > 0]
    return bool(((scale > 1 / _MODERATE) & (scale < _MODERATE)).all())


def _is_unremarkable(features: Features, how: Plan) -> bool:
    """Tell whether float64 could find the features neither constant, dependent nor off centre."""
    blocks = features.correlation.blocks.blocks
    if not (all(np.isfinite(block).all() for block in blocks) and _is_moderate(features)):
        return False
    if not (np.abs(features.mean) < _OFF_CENTRE * features.scale).all():
        return False
    if not how.look.is_complete:  # what is looked at is read in float64
        return True
    try:
        factors = [np.linalg.cholesky(block) for block in blocks]
    except np.linalg.LinAlgError:
        return False
    return all((np.diag(factor) ** 2).min() > _CLEAR for factor in factors)


def _surveyed(table: Table, columns: Columns, how: Plan) -> Survey:
    p = table.rows.n_features
    if not table.blocks:
        nothing = Correlation(BlockDiagonal((np.zeros((p, p)),)))
        return Survey(table, Features(np.zeros(p), np.zeros(p), nothing), 1)
    if not how.look.is_complete:
        return _sketched(table, columns, how)
    table_of_gram = _in_longer_blocks(table, how)
    sums = run(feature_kernels.gram, table_of_gram, columns, *_nowhere(table, columns), how)
    products = sums.xx
    mean, scale = _location(sums.weight, sums.x, np.diag(products), table)
    products /= sums.weight
    products -= np.outer(mean, mean)
    features = Features(mean, scale, Correlation.none(0))
    products *= np.outer(features.inverse_scale, features.inverse_scale)
    correlation = Correlation(BlockDiagonal((products,)))
    return Survey(table, replace(features, correlation=correlation), 1)


def _located(table: Table, columns: Columns, how: Plan) -> Survey:
    p = table.rows.n_features
    sums = run(feature_kernels.locations, table, columns, *_nowhere(table, columns), how)
    mean, scale = _location(sums.weight, sums.x, sums.squares, table)
    return Survey(table, Features(mean, scale, Correlation.none(p)), 1)


def _sketched(table: Table, columns: Columns, how: Plan) -> Survey:
    """Take locations and scales from all rows, and of the correlations what the plan says."""
    survey, look = _located(table, columns, how), how.look
    known, p = survey.features, table.rows.n_features
    sample = table.in_double()
    if look.n_rows is not None:
        sample = sample.scattered(look.n_rows, at_a_time=look.block_rows)
    elif how.runner == "threads":
        sample = _in_longer_blocks(sample, how)
    n_factors = 0 if look.width is None else min(_FACTORS, p)
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(p, n_factors)))[0]
    kernel = partial(
        feature_kernels.sketched_gram,
        width=look.width, mean=known.mean, unit=known.inverse_scale, directions=directions,
    )  # fmt: skip
    sums = run(kernel, sample, columns, *_nowhere(table, columns), how)
    blocks, sketch = _centred(sums, directions)
    suspects = _suspects(blocks, known.scale > 0)
    if suspects.shape[1] > _MOST_SUSPECTS * len(blocks.blocks[0]) and look.width is None:
        return survey.then(_surveyed(table, columns, replace(how, look=Look())))
    correlation = Correlation(blocks)
    if n_factors:
        correlation = Correlation.with_factors(blocks, sketch, directions)
    correlation = replace(
        correlation.surely_definite(_OWN_VARIANCE),
        null_space=_dependent(suspects, survey, columns, how),
    )
    features = replace(known, correlation=correlation)
    is_whole = look.n_rows is None
    return replace(survey, features=features, n_passes=1 + is_whole + bool(suspects.size))


def _centred(sums: SketchSums, directions: FloatArray) -> tuple[BlockDiagonal, FloatArray]:
    """Return blocks and sketch of the covariance for sums of z z' about zero."""
    z, p = sums.z / sums.weight, len(sums.z)
    width = sums.zz.shape[1]
    blocks = []
    for k, products in enumerate(sums.zz):
        part = slice(k * width, min((k + 1) * width, p))
        block = products[: part.stop - part.start, : part.stop - part.start]
        block /= sums.weight
        block -= np.outer(z[part], z[part])
        blocks.append(block)
    return BlockDiagonal(tuple(blocks)), sums.sketch / sums.weight - np.outer(z, z @ directions)


def _suspects(covariance: BlockDiagonal, varying: BoolArray) -> FloatArray:
    """Return orthonormal combinations (p, m) among which all that are constant in all rows are.

    What is constant in all rows is so in a sample, where more may be. Of dependence between
    features of different blocks nothing is known.
    """
    seen = varying & (covariance.diagonal > _CONSTANT)
    constant = np.eye(len(varying))[:, varying & ~seen]
    return np.hstack([null_space(covariance, seen), constant])


def _dependent(suspects: FloatArray, survey: Survey, columns: Columns, how: Plan) -> FloatArray:
    """Return those combinations (p, k) of suspects (p, m) that have no variance; one visit."""
    features, table = survey.features, survey.table.in_double()
    if not suspects.size:
        return suspects
    matrix = suspects * features.inverse_scale[:, None]
    kernel = partial(feature_kernels.covariance_of, matrix=matrix, centre=features.mean @ matrix)
    sums = run(kernel, table, columns, *_nowhere(table, columns), how)
    values, vectors = np.linalg.eigh(sums.xx / sums.weight)
    return suspects @ vectors[:, values <= RANK_TOLERANCE * len(features.mean)]


def _in_longer_blocks(table: Table, how: Plan) -> Table:
    """Return the table in blocks long enough that adding up products is little beside them."""
    if how.runner != "threads" or how.block_rows >= how.look.block_rows:
        return table
    return table.in_blocks_of(how.look.block_rows)


def _nowhere(table: Table, columns: Columns) -> tuple[FloatArray, FloatArray]:
    """Return weights and intercepts for kernels that need none."""
    return np.zeros((table.rows.n_features, columns.n_columns)), np.zeros(columns.n_columns)


def _location(
    weight: FloatArray, x: FloatArray, squares: FloatArray, table: Table
) -> tuple[FloatArray, FloatArray]:
    """Return mean and scale, 0 for constant features."""
    mean = x / weight
    size = np.sqrt(squares / weight)
    spread = np.sqrt(np.maximum(squares / weight - mean**2, 0.0))
    if table.shift is not None:
        size = np.maximum(size, _CONSTANT**0.5 * np.abs(table.shift))
    # A variance is a difference of squares: its root has half the digits until the mean is gone.
    return mean, np.where(spread > _CONSTANT**0.5 * size, spread, 0.0)
