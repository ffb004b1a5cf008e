"""The edge of the estimators: what the user passed becomes rows, columns and checked choices.

Everything is checked here, once; behind this page arrays have the right shape and dtype.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors
from ..engine.columns import Columns, Source
from ..io.timeseries import TimeAxis, time_axis_of, to_array
from ..observation_models.likelihood import Likelihood
from ..observation_models.named import link_named, model_named
from ..regularizer import Penalty, regularizer_of
from ..rows.arrays import ArrayRows, finite_rows
from ..rows.contract import Rows
from ..solvers import SOLVERS
from ..typing import Array, ArrayLike, BoolArray
from .fitting import SolverChoice

_SOLVER_KWARGS = ("tol", "maxiter")


def read_rows(X: ArrayLike) -> Rows:
    """Return ``X`` as a table of rows: a ``Design`` as it is, anything array-like as an array.

    Raises
    ------
    TypeError
        If it holds no real numbers.
    ValueError
        If it is not 2-dimensional.
    """
    if isinstance(X, Rows):
        return X
    if isinstance(X, dict):
        raise errors.type_error(
            "X is a dict.",
            given=f"a dict with keys {list(X)}",
            expected="an array (n_samples, n_features) or a Design",
            todo="stack its arrays with np.hstack, or build X with basis.compute_features.",
        )
    values = to_array(X, name="X")
    if values.ndim != 2:
        raise errors.value_error(
            "X must be 2-dimensional.",
            given=f"an array of shape {values.shape}",
            expected="(n_samples, n_features)",
            todo="a single feature is X[:, None], a single sample X[None, :]."
            if values.ndim == 1
            else "reshape it to one row per sample.",
        )
    names = getattr(X, "columns", None)
    return ArrayRows(values, None if names is None else tuple(map(str, names)), time_axis_of(X))


def read_response(y: ArrayLike, rows: Rows, *, ndim: int) -> tuple[Array, TimeAxis | None]:
    """Return the response as (T, N), and its own time axis.

    Raises
    ------
    ValueError
        If it has the wrong number of dimensions or rows, or another time axis than the rows.
    """
    values = to_array(y, name="y")
    if values.ndim != ndim:
        raise errors.value_error(
            f"y must be {ndim}-dimensional.",
            given=f"an array of shape {values.shape}",
            expected="(n_samples,)" if ndim == 1 else "(n_samples, n_neurons)",
            todo="use PopulationGLM for several neurons, or y[:, 0] for one."
            if ndim == 1
            else "use GLM for one neuron, or y[:, None].",
        )
    _check_length("y", len(values), rows.n_rows)
    if values.size == 0:
        raise errors.value_error(
            "There is nothing to fit.",
            given=f"y of shape {values.shape}",
            expected="at least one sample and one neuron",
        )
    axis = time_axis_of(y)
    if axis is not None and rows.time_axis is not None:
        _check_time(rows.time_axis, axis)
    return (values[:, None] if ndim == 1 else values), axis


@dataclass(frozen=True, eq=False)
class FitInputs:
    """What a fit needs: rows, column problems, the rows that take part, the time axis of y."""

    rows: Rows
    columns: Columns
    keep: BoolArray
    response_axis: TimeAxis | None


def read_fit_inputs(
    X: ArrayLike,
    y: ArrayLike,
    *,
    ndim: int,
    likelihood: Likelihood,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    feature_mask: ArrayLike | None = None,
) -> FitInputs:
    """Read everything that ``fit`` takes; rows that are not finite are left out.

    A row where only some neurons' responses are missing is left out for those neurons alone.

    Raises
    ------
    ValueError, TypeError
        For whatever cannot be used; the message says what to do.
    """
    rows = read_rows(X)
    response, axis = read_response(y, rows, ndim=ndim)
    likelihood.check_response(response[:, 0] if ndim == 1 else response)
    n_neurons = response.shape[1]
    keep = rows.valid_rows()
    weights = offsets = None
    present = _present(response)
    if sample_weight is not None:
        weight = _per_row("sample_weight", sample_weight, rows.n_rows, n_neurons)
        _check_weights(weight)
        keep = keep & (finite_rows(weight) & (weight > 0).any(axis=1))
        present = weight * present if present is not None else weight
    if present is not None:
        keep = keep & (present > 0).any(axis=1)
        weights = _shared(present, n_neurons)
    if offset is not None:
        offset_values = _per_row("offset", offset, rows.n_rows, n_neurons)
        keep = keep & finite_rows(offset_values)
        offsets = _shared(offset_values, n_neurons)
    if not keep.any():
        raise errors.value_error(
            "At least a NaN or an Inf at all sample points, or a weight of zero.",
            given=f"{rows.n_rows} rows, none of them complete",
            expected="some rows with finite features and response, and a positive weight",
            todo="check for an all-NaN feature, epochs shorter than the basis window, or weights "
            "that are all zero.",
        )
    mask = read_feature_mask(feature_mask, (rows.n_features, n_neurons), ndim=ndim)
    columns = Columns(likelihood, Source.one_per_column(response), weights, offsets, mask)
    return FitInputs(rows, columns, keep, axis)


def read_offset(offset: ArrayLike | None, n_rows: int, n_neurons: int) -> Array:
    """Return the offset as (T, N) or (T, 1), or zero."""
    if offset is None:
        return np.zeros((1, 1))
    return _per_row("offset", offset, n_rows, n_neurons)


def read_feature_mask(
    mask: ArrayLike | None, shape: tuple[int, int], *, ndim: int
) -> BoolArray | None:
    """Return the mask as (p, N) booleans.

    Raises
    ------
    ValueError
        If its shape is not that of ``coef_`` or its values are not 0 and 1.
    """
    if mask is None:
        return None
    values = to_array(mask, name="feature_mask")
    expected = shape[:1] if ndim == 1 else shape
    if values.shape != expected:
        raise errors.value_error(
            "feature_mask does not fit the coefficients.",
            given=f"shape {values.shape}",
            expected=f"{expected}, the shape of coef_",
        )
    if not np.isin(values, (0, 1)).all():
        raise errors.value_error(
            "feature_mask must contain only 0 and 1.",
            given=f"values such as {np.unique(values)[:4]}",
            expected="1 where a feature is used, 0 where it is not",
        )
    return values.reshape(shape).astype(bool)


def read_likelihood(observation_model: Any, inverse_link_function: Any) -> Likelihood:
    """Return the likelihood that the two constructor arguments describe."""
    model = model_named(observation_model)
    if inverse_link_function is None:
        return Likelihood(model, model.default_inverse_link_function)
    return Likelihood(model, link_named(inverse_link_function))


def read_penalty(regularizer: Any, strength: ArrayLike | None, shape: tuple[int, int]) -> Penalty:
    """Return the penalty on coefficients (p, N) that the constructor arguments describe."""
    kind = regularizer_of(regularizer)
    return kind.bind(kind.default_strength if strength is None else strength, shape)


def read_solver(name: str | None, kwargs: dict[str, Any] | None, regularizer: Any) -> SolverChoice:
    """Return the solver choice.

    Raises
    ------
    TypeError
        If the name is not a string, or a solver argument no number.
    ValueError
        If it names no solver, or one that cannot handle the regularizer, or an argument is not > 0.
    NameError
        For an unknown solver argument (NeMoS's type).
    """
    kwargs = {} if kwargs is None else kwargs
    regularizer = regularizer_of(regularizer)
    if not isinstance(kwargs, dict):
        raise errors.type_error(
            "solver_kwargs must be a dict.", given=repr(kwargs), expected="e.g. {'tol': 1e-6}"
        )
    for key in kwargs:
        if key not in _SOLVER_KWARGS:
            raise NameError(
                f"Unknown solver argument. Given: {key!r}. "
                f"Expected: {', '.join(_SOLVER_KWARGS)}. "
                "What to do: most fits need none; tol and maxiter bound accuracy and passes."
            )
    if name is not None:
        if not isinstance(name, str):
            raise errors.type_error(
                "solver_name must be a string.",
                given=repr(name),
                expected="None or a name such as 'LBFGS'",
            )
        name = name.split("[")[0]
        if name not in SOLVERS:
            raise errors.unknown_name("solver", name, list(SOLVERS))
        if name not in regularizer.allowed_solvers:
            raise errors.value_error(
                "This solver cannot handle this regularizer.",
                given=f"{name} with {type(regularizer).__name__}",
                expected=f"one of {', '.join(regularizer.allowed_solvers)}",
                todo="leave solver_name=None.",
            )
    return SolverChoice(name, **kwargs)


def _present(response: Array) -> Array | None:
    """Return (T, N) or (T, 1) 1 where a response is finite, or None where all are."""
    if finite_rows(response).all():
        return None
    present = np.isfinite(response).astype(np.uint8)
    return present[:, :1] if (present == present[:, :1]).all() else present


def _per_row(name: str, values: ArrayLike, n_rows: int, n_neurons: int) -> Array:
    array = to_array(values, name=name)
    if array.ndim == 0:
        array = np.full(n_rows, array)
    _check_length(name, len(array), n_rows)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] not in (1, n_neurons):
        raise errors.value_error(
            f"{name} has the wrong shape.",
            given=f"{np.shape(values)}",
            expected="(n_samples,), one number per sample"
            + (f", or (n_samples, {n_neurons})" if n_neurons > 1 else ""),
        )
    return array


def _check_weights(weight: Array) -> None:
    if (weight < 0).any():
        raise errors.value_error(
            "sample_weight must not be negative.",
            given=f"a smallest weight of {np.nanmin(weight)}",
            expected="numbers >= 0; 0 leaves a sample out",
        )


def _shared(values: Array, n_neurons: int) -> Source:
    if values.shape[1] == n_neurons:
        return Source.one_per_column(values)
    return Source(values, np.zeros(n_neurons, dtype=np.intp))


def _check_length(name: str, length: int, n_rows: int) -> None:
    if length != n_rows:
        raise errors.value_error(
            f"X and {name} must have the same number of samples.",
            given=f"{n_rows} rows in X and {length} in {name}",
            expected="one entry per row of X",
            todo="check that both were binned alike and restricted to the same epochs.",
        )


def _check_time(rows: TimeAxis, response: TimeAxis) -> None:
    if not np.allclose(rows.times, response.times, rtol=0.0, atol=1e-6):
        raise errors.value_error(
            "X and y have the same length but different time stamps.",
            given=f"times that differ by up to {np.abs(rows.times - response.times).max():.3g} s",
            expected="the same time axis",
            todo="bring them to the same bins and epochs, e.g. with .bin_average or .restrict.",
        )
