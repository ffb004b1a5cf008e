"""How sure weights and transitions are: the curvature of log p(y), states summed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..notices import warn
from ..typing import FloatArray
from .free_parameters import FreeParameters
from .parameters import Parameters
from .reading import Data

if TYPE_CHECKING:
    import pandas as pd

_STEP = 1e-2  # standard errors, as far as the emissions and moves alone would tell
_AT_ONCE = 2**25  # numbers of the predictors that are there at a time


@dataclass(frozen=True, eq=False)
class StatesErrors:
    """Standard errors of a model of hidden states, in the shapes of its attributes.

    From the inverse of minus the second derivative of log p(y) + log prior at the estimates, the
    states summed out: that they are not known makes errors larger than those of K separate GLMs.
    NaN for a probability at its edge, which has none, and for a frozen weight, which was given.

    Attributes
    ----------
    coef, intercept, scale, initial_prob, transition_prob :
        Errors of ``coef_``, ``intercept_``, ``scale_`` (zeros where there is none to find),
        ``initial_prob_`` and ``transition_prob_``.
    transition_coef :
        Of ``transition_coef_``; None where moves follow no inputs.
    covariance :
        (d, d) of all free parameters: coefficients, intercepts, logarithms of dispersions, log-odds
        of first states and of moves, both against the most likely one of their
        row (against staying where moves follow inputs), and weights of these.
    frame :
        A row per weight and state: what :meth:`to_frame` returns.

    References
    ----------
    Louis (1982), J R Stat Soc B 44:226-33. Lystig & Hughes (2002), J Comput Graph Stat 11:678-89.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(400, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.3 * X[:, 0] + (np.arange(400) // 100 % 2)))
    >>> model = nmo.GLMHMM(2, "Poisson").fit(X, y)
    >>> model.standard_errors(X, y).coef.shape
    (1, 2)
    """

    coef: Any
    intercept: FloatArray
    scale: FloatArray
    initial_prob: FloatArray
    transition_prob: FloatArray
    transition_coef: FloatArray | None
    covariance: FloatArray
    frame: dict[str, list[Any]]

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table: ``state``, ``feature``, ``estimate``, ``error``, ``z``.

        Where weights are frozen, ``is_frozen`` says which: these have no error, as they were given.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(400, 1))
        >>> y = np.random.default_rng(1).poisson(np.exp(0.3 * X[:, 0] + np.arange(400) // 200))
        >>> model = nmo.GLMHMM(2, "Poisson").fit(X, y)
        >>> model.standard_errors(X, y).to_frame()["feature"].tolist()
        ['x0', 'x0', 'intercept', 'intercept']
        """
        import pandas as pd

        return pd.DataFrame(self.frame)


def information(data: Data, free: FreeParameters) -> FloatArray:
    """Return minus the second derivative (d, d) of the objective by the free parameters.

    Differences of its exact slope, all of them at once: a pair of runs for each parameter.
    """
    problem, at = data.problem, free.vector()
    step = _STEP * _rough_errors(data, free)
    d = len(at)
    moved = np.vstack([at + np.diag(step), at - np.diag(step)])
    width = free.at.intercept.size * data.sessions.n_rows
    each = max(1, _AT_ONCE // max(width, 1))
    parts = [moved[k : k + each] for k in range(0, len(moved), each)]
    slopes = np.vstack([free.slope(problem, free.parameters(part)) for part in parts])
    found = (slopes[d:] - slopes[:d]) / (2.0 * step[:, None])
    return np.asarray(0.5 * (found + found.T))


def _rough_errors(data: Data, free: FreeParameters) -> FloatArray:
    """Return about what errors would be if states were known: steps are a share of these."""
    problem, at = data.problem, free.at
    emissions = problem.emissions
    found = problem.smoothed(at)
    trials = np.maximum(found.probability.sum(axis=(0, 1)), 1.0)[:, None]
    with np.errstate(all="ignore"):
        likelihood = emissions.likelihood.at_scale(at.scale[0])
        bend = likelihood.fisher(at.intercept[0]) / likelihood.model.loss_unit
        bend = bend / at.scale[0] if emissions.likelihood.model.has_dispersion else bend
    bend = np.clip(np.nan_to_num(bend, nan=1.0, posinf=1.0), 1e-3, None)
    of_intercept = 1.0 / np.sqrt(bend * trials)
    spread = emissions.ready.survey.features.inverse_scale[:, None, None]
    firsts = found.probability[emissions.sessions.starts].sum(axis=(0, 1))
    parts = [np.broadcast_to(spread * of_intercept, free.coef.shape)[free.coef]]
    parts += [of_intercept[free.intercept]]
    parts += [np.broadcast_to(1.0 / np.sqrt(trials), of_intercept.shape).ravel()] * free.has_scale
    parts += [1.0 / np.sqrt(np.maximum(firsts, 1.0))[free.initial]]
    by_move = 1.0 / np.sqrt(np.maximum(found.moves[0], 1.0))
    parts += [by_move[free.transition]]
    if problem.inputs is not None:
        size = np.sqrt(np.mean(problem.inputs.values**2, axis=0))[:, None, None]
        parts += [(by_move / np.where(size > 0, size, 1.0))[free.drive]]
    return np.concatenate(parts)


def standard_errors(data: Data, at: Parameters) -> StatesErrors:
    """Return how sure the parameters of one run are, given the data of its fit.

    Warns
    -----
    UserWarning
        If log p(y) does not bend down in all directions, as at an optimum: all errors are NaN.
    """
    free = FreeParameters.of(data.problem.emissions, at)
    curvature = information(data, free)
    shared = free.shared_by_classes(data.problem.emissions.n_classes)
    try:
        covariance = _inverse(curvature, shared)
    except np.linalg.LinAlgError:
        warn(
            "There are no standard errors: log p(y) does not bend down in all directions. What to "
            "do: pass the data of the fit, fit with a smaller tol, or use fewer states; weights of "
            "a state that predicts its choices perfectly need a Ridge penalty."
        )
        covariance = np.full_like(curvature, np.nan)
    variance = np.diag(covariance)
    ends = np.cumsum(free.sizes)[:-1]
    coef_v, intercept_v, scale_v, _, _, drive_v = np.split(variance, ends)
    places = np.split(np.arange(len(variance)), ends)
    shapes, (_, K, N) = data.shapes, at.intercept.shape
    coef = np.zeros((len(free.coef), K, N))
    coef[free.coef] = np.sqrt(coef_v)
    intercept = np.zeros((K, N))
    intercept[free.intercept] = np.sqrt(intercept_v)
    if free.shared is not None:  # the errors of the first state are those of all
        coef[free.shared.features] = coef[free.shared.features][:, :1]
        intercept = intercept[:1] + np.zeros((K, N)) if free.shared.intercept else intercept
    if (frozen := data.problem.emissions.frozen) is not None:
        frozen.have_no_errors(coef, intercept)
    scale = np.sqrt(scale_v) * at.scale.ravel() if free.has_scale else np.zeros(K * N)
    initial = _of_probabilities(at.initial[0][None], free.initial[None], places[3], covariance)
    transition = _of_probabilities(at.transition[0], free.transition, places[4], covariance)
    drive = None
    if at.drive is not None:
        drive = np.zeros(free.drive.shape)
        drive[free.drive] = np.sqrt(drive_v)
    columns = coef.reshape(len(coef), -1)
    return StatesErrors(
        shapes.user_coef(columns),
        shapes.user_intercept(intercept.ravel()),
        shapes.user_intercept(scale),
        initial[0],
        transition,
        drive,
        covariance,
        _frame(data, at, columns, intercept.ravel()),
    )


def _inverse(curvature: FloatArray, shared: FloatArray) -> FloatArray:
    """Return the inverse of a curvature across what classes share: of that there is no error.

    Raises
    ------
    LinAlgError
        If it does not bend down in all other directions.
    """
    outer = shared @ shared.T
    curvature = curvature + np.abs(np.diag(curvature)).mean() * outer
    np.linalg.cholesky(curvature)
    across = np.eye(len(curvature)) - outer
    return np.asarray(across @ np.linalg.inv(curvature) @ across)


def _of_probabilities(
    rows: FloatArray, free: Any, places: Any, covariance: FloatArray
) -> FloatArray:
    """Return errors of rows of probabilities (m, K), given the covariance of their log-odds."""
    out, first = np.full(rows.shape, np.nan), 0
    for i, (row, moves) in enumerate(zip(rows, free, strict=True)):
        at = places[first : first + moves.sum()]
        first += len(at)
        if not len(at):
            continue
        by_odds = (np.diag(row) - np.outer(row, row))[:, moves]
        out[i] = np.sqrt(np.diag(by_odds @ covariance[np.ix_(at, at)] @ by_odds.T))
        out[i, ~moves & (row < row.max())] = np.nan
    return out


def _frame(
    data: Data, at: Parameters, coef_error: FloatArray, intercept_error: FloatArray
) -> dict[str, list[Any]]:
    """Return columns of a table with a row per weight and state."""
    _, K, N = at.intercept.shape
    coef, intercept = at.columns
    estimate = np.vstack([coef, intercept])
    error = np.vstack([coef_error, intercept_error])
    features = (*data.inputs.rows.feature_names, "intercept")
    names = data.inputs.neurons or tuple(range(N))
    outputs = "neuron" if data.inputs.classes is None else "class"
    table: dict[str, list[Any]] = {
        "state": [k for _ in features for k in range(K) for _ in range(N)],
    }
    if data.shapes.n_neurons is not None:
        table[outputs] = [name for _ in features for _ in range(K) for name in names]
    table["feature"] = [name for name in features for _ in range(K * N)]
    table["estimate"] = estimate.ravel().tolist()
    table["error"] = error.ravel().tolist()
    with np.errstate(divide="ignore", invalid="ignore"):
        table["z"] = (estimate / error).ravel().tolist()
    frozen = data.problem.emissions.frozen
    if frozen is not None:
        of_intercept = np.full(intercept.shape, frozen.intercept is not None)
        table["is_frozen"] = np.vstack([~frozen.is_learned, of_intercept]).ravel().tolist()
    return table
