"""Solvers: consume an objective; know nothing of rows, neurons, time.

``solver_name=None`` takes the best; the others are there by name (:func:`list_available_solvers`),
and so is a class of your own (:class:`SolverProtocol`). Whichever ran, the same certificate per
neuron says how near the optimum it came.
"""

from .contract import ADVICE, EMPTY, WELL, Outcome, Status
from .custom.custom_solver import ForeignSolver
from .custom.solver_protocol import (
    AbstractSolver,
    ModelParams,
    OptimizationInfo,
    SolverAdapterState,
    SolverProtocol,
    validate_solver_class,
)
from .default_choice import LBFGS, Cheapest, Newton, ProximalNewton
from .named.first_order import GradientDescent, ProximalGradient
from .named.scipy_methods import BFGS, NonlinearCG
from .named.svrg import SVRG, ProxSVRG
from .named.svrg_defaults import glm_softplus_poisson_l_max_and_l, svrg_optimal_batch_and_stepsize
from .polynomial.polynomial_approximation import PolynomialApproximation
from .registry import (
    SOLVERS,
    SolverSpec,
    get_solver,
    get_solver_documentation,
    list_algo_backends,
    list_available_algorithms,
    list_available_solvers,
    register,
    set_default_backend,
)
from .smooth.descent import minimise
from .sparse.proximal_newton import minimise_sparse
from .task import Method, Task

__all__ = [
    "ADVICE",
    "BFGS",
    "EMPTY",
    "LBFGS",
    "SOLVERS",
    "SVRG",
    "WELL",
    "AbstractSolver",
    "Cheapest",
    "ForeignSolver",
    "GradientDescent",
    "Method",
    "ModelParams",
    "Newton",
    "NonlinearCG",
    "OptimizationInfo",
    "Outcome",
    "PolynomialApproximation",
    "ProxSVRG",
    "ProximalGradient",
    "ProximalNewton",
    "SolverAdapterState",
    "SolverProtocol",
    "SolverSpec",
    "Status",
    "Task",
    "get_solver",
    "get_solver_documentation",
    "glm_softplus_poisson_l_max_and_l",
    "list_algo_backends",
    "list_available_algorithms",
    "list_available_solvers",
    "minimise",
    "minimise_sparse",
    "register",
    "set_default_backend",
    "svrg_optimal_batch_and_stepsize",
    "validate_solver_class",
]
