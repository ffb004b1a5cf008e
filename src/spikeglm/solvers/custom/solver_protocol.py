"""What a solver of your own looks like, and what it is handed.

A class with four methods and a class method is a solver: register it under a name, allow it for a
regularizer, and fit. Wherever it stops, the point is certified like that of any other solver.

>>> import numpy as np
>>> import spikeglm as nmo
>>> from scipy.optimize import minimize
>>> class Powell:
...     def __init__(
...         self, unregularized_loss, regularizer, regularizer_strength, has_aux, init_params=None
...     ):
...         self.fun = regularizer.penalized_loss(
...             unregularized_loss, init_params, regularizer_strength
...         )
...     def init_state(self, init_params, *args):
...         return None
...     def update(self, params, state, *args):
...         return self.run(params, *args)
...     def run(self, init_params, *args):
...         def value(flat):
...             return self.fun(type(init_params)(flat[:-1], flat[-1:]), *args)
...         found = minimize(value, np.concatenate(init_params), method="Powell", tol=1e-10)
...         return type(init_params)(found.x[:-1], found.x[-1:]), None, None
...     @classmethod
...     def get_accepted_arguments(cls):
...         return set()
>>> nmo.solvers.register("Powell", Powell, replace=True)
>>> nmo.regularizer.Ridge.allow_solver("Powell")
>>> X = np.random.default_rng(0).normal(size=(200, 2))
>>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
>>> model = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1, solver_name="Powell")
>>> model.fit(X, y).fit_report_.status
('converged',)
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from ... import errors
from ...regularizer import Ridge

_CONSTRUCTOR = (
    "unregularized_loss",
    "regularizer",
    "regularizer_strength",
    "has_aux",
    "init_params",
)
_METHODS = {
    "init_state": ("init_params",),
    "update": ("params", "state"),
    "run": ("init_params",),
    "get_accepted_arguments": (),
}
_RIDGE = 0.1  # of the small problem on which a class is tried


class ModelParams(NamedTuple):
    """The parameters that a solver moves: any container of two arrays with these names will do.

    Attributes
    ----------
    coef :
        (p,) or (p, N).
    intercept :
        (1,) or (N,).

    Examples
    --------
    >>> import numpy as np
    >>> ModelParams(np.zeros(2), np.ones(1)).intercept
    array([1.])
    """

    coef: Any
    intercept: Any


class OptimizationInfo(NamedTuple):
    """How an optimisation went, in numbers.

    Attributes
    ----------
    function_val :
        Objective at the end, summed over neurons: mean loss per row plus penalty.
    num_steps :
        Accepted steps, the most of any neuron.
    converged :
        Whether every neuron has its certificate.
    reached_max_steps :
        Whether some neuron was stopped by ``maxiter``.

    Examples
    --------
    >>> OptimizationInfo(0.5, 12, True, False).converged
    True
    """

    function_val: float | None
    num_steps: int
    converged: bool
    reached_max_steps: bool


class SolverAdapterState(NamedTuple):
    """What is left of a solver after a fit: its own state, if it has one, and how it went.

    Examples
    --------
    >>> SolverAdapterState(None, OptimizationInfo(0.5, 12, True, False)).stats.num_steps
    12
    """

    solver_state: Any
    stats: OptimizationInfo


@runtime_checkable
class SolverProtocol(Protocol):
    """The methods of a solver of your own; see the example at the top of this page.

    The constructor is called with ``unregularized_loss(params, X, y)``, which computes in NumPy or
    JAX, whatever its arguments are; a regularizer bound to this fit, with ``penalized_loss`` and
    ``get_proximal_operator``; its strength; ``has_aux=False``; ``init_params``, a
    :class:`ModelParams`; and the user's ``solver_kwargs``.

    Examples
    --------
    >>> issubclass(dict, SolverProtocol)
    False
    """

    @abstractmethod
    def init_state(self, init_params: Any, *args: Any) -> Any:
        """Return the state before the first update; ``args`` are X (T, p) and y (T,) or (T, N)."""
        ...

    @abstractmethod
    def update(self, params: Any, state: Any, *args: Any) -> tuple[Any, Any, Any]:
        """Take one step; return parameters, state and auxiliary output."""
        ...

    @abstractmethod
    def run(self, init_params: Any, *args: Any) -> tuple[Any, Any, Any]:
        """Minimise; return parameters, state and auxiliary output."""
        ...

    @classmethod
    @abstractmethod
    def get_accepted_arguments(cls) -> set[str]:
        """Return the names that ``solver_kwargs`` may have."""
        ...


class AbstractSolver(SolverProtocol):
    """:class:`SolverProtocol` as a class to inherit from, for those who want to be reminded.

    Examples
    --------
    >>> sorted(AbstractSolver.__abstractmethods__)
    ['__init__', 'get_accepted_arguments', 'init_state', 'run', 'update']
    """

    @abstractmethod
    def __init__(
        self,
        unregularized_loss: Callable[..., Any],
        regularizer: Any,
        regularizer_strength: Any,
        has_aux: bool,
        init_params: Any = None,
        **solver_kwargs: Any,
    ) -> None: ...


def validate_solver_class(
    solver_class: type, test_ridge: bool = False, loss_has_aux: bool = False
) -> None:
    """Check that a class follows :class:`SolverProtocol`.

    Parameters
    ----------
    solver_class :
        The class.
    test_ridge :
        Whether to run it on a small ridge regression.
    loss_has_aux :
        Whether the loss of that regression returns an auxiliary output, too.

    Raises
    ------
    TypeError
        If it is no class, or a method is missing.
    ValueError
        If the arguments of a method have other names, or the regression is not solved.

    Examples
    --------
    >>> validate_solver_class(dict)
    Traceback (most recent call last):
        ...
    TypeError: The solver lacks a method. Given: dict without init_state. Expected: __init__, ...
    """
    if not isinstance(solver_class, type):
        raise errors.type_error(
            "A solver is registered as a class.", given=repr(solver_class), expected="a class"
        )
    if is_method(solver_class):
        return
    for name in _METHODS:
        if not callable(getattr(solver_class, name, None)):
            raise errors.type_error(
                "The solver lacks a method.",
                given=f"{solver_class.__name__} without {name}",
                expected=f"__init__, {', '.join(_METHODS)}",
                todo="see help(spikeglm.solvers.SolverProtocol).",
            )
    for name, arguments in {"__init__": _CONSTRUCTOR, **_METHODS}.items():
        _check_arguments(solver_class, name, arguments)
    if test_ridge:
        _solve_ridge(solver_class, has_aux=loss_has_aux)


def is_method(solver_class: type) -> bool:
    """Tell whether a class is a solver in our own manner: settings, and ``solve(task)``."""
    return callable(getattr(solver_class, "solve", None))


def _check_arguments(solver_class: type, name: str, expected: tuple[str, ...]) -> None:
    parameters = inspect.signature(getattr(solver_class, name)).parameters
    named = [p for p in parameters if p != "self"]
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    # Only the constructor's arguments are passed by name; it may take them in any order.
    if name == "__init__":
        missing = [p for p in expected if p not in named and not anything]
    else:
        missing = [] if tuple(named[: len(expected)]) == expected else list(expected)
    if missing:
        raise errors.value_error(
            "The arguments of a solver's method have other names than they should.",
            given=f"{solver_class.__name__}.{name}({', '.join(named)})",
            expected=f"{name}({', '.join(expected)}, ...)",
        )


def _solve_ridge(solver_class: Any, *, has_aux: bool) -> None:
    """Run a solver on a linear regression with Ridge, whose solution is known."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, -0.5, 0.2] + 0.1 * rng.normal(size=100) + 0.3

    def loss(params: Any, X: Any, y: Any) -> Any:
        value = ((y - X @ params.coef - params.intercept) ** 2).mean()
        return (value, None) if has_aux else value

    start = ModelParams(np.zeros(3), np.zeros(1))
    solver = solver_class(
        unregularized_loss=loss,
        regularizer=Ridge(),
        regularizer_strength=_RIDGE,
        has_aux=has_aux,
        init_params=start,
    )
    params, *_ = solver.run(start, X, y)
    centred = X - X.mean(axis=0)
    system = 2 * centred.T @ centred / len(X) + _RIDGE * np.eye(3)
    exact = np.linalg.solve(system, 2 * centred.T @ y / len(X))
    if not np.allclose(np.asarray(params.coef), exact, atol=0.01):
        raise errors.value_error(
            "The solver does not solve a small ridge regression.",
            given=f"coefficients {np.asarray(params.coef).round(3)}",
            expected=f"{exact.round(3)}",
        )
