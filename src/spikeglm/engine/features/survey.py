"""What is learned of responses and features before a solver starts: two passes over the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ... import showing
from ...regularizer.base import PenaltyTerm
from ...rows.arrays import ArrayRows
from ...typing import BoolArray, FloatArray, IntArray
from ..columns import Columns
from ..coordinates.block_diagonal import BlockDiagonal
from ..coordinates.correlation import UNSEEN, Correlation
from ..coordinates.feature_facts import Features, Spectrum, spectrum
from ..kernels import feature_kernels, loss_kernels
from ..kernels.feature_kernels import SketchSums
from ..runners import threads
from ..runners.plan import Plan, with_workers_for_matrices
from ..table import Table
from .copies import copies_in
from .feature_sums import moments
from .near_dependence import ToldApart, View, inverse_of_the_rest, resolve, suspicious

_OFF_CENTRE = 30.0  # |mean| / deviation; beyond, correlations lose digits that rank is judged by
NO_SIZE = 1e-140
"""Features of less count as zero: their squares, and what float64 makes of them, vanish."""
_HALF_THE_DIGITS = 1e-6  # relative spread that squares do not tell from none
_CONSTANT = 16 * np.finfo(float).eps  # relative spread below which a computed feature has none
_CLEAR = 1e-3  # share of a feature's variance that float32 sums cannot mistake for none
_FACTORS = 128  # that features of different blocks may share
_CLEAR_ENOUGH = 1e-6  # smallest variance of a combination with which float32 leads somewhere
_SUSPICIOUS_IN_SAMPLE = 1e-9  # share of the variance, per feature; far above what sums round
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
    offset_square: FloatArray  # mean of its square

    __repr__ = showing.of_fields

    def take(self, columns: IntArray) -> Responses:
        """Keep only some columns."""
        return Responses(*(getattr(self, name)[columns] for name in self.__dataclass_fields__))


def survey_responses(table: Table, columns: Columns, how: Plan) -> Responses:
    """Sum up the responses; the features are not read."""
    rows = ArrayRows(np.empty((table.rows.n_rows, 0)))
    no_features = replace(table, rows=rows, shift=None, combinations=None, copy=None)
    empty = np.zeros((0, columns.n_columns))
    if not table.blocks:
        none = np.zeros(columns.n_columns)
        return Responses(none, none, none * np.nan, none * np.nan, none, none)
    sums = threads.run(loss_kernels.responses, no_features, columns, empty, empty, how)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.y / sums.weight
        variance = np.maximum(sums.yy / sums.weight - mean**2, 0.0)
        offset, square = sums.offset / sums.weight, sums.offset_square / sums.weight
        return Responses(sums.weight, sums.n_rows, mean, variance, offset, square)


@dataclass(frozen=True)
class Survey:
    """The features, and the table as further passes should read it.

    Attributes
    ----------
    table, features :
        The rows, and what is known of the features.
    n_passes :
        Visits of the rows.
    told_apart :
        Copies and near copies of features, where there are any: a fit should see their differences
        instead.
    rounded :
        (p, l) combinations of standardised features that are constant as far as their storage
        tells.
    spectrum :
        Which combinations of features may be constant; None: not looked for.
    """

    table: Table
    features: Features
    n_passes: int
    told_apart: ToldApart | None = None
    rounded: FloatArray | None = None
    spectrum: Spectrum | None = None

    @property
    def near_copies(self) -> int:
        """How many combinations of features are nearly constant."""
        return 0 if self.told_apart is None else self.told_apart.near.shape[1]

    def views(
        self,
        columns: Columns,
        penalty: PenaltyTerm,
        h: FloatArray,
        which: IntArray,
        n_classes: int = 1,
    ) -> list[View]:
        """Return how columns (A,) should see the rows, see :meth:`ToldApart.views`.

        Almost always that is one view: the rows as they are.
        """
        if self.told_apart is None or not penalty.is_smooth:
            none = self.features.null_space[:, :0]
            features = self.features.moved_by(penalty, len(h))
            return [View(which, self.table, features, penalty.take(which), none)]
        return self.told_apart.views(columns, penalty, h, which, n_classes)

    def then(self, better: Survey) -> Survey:
        """Return a survey that was made again, with the passes of both."""
        return replace(better, n_passes=self.n_passes + better.n_passes)


def survey_features(table: Table, columns: Columns, how: Plan) -> Survey:
    """Measure location, scale and correlation of the features.

    Where a feature sits far from zero compared with its spread (a time stamp, a raw voltage), the
    table is returned with that location subtracted from every row as it is read. A table in float32
    is surveyed in float32, and again in float64 if it shows anything that the rounding could hide.
    Where some of the correlations have to do, they are taken last, in float64, of features that
    are in their place by then. Columns without an intercept see features about zero, see
    :func:`moments`, and nothing is moved.
    """
    if not table.blocks:
        return Survey(table, Features.constant(table.rows.n_features), 1)
    table = _readied(table, how)
    look_at = _surveyed if how.look.is_complete else _located
    survey = look_at(table, columns, how)
    if table.is_single and not _is_unremarkable(survey.features, how):
        survey = survey.then(look_at(table.in_double(), columns, how))
    shift = _shift(survey.features, table)
    if shift is not None:
        table = table.moved(shift)
        survey = survey.then(look_at(table.in_double(), columns, how))
    if not how.look.is_complete:
        survey = survey.then(_sketched(table.in_double(), survey.features, columns, how))
    return _judged(replace(survey, table=table), columns, how)


def _judged(survey: Survey, columns: Columns, how: Plan) -> Survey:
    """Decide which features are constant or combinations of others, and which nearly so."""
    features, table, seen, rest = survey.features, survey.table, survey.spectrum, None
    if seen is None:
        blocks, varying = features.correlation.blocks, features.scale > 0
        seen = spectrum(blocks, varying, tolerance=suspicious(len(varying)))
        rest = inverse_of_the_rest(blocks, seen.suspects)
    found = resolve(seen.suspects, features, table, columns, how, rest=rest)
    features = features.with_null_space(found.null)
    is_clear = not found.near.size and seen.smallest > _CLEAR_ENOUGH and _is_moderate(features)
    table = _readied(table, how) if is_clear else table.in_double()
    told_apart = None
    if found.near.size or found.null.size:
        told_apart = ToldApart(features, table, found.near, found.mean)
    n_passes = survey.n_passes + found.n_visits
    return Survey(table, features, n_passes, told_apart, found.rounded)


def survey_locations(table: Table, columns: Columns, how: Plan) -> Survey:
    """Measure location and scale of the features, and move those that lie far from zero.

    Constants are moved to zero exactly: what rounding of a mean leaves would look like a feature.
    """
    table = table.in_double()
    survey = _located(table, columns, how)
    shift = _shift(survey.features, table)
    if shift is None:
        return survey
    better = _located(table.moved(shift), columns, how)
    features = better.features
    left = np.where(features.scale == 0, features.mean, 0.0)
    table, features = table.moved(shift + left), replace(features, mean=features.mean - left)
    return survey.then(replace(better, table=table, features=features))


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
    if not how.look.is_complete:  # correlations are taken in float64 later
        return True
    try:
        factors = [np.linalg.cholesky(block) for block in blocks]
    except np.linalg.LinAlgError:
        return False
    return all((np.diag(factor) ** 2).min(initial=np.inf) > _CLEAR for factor in factors)


def _surveyed(table: Table, columns: Columns, how: Plan) -> Survey:
    table_of_gram = _in_longer_blocks(table, how)
    how = with_workers_for_matrices(how, table.rows, 1)
    sums = moments(feature_kernels.gram, table_of_gram, columns, how)
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
    sums = moments(feature_kernels.locations, table, columns, how)
    mean, scale = _location(sums.weight, sums.x, sums.squares, table)
    return Survey(table, Features(mean, scale, Correlation.none(p)), 1)


def _sketched(table: Table, known: Features, columns: Columns, how: Plan) -> Survey:
    """Take of the correlations what the plan says, given locations and scales of all rows."""
    look, p = how.look, len(known.mean)
    if look.n_rows is not None:
        sample = table.scattered(look.n_rows, at_a_time=look.block_rows)
    else:
        sample = _in_longer_blocks(table, how)
    n_factors = 0 if look.width is None else min(_FACTORS, p)
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(p, n_factors)))[0]
    weights = directions * known.inverse_scale[:, None]
    kernel = partial(feature_kernels.sketched_gram, width=look.width, weights=weights)
    sums = moments(kernel, sample, columns, how)
    blocks, sketch = _standardised(sums, known.inverse_scale, weights)
    seen = _suspects(blocks, known.scale > 0, in_sample=look.n_rows is not None)
    if look.n_rows is not None and seen.suspects.shape[1] > _MOST_SUSPECTS * len(blocks.blocks[0]):
        return _from_all_rows(table, known, columns, how)
    correlation = Correlation(blocks)
    if n_factors:
        copies = copies_in(sketch, blocks)
        seen = seen._replace(suspects=np.hstack([seen.suspects, copies]))
        correlation = Correlation.with_factors(blocks, sketch, directions)
    features = replace(known, correlation=correlation.surely_definite(_OWN_VARIANCE))
    return Survey(table, features, int(look.n_rows is None), spectrum=seen)


def _from_all_rows(table: Table, known: Features, columns: Columns, how: Plan) -> Survey:
    """Return what the sample was to tell."""
    how = replace(how, look=replace(how.look, n_rows=None))
    if how.look.is_complete:
        return _surveyed(table, columns, how)
    return _sketched(table, known, columns, how)


def _standardised(
    sums: SketchSums, unit: FloatArray, weights: FloatArray
) -> tuple[BlockDiagonal, FloatArray]:
    """Return blocks (p, p) and sketch (p, d) of the covariance of features times ``unit`` (p,)."""
    mean, p = sums.x / sums.weight, len(sums.x)
    width = sums.xx.shape[1]
    blocks = []
    for k, products in enumerate(sums.xx):
        part = slice(k * width, min((k + 1) * width, p))
        block = products[: part.stop - part.start, : part.stop - part.start]
        block /= sums.weight
        block -= np.outer(mean[part], mean[part])
        block *= unit[part]
        block *= unit[part, None]
        blocks.append(block)
    sketch = sums.sketch / sums.weight - np.outer(mean, mean @ weights)
    return BlockDiagonal(tuple(blocks)), unit[:, None] * sketch


def _suspects(covariance: BlockDiagonal, varying: BoolArray, *, in_sample: bool) -> Spectrum:
    """Return orthonormal combinations (p, m) among which all that are constant in all rows are.

    What is constant in all rows is so in a sample, where more may be. Of dependence between
    features of different blocks nothing is known.
    """
    seen = varying & (covariance.diagonal > UNSEEN)
    unseen = np.flatnonzero(varying & ~seen)
    constant = np.zeros((len(varying), len(unseen)))
    constant[unseen, np.arange(len(unseen))] = 1.0
    p = len(varying)
    tolerance = _SUSPICIOUS_IN_SAMPLE * p if in_sample else suspicious(p)
    found = spectrum(covariance, seen, tolerance=tolerance)
    return found._replace(suspects=np.hstack([found.suspects, constant]))


def _in_longer_blocks(table: Table, how: Plan) -> Table:
    """Return the table in blocks long enough that adding up products is little beside them."""
    if how.runner != "threads" or how.block_rows >= how.look.block_rows:
        return table
    return table.in_blocks_of(how.look.block_rows)


def _location(
    weight: FloatArray, x: FloatArray, squares: FloatArray, table: Table
) -> tuple[FloatArray, FloatArray]:
    """Return mean and scale, 0 for constant features."""
    mean = x / weight
    size = np.sqrt(squares / weight)
    spread = np.sqrt(np.maximum(squares / weight - mean**2, 0.0))
    least = np.maximum(_HALF_THE_DIGITS * size, NO_SIZE)
    if table.shift is not None:
        rounding = np.maximum(_CONSTANT, table.stored_rounding)
        least = np.maximum(least, rounding * np.abs(table.shift))
    # A variance is a difference of squares: its root has half the digits until the mean is gone.
    return mean, np.where(spread > least, spread, 0.0)
