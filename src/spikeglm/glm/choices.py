"""What the constructor arguments of an estimator mean: strings become objects here, once."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import errors
from ..io.timeseries import to_array
from ..observation_models.likelihood import Likelihood
from ..observation_models.named import link_named, model_named
from ..regularizer import GroupLasso, Penalty, regularizer_of
from ..solvers import Cheapest, ForeignSolver, get_solver
from ..solvers.protocol import is_method
from ..solvers.settings import check_names, with_settings
from ..typing import ArrayLike, BoolArray
from .fitting import SolverChoice
from .layout import Layout


def read_feature_mask(
    mask: ArrayLike | None, shape: tuple[int, int], *, ndim: int, layout: Layout
) -> BoolArray | None:
    """Return the mask as (p, N) booleans; a tree may have one value per leaf (and neuron).

    Raises
    ------
    TypeError
        If it is a tree of another structure than X.
    ValueError
        If its shape is not that of ``coef_`` or its values are not 0 and 1.
    """
    if mask is None:
        return None
    expected = shape[:1] if ndim == 1 else shape
    values = to_array(layout.spread(mask, expected, name="feature_mask"), name="feature_mask")
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
        inverse_link_function = model.default_inverse_link_function
    return Likelihood(model, link_named(inverse_link_function))


def read_penalty(
    regularizer: Any,
    strength: ArrayLike | None,
    shape: tuple[int, int],
    *,
    ndim: int,
    layout: Layout,
) -> Penalty:
    """Return the penalty on coefficients (p, N) that the constructor arguments describe.

    A strength (each of the two of an elastic net) may be a tree with a number or an array per leaf.
    """
    kind = regularizer_of(regularizer)
    if isinstance(kind, GroupLasso):  # its strengths belong to groups, not to leaves
        if layout.structure is not None:
            kind = kind.on_leaves(layout.sizes, layout.leaves(kind.mask, name="mask"))
        return kind.bind(kind.default_strength if strength is None else strength, shape)
    if strength is None:
        return kind.bind(kind.default_strength, shape)
    of_coef = shape[:1] if ndim == 1 else shape
    name = "regularizer_strength"
    if isinstance(strength, tuple) and isinstance(kind.default_strength, tuple):
        return kind.bind(tuple(layout.spread(s, of_coef, name=name) for s in strength), shape)
    return kind.bind(layout.spread(strength, of_coef, name=name), shape)


def warn_of_unused_strength(regularizer: Any, strength: ArrayLike | None) -> None:
    """Tell whoever gave a strength without a penalty."""
    if strength is not None and regularizer_of(regularizer).default_strength is None:
        warnings.warn(
            f"regularizer_strength={strength!r} has no effect without a penalty. "
            "What to do: add regularizer='Ridge', or leave the strength out.",
            UserWarning,
            stacklevel=3,
        )


def solver_of(model: Any) -> SolverChoice:
    """Return the solver choice of an estimator; see :func:`read_solver`."""
    return read_solver(
        model.solver_name,
        model.solver_kwargs,
        model.regularizer,
        strength=model.regularizer_strength,
        ndim=model._response_ndim,
    )


def read_solver(
    name: str | None,
    kwargs: dict[str, Any] | None,
    regularizer: Any,
    *,
    strength: ArrayLike | None = None,
    ndim: int = 2,
) -> SolverChoice:
    """Return the solver choice; a solver of the user's own also gets the strength as given.

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
    if name is None:
        return SolverChoice(None, with_settings(Cheapest, kwargs))
    if not isinstance(name, str):
        raise errors.type_error(
            "solver_name must be a string.",
            given=repr(name),
            expected="None or a name such as 'LBFGS'",
        )
    spec = get_solver(name)
    if spec.algo_name not in regularizer.allowed_solvers:
        raise errors.value_error(
            "This solver cannot handle this regularizer.",
            given=f"{spec.algo_name} with {type(regularizer).__name__}",
            expected=f"one of {', '.join(regularizer.allowed_solvers)}",
            todo="leave solver_name=None.",
        )
    if is_method(spec.implementation):
        return SolverChoice(spec.algo_name, with_settings(spec.implementation, kwargs))
    check_names(spec.implementation, kwargs)
    strength = regularizer.default_strength if strength is None else strength
    return SolverChoice(
        spec.algo_name, ForeignSolver(spec.implementation, kwargs, regularizer, strength, ndim)
    )
