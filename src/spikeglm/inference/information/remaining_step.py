"""How far estimates are from the best ones for some data, as far as those data clearly tell.

Whoever asks how sure a fit is gives its data again. Other data have other best estimates: a slope
is left at those of the fit. But a slope may also be rounding, and a fit cannot have followed what
its own numbers do not show. Only what is left beside both is a sign of other data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import showing
from ...engine.runners.threads import one_blas_thread
from ...fit.record import FitResult, check_optimum
from ...typing import BoolArray, FloatArray, IntArray

_TELLS = 1e-4  # of a standard error, a parameter, or the root of a curvature: less tells nothing


@dataclass(frozen=True, eq=False)
class RemainingSteps:
    """How far estimates of C columns are from the best ones for the data that were given.

    Attributes
    ----------
    coef, intercept :
        (p, C) and (C,) the estimates, in the user's scale.
    unit :
        (C,) the loss in units of the negative log-likelihood.
    shift :
        (p,) what is subtracted from the features as slopes are taken.
    is_single :
        Whether the rows are stored as float32.
    weight, spread :
        (C,) sum of the row weights, and how much responses vary, in units of the loss.
    """

    coef: FloatArray
    intercept: FloatArray
    unit: FloatArray
    shift: FloatArray
    is_single: bool
    weight: FloatArray
    spread: FloatArray

    __repr__ = showing.of_fields

    def check(
        self,
        record: FitResult,
        c: int,
        slope: FloatArray,
        covariance: FloatArray,
        information: FloatArray,
    ) -> None:
        """Check that the best estimates of column c are its own, from what the data say there.

        Raises
        ------
        ValueError
            If they are not: then these are not the data of the fit.
        """
        known = np.isfinite(information).all() and np.isfinite(covariance).all()
        if not (known and np.isfinite(slope).all()):
            return  # a mean at the edge of what the model can have: there are no errors, either
        at, unit = np.append(self.coef[:, c], self.intercept[c]), float(self.unit[c])
        made_up = np.zeros(len(at), dtype=bool)
        made_up[record.aliased] = self.is_single
        size = size_of_rows(information, np.append(self.shift, 0.0), -1)
        squared = squared_step(
            slope,
            at,
            covariance,
            information,
            unit=unit,
            rounding=rounding_of(at, size, is_single=made_up),
            centre=None if record.feature_mean is None else record.feature_mean - self.shift,
        )
        weight, spread = float(self.weight[c]), float(self.spread[c])
        check_optimum(record, c, squared, weight=weight, spread=spread, unit=unit)


def squared_step(
    slope: FloatArray,
    at: FloatArray,
    covariance: FloatArray,
    information: FloatArray,
    *,
    unit: float = 1.0,
    rounding: float = 0.0,
    centre: FloatArray | None = None,
) -> float:
    """Return slope' covariance slope, (n,) and (n, n), along what the rows clearly tell.

    Where hardly anything depends on a parameter, at (n,), or on a combination, the rounding of a
    slope would do for a step of any size: that is no sign of anything. Nor is what the rounding of
    linear predictors does, a ``rounding`` of that size (:func:`rounding_of`).

    The ``unit`` is the loss in units of the negative log-likelihood, by which the covariance is
    still to be multiplied; ``centre`` (n - 1,) is what a fit takes from the features when it looks
    at them. Where single rows weigh many times as much as others, what those others tell is lost
    in what it takes.
    """
    squared = float(slope @ covariance @ slope)
    if squared < _TELLS**2 * len(at) * unit:
        return squared
    told = (np.diag(covariance) > 0) & (unit * np.diag(covariance) < (at / _TELLS) ** 2)
    if centre is not None:
        C = np.eye(len(at))  # (w, b at the centre) to (w, b)
        C[-1, :-1] = -centre
        slope, information = C.T @ slope, C.T @ information @ C
    told &= np.diag(information) > 0
    size = np.sqrt(np.diag(information)[told])
    with one_blas_thread():
        values, vectors = np.linalg.eigh(information[np.ix_(told, told)] / np.outer(size, size))
    clear = values > _TELLS**2 * values.max(initial=0.0)
    along = (vectors.T @ (slope[told] / size))[clear]
    left = min(squared, float(np.sum(along**2 / values[clear])))
    return left if left > rounding**2 else 0.0


def size_of_rows(
    information: FloatArray, shift: FloatArray, intercept: IntArray | int
) -> FloatArray:
    """Return the root of sum_t h_t x_tj², (n,), where the information (n, n) is that on x - shift.

    The intercept that goes with each parameter is told by its place, (n,) or one for all.
    """
    here = np.arange(len(information))
    total = information[intercept, intercept]
    square = np.diag(information) + shift * (2.0 * information[here, intercept] + shift * total)
    return np.sqrt(np.maximum(square, 0.0))


def rounding_of(at: FloatArray, size: FloatArray, *, is_single: BoolArray) -> float:
    """Return the root of the squared step, at most, that rounding does at parameters, at (n,).

    With linear predictors that are off by delta_t at rows of information h_t, the slope is off by
    X' diag(h) delta, and a step squared, delta' diag(h) X (X' diag(h) X)⁻¹ X' diag(h) delta, is
    never above sum_t h_t delta_t². Rows are off by a share of each x_tj w_j, so the root of that
    is at most this share of the sum over j of |w_j| ``size_j``, where size_j² = sum_t h_t x_tj².

    The share is that of float64 and a margin, or for ``is_single`` (n,) that of float32: there the
    digits of the rows themselves are rounding.

    >>> import numpy as np
    >>> rounding_of(np.array([2.0]), np.array([10.0]), is_single=np.array([False])) < 1e-10
    True
    """
    share = np.where(is_single, np.finfo(np.float32).eps, np.finfo(float).eps / _TELLS)
    return float(np.sum(share * size * np.abs(at)))
