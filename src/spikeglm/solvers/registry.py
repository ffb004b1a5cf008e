"""Solvers by name: ``"Algorithm"`` or ``"Algorithm[backend]"``."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

from .. import errors
from .custom.solver_protocol import validate_solver_class
from .default_choice import LBFGS, Newton, ProximalNewton
from .named.first_order import GradientDescent, ProximalGradient
from .named.scipy_methods import BFGS, NonlinearCG
from .named.svrg import SVRG, ProxSVRG
from .polynomial.polynomial_approximation import PolynomialApproximation

NEMOS_BACKENDS = ("optimistix", "optax", "optax+optimistix", "jaxopt", "nemos")
"""Backends that scripts for NeMoS name; here each algorithm has one, which these stand for."""

_NAME = re.compile(r"([^\[\]]+)(?:\[([^\[\]]+)\])?")


@dataclass(frozen=True)
class SolverSpec:
    """A registered solver.

    Attributes
    ----------
    algo_name :
        The algorithm.
    backend :
        Who implements it.
    implementation :
        The class.

    Examples
    --------
    >>> SolverSpec("LBFGS", "spikeglm", LBFGS).full_name
    'LBFGS[spikeglm]'
    """

    algo_name: str
    backend: str
    implementation: type

    @property
    def full_name(self) -> str:
        """``"Algorithm[backend]"``."""
        return f"{self.algo_name}[{self.backend}]"


@dataclass
class _Registry:
    """Which solvers there are. Registering is the one thing here that users change for good."""

    by_algorithm: dict[str, dict[str, SolverSpec]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    built_in: dict[str, str] = field(default_factory=dict)

    def add(self, spec: SolverSpec) -> None:
        self.by_algorithm.setdefault(spec.algo_name, {})[spec.backend] = spec

    def backends(self, algorithm: str) -> dict[str, SolverSpec]:
        if algorithm not in self.by_algorithm:
            raise errors.unknown_name("solver", algorithm, list(self.by_algorithm))
        return self.by_algorithm[algorithm]


def get_solver(name: str) -> SolverSpec:
    """Look a solver up.

    Parameters
    ----------
    name :
        ``"LBFGS"``, or with a backend, ``"LBFGS[spikeglm]"``. The backends of NeMoS
        (``optimistix``, ``optax+optimistix``, ``jaxopt``, ...) stand for ours.

    Raises
    ------
    ValueError
        If the name is malformed or unknown, or the algorithm has several backends and no default.

    Examples
    --------
    >>> get_solver("BFGS").full_name, get_solver("LBFGS[optax+optimistix]").full_name
    ('BFGS[scipy]', 'LBFGS[spikeglm]')
    """
    algorithm, backend = _parsed(name)
    known = _REGISTRY.backends(algorithm)
    if backend is None:
        return known[_default_backend(algorithm, known)]
    if backend not in known and backend in NEMOS_BACKENDS and algorithm in _REGISTRY.built_in:
        backend = _REGISTRY.built_in[algorithm]
    if backend not in known:
        raise errors.unknown_name(f"backend of {algorithm}", backend, list(known))
    return known[backend]


def list_available_solvers() -> list[SolverSpec]:
    """Return all registered solvers.

    >>> [spec.full_name for spec in list_available_solvers()][:2]
    ['GradientDescent[spikeglm]', 'ProximalGradient[spikeglm]']
    """
    return [spec for specs in _REGISTRY.by_algorithm.values() for spec in specs.values()]


def list_available_algorithms() -> list[str]:
    """Return the names of all algorithms.

    >>> list_available_algorithms()[:7]
    ['GradientDescent', 'ProximalGradient', 'LBFGS', 'BFGS', 'NonlinearCG', 'SVRG', 'ProxSVRG']
    """
    return list(_REGISTRY.by_algorithm)


def list_algo_backends(algo_name: str) -> list[str]:
    """Return who implements an algorithm.

    Raises
    ------
    ValueError
        If there is no such algorithm.

    >>> list_algo_backends("NonlinearCG")
    ['scipy']
    """
    return list(_REGISTRY.backends(algo_name))


def register(
    algo_name: str,
    implementation: type,
    backend: str = "custom",
    replace: bool = False,
    default: bool = False,
    validate: bool = True,
    test_ridge_without_aux: bool = False,
    test_ridge_with_aux: bool = False,
) -> None:
    """Give a solver of your own a name; see :class:`SolverProtocol` for what it looks like.

    Afterwards ``Ridge.allow_solver(algo_name)`` (or another regularizer's) allows it there.

    Parameters
    ----------
    algo_name, backend :
        Its name, ``"algo_name[backend]"``.
    implementation :
        The class.
    replace :
        Whether it may take the place of one with the same name.
    default :
        Whether the algorithm's name alone means this backend.
    validate :
        Whether to check methods and arguments.
    test_ridge_without_aux, test_ridge_with_aux :
        Whether to try it on a small ridge regression, with a loss that returns one or two values.

    Raises
    ------
    ValueError
        If the name is malformed or taken, or the arguments of a method have other names.
    TypeError
        If a method is missing.

    Examples
    --------
    >>> register("LBFGS", dict)
    Traceback (most recent call last):
        ...
    TypeError: The solver lacks a method. Given: dict without init_state. Expected: __init__, ...
    """
    algorithm, _ = _parsed(f"{algo_name}[{backend}]")
    taken = _REGISTRY.by_algorithm.get(algorithm, {})
    if backend in taken and not replace:
        raise errors.value_error(
            "This solver is registered already.",
            given=taken[backend].full_name,
            expected="another name or backend",
            todo="pass replace=True to put yours in its place.",
        )
    if validate:
        validate_solver_class(implementation)
    for wanted, has_aux in ((test_ridge_without_aux, False), (test_ridge_with_aux, True)):
        if wanted:
            validate_solver_class(implementation, test_ridge=True, loss_has_aux=has_aux)
    _REGISTRY.add(SolverSpec(algorithm, backend, implementation))
    if default:
        _REGISTRY.defaults[algorithm] = backend


def set_default_backend(algo_name: str, backend: str) -> None:
    """Choose which backend the name of an algorithm alone means.

    Raises
    ------
    ValueError
        If there is no such algorithm or backend.

    >>> set_default_backend("LBFGS", "spikeglm")
    """
    _REGISTRY.defaults[algo_name] = get_solver(f"{algo_name}[{backend}]").backend


def get_solver_documentation(solver: str | type, show_help: bool = False) -> str:
    """Return the docstring of a solver, by name or class; with ``show_help`` all of ``help()``.

    >>> print(get_solver_documentation("Newton").splitlines()[0])
    ``"Newton"``: each neuron's own curvature; few passes, each (features)² / 4 times as costly.
    """
    import pydoc

    kind = get_solver(solver).implementation if isinstance(solver, str) else solver
    if show_help:
        return pydoc.plain(pydoc.render_doc(kind))
    return inspect.getdoc(kind) or ""


def _parsed(name: Any) -> tuple[str, str | None]:
    match = _NAME.fullmatch(name.strip()) if isinstance(name, str) else None
    if match is None or not all(part.strip() for part in match.groups() if part is not None):
        raise errors.value_error(
            "This is no name of a solver.",
            given=repr(name),
            expected="'Algorithm' or 'Algorithm[backend]'",
        )
    algorithm, backend = match.groups()
    return algorithm.strip(), backend and backend.strip()


def _default_backend(algorithm: str, known: dict[str, SolverSpec]) -> str:
    default = _REGISTRY.defaults.get(algorithm)
    if default is None and len(known) > 1:
        raise errors.value_error(
            "The algorithm has several backends and no default.",
            given=repr(algorithm),
            expected=" or ".join(repr(spec.full_name) for spec in known.values()),
            todo="name one, or call set_default_backend.",
        )
    return default or next(iter(known))


def _built_in() -> _Registry:
    registry = _Registry()
    for name, backend, kind in (
        ("GradientDescent", "spikeglm", GradientDescent),
        ("ProximalGradient", "spikeglm", ProximalGradient),
        ("LBFGS", "spikeglm", LBFGS),
        ("BFGS", "scipy", BFGS),
        ("NonlinearCG", "scipy", NonlinearCG),
        ("SVRG", "spikeglm", SVRG),
        ("ProxSVRG", "spikeglm", ProxSVRG),
        ("Newton", "spikeglm", Newton),
        ("ProximalNewton", "spikeglm", ProximalNewton),
        ("PolynomialApproximation", "spikeglm", PolynomialApproximation),
    ):
        registry.add(SolverSpec(name, backend, kind))
        registry.defaults[name] = registry.built_in[name] = backend
    return registry


_REGISTRY = _built_in()

SOLVERS = tuple(_REGISTRY.built_in)
"""Names of the built-in solvers."""
