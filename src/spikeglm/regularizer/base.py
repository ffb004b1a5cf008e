"""The contracts of what we assume about the coefficients.

A :class:`Regularizer` is the user's choice ("Ridge"); bound to a strength and to the shape of the
coefficients it becomes a :class:`Penalty`, which solvers use. How to add one:
``docs/how_to_add/penalty.md``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import numpy as np

from .. import errors
from ..io.interop.timeseries import to_array
from ..typing import ArrayLike, FloatArray, IntArray
from .nonsmooth import Kinks
from .penalised import penalised, proximal, shape_of


class PenaltyTerm(Protocol):
    """What a solve asks of a penalty on the coefficients W (p, C): one value per column.

    Intercepts are never penalised. The penalty is the sum of a smooth part and of a part with kinks
    at zero (absolute values, norms of groups), either of which may be absent.
    """

    @property
    def is_smooth(self) -> bool:
        """Whether value and gradient describe the penalty everywhere."""
        ...

    def take(self, columns: IntArray) -> PenaltyTerm:
        """Keep only some columns."""
        ...

    def times(self, factor: FloatArray) -> PenaltyTerm:
        """Return the penalty with each column's strengths multiplied, (C,)."""
        ...

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,).

        >>> import numpy as np
        >>> from spikeglm.regularizer import Lasso
        >>> penalty = Lasso().bind(2.0, (2, 1))
        >>> penalty.value(np.array([[1.0], [-0.5]]))
        array([3.])
        """
        ...

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return the derivative of its smooth part by the coefficients, (p, C).

        >>> import numpy as np
        >>> from spikeglm.regularizer import Ridge
        >>> penalty = Ridge().bind(2.0, (2, 1))
        >>> penalty.gradient(np.array([[1.0], [-0.5]])).ravel()
        array([ 2., -1.])
        """
        ...

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the second derivative of its smooth part, a diagonal, as (p, C).

        >>> import numpy as np
        >>> from spikeglm.regularizer import Ridge
        >>> penalty = Ridge().bind(2.0, (2, 1))
        >>> penalty.curvature((2, 1)).ravel()
        array([2., 2.])
        """
        ...

    def kinks(self, unit: FloatArray, n_columns: int) -> Kinks | None:
        """Return its part that is not smooth, as a function of z with w = unit z; unit is (p,).

        None where all is smooth.

        >>> import numpy as np
        >>> from spikeglm.regularizer import Lasso, Ridge
        >>> Ridge().bind(2.0, (2, 1)).kinks(np.ones(2), 1) is None
        True
        >>> Lasso().bind(2.0, (2, 1)).kinks(np.ones(2), 1).value(np.array([[1.0, -0.5, 9.0]]))
        array([3.])
        """
        ...


class Penalty(PenaltyTerm, Protocol):
    """A penalty as a :class:`Regularizer` makes it, which also knows its proximal operator.

    >>> import numpy as np
    >>> from spikeglm.regularizer import ElasticNet
    >>> penalty: Penalty = ElasticNet().bind((0.5, 0.3), (3, 1))
    >>> penalty.is_smooth, penalty.prox(np.array([[0.4], [-0.2], [0.7]]), 0.1)[:, 0].round(3)
    (False, array([ 0.372, -0.179,  0.662]))
    """

    def take(self, columns: IntArray) -> Penalty:
        """Keep only some columns.

        >>> import numpy as np
        >>> from spikeglm.regularizer import Ridge
        >>> per_neuron = Ridge().bind([[1.0, 10.0]], (2, 2))
        >>> per_neuron.take(np.array([1])).value(np.ones((2, 1)))
        array([10.])
        """
        ...

    def times(self, factor: FloatArray) -> Penalty:
        """Return the penalty with each column's strengths multiplied, (C,).

        >>> import numpy as np
        >>> from spikeglm.regularizer import Ridge
        >>> penalty = Ridge().bind(2.0, (2, 1))
        >>> penalty.times(np.array([0.5])).value(np.ones((2, 1))), penalty.value(np.ones((2, 1)))
        (array([1.]), array([2.]))
        """
        ...

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return argmin_V penalty(V) + |V - W|² / (2 step), (p, C).

        >>> import numpy as np
        >>> from spikeglm.regularizer import Lasso
        >>> penalty = Lasso().bind(2.0, (2, 1))
        >>> penalty.prox(np.array([[1.0], [-0.1]]), step=0.1).ravel()
        array([0.8, 0. ])
        """
        ...


class Regularizer(ABC):
    """A kind of penalty, without its strength.

    Attributes
    ----------
    default_strength :
        The strength that ``regularizer_strength=None`` stands for.
    allowed_solvers :
        Names of the solvers that can minimise a loss with this penalty.
    default_solver :
        The name that ``solver_name=None`` comes closest to.

    >>> from spikeglm.regularizer import Lasso
    >>> isinstance(Lasso(), Regularizer), Lasso().default_strength
    (True, 1.0)
    """

    default_strength: ClassVar[Any]
    allowed_solvers: ClassVar[tuple[str, ...]]
    default_solver: ClassVar[str]

    @abstractmethod
    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> Penalty:
        """Return the penalty for coefficients of shape (p, C).

        >>> import numpy as np
        >>> from spikeglm.regularizer import Lasso
        >>> penalty = Lasso().bind([0.1, 1.0], (2, 1))
        >>> penalty.value(np.array([[3.0], [-2.0]])).round(1)
        array([2.3])
        """

    @abstractmethod
    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return how many parameters each column of ``coef`` (p, C) has, shrunk or not, (C,).

        It is for ``dof_resid_``; what a penalty leaves of them is ``edf_``.

        >>> import numpy as np
        >>> from spikeglm.regularizer import Lasso, Ridge
        >>> coef = np.array([[0.5, 0.0], [0.0, 0.0], [1.0, 2.0]])
        >>> Lasso().n_parameters(coef, rank=3), Ridge().n_parameters(coef, rank=3)
        (array([2., 1.]), array([3., 3.]))
        """

    @abstractmethod
    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments.

        >>> from spikeglm.regularizer import GroupLasso
        >>> GroupLasso([[1, 1, 0], [0, 0, 1]]).get_params()
        {'mask': [[1, 1, 0], [0, 0, 1]]}
        """

    @classmethod
    def allow_solver(cls, algo_name: str) -> None:
        """Allow a registered solver for this kind of regularizer, from here on.

        >>> from spikeglm.regularizer import Ridge
        >>> Ridge.allow_solver("LBFGS")
        """
        if algo_name not in cls.allowed_solvers:
            cls.allowed_solvers = (*cls.allowed_solvers, algo_name)

    def check_solver(self, solver_name: str) -> None:
        """Check that a solver, ``"Algorithm"`` or ``"Algorithm[backend]"``, is allowed.

        Raises
        ------
        ValueError
            If it is not.

        Examples
        --------
        >>> from spikeglm.regularizer import Lasso
        >>> Lasso().check_solver("LBFGS")
        Traceback (most recent call last):
            ...
        ValueError: This solver cannot handle this regularizer. Given: LBFGS with Lasso. ...
        """
        if solver_name.partition("[")[0] not in self.allowed_solvers:
            raise errors.value_error(
                "This solver cannot handle this regularizer.",
                given=f"{solver_name} with {type(self).__name__}",
                expected=f"one of {', '.join(self.allowed_solvers)}",
                todo="leave solver_name=None.",
            )

    def penalized_loss(self, loss: Callable[..., Any], params: Any, strength: Any) -> Any:
        """Return ``loss`` plus the penalty of this strength, with the arguments of ``loss``.

        Parameters
        ----------
        loss :
            Called with parameters first; returns a value, or a value and auxiliary output.
        params :
            Parameters of the shape in question: a pair (coef, intercept), or an object with these
            attributes; coef is (p,) or (p, N).
        strength :
            As ``regularizer_strength``.

        Raises
        ------
        ValueError
            If the strength does not fit, or, when called, if the loss returns something else.

        >>> import numpy as np
        >>> from spikeglm.regularizer import Ridge
        >>> params = np.array([1.0, 2.0]), np.zeros(1)
        >>> float(Ridge().penalized_loss(lambda params: 10.0, params, 2.0)(params))
        15.0
        """
        return penalised(loss, self._bound(params, strength))

    def get_proximal_operator(self, params: Any, strength: Any) -> Callable[..., Any]:
        """Return ``prox(params, hyperparams, scaling)`` of the penalty times ``scaling``.

        ``hyperparams`` has no effect: the strength is given here. Intercepts do not move.

        >>> import numpy as np
        >>> from spikeglm.regularizer import Lasso
        >>> params = np.array([0.4, -0.2, 0.7]), np.zeros(1)
        >>> coef, intercept = Lasso().get_proximal_operator(params, 0.5)(params, 0.5, 0.1)
        >>> coef
        array([ 0.35, -0.15,  0.65])
        """
        return proximal(self._bound(params, strength))

    def _bound(self, params: Any, strength: Any) -> Penalty:
        strength = self.default_strength if strength is None else strength
        return self.bind(strength, shape_of(params))


def strength_array(strength: ArrayLike, shape: tuple[int, int]) -> FloatArray:
    """Check a strength and return it as an array that broadcasts to ``shape`` (p, C).

    A scalar serves all coefficients; an array has the shape of ``coef_``. For a population, (1, C)
    gives one strength per neuron and (p, 1) one per feature.

    Raises
    ------
    TypeError
        If it is not a number or an array of numbers.
    ValueError
        If its shape does not fit, or it is negative or not finite.
    """
    expected = "a number, or an array of the shape of coef_"
    values = numbers_of(strength, name="regularizer_strength", expected=expected)
    check_sizes(values, strength)
    p, n_columns = shape
    if values.ndim == 1 and n_columns == 1:
        values = values[:, None]
    fits = values.ndim == 0 or values.shape in {(p, n_columns), (1, n_columns), (p, 1)}
    if not fits:
        raise errors.value_error(
            "regularizer_strength does not fit the coefficients.",
            given=f"an array of shape {np.shape(strength)}",
            expected=f"a number or an array of shape {(p,) if n_columns == 1 else shape}",
            todo=f"a strength per neuron has shape (1, {n_columns}), per feature ({p}, 1).",
        )
    return np.atleast_2d(values)


def numbers_of(values: ArrayLike, *, name: str, expected: str) -> FloatArray:
    """Return what a user gave as float64.

    Raises
    ------
    TypeError
        If it is not made of numbers, digits as text and masked arrays included.

    >>> numbers_of([1, 2], name="mask", expected="numbers")
    array([1., 2.])
    """
    try:
        return to_array(values, name=name).astype(np.float64)
    except TypeError as error:
        raise errors.type_error(
            f"{name} must be numeric.", given=repr(values), expected=expected
        ) from error


def check_sizes(values: FloatArray, strength: ArrayLike) -> None:
    """Check that all strengths are finite and not negative.

    Raises
    ------
    ValueError
        If one is not.
    """
    if not np.isfinite(values).all() or (values < 0).any():
        raise errors.value_error(
            "regularizer_strength must be finite and not negative.",
            given=repr(strength),
            expected="numbers >= 0",
            todo="use 0.0 for coefficients that should not be penalised.",
        )
