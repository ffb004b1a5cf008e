"""What a penalty leaves of each coefficient: effective degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notebook, showing
from ...regularizer.squares import squares_of
from ...typing import ArrayLike, FloatArray, IntArray
from ..fit_on_data import FitOnData, FittedModel, fit_of
from ..information.inverses import penalised_inverse
from ..information.optimum import Optimum
from ..information.rereading import Rereading

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 20
_ROUNDING = 1e-12  # of a sum, what is left beside the intercept of a constant


@dataclass(frozen=True, eq=False)
class EffectiveDegrees:
    """Effective degrees of freedom of p coefficients and the intercept, of N neurons.

    With I the information, S the penalty and F = (I + S)⁻¹ I, the posterior mean moves by F delta
    where the data would move an estimate without a penalty by delta: 1 where the penalty does
    nothing, 0 where it decides. NaN for neurons without an optimum.

    Attributes
    ----------
    edf, edf1 :
        (p + 1, N) diag F, and diag(2 F - F F), which tests use; the intercept comes last, and is
        zero where there is none.
    neurons, feature_names :
        (N,) and (p,).
    terms :
        Labels and columns of the terms.
    status :
        (N,) how each fit ended, which says why numbers are NaN (``"silent"``).

    References
    ----------
    Wood (2017), Generalized Additive Models, 2nd ed., sections 6.1.2 and 6.12.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
    >>> model = nmo.GLM(regularizer="Ridge", regularizer_strength=[0.0, 0.3]).fit(X, y)
    >>> effective_degrees(model, X, y).edf.ravel().round(2)
    array([1. , 0.6, 1. ])
    """

    edf: FloatArray
    edf1: FloatArray
    neurons: tuple[Any, ...]
    feature_names: tuple[str, ...]
    terms: tuple[tuple[str, slice], ...]
    status: tuple[str, ...]

    __repr__ = showing.of_fields

    @property
    def total(self) -> FloatArray:
        """(N,) of all parameters together, the intercept included."""
        return self.edf.sum(axis=0)

    def by_term(self) -> FloatArray:
        """Return the sum over the coefficients of each term, (n_terms, N).

        Functions that add up to one share their constant with the intercept, which has it here.

        >>> import spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
        >>> model = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1).fit(X, y)
        >>> effective_degrees(model, X, y).by_term().round(2)
        array([[1.63]])
        """
        parts = [self.edf[columns].sum(axis=0) for _, columns in self.terms]
        return np.array(parts).reshape(len(self.terms), len(self.neurons))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron and term: ``edf``, ``edf1``, ``status``.

        >>> import spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
        >>> effective_degrees(nmo.GLM().fit(X, y), X, y).to_frame().round(6).values.tolist()
        [[0, '', 2.0, 2.0, 'converged'], [0, '(intercept)', 1.0, 1.0, 'converged']]
        """
        import pandas as pd

        table = pd.DataFrame(self._rows(), columns=["neuron", "term", "edf", "edf1"])
        return table.assign(status=np.repeat(self.status, len(self.terms) + 1))

    def __str__(self) -> str:
        rows = self._rows()
        shown = [(str(n), t, f"{a:.3f}", f"{b:.3f}") for n, t, a, b in rows[:_SHOWN]]
        lines = showing.table([("neuron", "term", "edf", "edf1"), *shown], to_left=(0, 1))
        more = len(rows) - _SHOWN
        lines += [f"... {more} more: to_frame() has all"] if more > 0 else []
        return "\n".join(lines + self._said_of_none())

    def _repr_html_(self) -> str:
        """Show the first terms in a notebook."""
        rows = [(str(n), t, f"{a:.3f}", f"{b:.3f}") for n, t, a, b in self._rows()[:_SHOWN]]
        table = notebook.table(rows, ("neuron", "term", "edf", "edf1"))
        lines = self._said_of_none()
        return notebook.box("Effective degrees of freedom", "", table=table, lines=lines)

    def _said_of_none(self) -> list[str]:
        """Say which neurons have none, and why."""
        has_none = [bool(np.isnan(of_one).all()) for of_one in self.edf.T]
        pairs = zip(self.neurons, self.status, strict=True)
        none = [
            f"{name} ({word})" for lacks, (name, word) in zip(has_none, pairs, strict=True) if lacks
        ]
        return [f"none of {errors.listed(none)}"] if none else []

    def _rows(self) -> list[tuple[Any, str, float, float]]:
        parts = [*self.terms, ("(intercept)", slice(-1, None))]
        return [
            (name, label, float(self.edf[part, n].sum()), float(self.edf1[part, n].sum()))
            for n, name in enumerate(self.neurons)
            for label, part in parts
        ]


def effective_degrees(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> EffectiveDegrees:
    """Return what the penalty of a fit leaves of its coefficients and of its terms.

    Parameters
    ----------
    model :
        A fitted :class:`GLM` or :class:`PopulationGLM`.
    X, y, sample_weight, offset :
        The data of the fit.

    Raises
    ------
    ValueError, TypeError
        If the data are not those of the fit; for classifiers.

    References
    ----------
    Wood (2017), Generalized Additive Models, 2nd ed., section 6.1.2.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 500)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(12, label="position").design(x)
    >>> model = nmo.GLM(regularizer="Smoothness", regularizer_strength="auto").fit(X, y)
    >>> print(effective_degrees(model, X, y))
    neuron  term           edf   edf1
    0       position     6.731  7.923
    0       (intercept)  1.000  1.000
    """
    return degrees_of(fit_of(model, X, y, sample_weight=sample_weight, offset=offset))


def degrees_of(fit: FitOnData) -> EffectiveDegrees:
    """Return the effective degrees of freedom of a fit with its data.

    Raises ValueError if the estimates are of no fit, or the data not those of it.

    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 3
    >>> degrees_of(nmo.GLM().fit(X, y).on(X, y)).total.round(6)
    array([3.])
    """
    p, N = fit.optimum.coef.shape
    if fit.optimum.record is None:
        raise errors.value_error(
            "These estimates are of no fit.",
            given="coef_ and intercept_ that were set by hand, or updated",
            expected="those of a fit",
            todo="call fit.",
        )
    fit.check_estimates()
    edf, edf1 = np.full((2, p + 1, N), np.nan)
    reading = Rereading.of(fit.optimum)
    wanted = np.array([n for n in range(N) if not fit.optimum.has_none(n)], dtype=np.intp)
    for n, information in reading.informations(wanted, reading.shift):
        F = _influence(fit.optimum, n, information)
        edf[:, n], edf1[:, n] = np.diag(F), 2 * np.diag(F) - np.einsum("ij,ji->i", F, F)
    terms = tuple((term.label, term.columns) for term in fit.terms)
    status = tuple(map(str, fit.status))
    return EffectiveDegrees(edf, edf1, fit.neurons, fit.feature_names, terms, status)


def _influence(optimum: Optimum, column: int, information: FloatArray) -> FloatArray:
    """Return F (n, n) of one column, zero for parameters that are not free.

    An intercept is one degree of freedom, wherever the features are seen from: what they share with
    it, it has. So of what neither data nor penalty know, it has no part.
    """
    p, mask = len(optimum.coef), optimum.columns.mask
    free = np.ones(p + 1, dtype=bool)
    free[-1] = optimum.columns.has_intercept
    if mask is not None:
        free[:-1] = mask[:, column]
    free[_rounded(optimum, column)] = False
    penalty, rows = _penalty(optimum, column)
    inverse, _, void = penalised_inverse(free, information, penalty, rows=rows, keep_void=True)
    F = inverse @ (information * free[:, None])
    if void is None or not void.size or not free[-1]:
        return F
    unit = _units_beside_intercept(information, penalty)
    along = void[:-1] * unit[:, None]
    F[:, :] -= void @ (np.linalg.pinv(along) @ (unit[:, None] * F[:-1]))
    return F


def _rounded(optimum: Optimum, column: int) -> IntArray:
    """Return the features that a fit took for constants, as far as their storage tells.

    Exact constants tell nothing; what is left of these, less their mean, would be a feature. Under
    a penalty it is one for criteria and dispersions too, which look at the rows then.
    """
    record, p = optimum.record, len(optimum.coef)
    if record is None or len(record.aliased) + record.rank != p:  # some are combinations
        return np.zeros(0, dtype=np.intp)
    bend = np.broadcast_to(optimum.penalty.curvature(optimum.coef.shape), optimum.coef.shape)
    if bend[:, column].any():
        return np.zeros(0, dtype=np.intp)
    return record.aliased[optimum.coef[record.aliased, column] == 0]


def _units_beside_intercept(information: FloatArray, penalty: FloatArray) -> FloatArray:
    """Return what a change by one of each coefficient (p,) is worth, the intercept's part apart."""
    total, of_intercept = np.diag(information + penalty)[:-1], information[-1, -1]
    if not of_intercept > 0:
        return np.ones(len(total))
    left = total - information[:-1, -1] ** 2 / of_intercept
    unit = np.sqrt(np.maximum(left, _ROUNDING * total))
    return np.where(unit > 0, unit, 1.0)


def _penalty(optimum: Optimum, column: int) -> tuple[FloatArray, Callable[[], FloatArray] | None]:
    """Return S (n, n), in units of the summed loss, and what tells rows whose square it is."""
    p, record = len(optimum.coef), optimum.record
    weight = 1.0 if record is None else float(record.total_weight[column])
    penalty, out = optimum.penalty.take(np.array([column])), np.zeros((p + 1, p + 1))
    squares = squares_of(penalty, 1)
    if squares is None:
        out[:p, :p] = np.diag(penalty.curvature((p, 1))[:, 0])
    else:
        out[:p, :p] = squares.matrix(squares.strength[:, 0])
    return out * weight, None if squares is None else partial(squares.rows_of_one, weight)
