"""The contracts of what we assume about the coefficients.

A :class:`Regularizer` is the user's choice ("Ridge"); bound to a strength and to the shape of the
coefficients it becomes a :class:`Penalty`, which solvers use. Adding a regularizer is one file with
both, and one line in ``named.py``.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from .. import errors
from ..typing import ArrayLike, FloatArray, IntArray
from .kinks import Kinks


class Penalty(Protocol):
    """A penalty on the coefficients W (p, C), one value per column; intercepts are never penalised.

    It is the sum of a smooth part and of a part with kinks at zero (absolute values, norms of
    groups), either of which may be absent.
    """

    @property
    def is_smooth(self) -> bool:
        """Whether value and gradient describe the penalty everywhere."""
        ...

    def take(self, columns: IntArray) -> Penalty:
        """Keep only some columns."""
        ...

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each column, (C,)."""
        ...

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return the derivative of its smooth part by the coefficients, (p, C)."""
        ...

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the second derivative of its smooth part, a diagonal, as (p, C)."""
        ...

    def kinks(self, unit: FloatArray, n_columns: int) -> Kinks | None:
        """Return its part that is not smooth, as a function of z with w = unit z; unit is (p,).

        None where all is smooth.
        """
        ...

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return argmin_V penalty(V) + |V - W|² / (2 step), (p, C)."""
        ...


class Regularizer(Protocol):
    """A kind of penalty, without its strength."""

    @property
    def default_strength(self) -> Any:
        """The strength that ``regularizer_strength=None`` stands for."""
        ...

    @property
    def allowed_solvers(self) -> tuple[str, ...]:
        """Names of the solvers that can minimise a loss with this penalty."""
        ...

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> Penalty:
        """Return the penalty for coefficients of shape (p, C)."""
        ...

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return the parameters that each column of ``coef`` (p, C) uses up, (C,)."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        ...


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
    try:
        values = np.asarray(strength, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise errors.type_error(
            "regularizer_strength must be numeric.",
            given=repr(strength),
            expected="a number, or an array of the shape of coef_",
        ) from error
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
