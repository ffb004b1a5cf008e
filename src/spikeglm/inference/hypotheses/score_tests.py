"""Score tests: the slope of the likelihood where a term is left out, for every term and neuron.

With U the slope and F the information of all parameters at the fit without the term, in units k of
the loss, 1 for the parameters of that fit and 2 for the term,

    score  =  U2' (F22 - F21 F11⁻¹ F12)⁻¹ U2 / (k phi)

is chi-squared; phi is the dispersion of the larger model, as in R. The robust test stands on the
products M of slopes (of rows, groups or lags) instead: with G = [-F21 F11⁻¹, 1], U2' (G M G')⁻¹ U2.

References
----------
Rao (1948), Math Proc Camb Phil Soc 44:50-7; White (1982), Econometrica 50:1-25; Boos (1992), Am
Stat 46:327-33.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...solvers import Status
from ...typing import BoolArray, FloatArray, IntArray
from ..fit_on_data import FitOnData
from ..information.filling import Filler, Seen
from ..information.inverses import inverse_among
from ..information.rereading import Rereading
from . import reasons
from .asked_terms import AskedTerm
from .cells import Cells
from .rank_aware import QuadraticForm, inverse_form, schur
from .refits import Refits, against_refit
from .wald_tests import penalised, put_form

_ROUNDING = 1e-11  # share of the information on a feature, per feature, that is none


def score_tests(
    fit: FitOnData,
    asked: Sequence[AskedTerm],
    *,
    filler: Filler | None = None,
    only: BoolArray | None = None,
) -> Cells:
    """Return the tests (J, N) by the slope where the term is left out.

    Of the larger fit nothing is used but its dispersion: a term that separates has a test too.

    Parameters
    ----------
    fit, asked :
        The fit, and what is asked of it.
    filler :
        What makes the products of slopes of a robust test; None for that of the model.
    only :
        (J, N) True for the tests that are asked for; None for all.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
    >>> fit = nmo.GLM().fit(X, y).on(X, y)
    >>> found = score_tests(fit, (AskedTerm("x0", np.array([0])),))
    >>> bool(found.p_value[0, 0] < 1e-10)
    True
    """
    dof = fit.dispersion_dof if filler is None else np.full(fit.n_neurons, np.inf)
    cells, optimum = Cells.empty(len(asked), dof), fit.optimum
    wanted, bend = np.zeros(cells.df.shape, dtype=bool), penalised(optimum)
    for j, term in enumerate(asked):
        for neuron in range(fit.n_neurons):
            features = reasons.used_features(optimum, neuron, term.features)
            why = against_refit(optimum, neuron, features, bend)
            wanted[j, neuron] = not why
            if why:
                cells.refuse((j, neuron), why)
    if only is not None:
        wanted &= only
    if not wanted.any():
        return cells
    refits = Refits.of(fit, asked, wanted)
    forms = _Scores(fit, asked, refits, Rereading.of(refits.optimum)).forms(filler)
    for c, (form, against) in enumerate(forms):
        at = int(refits.term[c]), int(refits.neuron[c])
        failed = refits.failed(c) or against
        if not failed and _is_separated(refits, c):
            failed = f"without the term: {Status.SEPARATED}"
        if failed:
            cells.refuse(at, failed)
        else:
            put_form(cells, at, form, refits.status(c))
    return cells


def _is_separated(refits: Refits, column: int) -> bool:
    record = refits.optimum.record
    return record is not None and record.status[column] is Status.SEPARATED


class _Scores:
    """The statistics of C refits; matrices are on (w, b + shift . w)."""

    def __init__(
        self, fit: FitOnData, asked: Sequence[AskedTerm], refits: Refits, reading: Rereading
    ) -> None:
        self.fit, self.asked, self.refits, self.reading = fit, asked, refits, reading
        self.unit = refits.optimum.unit

    def forms(self, filler: Filler | None) -> Iterator[tuple[QuadraticForm, str]]:
        """Yield each statistic, and why there is none."""
        slopes = self.reading.slopes()
        for group in self.reading.groups(np.arange(len(self.unit))):
            informations = [F for _, F in self.reading.informations(group, self.reading.shift)]
            inverses = [
                inverse_among(self._outside(c), F)[0]
                for c, F in zip(group, informations, strict=True)
            ]
            filling = None if filler is None else filler.fill(self._seen(group, inverses))
            for i, c in enumerate(group):
                inside = self._inside(c)
                left = _Left.of(informations[i], inside, inverses[i], slopes[:, c])
                if filling is None:
                    yield left.by_information(float(self.unit[c])), ""
                else:
                    form = left.by_products(filling.products[i])
                    is_few = filling.dof[i] < form.df  # of as many groups it is always the same
                    yield form, filling.reason[i] or (reasons.FEW if is_few else "")

    def _inside(self, column: int) -> IntArray:
        neuron, term = int(self.refits.neuron[column]), self.asked[self.refits.term[column]]
        return reasons.used_features(self.fit.optimum, neuron, term.features)

    def _outside(self, column: int) -> BoolArray:
        """Return (n,) True for the parameters of the fit without the term."""
        columns = self.refits.optimum.columns
        p = self.fit.n_features
        used = np.ones(p, dtype=bool) if columns.mask is None else columns.mask[:, column]
        return np.append(used, columns.has_intercept)

    def _seen(self, group: IntArray, inverses: list[FloatArray]) -> Seen:
        """Return what makes products of slopes looks at."""
        reading, optimum = self.reading, self.refits.optimum
        W, b = reading.at(group)
        n_used = np.array([float(np.linalg.matrix_rank(B, hermitian=True)) for B in inverses])
        columns = optimum.columns.take(group)
        return Seen(reading.table, columns, W, b, reading.how, inverses, n_used, reading.shift)


class _Left:
    """What is left of slope and information on a term beside the other parameters."""

    def __init__(self, slope: FloatArray, L: FloatArray, values: FloatArray, G: FloatArray) -> None:
        self.slope = slope  # (b,)
        self.L, self.values = L, values  # (b, r) directions that are told, (r,) information on them
        self.G = G  # (b, n) slope = G U

    @classmethod
    def of(cls, F: FloatArray, inside: IntArray, inverse: FloatArray, U: FloatArray) -> _Left:
        G = -F[inside] @ inverse
        G[np.arange(len(inside)), inside] += 1.0
        M = schur(F, inside, inverse)
        size = np.sqrt(np.maximum(np.diag(F)[inside], 0.0))
        size = np.where(size > 0, size, 1.0)
        scaled = np.nan_to_num(M / np.outer(size, size), nan=0.0, posinf=0.0, neginf=0.0)
        values, vectors = np.linalg.eigh(scaled)
        kept = values > _ROUNDING * len(values)
        return cls(G @ U, vectors[:, kept] / size[:, None], values[kept], G)

    def by_information(self, unit: float) -> QuadraticForm:
        df = len(self.values)
        along = self.L.T @ self.slope
        return QuadraticForm(float((along**2 / self.values).sum()) / unit, df, df)

    def by_products(self, products: FloatArray) -> QuadraticForm:
        return inverse_form(self.L.T @ self.slope, self.L.T @ self.G @ products @ self.G.T @ self.L)
