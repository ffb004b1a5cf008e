"""Regularization paths: the coefficients of all neurons as the penalty is relaxed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..engine.columns import Columns
from ..fit.fitting import SolverChoice
from ..fit.prepared import prepare
from ..glm import GLM
from ..glm.reading.fit_inputs import FitInputs
from ..glm.reading.known_labels import check_coefficients
from ..glm.reading.read_arguments import read_solver, refuse_classifiers
from ..io.interop.timeseries import to_array
from ..notices import warn
from ..regularizer import regularizer_of
from ..regularizer.base import Penalty
from ..solvers import EMPTY
from ..typing import ArrayLike, FloatArray, IntArray
from .path_fitting import PathRecord, fit_path
from .smooth_path import fit_smooth_path

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-7  # relative to the strength, as for a single fit


@dataclass(frozen=True, eq=False)
class RegularizationPath:
    """Fits of N neurons (one for a :class:`GLM`) at S strengths, from strong to weak.

    Attributes
    ----------
    strengths :
        (S, N).
    coef, intercept :
        (S, p, N) and (S, N), in the user's scale.
    objective :
        (S, N) penalised mean loss, nats per bin.
    certificate :
        (S, N) violation of the optimality (KKT) conditions relative to the strength, or for smooth
        penalties the Newton decrement; NaN where there was nothing to fit.
    status :
        S tuples of N words, as in a fit report.
    neurons, feature_names :
        Labels.
    n_passes :
        Visits of all rows, for all strengths together.
    certified_by :
        What the certificate is, in words.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> path = nmo.selection.regularization_path(nmo.GLM(regularizer="Lasso"), X, y, strengths=4)
    >>> path.coef.shape, path.converged
    ((4, 3, 1), True)
    >>> path
    RegularizationPath: 1 neuron(s) at 4 strengths, 4 converged; ... passes; to_frame() shows them
    """

    strengths: FloatArray
    coef: FloatArray
    intercept: FloatArray
    objective: FloatArray
    certificate: FloatArray
    status: tuple[tuple[str, ...], ...]
    neurons: tuple[Any, ...]
    feature_names: tuple[str, ...]
    n_passes: int
    certified_by: str = "KKT violation"

    def __repr__(self) -> str:
        S, N = self.strengths.shape
        counts = Counter(word for words in self.status for word in words)
        words = ", ".join(f"{n} {word}" for word, n in counts.most_common())
        return (
            f"RegularizationPath: {N} neuron(s) at {S} strengths, {words}; "
            f"{self.n_passes} passes; to_frame() shows them"
        )

    @property
    def n_nonzero(self) -> IntArray:
        """(S, N) coefficients that are not zero."""
        return np.count_nonzero(self.coef, axis=1)

    @property
    def converged(self) -> bool:
        """Whether every neuron has its certificate at every strength."""
        return all(word == "converged" for words in self.status for word in words)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron and strength.

        Columns: ``strength``, ``n_nonzero``, ``objective``, ``kkt_violation`` (or for smooth
        penalties ``newton_decrement``) and ``status``.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 3))
        >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
        >>> lasso = nmo.GLM(regularizer="Lasso")
        >>> path = nmo.selection.regularization_path(lasso, X, y, strengths=4)
        >>> path.to_frame()["n_nonzero"].tolist()
        [0, 3, 3, 3]
        """
        import pandas as pd

        S, N = self.strengths.shape
        index = pd.MultiIndex.from_product(
            [self.neurons, range(S)], names=["neuron", "strength_number"]
        )
        columns = {
            "strength": self.strengths,
            "n_nonzero": self.n_nonzero,
            "objective": self.objective,
            self.certified_by.lower().replace(" ", "_"): self.certificate,
            "status": np.array(self.status, dtype=object).reshape(S, N),
        }
        return pd.DataFrame({name: table.T.ravel() for name, table in columns.items()}, index=index)


def regularization_path(
    model: GLM,
    X: ArrayLike,
    y: ArrayLike,
    *,
    strengths: int | ArrayLike = 30,
    smallest: float = 0.01,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    terms: Any = None,
) -> RegularizationPath:
    """Fit a model at many strengths, for all neurons at once.

    Sparse penalties: each strength begins where the one before ended, with its curvature and with
    the features that the sequential strong rule keeps. Smooth ones: all strengths share each visit
    of the rows. Every fit carries the certificate of a fit on its own.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM` with a penalty; it is left as it is. A strength of
        its own that is one number is ignored; an array (a tree) says how strengths differ between
        coefficients, and the path's strengths multiply it. The ratio of an elastic net is kept.
    X, y, sample_weight, offset, terms :
        As for ``fit``.
    strengths :
        How many, equally spaced in their logarithm for each neuron between its largest useful
        strength, where the last penalised coefficient becomes zero, and ``smallest`` times that;
        or the strengths themselves, (S,) or (S, N). Smooth penalties have no largest useful one:
        give the strengths.
    smallest :
        Smallest strength of an automatic grid relative to the largest.

    Raises
    ------
    ValueError
        If there is no penalty, strengths cannot be used (a number of strengths with a smooth
        penalty, for one), or a sparse model without an intercept has a link that has no mean where
        all coefficients are zero.
    TypeError
        If strengths are not numeric, or the model is a classifier.

    Warns
    -----
    ConvergenceWarning
        If a neuron has no certificate at some strength.
    NothingToFitWarning
        Instead, if that is of data that say nothing alone, as of silent units.

    References
    ----------
    Friedman, Hastie & Tibshirani (2010), J Stat Softw 33(1), section 2.5; Tibshirani et al.
    (2012), J R Stat Soc B 74:245-66, eq. 12.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 5))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 0.3 * X[:, 1] - 1))
    >>> path = nmo.selection.regularization_path(nmo.GLM(regularizer="Lasso"), X, y, strengths=5)
    >>> path.n_nonzero[:, 0]
    array([0, 2, 3, 5, 5])
    """
    refuse_classifiers(model)
    solver = read_solver(model.solver_name, model.solver_kwargs, model.regularizer)
    data = {"sample_weight": sample_weight, "offset": offset, "terms": terms}
    inputs = model._read_to_fit(X, y, **data)
    check_coefficients(model, inputs)
    if inputs.lost is not None:
        inputs.lost.announce()
    shape = inputs.rows.n_features, inputs.columns.n_columns
    penalty = at_strength_one(model).read_penalty(inputs.shapes)
    check_path(model, penalty, inputs.columns, strengths)
    grid = grid_of(strengths, smallest, shape[1])
    record = _record(inputs, penalty, grid, solver)
    neurons = inputs.neurons or tuple(range(shape[1]))
    certificate = "Newton decrement" if penalty.is_smooth else "KKT violation"
    path = _labelled(record, neurons, inputs.rows.feature_names, certificate)
    if not path.converged:
        warn(_problems(path), _kind_of_trouble(path))
    return path


def _record(
    inputs: FitInputs,
    penalty: Penalty,
    grid: Callable[[FloatArray], FloatArray],
    solver: SolverChoice,
) -> PathRecord:
    """Fit all columns at all strengths."""
    ready = prepare(
        inputs.rows, inputs.columns, keep=inputs.keep, looks_at_all=solver.reads_correlations
    )
    if is_walked(penalty):
        return fit_path(
            ready,
            inputs.columns,
            penalty=penalty,
            strengths_of=grid,
            tolerance=solver.tol or TOLERANCE,
            max_passes=solver.maxiter,
        )
    record = fit_smooth_path(
        ready,
        inputs.columns,
        penalty=penalty,
        strengths=grid(np.ones(inputs.columns.n_columns)),
        solver=solver,
    )
    return replace(record, n_passes=record.n_passes + ready.survey.n_passes)


def check_path(model: GLM, penalty: Penalty, columns: Columns, strengths: Any) -> None:
    """Raise a ValueError where there is no path of strengths."""
    if regularizer_of(model.regularizer).default_strength is None:
        raise errors.value_error(
            "A model without a penalty has no path.",
            given=f"regularizer={model.regularizer!r}",
            expected="a penalty, such as 'Lasso', 'GroupLasso' or 'Ridge'",
        )
    if is_walked(penalty):
        _check_scale(model, columns)
        _check_start(columns)
    elif np.ndim(strengths) == 0:
        raise errors.value_error(
            "This penalty has no largest useful strength.",
            given=f"strengths={strengths!r} with regularizer={model.regularizer!r}",
            expected="the strengths themselves, (S,) or (S, N)",
            todo="for example strengths=numpy.geomspace(1, 1e-5, 20).",
        )


def is_walked(penalty: Penalty) -> bool:
    """Tell whether strengths of a penalty are a path from where all coefficients are zero.

    Penalties that are smooth, alone or beside bounds, have no strength from which they are.
    """
    return not (penalty.is_smooth or getattr(penalty, "has_bounds", False))


def _check_scale(model: GLM, columns: Columns) -> None:
    if columns.estimates_scale:
        raise errors.value_error(
            "Paths of sparse penalties need a scale.",
            given=f"observation_model={model.observation_model!r}",
            expected="a model whose scale is a number",
            todo="fit once with scale='estimate', and take that scale.",
        )


def _check_start(columns: Columns) -> None:
    likelihood = columns.likelihood
    if not columns.has_intercept and not likelihood.takes_any_predictor:
        raise errors.value_error(
            "Without an intercept this model has no path: one begins where all coefficients are "
            "zero.",
            given=f"the link {likelihood.link.name}, and fit_intercept=False",
            expected="a link that has a mean for every linear predictor, such as 'exp'",
            todo="fit at one strength after the other, or take another link.",
        )


def at_strength_one(model: GLM) -> GLM:
    """Return the model with a strength of one where it has one number (and a ratio)."""
    one = type(model)(**model.get_params(deep=False))
    default, given = regularizer_of(model.regularizer).default_strength, one.regularizer_strength
    if isinstance(default, tuple):
        size, ratio = given if isinstance(given, tuple) else (given, default[1])
        one.regularizer_strength = (1.0 if _is_number(size) else size, ratio)
    elif _is_number(given):
        one.regularizer_strength = 1.0
    return one


def _is_number(strength: Any) -> bool:
    return strength is None or (np.ndim(strength) == 0 and not isinstance(strength, dict))


def grid_of(
    strengths: int | ArrayLike, smallest: float, n_neurons: int
) -> Callable[[FloatArray], FloatArray]:
    """Return what turns largest useful strengths (N,) into strengths (S, N)."""
    if isinstance(strengths, (int, np.integer)) and not isinstance(strengths, bool):
        if strengths < 1 or not 0 < smallest < 1:
            raise errors.value_error(
                "There is no such grid of strengths.",
                given=f"strengths={strengths}, smallest={smallest}",
                expected="strengths >= 1 and 0 < smallest < 1",
            )
        shares = np.geomspace(1.0, smallest, strengths)
        return lambda largest: shares[:, None] * largest
    values = to_array(strengths, name="strengths").astype(np.float64)
    values = values[:, None] if values.ndim == 1 else values
    usable = values.ndim == 2 and values.shape[1] in (1, n_neurons) and len(values)
    if not usable or not np.isfinite(values).all() or (values <= 0).any():
        raise errors.value_error(
            "strengths cannot be used.",
            given=f"shape {np.shape(strengths)}",
            expected=f"a number of strengths, or (S,) or (S, {n_neurons}) finite numbers > 0",
        )
    values = np.broadcast_to(values, (len(values), n_neurons))
    return lambda largest: np.sort(values, axis=0)[::-1]


def _labelled(
    record: PathRecord,
    neurons: tuple[Any, ...],
    feature_names: tuple[str, ...],
    certificate: str,
) -> RegularizationPath:
    return RegularizationPath(
        strengths=record.strengths,
        coef=record.coef,
        intercept=record.intercept,
        objective=record.objective,
        certificate=record.violation,
        status=tuple(tuple(str(word) for word in words) for words in record.status),
        neurons=neurons,
        feature_names=feature_names,
        n_passes=record.n_passes,
        certified_by=certificate,
    )


def _kind_of_trouble(path: RegularizationPath) -> type[Warning]:
    words = {str(word) for at in path.status for word in at} - {"converged"}
    is_of_data = words <= {str(word) for word in EMPTY}
    return errors.NothingToFitWarning if is_of_data else errors.ConvergenceWarning


def _problems(path: RegularizationPath) -> str:
    lines = []
    for n, neuron in enumerate(path.neurons):
        words = {words[n] for words in path.status} - {"converged"}
        if words:
            lines.append(f"neuron {neuron}: {', '.join(sorted(words))} at some strength")
    return "; ".join(lines) + ". What to do: path.to_frame() tells where."
