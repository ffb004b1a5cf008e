"""The penalty that is made of matrices, and its penalty object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .. import errors, showing
from ..io.interop.timeseries import to_array
from ..typing import Array, ArrayLike, FloatArray, IntArray
from .base import Regularizer, check_sizes, numbers_of
from .ridge import Ridge
from .squares import Part, Squares

_ROUNDING = {True: 1e-4, False: 1e-8}  # of matrices in float32, and in float64
_NO_EIGENVALUE = 1e-14  # share of the largest, per row, that counts as none


@dataclass(frozen=True, eq=False)
class Quadratic(Regularizer):
    """Quadratic penalty: ½ Σ_j λ_j w[columns_j]ᵀ S_j w[columns_j], added to the mean loss.

    A matrix S says which coefficients should be alike: ``D.T @ D`` with differences D between
    neighbours makes a filter or a tuning curve smooth. Entries may overlap: a surface is smooth in
    two directions by two matrices on the same columns. What no matrix penalises (a constant or a
    straight line, say) is determined by the data alone.

    The loss is a mean over rows: λ = sp / A for the smoothing parameter sp of a sum over rows, as
    in R's mgcv, with A the sum of the row weights (the number of rows without); for the Gaussian
    model, whose loss is the squared error without its half, λ = 2 sp / A. As a prior: w is normal
    of mean zero with precision A λ S / φ, φ being the dispersion; standard errors are those of the
    posterior.

    ``regularizer_strength`` is a number, or one per entry (n_entries,); for a population also
    (n_entries, n_neurons), or (1, n_neurons) for one per neuron. With classes the same matrices and
    strengths serve all classes.

    Parameters
    ----------
    entries :
        Pairs of columns, a slice or numbers of features (m,), and a matrix (m, m).

    Raises
    ------
    TypeError
        If a matrix is not numeric, or an entry is no pair.
    ValueError
        If a matrix does not fit its columns, is not symmetric or has negative eigenvalues, or
        columns come twice in an entry.

    References
    ----------
    Wood (2017), Generalized Additive Models, 2nd ed., section 4.2.

    Examples
    --------
    A filter over 12 lags whose neighbours should be alike, beside a feature without a penalty:

    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 13))
    >>> y = rng.poisson(np.exp(X[:, :12] @ np.exp(-np.arange(12) / 4) / 4 - 1))
    >>> D = np.diff(np.eye(12), n=2, axis=0)
    >>> smooth = nmo.regularizer.Quadratic([(slice(0, 12), D.T @ D)])
    >>> rough = nmo.GLM().fit(X, y).coef_[:12]
    >>> model = nmo.GLM(regularizer=smooth, regularizer_strength=1.0).fit(X, y)
    >>> round(float(np.std(D @ model.coef_[:12]) / np.std(D @ rough)), 2)
    0.11
    """

    entries: Sequence[tuple[Any, ArrayLike]]

    __repr__ = showing.of_fields
    default_strength = 1.0
    default_solver = "LBFGS"
    allowed_solvers = Ridge.allowed_solvers
    has_own_strengths = True  # that belong to entries, not to coefficients

    def __post_init__(self) -> None:
        for number, _ in enumerate(_listed(self.entries)):
            self._entry(number)

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> QuadraticPenalty:
        """Return the penalty for coefficients (p, C).

        Raises
        ------
        TypeError
            If the strength is not numeric.
        ValueError
            If an entry or the strength does not fit.
        """
        return self.bind_classes(strength, shape, 1)

    def bind_classes(
        self, strength: ArrayLike, shape: tuple[int, int], n_classes: int
    ) -> QuadraticPenalty:
        """Return the penalty for coefficients (p K, N), row j K + k being feature j of class k.

        >>> alike = Quadratic([([0, 1], [[1.0, -1.0], [-1.0, 1.0]])])
        >>> alike.bind_classes(2.0, (4, 1), 2).value(np.array([[1.0], [0.0], [4.0], [0.0]]))
        array([9.])
        """
        p, n_columns = shape[0] // n_classes, shape[1]
        entries = [self._entry(number) for number in range(len(self.entries))]
        parts = [
            Part(_placed(number, entry.columns, p, len(entry.matrix)), entry.root)
            for number, entry in enumerate(entries)
        ]
        each = _strengths(strength, len(parts), n_columns)
        by_row = np.repeat(each, [len(part.rows) for part in parts], axis=0)
        squares = Squares(tuple(parts), np.tile(by_row, n_classes), p)
        return QuadraticPenalty(squares, n_classes)

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return p for each column."""
        return np.full(coef.shape[1], float(len(coef)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"entries": self.entries}

    def _entry(self, number: int) -> _Entry:
        return _Entry.of(self.entries[number], number)


class _Entry(NamedTuple):
    """A matrix, a root of it, and the columns it is for as the user gave them."""

    columns: Any
    matrix: FloatArray  # (m, m)
    root: FloatArray  # G (r, m) with G'G = S

    @classmethod
    def of(cls, given: Any, number: int) -> _Entry:
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise errors.type_error(
                f"Entry {number} of a quadratic penalty is not a pair.",
                given=repr(given)[:200],
                expected="(columns, S), such as (slice(0, 10), D.T @ D)",
            )
        columns, S = given
        name = f"The matrix of entry {number}"
        values = numbers_of(S, name=name, expected="(m, m) numbers, such as D.T @ D")
        is_single = to_array(S, name=name).dtype.itemsize < 8
        matrix = _checked(values, name, _ROUNDING[is_single])
        if not isinstance(columns, slice):
            _check_numbers(columns, number, len(matrix))
        return cls(columns, matrix, _root(matrix, name, _ROUNDING[is_single]))


@dataclass(frozen=True, eq=False)
class QuadraticPenalty:
    """½ Σ_r s_r (g_r . w)² of each class and neuron.

    ``sums`` are of class columns, (p, K·N): column k N + n is class k of neuron n. The coefficients
    are (p K, N).
    """

    sums: Squares
    n_classes: int = 1

    __repr__ = showing.of_fields
    is_smooth = True

    def take(self, columns: IntArray) -> QuadraticPenalty:
        """Keep only some neurons."""
        n_neurons = self.sums.strength.shape[1] // self.n_classes
        wide = (np.arange(self.n_classes)[:, None] * n_neurons + columns).ravel()
        return replace(self, sums=self.sums.take(wide))

    def times(self, factor: FloatArray) -> QuadraticPenalty:
        """Return the penalty with each neuron's strengths multiplied, (N,)."""
        return replace(self, sums=self.sums.times(np.tile(factor, self.n_classes)))

    def value(self, W: FloatArray) -> FloatArray:
        """Return the penalty of each neuron, (N,)."""
        by_class = self.sums.value(self._wide(W))
        return by_class.reshape(self.n_classes, -1).sum(axis=0)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return its derivative, (p K, N)."""
        return self.sums.gradient(self._wide(W)).reshape(W.shape)

    def curvature(self, shape: tuple[int, int]) -> FloatArray:
        """Return the diagonal of its second derivative, (p K, N)."""
        return self.sums.diagonal.reshape(shape)

    def squares(self, n_columns: int) -> Squares:
        """Return it as squares, of class columns."""
        return self.sums

    def kinks(self, unit: FloatArray, n_columns: int) -> None:
        """Return None: it is smooth."""

    def prox(self, W: FloatArray, step: float | FloatArray) -> FloatArray:
        """Return (1 + step Λ)⁻¹ w, (p K, N)."""
        wide = self._wide(W)
        steps = np.tile(np.broadcast_to(step, (1, W.shape[1])), self.n_classes)[0]
        F = np.tile(np.eye(len(wide)), (wide.shape[1], 1, 1))
        self.sums.times(steps).add_to(F)
        return np.linalg.solve(F, wide.T[:, :, None])[:, :, 0].T.reshape(W.shape)

    def _wide(self, W: Any) -> Any:
        return W.reshape(self.sums.n_coefficients, self.n_classes * W.shape[1])


def _listed(entries: Any) -> Sequence[Any]:
    if not isinstance(entries, (list, tuple)):
        raise errors.type_error(
            "The entries of a quadratic penalty are not a list.",
            given=repr(entries)[:200],
            expected="[(columns, S), ...], such as [(slice(0, 10), D.T @ D)]",
        )
    return entries


def _checked(S: Array, name: str, rounding: float) -> FloatArray:
    """Return a matrix (m, m) made exactly symmetric."""
    if S.ndim != 2 or S.shape[0] != S.shape[1]:
        raise errors.value_error(
            f"{name} is not square.",
            given=f"shape {S.shape}",
            expected="(m, m) for m columns",
            todo="for rows D of combinations that should be small give D.T @ D; for a penalty per "
            "column np.diag(penalty).",
        )
    if not np.isfinite(S).all():
        raise errors.value_error(
            f"{name} is not finite.", given="NaN or inf among its numbers", expected="numbers"
        )
    worst = np.abs(S - S.T).max(initial=0.0)
    if worst > rounding * np.abs(S).max(initial=0.0):
        raise errors.value_error(
            f"{name} is not symmetric.",
            given=f"S with S - S.T up to {worst:.3g}",
            expected="S equal to S.T",
            todo="give (S + S.T) / 2, which penalises the same.",
        )
    return np.asarray(0.5 * (S + S.T), dtype=np.float64)


def _root(S: FloatArray, name: str, rounding: float) -> FloatArray:
    """Return G (r, m) of full rank with G'G = S.

    In units in which the diagonal is one: large coefficients do not hide small ones.
    """
    diagonal = np.diag(S)
    unit = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(S / np.outer(unit, unit))
    if values.min(initial=0.0) < -rounding * max(values.max(initial=0.0), 1.0):
        raise errors.value_error(
            f"{name} has negative eigenvalues: its penalty would have no minimum.",
            given=f"a smallest eigenvalue of {np.linalg.eigvalsh(S)[0]:.3g}",
            expected="a positive semidefinite matrix",
            todo="for rows D of combinations that should be small give D.T @ D, for a kernel K of "
            "a Gaussian process its inverse np.linalg.inv(K).",
        )
    kept = values > _NO_EIGENVALUE * len(S) * values.max(initial=0.0)
    return np.asarray((vectors[:, kept] * np.sqrt(values[kept])).T * unit)


def _check_numbers(columns: Any, number: int, size: int) -> None:
    """Check that columns are as many whole numbers as the matrix has rows, each once."""
    values = np.asarray(columns)
    expected = f"a slice, or {size} numbers of features"
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise errors.type_error(
            f"The columns of entry {number} are not whole numbers.",
            given=repr(columns)[:200],
            expected=expected,
            todo="for a mask of features give np.flatnonzero(mask).",
        )
    if len(values) != size:
        raise _unfit_columns(number, f"{len(values)} columns", size)
    if len(set(values.tolist())) < size or (values < 0).any():
        raise errors.value_error(
            f"The columns of entry {number} come twice, or are below zero.",
            given=repr(columns)[:200],
            expected="each feature once, counted from zero",
        )


def _placed(number: int, columns: Any, n_features: int, size: int) -> IntArray:
    """Return the columns of an entry as numbers (m,)."""
    if isinstance(columns, slice):
        places = np.arange(n_features)[columns]
        if len(places) != size:
            given = f"{columns}, which is {len(places)} of {n_features} features"
            raise _unfit_columns(number, given, size)
        return places
    places = np.asarray(columns, dtype=np.intp)
    if len(places) and places.max() >= n_features:
        raise errors.value_error(
            f"Entry {number} of the quadratic penalty is for features that X does not have.",
            given=f"column {places.max()}",
            expected=f"columns below {n_features}, the number of features",
        )
    return places


def _unfit_columns(number: int, given: str, size: int) -> ValueError:
    return errors.value_error(
        f"The columns and the matrix of entry {number} do not fit each other.",
        given=f"{given}, and a matrix ({size}, {size})",
        expected="a row and a column of the matrix for each column",
    )


def _strengths(strength: ArrayLike, n_entries: int, n_columns: int) -> FloatArray:
    """Return a strength per entry and neuron, (n_entries, C)."""
    expected = f"a number, or {n_entries} numbers, one per entry"
    values = numbers_of(strength, name="regularizer_strength", expected=expected)
    check_sizes(values, strength)
    if values.ndim == 1:
        values = values[:, None]
    shape = n_entries, n_columns
    if values.ndim and values.shape not in {shape, (n_entries, 1), (1, n_columns)}:
        raise errors.value_error(
            "regularizer_strength does not fit the entries.",
            given=f"an array of shape {np.shape(strength)}",
            expected=f"a number, ({n_entries},), (1, {n_columns}) or {shape}",
        )
    return np.array(np.broadcast_to(values, shape))
