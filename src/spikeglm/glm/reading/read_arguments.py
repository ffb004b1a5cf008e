"""What the constructor arguments of an estimator mean: strings become objects here, once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...fit.fitting import SolverChoice
from ...notices import warn
from ...observation_models.likelihood import Likelihood
from ...observation_models.named import link_named, model_named
from ...regularizer import regularizer_of
from ...solvers import Cheapest, ForeignSolver, get_solver
from ...solvers.custom.solver_protocol import is_method
from ...solvers.solver_settings import check_names, with_settings
from ...typing import ArrayLike


def read_likelihood(observation_model: Any, inverse_link_function: Any) -> Likelihood:
    """Return the likelihood that the two constructor arguments describe."""
    model = model_named(observation_model)
    if inverse_link_function is None:
        inverse_link_function = model.default_inverse_link_function
    return Likelihood(model, link_named(inverse_link_function))


def read_fit_intercept(fit_intercept: Any) -> bool:
    """Return whether a model has an intercept.

    Raises
    ------
    TypeError
        If that is neither True nor False.
    """
    if not isinstance(fit_intercept, (bool, np.bool_)):
        raise errors.type_error(
            "fit_intercept must be a bool.",
            given=repr(fit_intercept),
            expected="True or False",
            todo="a known baseline is passed as offset, with fit_intercept=False.",
        )
    return bool(fit_intercept)


def is_automatic(strength: Any) -> bool:
    """Tell whether the data are to choose the strengths.

    >>> is_automatic("auto"), is_automatic(1.0)
    (True, False)
    """
    return isinstance(strength, str) and strength == "auto"


def warn_of_unused_strength(regularizer: Any, strength: ArrayLike | None) -> None:
    """Tell whoever gave a strength without a penalty."""
    if strength is not None and regularizer_of(regularizer).default_strength is None:
        warn(
            f"regularizer_strength={strength!r} has no effect: there is no penalty, or one without "
            "a strength. What to do: add regularizer='Ridge', or leave the strength out."
        )


def check_model(model: Any) -> None:
    """Raise a TypeError for what is no model, or the class of one: it comes before the data.

    >>> check_model([[1.0]])
    Traceback (most recent call last):
    TypeError: A model comes first, then X and y. Given: list. Expected: ...
    """
    if isinstance(model, type) or not hasattr(model, "fit"):
        is_class = isinstance(model, type)
        raise errors.type_error(
            "A model comes first, then X and y.",
            given=f"the class {model.__name__}" if is_class else type(model).__name__,
            expected="a GLM or a PopulationGLM",
            todo="make one: nmo.GLM()." if is_class else "pass the model, X and y in this order.",
        )


def refuse_classifiers(model: Any) -> None:
    """Raise a TypeError for what is no model, or one of labels, where a number is expected."""
    check_model(model)
    if hasattr(model, "n_classes"):
        raise errors.type_error(
            "This function does not take classifiers.",
            given=type(model).__name__,
            expected="a GLM or a PopulationGLM",
            todo="of two classes, or of one against the others, fit nmo.GLM('Bernoulli') to "
            "(labels == 'one of them').astype(float). Whole classifiers are compared by "
            "nmo.selection.compare, and their strengths chosen by scikit-learn's GridSearchCV.",
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
