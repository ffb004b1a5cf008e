"""SciPy's quasi-Newton and conjugate gradient methods, one neuron after the other.

They see coordinates z with theta = theta0 + A z and A A' = H⁻¹, a model of the inverse curvature
at the start: there the objective is nearly round, which both methods like, and the norm of the
gradient is the Newton decrement, on which they stop. SciPy is asked again, from where it stopped,
as long as the verdict on its point is worse than its own opinion and a round brings it nearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...typing import FloatArray, IntArray
from ..certificate import DecrementJudge, Ledger
from ..contract import Objective, Outcome
from ..solver_settings import check_settings
from ..task import Task

_TOLERANCE = 1e-7  # nearer, differences of the objective drown in rounding, and line searches fail
_MOST_ROUNDS = 6  # each asks for a nearer point than the one before
_HIDDEN = 1e-7  # units: decrements whose squares are rounding of an objective
_LAST_STEPS = 3
_SINGULAR = 1e-12  # relative eigenvalue that counts as none
_TOO_LARGE = 1e300  # stands for infinity, which SciPy's line searches do not survive


_NO_EFFECT = (
    "rtol", "norm", "adjoint", "options", "tags", "throw", "verbose", "stepsize",
    "linesearch_kwargs",
)  # fmt: skip


@dataclass(frozen=True)
class BFGS:
    """SciPy's BFGS, for smooth penalties; neurons are fitted one after the other.

    Parameters
    ----------
    tol :
        On the Newton decrement (see ``fit_report_``); None means 1e-7, near where SciPy's line
        searches fail for rounding.
    maxiter :
        Passes over the rows, per neuron.

    References
    ----------
    Nocedal & Wright, Numerical Optimization (2nd ed.), algorithm 6.1; ``scipy.optimize.minimize``.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="BFGS").fit(X, y).fit_report_.status
    ('converged',)
    """

    tol: float | None = None
    maxiter: int = 1_000

    no_effect: ClassVar[tuple[str, ...]] = (*_NO_EFFECT, "use_inverse")

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _solve("BFGS", task, self.tol or _TOLERANCE, self.maxiter)


@dataclass(frozen=True)
class NonlinearCG:
    """SciPy's nonlinear conjugate gradients, for smooth penalties; one neuron after the other.

    Parameters
    ----------
    tol, maxiter :
        See :class:`BFGS`.

    References
    ----------
    Polak & Ribière (1969), Rev Fr Inform Rech Oper 16:35-43; Nocedal & Wright, Numerical
    Optimization (2nd ed.), section 5.2; ``scipy.optimize.minimize``.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> nmo.GLM(solver_name="NonlinearCG").fit(X, y).fit_report_.status
    ('converged',)
    """

    tol: float | None = None
    maxiter: int = 1_000

    no_effect: ClassVar[tuple[str, ...]] = (*_NO_EFFECT, "method")

    def __post_init__(self) -> None:
        check_settings(self)

    def solve(self, task: Task) -> Outcome:
        """Minimise all columns and certify each."""
        return _solve("CG", task, self.tol or _TOLERANCE, self.maxiter)


class _OutOfPassesError(Exception):
    """The rows were visited as often as allowed."""


class _Column:
    """One column in coordinates in which it is nearly round; remembers the best point seen."""

    def __init__(self, objective: Objective, theta: FloatArray, factor: FloatArray, c: int) -> None:
        self._objective, self._factor, self._origin = objective, factor, theta
        self._column = np.array([c], dtype=np.intp)
        self._last_pass = 0
        self.z: FloatArray = np.zeros(factor.shape[1])
        self._lowest = np.inf

    def allow(self, n_passes: int) -> None:
        """Allow so many visits of the rows from here on."""
        self._last_pass = self._objective.n_passes + n_passes

    def theta(self, z: FloatArray) -> FloatArray:
        """Return the solver's parameters, (p + 1, 1)."""
        return (self._origin + self._factor @ z)[:, None]

    def __call__(self, z: FloatArray) -> tuple[float, FloatArray]:
        """Return value and gradient."""
        if self._objective.n_passes >= self._last_pass:
            raise _OutOfPassesError
        evaluation = self._objective.evaluate(self.theta(z), self._column)
        if not evaluation.finite[0]:
            return _TOO_LARGE, np.zeros_like(z)
        value = float(evaluation.value[0])
        if value <= self._lowest:
            self.z, self._lowest = z.copy(), value
        return value, self._factor.T @ evaluation.gradient[:, 0]


def _solve(method: str, task: Task, tolerance: float, max_passes: int) -> Outcome:
    objective = task.objective
    objective.use_double()
    judge = DecrementJudge(task, tolerance)
    ledger = Ledger(task, judge)
    curvature, theta = task.curvature(), task.start.copy()
    for c in range(objective.n_columns):
        factor = _root(curvature.solve(*_unit_vectors(objective, c)))
        column = _Column(objective, theta[:, c], factor, c)
        column.allow(max_passes)
        ledger.n_iterations[c] = _walk(method, column, judge, ledger, theta, c)
        task.report(objective.n_passes, len(ledger.active), float(ledger.decrement[c]))
    return ledger.closed(theta)


def _walk(
    method: str,
    column: _Column,
    judge: DecrementJudge,
    ledger: Ledger,
    theta: FloatArray,
    c: int,
) -> int:
    """Ask SciPy until the column is settled; return the number of its iterations."""
    from scipy.optimize import minimize

    wanted = judge.tolerance[c]
    asked, n_iterations, nearest = wanted, 0, np.inf
    for _ in range(_MOST_ROUNDS):
        options: dict[str, Any] = {"gtol": asked, "norm": 2, "maxiter": 10**6}
        try:
            found = minimize(column, column.z, jac=True, method=method, options=options)
            n_iterations += found.nit
            theta[:, c : c + 1] = column.theta(found.x)
        except _OutOfPassesError:
            theta[:, c : c + 1] = column.theta(column.z)
            return n_iterations
        ledger.confirm(theta, np.array([c], dtype=np.intp))
        decrement = ledger.decrement[c]
        if ledger.status[c] is not None or not decrement < 0.5 * nearest:
            break
        nearest, asked = decrement, min(asked, 0.5 * asked * wanted / decrement)
    _finish(judge, ledger, theta, c)
    ledger.give_up(np.array([c], dtype=np.intp))
    return n_iterations


def _finish(judge: DecrementJudge, ledger: Ledger, theta: FloatArray, c: int) -> None:
    """Take the last steps by slopes: SciPy's searches compare values, which no longer differ."""
    one = np.array([c], dtype=np.intp)
    for _ in range(_LAST_STEPS):
        if ledger.status[c] is not None or not ledger.decrement[c] <= _HIDDEN * judge.unit[c]:
            return
        theta[:, one] += judge.step(theta[:, one], one)
        ledger.confirm(theta, one)


def _unit_vectors(objective: Objective, c: int) -> tuple[FloatArray, IntArray]:
    n = objective.n_parameters
    return np.eye(n), np.full(n, c, dtype=np.intp)


def _root(inverse: FloatArray) -> FloatArray:
    """Return A (n, r) with A A' = H⁻¹, of rank r: parameters that do not move are left out."""
    values, vectors = np.linalg.eigh((inverse + inverse.T) / 2)
    kept = values > _SINGULAR * values[-1]
    return vectors[:, kept] * np.sqrt(values[kept])
