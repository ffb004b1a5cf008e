"""Constructor arguments whose assignment to a model means more than keeping a value, as in NeMoS.

Each is kept, untouched, in the model's own ``vars`` under its name, where scikit-learn looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, notices
from ...regularizer import regularizer_of
from ...solvers import get_solver
from ...typing import ArrayLike

if TYPE_CHECKING:
    from ..hooks import Hooks


class Argument:
    """An attribute that is what was assigned; subclasses say what else an assignment does."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, model: Hooks | None, owner: type | None = None) -> Any:
        if model is None:
            return self
        try:
            return vars(model)[self.name]
        except KeyError:
            raise AttributeError(self.name) from None


class FeatureMask(Argument):
    """Part of what was fitted: coefficients and mask must not contradict each other."""

    def __set__(self, model: Hooks, mask: ArrayLike | None) -> None:
        if model.__sklearn_is_fitted__() and mask is not vars(model).get(self.name):
            raise errors.attribute_error(
                "feature_mask cannot be set after a fit.",
                given=f"a new feature_mask for a {type(model).__name__} that has coefficients",
                expected="the mask of the fit",
                todo="set it on sklearn.base.clone(model), and fit that.",
            )
        vars(model)[self.name] = mask


class RegularizerArgument(Argument):
    """Assigned to a model whose solver cannot handle it, it takes the solver's name away."""

    def __set__(self, model: Hooks, regularizer: Any) -> None:
        vars(model)[self.name] = regularizer
        solver_name = vars(model).get("solver_name")  # set after the regularizer in constructors
        if solver_name is not None and _cannot_handle(solver_name, model._regularizer):
            notices.warn(
                f"solver_name={solver_name!r} cannot handle regularizer={regularizer!r}: "
                "solver_name is None now, the best that can. What to do: name a solver too, e.g. "
                "set_params(regularizer=..., solver_name=...)."
            )
            model.solver_name = None


def _cannot_handle(solver_name: Any, regularizer: Any) -> bool:
    """Tell whether both exist and do not go together; what does not exist is for ``fit`` to say."""
    try:
        algorithm = get_solver(solver_name).algo_name
        return algorithm not in regularizer_of(regularizer).allowed_solvers
    except (TypeError, ValueError):
        return False
