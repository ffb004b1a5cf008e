"""The estimator: few combinations of features that many outputs follow."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np

from .. import errors
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..estimator import Estimator
from ..glm.reading.fit_inputs import read_rows
from ..glm.reading.known_labels import check_rows
from ..glm.saving import persistence
from ..io.interop.timeseries import to_array
from ..rows.contract import Rows
from ..rows.table_labels import like_rows
from ..selection.folds import rows_to_split
from ..selection.least_squares.spectrum import Spectrum
from ..selection.strength_search import check_rule
from ..solvers import Status
from ..typing import ArrayLike, FloatArray
from .data import Data, read_data
from .scoring import scored
from .solution import Components, ReducedRank

FOLDS = "folds"
_N_STRENGTHS = 13
_DECADES = 8.0


class ReducedRankRegression(Estimator):
    """Linear regression of many outputs on features, through few components.

    Minimises mean_t |y_t - b - x_t B|² + ½ λ |B|² over all coefficients B (p, N) whose rank is at
    most r: component k is the series x·w_k, and output n follows it by the loading q_nk. The answer
    is exact: it is in second moments of the rows, in one pass over them (two where they lie far
    from zero), whatever the ranks, strengths and folds.

    Shapes: ``X`` (T, p), an array or a lazy design; ``y`` (T, N). Rows where an output is missing
    are left out for all outputs (a warning names those with gaps); an output without any response
    gets NaN and the status ``"no valid rows"``.

    Parameters
    ----------
    rank :
        r, or ``"folds"``: by held-out prediction.
    regularizer_strength :
        λ >= 0, strengths to choose among by folds (S,), or ``"folds"``: 13 over eight decades.
    rule :
        ``"one_se"``: the smallest rank whose held-out share of variance is within one standard
        error of the best, that of their difference over folds; ``"min"``: the best one. The
        strength is the best one.
    folds :
        As for :func:`spikeglm.selection.cross_validated`.
    features, outputs :
        ``"raw"``: as they are; ``"standardised"``: the penalty, or the squared error, is that of
        features or outputs over their deviation. Outputs as they are: those with much variance
        decide on the components.
    max_rank :
        Of those to try; None is the smaller of p and N.
    fit_intercept :
        Whether outputs have an intercept, which is not penalised.

    Attributes
    ----------
    coef_, intercept_ :
        (p, N) of rank r, and (N,).
    weights_, loadings_ :
        (p, r) and (N, r): ``coef_ = weights_ @ loadings_.T``. Loadings of different components
        (over the outputs' units) are orthonormal; the largest of each is positive.
    singular_values_ :
        (r,) what tells the order; the last over the next says how distinct the rank is.
    next_singular_value_ :
        The first that is left out, 0 for none.
    rank_, strength_ :
        What was used; outputs may not have as many components as were asked for.
    rank_choice_ :
        A :class:`RankChoice` with all held-out scores; None where nothing was chosen.
    status_ :
        (N,) a word per output.
    neuron_columns_ :
        Names of the outputs, where y has some.

    References
    ----------
    Izenman (1975), J Multivar Anal 5:248-64; Mukherjee & Zhu (2011), Stat Anal Data Min 4:612-22.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 8))
    >>> y = X @ rng.normal(size=(8, 2)) @ rng.normal(size=(2, 40)) + rng.normal(size=(500, 40))
    >>> model = nmo.ReducedRankRegression().fit(X, y)
    >>> model.rank_, model.weights_.shape, model.transform(X).shape
    (2, (8, 2), (500, 2))
    """

    def __init__(
        self,
        rank: int | str = FOLDS,
        regularizer_strength: Any = FOLDS,
        *,
        rule: str = "one_se",
        folds: Any = 5,
        features: str = "raw",
        outputs: str = "raw",
        max_rank: int | None = None,
        fit_intercept: bool = True,
    ) -> None:
        self.rank = rank
        self.regularizer_strength = regularizer_strength
        self.rule = rule
        self.folds = folds
        self.features = features
        self.outputs = outputs
        self.max_rank = max_rank
        self.fit_intercept = fit_intercept

    def fit(
        self, X: ArrayLike, y: ArrayLike, *, groups: ArrayLike | None = None, terms: Any = None
    ) -> Self:
        """Find the components.

        Parameters
        ----------
        X, y :
            (T, p) and (T, N).
        groups, terms :
            As for :func:`spikeglm.selection.cross_validated`.

        Raises
        ------
        ValueError, TypeError
            For arguments or data that cannot be used.

        Warns
        -----
        UserWarning
            If more than 5 % of the rows are left out, or folds leak.

        >>> import spikeglm as nmo
        >>> X, y = np.eye(6)[:, :3], np.cos(np.arange(24.0)).reshape(6, 4)
        >>> nmo.ReducedRankRegression(1, 0.0).fit(X, y).coef_.shape
        (3, 4)
        """
        self._check()
        rows = rows_to_split(X, terms, y)
        is_given = self.rank != FOLDS and np.ndim(self.regularizer_strength) == 0
        is_given &= not isinstance(self.regularizer_strength, str)
        data = read_data(
            rows,
            y,
            folds=None if is_given else self.folds,
            groups=groups,
            fit_intercept=self.fit_intercept,
            features=self.features,
            outputs=self.outputs,
        )
        at = data.whole
        most = min(len(at.d), len(data.outputs), self.max_rank or len(at.d))
        strengths = self._strengths(at)
        if is_given:
            choice, rank, strength = None, min(int(self.rank), most), float(strengths[0])
        else:
            given = None if self.rank == FOLDS else int(self.rank)
            most = most if given is None else min(given, most)
            choice = scored(data, strengths, most, self.rule, given and most)
            rank, strength = choice.rank, choice.chosen_strength
        self.rank_choice_ = choice
        self._store(data, at, rank, strength)
        return self

    def predict(self, X: ArrayLike) -> Any:
        """Return the outputs (T, N); NaN where a row has no complete features.

        With the times of X, where it has some, and the names of the outputs.

        >>> import spikeglm as nmo
        >>> X, y = np.eye(6)[:, :3], np.cos(np.arange(24.0)).reshape(6, 4)
        >>> nmo.ReducedRankRegression(1, 0.0).fit(X, y).predict(X).shape
        (6, 4)
        """
        scores, rows = self._components_of(X)
        values = scores @ self.loadings_.T + self.intercept_
        return like_rows(values, rows, self.neuron_columns_, None)

    def transform(self, X: ArrayLike) -> Any:
        """Return the components over time, (T, r).

        >>> import spikeglm as nmo
        >>> X, y = np.eye(6)[:, :3], np.cos(np.arange(24.0)).reshape(6, 4)
        >>> nmo.ReducedRankRegression(2, 0.0).fit(X, y).transform(X).shape
        (6, 2)
        """
        scores, rows = self._components_of(X)
        return like_rows(scores, rows, None, None)

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of the squared deviations of all outputs together that is predicted.

        Deviations are those from the mean of ``y``; entries that are missing count nowhere.

        >>> import spikeglm as nmo
        >>> X, y = np.eye(6)[:, :3], np.cos(np.arange(24.0)).reshape(6, 4)
        >>> round(nmo.ReducedRankRegression(3, 0.0).fit(X, y).score(X, y), 3)
        0.489
        """
        check_rows(read_rows(X, y), y=y)
        values = to_array(y, name="y").astype(float)
        found = np.asarray(self.predict(X))
        if values.shape != found.shape:
            raise errors.value_error(
                "y does not fit the outputs.",
                given=f"shape {values.shape}",
                expected=f"{found.shape}",
            )
        values = np.where(np.isfinite(found), values, np.nan)
        off = values - np.nanmean(values, axis=0, where=np.isfinite(values))
        return float(1.0 - np.nansum((values - found) ** 2) / np.nansum(off**2))

    def save_params(self, filename: Any) -> None:
        """Save arguments and estimates to an ``.npz`` file; see :func:`spikeglm.load_model`.

        >>> import os, tempfile, spikeglm as nmo
        >>> X, y = np.eye(6)[:, :3], np.cos(np.arange(24.0)).reshape(6, 4)
        >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
        >>> nmo.ReducedRankRegression(1, 0.0).fit(X, y).save_params(path)
        >>> nmo.load_model(path)
        ReducedRankRegression(rank=1, regularizer_strength=0.0)
        """
        persistence.save(self, filename)

    def _check(self) -> None:
        check_rule(self.rule)
        is_rank = isinstance(self.rank, Integral) and not isinstance(self.rank, bool)
        if self.rank != FOLDS and not (is_rank and int(self.rank) >= 0):
            raise errors.value_error(
                "There is no such rank.",
                given=f"rank={self.rank!r}",
                expected="an integer >= 0, or 'folds'",
            )
        if self.max_rank is not None and not self.max_rank >= 1:
            raise errors.value_error(
                "There is no such rank.",
                given=f"max_rank={self.max_rank!r}",
                expected="an integer >= 1, or None",
            )

    def _strengths(self, at: Spectrum) -> FloatArray:
        """Return the strengths to use or to try, (S,), falling."""
        given = self.regularizer_strength
        if isinstance(given, str) and given == FOLDS:
            top = 2.0 * max(float(at.d.sum()) / at.n, np.finfo(float).tiny)
            return np.asarray(top * np.logspace(0.0, -_DECADES, _N_STRENGTHS))
        values = np.atleast_1d(to_array(given, name="regularizer_strength")).astype(float)
        is_chosen = len(values) > 1
        low = values <= 0 if is_chosen else values < 0
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all() or low.any():
            raise errors.value_error(
                "regularizer_strength cannot be used.",
                given=repr(given),
                expected="a number >= 0, some (S,) > 0, or 'folds'",
            )
        return np.sort(values)[::-1]

    def _store(self, data: Data, at: Spectrum, rank: int, strength: float) -> None:
        """Write what was found of all outputs, NaN for those that are nowhere."""
        parts = ReducedRank.of(at).components(strength, rank + 1)
        next_one = parts.size[rank:]
        parts = _signed(parts.first(rank))
        N, some = data.inputs.columns.n_columns, data.outputs
        self.rank_, self.strength_ = len(parts.size), strength
        self.singular_values_ = parts.size
        self.next_singular_value_ = float(next_one[0]) if len(next_one) else 0.0
        self.weights_ = at.unit[:, None] * (at.V @ parts.axes)
        back = np.divide(1.0, data.y_unit, out=np.zeros_like(data.y_unit), where=data.y_unit > 0)
        loadings, intercept = np.full((N, self.rank_), np.nan), np.full(N, np.nan)
        loadings[some] = back[:, None] * parts.loadings
        origin = data.reading.origin
        x, y = origin.x + at.mean_x, origin.y[some] + back * at.mean_y
        if data.inputs.columns.has_intercept:
            intercept[some] = y - loadings[some] @ (self.weights_.T @ x)
        else:
            intercept[some] = 0.0
        self.loadings_, self.intercept_ = loadings, intercept
        self.coef_ = self.weights_ @ loadings.T
        status = np.full(N, str(Status.NO_ROWS), dtype=object)
        status[some] = np.where(at.total > 0, str(Status.CONVERGED), "does not vary")
        self.status_ = tuple(status)
        self.neuron_columns_ = data.inputs.neurons
        self.n_features_in_ = len(at.unit)

    def _components_of(self, X: ArrayLike) -> tuple[FloatArray, Rows]:
        if not hasattr(self, "coef_"):
            raise errors.not_fitted(type(self).__name__)
        rows = read_rows(X)
        if rows.n_features != self.n_features_in_:
            raise errors.value_error(
                "X has other features than those of the fit.",
                given=f"{rows.n_features} features",
                expected=f"{self.n_features_in_}",
            )
        return products(rows, self.weights_, plan(rows, max(1, self.rank_))), rows

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there are estimates."""
        return hasattr(self, "coef_")


def _signed(parts: Components) -> Components:
    """Return components whose largest loading is positive: a sign means nothing."""
    largest = np.abs(parts.loadings).argmax(axis=0)
    sign = np.sign(parts.loadings[largest, np.arange(len(largest))])
    return Components(parts.axes * sign, parts.loadings * sign, parts.size)
