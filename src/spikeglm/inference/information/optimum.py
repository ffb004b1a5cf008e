"""Where a fit ended, with its data, and how sure one is of the coefficients there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import showing
from ...engine.columns import Columns
from ...fit.record import FitResult
from ...numerics import quiet
from ...regularizer.base import PenaltyTerm
from ...rows.contract import Rows
from ...solvers import Status
from ...typing import BoolArray, FloatArray

NO_OPTIMUM = {
    Status.SILENT,
    Status.SATURATED,
    Status.OUT_OF_RANGE,
    Status.NO_ROWS,
    Status.ONE_CLASS,
}


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where a fit of C columns ended, and the data it came from.

    Attributes
    ----------
    rows, columns, keep, time_axis :
        The data of the fit: the table (T, p), the column problems, the rows that took part (T,),
        and their times and epochs where X or y had them.
    coef, intercept :
        The optimum, (p, C) and (C,).
    penalty :
        The penalty of the fit.
    scale :
        (C,) dispersion; None for a model without one.
    record :
        That of the fit, if it led to these estimates: then the data are checked to be those of the
        fit. Where a fit ended without an optimum (a silent neuron) every parameter is undetermined;
        of a separated one those are that separate.
    """

    rows: Rows
    columns: Columns
    keep: BoolArray
    coef: FloatArray
    intercept: FloatArray
    penalty: PenaltyTerm
    scale: FloatArray | None = None
    record: FitResult | None = None
    time_axis: Any = None

    __repr__ = showing.of_fields

    @property
    def unit(self) -> FloatArray:
        """(C,) k phi: the dispersion, in units of the loss."""
        model = self.columns.likelihood.model
        dispersion = self.scale if self.scale is not None and model.has_dispersion else 1.0
        return np.broadcast_to(model.loss_unit * dispersion, self.intercept.shape)

    def has_none(self, column: int) -> bool:
        """Tell whether a column ended where no standard errors are valid."""
        selected = not self.penalty.is_smooth  # none are after a selection
        return selected or (self.record is not None and self.record.status[column] in NO_OPTIMUM)


class Information(NamedTuple):
    """The information of one column without its penalty, for features less ``shift``."""

    matrix: FloatArray  # (n, n) on (w, b + shift . w), in units of the loss
    shift: FloatArray  # (p,)

    def about(self, centre: FloatArray) -> FloatArray:
        """Return it (n, n) on (w, b + centre . w).

        >>> Information(np.array([[2.0, 2.0], [2.0, 2.0]]), np.zeros(1)).about(np.ones(1))
        array([[0., 0.],
               [0., 2.]])
        """
        out, by = self.matrix.copy(), centre - self.shift
        with quiet():  # infinite information, of rates without end, has no centre
            out[:-1] -= np.outer(by, out[-1])
            out[:, :-1] -= np.outer(out[:, -1], by)
        return out


class Centred(NamedTuple):
    """The covariance of one column about features less ``shift``, which a large mean leaves whole.

    That of (w, b) has b far outside of the data: of features whose mean is 1e6 of their deviations
    it holds no digit of how sure a prediction is.
    """

    covariance: FloatArray  # (n, n) of (w, b + shift . w)
    shift: FloatArray  # (p,)


class Uncertainty(NamedTuple):
    """How sure we are of the n parameters (w, b) of one column; the intercept comes last.

    Masked features have variance 0: they are known to be zero, as is an intercept that the model
    does not have. Where features are linearly dependent without a penalty the covariance is the
    generalised inverse, right for every combination that the data determine, such as a prediction.

    >>> import numpy as np
    >>> Uncertainty(np.diag([0.04, 1.0]), np.array([False, True])).standard_errors
    array([0.2, nan])
    """

    covariance: FloatArray  # (n, n)
    undetermined: BoolArray  # (n,) True for parameters that the data do not determine
    void: FloatArray | None = None  # (n, m) directions of parameters that they do not determine
    dof: float = math.inf  # degrees of freedom of Student's quantiles
    method: str = "model"  # in words
    reason: str = ""  # why there is none; "" where there is one
    has_none: bool = False  # whether there is no covariance at all, of silence or a selection
    information: Information | None = None  # that it came from, where tests may ask for it
    centred: Centred | None = None  # the same about means, where it was found there

    @property
    def needs_dispersion(self) -> bool:
        """Whether the covariance stands on a dispersion that is not there; a sandwich does not."""
        return bool(np.isnan(self.covariance).any())

    @property
    def standard_errors(self) -> FloatArray:
        """(n,); NaN where a parameter is undetermined."""
        variance = np.maximum(np.diagonal(self.covariance), 0.0)
        return np.where(self.undetermined, np.nan, np.sqrt(variance))

    def of(self, combinations: FloatArray) -> tuple[FloatArray, Uncertainty]:
        """Return combinations (W, n) of all parameters, and how sure these are, about means.

        >>> about = Centred(np.diag([1.0, 4.0]), np.array([1e9]))
        >>> sure = Uncertainty(np.diag([1.0, 1e18]), np.zeros(2, bool), centred=about)
        >>> K, known = sure.of(np.array([[1e9, 1.0]]))
        >>> K @ known.covariance @ K.T
        array([[4.]])
        """
        if self.centred is None:
            return combinations, self
        (covariance, shift), void = self.centred, self.void
        seen = combinations.copy()
        seen[:, :-1] -= np.outer(combinations[:, -1], shift)
        if void is not None:
            void = np.vstack([void[:-1], void[-1:] + shift @ void[:-1]])
        return seen, self._replace(covariance=covariance, void=void, centred=None)
