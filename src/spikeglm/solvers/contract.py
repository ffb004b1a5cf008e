"""What solvers ask of an objective, and what they return. They know nothing of rows or neurons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import numpy as np

from .. import showing
from ..engine.coordinates.whitening import Whitening
from ..regularizer.base import PenaltyTerm
from ..regularizer.nonsmooth import Kinks
from ..regularizer.squares import Squares
from ..typing import BoolArray, FloatArray, IntArray

FLAT = 1e8  # typical curvature over that along the last step, from which there is no optimum


class Status(StrEnum):
    """How the solve of a column ended, in a word; :data:`ADVICE` says what to do about it.

    Examples
    --------
    >>> str(Status.LIMIT), ADVICE[Status.LIMIT].split(",")[0]
    ('iteration limit', "raise solver_kwargs={'maxiter': ...}")
    """

    CONVERGED = "converged"
    APPROXIMATE = "approximate"
    ROUGH = "rough approximation"
    SEPARATED = "separated"
    STALLED = "stalled"
    LIMIT = "iteration limit"
    INEXACT = "stopped early"
    SILENT = "silent"
    SATURATED = "saturated"
    OUT_OF_RANGE = "outside the link's range"
    NO_ROWS = "no valid rows"
    ABSENT_CLASS = "a class is absent"
    ONE_CLASS = "a single class"


WELL = (Status.CONVERGED, Status.APPROXIMATE)
"""Statuses that are what was asked for."""

EMPTY = (
    Status.SILENT,
    Status.SATURATED,
    Status.NO_ROWS,
    Status.ABSENT_CLASS,
    Status.ONE_CLASS,
)
"""Statuses of data that say nothing: no solver could do better."""

ADVICE: dict[Status, str] = {
    Status.CONVERGED: "",
    Status.APPROXIMATE: (
        "as asked for, the loss was approximated; for the exact fit leave solver_name=None"
    ),
    Status.ROUGH: (
        "the approximated loss misses more than a tenth of what the features gain; leave "
        "solver_name=None, or if an interval was given, leave that out"
    ),
    Status.SEPARATED: (
        "some features predict the response perfectly, so their coefficients have no finite "
        "optimum; use regularizer='Ridge', or drop those features"
    ),
    Status.STALLED: (
        "no step improved the loss: the optimum lies at the edge of the link's domain, or rounding "
        "hides the rest of the way; try the default link, features in units of one size, or a "
        "small Ridge penalty"
    ),
    Status.LIMIT: "raise solver_kwargs={'maxiter': ...}, or add a small Ridge penalty",
    Status.INEXACT: (
        "the solver stopped before its point was certified; leave solver_name=None, which takes "
        "the most exact one, or let it go on for longer or with a smaller tolerance of its own"
    ),
    Status.SILENT: (
        "the response is zero everywhere, so the best rate is zero; the intercept was set to half "
        "an event in the whole recording and the coefficients to zero"
    ),
    Status.SATURATED: (
        "the response is one everywhere; the intercept was set to half a failure in the whole "
        "recording and the coefficients to zero"
    ),
    Status.OUT_OF_RANGE: (
        "this link cannot produce the mean of the response, or without an intercept that of the "
        "coefficients to start from; use the default link, or give init_params"
    ),
    Status.NO_ROWS: "every row has a NaN, an inf or weight zero; check the features and the epochs",
    Status.ABSENT_CLASS: (
        "a class that never occurs has a best probability of zero; it was given half an event in "
        "the whole recording and no coefficients, and the other classes were fitted"
    ),
    Status.ONE_CLASS: (
        "the response is the same label everywhere; the other classes were given half an event in "
        "the whole recording, and all coefficients are zero"
    ),
}


@dataclass(frozen=True)
class Outcome:
    """The end of a solve of C columns.

    Attributes
    ----------
    theta :
        (p + 1, C) parameters in the objective's coordinates.
    value :
        (C,) objective.
    decrement :
        (C,) the certificate. Smooth penalties: Newton decrement sqrt(g' H⁻¹ g), the distance to
        the optimum in the norm of the curvature; half its square estimates the excess of the
        objective, times sqrt(T) it is the distance in standard errors. Others: the largest
        violation of the optimality (KKT) conditions relative to the strength, or where that is
        far from the size of a row's slope, to a share of that; a hundredth of the Newton decrement
        of what has no kink, where that was computed and is larger.
    is_exact :
        Whether H is each column's own curvature (Newton) or the solver's estimate of it.
    status :
        (C,) a :class:`Status` each.
    n_iterations :
        (C,) accepted steps.
    n_passes :
        Visits of all rows.

    Examples
    --------
    >>> import numpy as np
    >>> one, steps = np.zeros(1), np.array([3])
    >>> Outcome(np.zeros((2, 1)), one, one, True, (Status.CONVERGED,), steps, n_passes=4).n_passes
    4
    """

    theta: FloatArray
    value: FloatArray
    decrement: FloatArray
    is_exact: bool
    status: tuple[Status, ...]
    n_iterations: IntArray
    n_passes: int

    __repr__ = showing.of_fields

    @classmethod
    def of_parts(cls, parts: Sequence[tuple[IntArray, Outcome]]) -> Outcome:
        """Return the outcome of all columns, in their order, from those of some (A,) each.

        Columns that are in several are as the last says.

        >>> import numpy as np
        >>> done, late = np.array([1e-9]), np.array([0.1])
        >>> theta, steps = np.ones((2, 1)), np.array([3])
        >>> good = Outcome(theta, done, done, True, (Status.CONVERGED,), steps, n_passes=4)
        >>> bad = Outcome(theta, late, late, True, (Status.LIMIT,), steps, n_passes=9)
        >>> both = Outcome.of_parts([(np.array([1]), bad), (np.array([0]), good)])
        >>> both.decrement, both.n_passes
        (array([1.e-09, 1.e-01]), 13)
        """
        together = cls.joined([outcome for _, outcome in parts])
        backwards = np.concatenate([columns for columns, _ in parts])[::-1]
        order = len(backwards) - 1 - np.unique(backwards, return_index=True)[1]
        return replace(
            together,
            theta=together.theta[:, order],
            value=together.value[order],
            decrement=together.decrement[order],
            status=tuple(together.status[k] for k in order),
            n_iterations=together.n_iterations[order],
        )

    @classmethod
    def joined(cls, parts: Sequence[Outcome]) -> Outcome:
        """Return the outcome of all columns from those of some at a time.

        >>> import numpy as np
        >>> one, steps = np.zeros(1), np.array([3])
        >>> part = Outcome(np.ones((2, 1)), one, one, True, (Status.CONVERGED,), steps, n_passes=4)
        >>> Outcome.joined([part, part]).theta.shape, Outcome.joined([part, part]).n_passes
        ((2, 2), 8)
        """
        return cls(
            np.concatenate([part.theta for part in parts], axis=1),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.decrement for part in parts]),
            all(part.is_exact for part in parts),
            tuple(status for part in parts for status in part.status),
            np.concatenate([part.n_iterations for part in parts]),
            sum(part.n_passes for part in parts),
        )


class Evaluation(Protocol):
    """Objective (A,) and gradient (p + 1, A) of A columns."""

    @property
    def value(self) -> FloatArray:
        """(A,)."""
        ...

    @property
    def gradient(self) -> FloatArray:
        """(p + 1, A)."""
        ...

    @property
    def finite(self) -> BoolArray:
        """(A,) True where both are finite."""
        ...


class Moments(Protocol):
    """Mean curvature (A,), and the features' mean and variance under it (p, A)."""

    @property
    def h(self) -> FloatArray:
        """(A,)."""
        ...

    @property
    def mean(self) -> FloatArray:
        """(p, A)."""
        ...

    @property
    def variance(self) -> FloatArray:
        """(p, A)."""
        ...


class Objective(Protocol):
    """Functions of theta (p + 1, A) for the columns listed in ``active`` (A,); see the engine."""

    @property
    def n_passes(self) -> int:
        """Visits of all rows so far."""
        ...

    @property
    def features(self) -> Any:
        """Mean, scale and correlation of the features."""
        ...

    @property
    def n_parameters(self) -> int:
        """p + 1: weights and, last, the intercept."""
        ...

    @property
    def n_columns(self) -> int:
        """C."""
        ...

    @property
    def is_single(self) -> bool:
        """Whether products are computed in float32."""
        ...

    def use_double(self) -> None:
        """Compute all further products in float64."""
        ...

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Return objective and gradient."""
        ...

    def evaluate_with_moments(
        self,
        theta: FloatArray,
        active: IntArray,
        bases: Sequence[Whitening],
        basis_of: IntArray,
    ) -> tuple[Evaluation, Moments]:
        """Also return mean curvature, and the features' mean and variance under it, in z = B x."""
        ...

    def evaluate_with_hessian(
        self, theta: FloatArray, active: IntArray
    ) -> tuple[Evaluation, FloatArray]:
        """Also return the Hessians, (A, p + 1, p + 1)."""
        ...

    def hessian_on(
        self, theta: FloatArray, active: IntArray, sets: Sequence[IntArray]
    ) -> FloatArray:
        """Return Hessians on a set of weights per column, the intercept last."""
        ...

    def kinks(self) -> Kinks | None:
        """Return the part of the penalty that is not smooth, as a function of theta."""
        ...

    def penalty_curvature(self, active: IntArray) -> FloatArray:
        """Return the diagonal second derivative of the penalty, (p, A)."""
        ...

    def squares(self, active: IntArray) -> Squares | None:
        """Return the penalty as squares of combinations; None where it has a diagonal."""
        ...

    def frozen(self, active: IntArray) -> BoolArray:
        """Return (p + 1, A) True for parameters that do not move."""
        ...

    def spread(self, step: FloatArray) -> FloatArray:
        """Return the mean square, (A,), of how steps (p + 1, A) move the linear predictor."""
        ...


class PenalisedObjective(Objective, Protocol):
    """An :class:`Objective` whose penalty can be exchanged, for paths of strengths."""

    penalty: PenaltyTerm

    def with_penalty(self, penalty: PenaltyTerm) -> PenalisedObjective:
        """Return the same problems with another penalty, no pass taken."""
        ...

    def to_user(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights (p, A) and intercepts (A,) in the user's scale."""
        ...


class Direction(Protocol):
    """Which way to go: proposes steps and learns from those taken. How far is the driver's part."""

    is_exact: bool

    def evaluate(self, theta: FloatArray, active: IntArray) -> Evaluation:
        """Evaluate the objective at a trial point, noting curvature on the way."""
        ...

    def propose(self, gradient: FloatArray, active: IntArray) -> FloatArray:
        """Return a descent direction (p + 1, A) that aims at the optimum with a unit step."""
        ...

    def decrement(
        self, gradient: FloatArray, direction: FloatArray, active: IntArray
    ) -> FloatArray:
        """Return the Newton decrement (A,), given the direction proposed for a gradient."""
        ...

    def learn(self, step: FloatArray, change: FloatArray, active: IntArray) -> None:
        """Note accepted steps and the change of gradient along them; both (p + 1, A)."""
        ...


Report = Callable[[int, int, float], None]
"""Called after each pass with the passes so far, the columns left and their worst decrement."""
