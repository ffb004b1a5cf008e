"""How many parameters a penalised fit really uses up: its effective degrees of freedom.

With F the information on (w, b) and K the second derivative of the penalty where it is smooth (its
squares, and the bend of group norms), among the coefficients that are not held at zero,

    edf = tr[(F + A K)⁻¹ F],        phi = RSS / (A − edf)

which is the trace of the matrix that maps responses to fitted values. Without a penalty it is the
rank; a coefficient that the penalty shrinks to a third of its estimate counts as a third. For the
lasso, whose penalty does not bend, it is the number of coefficients that are not zero.

With H that map, phi varies from one recording to the next as an estimate does that comes from

    nu = (A − edf)² / tr[(1 − H)²] = (A − edf)² / (A − 2 edf + tr[H²])

observations without parameters, if coefficients are drawn from the prior that the penalty states:
the residuals then have the covariance phi (1 − H). Intervals have Student's quantile for nu, which
is A − edf without a penalty, and more where one shrinks.

References
----------
Satterthwaite (1946), Biometrics Bull 2:110-4, for nu.
Hastie & Tibshirani (1990), Generalized Additive Models, sections 3.5 and 6.8; Wood (2017),
Generalized Additive Models, 2nd ed., section 6.12. Zou, Hastie & Tibshirani (2007), Ann Stat
35:2173-92, for the lasso; Vaiter, Deledalle, Fadili, Peyré & Dossal (2017), Ann Inst Stat Math
69:791-832, for groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from ...engine.columns import Columns
from ...engine.features.survey import survey_locations, survey_responses
from ...engine.kernels import loss_kernels
from ...engine.runners.dispatch import run
from ...engine.runners.plan import planned
from ...engine.table import Table
from ...regularizer.squares import Squares, squares_of
from ...typing import FloatArray, IntArray
from .inverses import penalised_inverse
from .memory import groups, in_longer_blocks
from .optimum import Optimum

_ROWS_PER_FEATURE = 32  # of a sample from which F is taken, as for correlations
_FEWEST_ROWS = 2000  # of a sample
_NOTHING_LEFT = 1e-9  # of the observations; less is what rounding leaves of none
_DIGITS = 12  # of the log proportions of a ridge, by which columns are told to have the same
_CLEAR = 1e4  # times what eigenvalues round to


def effective_parameters(
    optimum: Optimum, counted: FloatArray, *, total_weight: FloatArray, has_aliased: bool
) -> FloatArray:
    """Return how many parameters the estimates of each column use up, any intercept included, (C,).

    Only columns whose penalty bends read the rows. F is then summed over all rows or, of a long
    recording, over 32 for each feature: that moves a dispersion by less than a thousandth.

    Parameters
    ----------
    optimum :
        The estimates and their data; of those neither dispersion nor status is used.
    counted :
        (C,) parameters of the columns whose penalty does not bend, any intercept included.
    total_weight :
        (C,) sum of the row weights.
    has_aliased :
        Whether some features are combinations of others: which of those that a column uses are, the
        rank of all does not tell.
    """
    return _measured(1, optimum, counted, total_weight, has_aliased)


def dispersion_degrees(
    optimum: Optimum, edf: FloatArray, *, total_weight: FloatArray, has_aliased: bool
) -> FloatArray:
    """Return nu, the degrees of freedom of the estimated dispersion of each column, (C,).

    Parameters are those of :func:`effective_parameters`, and ``edf`` is what that returned. NaN
    where nothing is left.
    """
    of_square = _measured(2, optimum, edf, total_weight, has_aliased)
    left = total_weight - edf
    is_some = left > _NOTHING_LEFT * total_weight
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(is_some, left**2 / (left - edf + of_square), np.nan)


def _measured(
    power: int,
    optimum: Optimum,
    otherwise: FloatArray,
    total_weight: FloatArray,
    has_aliased: bool,
) -> FloatArray:
    """Return the trace of a power of H of each column, (C,), where the penalty bends."""
    out = np.array(otherwise, dtype=float)
    active = [_Active.of(optimum, c) for c in range(len(out))]
    out = np.minimum(out, [a.n_parameters for a in active])  # those on a bound are no parameters
    p = len(optimum.coef)
    # Of features that are combinations of others, a count of the coefficients says too much.
    asking = [
        a.bends or (has_aliased and (len(a.features) < p or n >= a.n_parameters))
        for a, n in zip(active, out, strict=True)
    ]
    wanted = np.flatnonzero(np.array(asking) & (total_weight > 0))
    shared, known, axes = None, dict[object, float](), _Axes()
    for c, information in _informations(optimum, wanted, total_weight):
        if information is not shared:
            shared, known, axes = information, {}, _Axes()
        key, weight = active[c].key, float(total_weight[c])
        if key not in known:
            known[key] = active[c].trace_of_power(power, information, weight, axes)
        out[c] = known[key]
    return out


class _Active(NamedTuple):
    """The coefficients of a column that are not held at zero, and how its penalty bends there."""

    features: IntArray  # (a,)
    curvature: FloatArray  # (a, a), or its diagonal (a,), or the strengths (R,) of squares
    has_intercept: bool
    squares: Squares | None = None

    @classmethod
    def of(cls, optimum: Optimum, column: int) -> _Active:
        coef, mask = optimum.coef[:, [column]], optimum.columns.mask
        used = np.ones(len(coef), dtype=bool) if mask is None else mask[:, column]
        penalty = optimum.penalty.take(np.array([column]))
        kinks = penalty.kinks(np.ones(len(coef)), 1)
        z = np.append(coef[:, 0], optimum.intercept[column])[None]
        features = np.flatnonzero(used if kinks is None else used & kinks.moves(z)[0, :-1])
        squares = squares_of(penalty, 1)
        if squares is not None:
            strength = squares.strength[:, 0]
            return cls(features, strength, optimum.columns.has_intercept, squares)
        curvature = penalty.curvature(coef.shape)[features, 0]
        if kinks is None or kinks.is_piecewise_linear:
            return cls(features, curvature, optimum.columns.has_intercept)
        here = kinks.on([features], len(features) + 1)
        bend = here.bend(z[:, np.append(features, -1)])[0, :-1, :-1]
        return cls(features, bend + np.diag(curvature), optimum.columns.has_intercept)

    @property
    def bends(self) -> bool:
        return bool(self.curvature.any())

    @property
    def n_parameters(self) -> int:
        return len(self.features) + self.has_intercept

    @property
    def key(self) -> tuple[bytes, bytes]:
        return self.features.tobytes(), self.curvature.tobytes()

    def trace_of_power(
        self, power: int, information: FloatArray, weight: float, axes: _Axes
    ) -> float:
        """Return tr H or tr H², H = (F + A K)⁻¹ F, among these features and the intercept."""
        shares = axes.shares(self, information, weight)
        if shares is not None:
            return float(self.has_intercept + (shares**power).sum())
        inverse, F = self._inverse_and_part(information, weight)
        if power == 1:
            return float(np.einsum("ij,ij->", inverse, F))
        H = inverse @ F
        return float(np.einsum("ij,ji->", H, H))

    @property
    def ridge(self) -> FloatArray | None:
        """(a,) the penalty where it is a ridge on every coefficient, else None."""
        is_one = self.squares is None and self.curvature.ndim == 1 and len(self.curvature) > 0
        return self.curvature if is_one and (self.curvature > 0).all() else None

    @property
    def _bend(self) -> FloatArray:
        """K among these features, (a, a)."""
        if self.squares is not None:
            return self.squares.matrix(self.curvature)[np.ix_(self.features, self.features)]
        return self.curvature if self.curvature.ndim == 2 else np.diag(self.curvature)

    def _inverse_and_part(
        self, information: FloatArray, weight: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return (F + A K)⁻¹ and F, (n, n)."""
        among = self.features
        if self.has_intercept:
            among = np.append(among, len(information) - 1)
        F, a = information[np.ix_(among, among)], len(self.features)
        S = np.zeros_like(F)
        S[:a, :a] = weight * self._bend
        rows = None if self.squares is None else partial(self._rows, weight, len(F))
        inverse, *_ = penalised_inverse(np.ones(len(F), dtype=bool), F, S, rows=rows)
        return inverse, F

    def _rows(self, weight: float, n: int) -> FloatArray:
        """Return G (R, n) with G'G = A K, of squares."""
        assert self.squares is not None
        G = self.squares.along(np.eye(self.squares.n_coefficients))[:, self.features]
        out = np.zeros((len(G), n))
        out[:, : len(self.features)] = G * np.sqrt(weight * self.curvature)[:, None]
        return out


class _Axes:
    """Axes of an information that many columns share, whose ridges differ in their strength alone.

    With K = λ D, the coefficients less D^-½ and the intercept profiled out, H has the eigenvalues
    d / (d + A λ), and 1.
    """

    def __init__(self) -> None:
        self._known: dict[object, FloatArray] = {}

    def shares(self, active: _Active, information: FloatArray, weight: float) -> FloatArray | None:
        """Return them (a,); None where a penalty is no ridge, or too weak to be told from none."""
        ridge = active.ridge
        if ridge is None or not np.isfinite(information).all():
            return None
        strength = float(ridge.mean())
        proportions = np.round(np.log(ridge / strength), _DIGITS)
        key = active.features.tobytes(), proportions.tobytes()
        if key not in self._known:
            self._known[key] = _eigenvalues(active, information, np.exp(proportions))
        d, a = self._known[key], weight * strength
        rounding = _CLEAR * np.finfo(float).eps * len(d) * d.max()
        return np.maximum(d, 0.0) / (np.maximum(d, 0.0) + a) if a > rounding else None


def _eigenvalues(active: _Active, information: FloatArray, pattern: FloatArray) -> FloatArray:
    among = active.features
    F = information[np.ix_(among, among)]
    if active.has_intercept:
        F = F - np.outer(information[among, -1], information[-1, among]) / information[-1, -1]
    root = np.sqrt(pattern)
    return np.linalg.eigvalsh(F / root / root[:, None])


def _informations(
    optimum: Optimum, wanted: IntArray, total_weight: FloatArray
) -> Iterator[tuple[int, FloatArray]]:
    """Yield each wanted column with its information on (w, b + shift . w), (p + 1, p + 1).

    Where that depends neither on the estimates nor on the column, all get the same.
    """
    if not len(wanted):
        return
    columns, p = optimum.columns.take(wanted), len(optimum.coef)
    is_shared = columns.likelihood.has_constant_information and _is_weighted_alike(columns)
    if is_shared:
        columns = columns.take(np.array([0]))
    table, how = planned(optimum.rows, optimum.keep, columns.n_columns)
    table = survey_locations(_enough(table, columns), columns, how).table
    shift = table.origin
    weight = survey_responses(table, columns, how).weight
    table = in_longer_blocks(table, how)
    coef, intercept = optimum.coef[:, wanted], optimum.intercept[wanted]
    for group in groups(columns.n_columns, p + 1):
        W, b = coef[:, group], intercept[group] + shift @ coef[:, group]
        sums = run(loss_kernels.fisher_information, table, columns.take(group), W, b, how)
        factor = total_weight[wanted[group]] / weight[group]
        for c, information, more in zip(group, sums.information, factor, strict=True):
            information *= more
            yield from ((int(w), information) for w in (wanted if is_shared else wanted[[c]]))


def _is_weighted_alike(columns: Columns) -> bool:
    weights = columns.weights
    return weights is None or bool((weights.of == weights.of[0]).all())


def _enough(table: Table, columns: Columns) -> Table:
    """Return a sample of the rows where that tells enough: every column shares them."""
    n_rows = max(_FEWEST_ROWS, _ROWS_PER_FEATURE * (table.rows.n_features + 1))
    if table.n_kept <= 2 * n_rows or not _is_weighted_alike(columns):
        return table
    return table.scattered(n_rows, at_a_time=n_rows)
