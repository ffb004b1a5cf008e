"""The plain record of a fit: what inference reads, never an estimator."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import errors, showing
from ..engine.features.survey import Responses
from ..solvers import Status
from ..typing import Array, BoolArray, FloatArray, IntArray

_TENTH = 0.1  # standard errors; an optimum is nearer
_MANY = 100.0  # times the squared decrement of the fit
_SMALL_STEP = 1e-6  # in deviations of the response; less is rounding
_SAME = 1e-6  # relative; sums may be added in another order, of what is stored otherwise


@dataclass(frozen=True, eq=False)
class FitResult:
    """Coefficients of C columns and how their fit went; (p, C) and (C,) arrays.

    Attributes
    ----------
    coef, intercept :
        (p, C) and (C,) in the user's scale.
    status :
        (C,) how each column ended.
    certificate, decrement :
        What certifies the fit, in words, and its (C,) values: the Newton decrement (distance to
        the optimum in the norm of the curvature), or for penalties with absolute values the
        violation of the optimality (KKT) conditions relative to the strength.
    is_exact :
        Whether the decrement comes from each column's own Hessian or from the solver's estimate.
    objective :
        (C,) penalised mean loss.
    n_iterations :
        (C,) accepted steps.
    n_passes :
        Visits of all rows, the two or three that survey responses and features included.
    n_rows, total_weight, mean_response :
        (C,) rows of positive weight, the sum of their weights, and their mean response.
    rank :
        Rank of the features with an intercept column, if there is one, that column not counted.
    aliased :
        Indices of features that are constant or linear combinations of others.
    plan :
        How the passes ran, in words.
    has_intercept :
        Whether intercepts were fitted; if not, they are zero.
    remarks :
        What there is to say of the features, a line each.
    near_copies :
        How many combinations of features vary so little that X'X does not tell them from constants.
    offset_mean, offset_square :
        (C,) mean of the offset and of its square, by row weight, zero without an offset; None in
        the record of an older version.
    separating :
        (p, C) True for features that predict responses of a separated column perfectly; None where
        no column is separated, or nobody looked.
    feature_mean :
        (p,) means of the features over the rows that took part; None without an intercept, which
        needs none, and in the record of an older version.
    scale :
        (C,) of likelihoods that have a scale of their own to find, the best one, 0 at the edge of
        what scales can be; None where there is none to find.
    scale_error :
        (C,) its standard error, coefficients held fixed; NaN for a scale of 0.
    poisson_ratio :
        (C,) twice the log of the likelihood over that of the fit at scale 0, the Poisson model's.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = nmo.GLM("Gaussian").fit(X, X @ [1.0, -1.0])
    >>> record = model.fit_report_.result
    >>> record.coef.shape, record.n_rows, record.rank
    ((2, 1), array([200.]), 2)
    """

    coef: FloatArray
    intercept: FloatArray
    status: tuple[Status, ...]
    decrement: FloatArray
    is_exact: bool
    objective: FloatArray
    n_iterations: IntArray
    n_passes: int
    n_rows: FloatArray
    total_weight: FloatArray
    mean_response: FloatArray
    rank: int
    aliased: IntArray
    certificate: str
    plan: str
    has_intercept: bool = True
    remarks: tuple[str, ...] = ()
    near_copies: int = 0
    offset_mean: FloatArray | None = None
    offset_square: FloatArray | None = None
    separating: BoolArray | None = None
    feature_mean: FloatArray | None = None
    scale: FloatArray | None = None
    scale_error: FloatArray | None = None
    poisson_ratio: FloatArray | None = None

    __repr__ = showing.of_fields

    def with_columns(self, which: IntArray, part: FitResult) -> FitResult:
        """Return the record with what another fit over the same rows found for some columns."""
        status = list(self.status)
        for c, word in zip(which, part.status, strict=True):
            status[c] = word
        new: dict[str, Any] = {
            name: _put(getattr(self, name), which, getattr(part, name)) for name in _BY_FIT
        }
        separating = self.separating
        if separating is not None or part.separating is not None:
            separating = np.zeros(self.coef.shape, bool) if separating is None else separating
            here = False if part.separating is None else part.separating
            separating = _put(separating, which, here)
        return replace(
            self,
            status=tuple(status),
            separating=separating,
            is_exact=self.is_exact and part.is_exact,
            n_passes=self.n_passes + part.n_passes,
            **new,
        )


_BY_FIT = ("coef", "intercept", "decrement", "objective", "n_iterations")
"""What a record has for each column, last axis, that depends on how it was fitted."""


def _put(values: Array, which: IntArray, new: Any) -> Array:
    """Return a copy with other entries, along the last axis, of some columns."""
    out = values.copy()
    out[..., which] = new
    return out


def check_same_data(record: FitResult, observed: Responses) -> None:
    """Check that responses, row weights and offsets are those of the fit.

    Parameters
    ----------
    record :
        Of a fit of N neurons; with K classes each has K columns.
    observed :
        What the data say of each column, (K N,).

    Raises
    ------
    ValueError
        If they are not; the message says what differs.

    Examples
    --------
    It is what ``standard_errors`` asks first:

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(2, 50, 1))
    >>> model = nmo.GLM("Gaussian").fit(X, y[:, 0])
    >>> model.standard_errors(X, 2 * y[:, 0])
    Traceback (most recent call last):
        ...
    ValueError: These are not the data of the fit. Given: the mean response is ...
    """
    for what, then, now, differs in _differences(record, observed):
        c = int(np.argmax(differs))
        raise _other_data(f"{what} is {now[c]:.10g}", f"{then[c]:.10g}, as for the fit")


def is_same_data(record: FitResult, observed: Responses) -> bool:
    """Tell whether :func:`check_same_data` would find no difference.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> from spikeglm.inference import goodness
    >>> X, y = np.random.default_rng(0).normal(size=(2, 50, 1))
    >>> model = nmo.GLM("Gaussian").fit(X, y[:, 0])
    >>> goodness(model, X, y[:, 0]).is_of_fit, goodness(model, X, 2 * y[:, 0]).is_of_fit
    (True, False)
    """
    return next(_differences(record, observed), None) is None


def _differences(
    record: FitResult, observed: Responses
) -> Iterator[tuple[str, FloatArray, FloatArray, BoolArray]]:
    """Yield what differs, as it was then and is now (C,), and in which columns."""
    size = np.abs(observed.mean) + np.sqrt(observed.variance)
    compared = [
        ("the number of rows that take part", record.n_rows, observed.n_rows, observed.weight),
        ("the sum of the row weights", record.total_weight, observed.weight, observed.weight),
        ("the mean response", record.mean_response, observed.mean, size),
    ]
    if record.offset_mean is not None and record.offset_square is not None:
        square = observed.offset_square + record.offset_square
        compared += [
            ("the mean offset", record.offset_mean, observed.offset, np.sqrt(square)),
            ("the mean squared offset", record.offset_square, observed.offset_square, square),
        ]
    for what, then, now, unit in compared:
        if now.size > then.size:  # of neurons, whose classes are alike
            now, unit = (np.broadcast_to(v, now.shape)[: then.size] for v in (now, unit))
        is_missing = np.isnan(now) & np.isnan(then)  # of a neuron without any response
        differs = ~(is_missing | (np.abs(now - then) <= _SAME * unit))
        if differs.any():
            yield what, then, now, differs


def check_optimum(
    record: FitResult, column: int, squared: float, *, weight: float, spread: float, unit: float
) -> None:
    """Check that estimates that were certified are the best ones for the data that are given now.

    Parameters
    ----------
    record, column :
        Of the fit.
    squared :
        The squared Newton decrement of the summed loss at the estimates, for these data.
    weight, spread :
        The sum of the row weights, and how much responses vary, in units of the loss.
    unit :
        The loss in units of the negative log-likelihood.

    Raises
    ------
    ValueError
        If they are not.

    Examples
    --------
    It is what ``standard_errors`` asks of features:

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(2, 50, 1))
    >>> model = nmo.GLM("Gaussian").fit(X, X[:, 0] + y[:, 0])
    >>> model.standard_errors(2 * X, X[:, 0] + y[:, 0])
    Traceback (most recent call last):
        ...
    ValueError: These are not the data of the fit. Given: data whose best estimates are ...
    """
    if record.status[column] is not Status.CONVERGED:
        return
    rounding = _SMALL_STEP**2 * weight * spread
    recorded = _MANY * record.decrement[column] ** 2 * weight
    if squared > recorded + rounding and squared > _TENTH**2 * unit:
        raise _other_data(
            f"data whose best estimates are {math.sqrt(squared / unit):.3g} standard errors from "
            f"those of this fit (of column {column})",
            "those for which the fit is the best",
        )


def _other_data(given: str, expected: str) -> ValueError:
    """Build the error for data that are not those of the fit."""
    return errors.value_error(
        "These are not the data of the fit.",
        given=given,
        expected=expected,
        todo="pass the X, y, sample_weight and offset that fit was given; how sure a fit to other "
        "data is, a fit to those can tell.",
    )
