"""The penalty that is made of matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..typing import ArrayLike, FloatArray
from .base import Regularizer
from .penalty_matrices import Entry
from .quadratic_penalty import QuadraticPenalty
from .ridge import Ridge
from .squares import Part
from .strengths_of_entries import strengths_in_words, strengths_of


@dataclass(frozen=True, eq=False)
class Quadratic(Regularizer):
    """Quadratic penalty: ½ Σ_j λ_j w[columns_j]ᵀ S_j w[columns_j], added to the mean loss.

    A matrix S says which coefficients should be alike: ``D.T @ D`` with differences D between
    neighbours makes a filter or a tuning curve smooth. Entries may overlap: a surface is smooth in
    two directions by two matrices on the same columns. What no matrix penalises (a constant or a
    straight line, say) is determined by the data alone. :class:`Smoothness` knows the matrices of
    the terms of a design.

    The loss is a mean over rows: λ = sp / A for the smoothing parameter sp of a sum over rows, as
    in R's mgcv, with A the sum of the row weights (the number of rows without); for the Gaussian
    model, whose loss is the squared error without its half, λ = 2 sp / A. As a prior: w is normal
    of mean zero with precision A λ S / φ, φ being the dispersion; standard errors are those of the
    posterior.

    ``regularizer_strength`` is a number, or one per entry (n_entries,); for a population also
    (n_entries, n_neurons), or (1, n_neurons) for one per neuron; where entries have names, a dict
    with a number, or an array (n_neurons,), for each. With classes the same matrices and strengths
    serve all classes.

    Parameters
    ----------
    entries :
        Pairs of columns, a slice or numbers of features (m,), and a matrix (m, m); a list of them,
        or a dict by their names.

    Raises
    ------
    TypeError
        If a matrix is not numeric, an entry is no pair, or a name no text.
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
    >>> smooth = nmo.regularizer.Quadratic({"filter": (slice(0, 12), D.T @ D)})
    >>> rough = nmo.GLM().fit(X, y).coef_[:12]
    >>> model = nmo.GLM(regularizer=smooth, regularizer_strength={"filter": 1.0}).fit(X, y)
    >>> round(float(np.std(D @ model.coef_[:12]) / np.std(D @ rough)), 2)
    0.11
    """

    entries: Sequence[tuple[Any, ArrayLike]] | Mapping[str, tuple[Any, ArrayLike]]

    __repr__ = showing.of_fields
    default_strength = 1.0
    default_solver = "LBFGS"
    allowed_solvers = Ridge.allowed_solvers
    has_own_strengths = True  # that belong to entries, not to coefficients

    def __post_init__(self) -> None:
        _check_listed(self.entries)
        self._read()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the entries are called; () where they have no names."""
        return tuple(self.entries) if isinstance(self.entries, Mapping) else ()

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
        parts = tuple(Part(entry.placed(name, p), entry.root) for name, entry in self._read())
        if isinstance(strength, Mapping):
            strength = self.strengths_in_words(strength, n_columns if n_columns > 1 else None)
        each = strengths_of(strength, len(parts), n_columns)
        return QuadraticPenalty(parts, np.arange(len(parts)), each, p, n_classes, self.labels)

    def strengths_in_words(self, strengths: Mapping[str, Any], n_neurons: int | None) -> FloatArray:
        """Return strengths by the names of entries as numbers, (n_entries, n_neurons or 1).

        Raises
        ------
        TypeError
            If entries have no names.
        ValueError
            If a name is unknown or missing, or a strength does not fit.

        >>> alike = [[1.0, -1.0], [-1.0, 1.0]]
        >>> pairs = Quadratic({"first": ([0, 1], alike), "last": ([1, 2], alike)})
        >>> pairs.strengths_in_words({"last": 1.0, "first": 3.0}, None).ravel()
        array([3., 1.])
        """
        if not self.labels and len(self.entries):
            raise errors.type_error(
                "The entries of this quadratic penalty have no names.",
                given=f"strengths for {', '.join(map(repr, strengths))}",
                expected="a number or an array of strengths",
                todo="name the entries: Quadratic({name: (columns, S), ...}).",
            )
        return strengths_in_words(strengths, [(label,) for label in self.labels], n_neurons)

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return p for each column."""
        return np.full(coef.shape[1], float(len(coef)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"entries": self.entries}

    def _read(self) -> list[tuple[str, Entry]]:
        """Return the entries and what errors call them."""
        if isinstance(self.entries, Mapping):
            named = [(repr(label), given) for label, given in self.entries.items()]
        else:
            named = [(str(number), given) for number, given in enumerate(self.entries)]
        return [(name, Entry.of(given, name)) for name, given in named]


def _check_listed(entries: Any) -> None:
    if not isinstance(entries, (list, tuple, Mapping)):
        raise errors.type_error(
            "The entries of a quadratic penalty are not a list.",
            given=repr(entries)[:200],
            expected="[(columns, S), ...], such as [(slice(0, 10), D.T @ D)]",
        )
    if isinstance(entries, Mapping) and not all(isinstance(label, str) for label in entries):
        raise errors.type_error(
            "The entries of a quadratic penalty are named by text.",
            given=f"names {', '.join(map(repr, entries))}"[:200],
            expected='{"filter": (columns, S), ...}',
        )
