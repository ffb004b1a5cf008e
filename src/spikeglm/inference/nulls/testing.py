"""The test: one statistic of the data and of draws in which a term means nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtrc

from ...engine.runners.threads import one_blas_thread
from ...numerics import quiet
from ...rows.contract import Rows
from ...typing import ArrayLike, FloatArray
from ..false_discovery import q_values
from ..fit_on_data import FittedModel, fit_of
from .contract import RESPONSE, Draws, Null, Setting
from .moved import Move, MovedRows, ReplacedRows, moved_columns
from .named import read_null
from .p_values import at_least_as_large
from .question import Question, Sight
from .reduced import Reduced
from .result import NullTest
from .score import scores
from .statistics import Shared, Statistic, read_statistic

_MOST_COLUMNS = 1024  # of a fit: more take no less time each, and blocks of rows become short


def null_test(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    term: str | Sequence[str] | None = None,
    null: str | Null = "linear_shift",
    statistic: Any = "score",
    seed: int | np.random.Generator = 0,
    bin_s: float | None = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    **options: Any,
) -> NullTest:
    """Test whether a term means anything to neurons, by a null that slow drift does not fool.

    Tests for which every bin is news find "effects" between any two slow signals. A null compares
    the data with draws in which the term has nothing to do with the response, and both are as slow.

    Parameters
    ----------
    model :
        A fitted GLM or PopulationGLM: it says which model is fitted, with which penalty.
    X, y, sample_weight, offset :
        The data of the fit.
    term :
        The label of a term, the name of a feature, or several; None asks about all features.
    null :
        ``"linear_shift"``, ``"session_permutation"``, ``"pseudosession"`` or ``"circular_shift"``,
        or an object: :class:`~spikeglm.inference.LinearShift`,
        :class:`~spikeglm.inference.SessionPermutation`,
        :class:`~spikeglm.inference.Pseudosession`, :class:`~spikeglm.inference.CircularShift`.
    statistic :
        What the term adds to the fit of all other features. ``"score"``: to second order, without
        fits; ``"deviance"``: 2 (l - l_without) / phi, of fits to every draw; ``"bits_per_spike"``;
        or a function ``f(y, mean, null_mean)`` of arrays (R, C), which returns (C,), larger for
        more.
    seed :
        An int or a NumPy Generator.
    bin_s :
        Seconds of a bin, of data that did not say so, for options in seconds.
    **options :
        Of a null that is named, such as ``max_shift="60 s"``, ``sessions=labels`` or
        ``covariates=function``.

    Returns
    -------
    NullTest
        Prints as a table with the assumption; ``.to_frame()`` has a row per neuron. Neurons that
        have no fit (no data) have NaN and a status; silent ones have no p value.

    Raises
    ------
    ValueError, TypeError
        If the data are not those of the fit, there is no such term, null or statistic, or the null
        has no draws (too few rows or sessions).

    Notes
    -----
    Where only the response moves, all draws and neurons are columns of one fit. Where features
    move, the fits without the term stay as they are and scores take a pass over the rows per draw;
    other statistics take a fit. Strengths that the data chose (``"auto"``) stay with the rest of
    the model; in the score the term has no penalty then: it would suit the data better than draws.

    References
    ----------
    Harris (2020), Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719; Meijer (2021),
    Neurons in the mouse brain correlate with cryptocurrency price: a cautionary tale (preprint).

    Examples
    --------
    Two slow signals that have nothing to do with each other:

    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(4)
    >>> slow = lambda: np.convolve(rng.normal(size=5000), np.ones(400) / 20, "same")
    >>> speed, excitability = slow(), slow()
    >>> y = rng.poisson(np.exp(0.5 * excitability - 1))
    >>> X = nmo.basis.IdentityEval(label="speed").design(speed)
    >>> test = null_test(nmo.GLM().fit(X, y), X, y, term="speed", max_shift=1200)
    >>> bool(test.independent_p_value[0] < 1e-6), bool(test.p_value[0] > 0.05)
    (True, True)
    """
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset).in_seconds(bin_s)
    fit.check_estimates()
    question, how = Question.about(fit, term), read_statistic(statistic)
    drawn_by = read_null(null, options)
    how.check(question.observed)
    draws = drawn_by.draws(Setting(question, np.random.default_rng(seed)))
    moving = drawn_by.moving(question)
    with one_blas_thread(), quiet():
        found = _measured(question, draws, how, moving)
    count = at_least_as_large(found.of_data, found.of_draws)
    p = np.where(np.isnan(found.of_data), np.nan, drawn_by.p_values(count, draws.n_draws))
    return NullTest(
        term=question.label,
        null=drawn_by.name,
        statistic_name=how.name,
        neurons=fit.neurons,
        statistic=found.of_data,
        null_statistics=found.of_draws,
        p_value=p,
        q_value=q_values(p),
        independent_p_value=found.independent,
        smallest_p=float(drawn_by.p_values(np.zeros(1, np.intp), draws.n_draws)[0]),
        n_rows=int(draws.keep.sum()),
        moving=moving,
        assumption=drawn_by.assumption(question),
        status=found.status,
        lags=draws.lags,
        bin_s=fit.bin_s,
    )


class _Measured(NamedTuple):
    """Statistics of data (N,) and draws (D, N), p of independent bins (N,), and statuses."""

    of_data: FloatArray
    of_draws: FloatArray
    independent: FloatArray
    status: tuple[str, ...]


def _measured(question: Question, draws: Draws, how: Statistic, moving: str) -> _Measured:
    """Compare the data with the draws, on the rows that all of them have."""
    observed = replace(question.observed, keep=draws.keep)
    reduced = Reduced.of(observed)
    shared = Shared(reduced, observed)
    of_data = np.where(reduced.is_constant, np.nan, how.of(observed, reduced, shared))
    of_draws = _of_draws(question, observed, draws, how, shared, moving)
    independent = _independent(observed, shared, of_data, how)
    failed = np.isnan(of_data) & reduced.has_answer & ~reduced.is_constant
    status = (
        "the fit with the term has no optimum" if fails else str(word)
        for fails, word in zip(failed, reduced.status, strict=True)
    )
    return _Measured(of_data, of_draws, independent, tuple(status))


def _of_draws(
    question: Question,
    observed: Sight,
    draws: Draws,
    how: Statistic,
    shared: Shared,
    moving: str,
) -> FloatArray:
    """Return the statistics (D, N) of all draws."""
    if moving == RESPONSE and not question.has_rest:
        return _in_one_table(observed, draws, how, shared)
    if moving == RESPONSE:
        found = []
        for move in draws.moves:
            sight = _with_moved_rest(question, observed, move)
            found.append(how.of(sight, Reduced.of(sight), None))
        return np.array(found)
    moved = (MovedRows(observed.rows, move, question.of_term) for move in draws.moves)
    replaced = (ReplacedRows(observed.rows, table, question.of_term) for table in draws.tables)
    tables: Iterable[Rows] = chain(moved, replaced)
    sights = (replace(observed, rows=rows) for rows in tables)
    return np.array([how.of(sight, shared.reduced, shared) for sight in sights])


def _in_one_table(observed: Sight, draws: Draws, how: Statistic, shared: Shared) -> FloatArray:
    """Return the statistics of draws of which only the response moves: columns of one fit."""
    N, ready = observed.columns.n_columns, shared.reduced.ready
    at_once = max(1, _MOST_COLUMNS // N)
    found = []
    for first in range(0, draws.n_draws, at_once):
        moves = draws.moves[first : first + at_once]
        each = np.tile(np.arange(N), len(moves))
        columns = moved_columns(observed.columns, moves)
        sight = replace(observed, columns=columns, penalty=observed.penalty.take(each))
        found.append(how.of(sight, Reduced.of(sight, ready), None).reshape(len(moves), N))
    return np.concatenate(found)


def _with_moved_rest(question: Question, observed: Sight, move: Move) -> Sight:
    """Return a draw in which the response moves and all features but those in question."""
    rows = MovedRows(observed.rows, move, ~question.of_term)
    return replace(observed, rows=rows, columns=moved_columns(observed.columns, (move,)))


def _independent(
    observed: Sight, shared: Shared, of_data: FloatArray, how: Statistic
) -> FloatArray:
    """Return the p values (N,) of bins that are all news."""
    shape = len(observed.of_term), observed.columns.n_columns
    is_plain = observed.penalty.is_smooth and not observed.penalty.curvature(shape).any()
    if not (how.is_chi_squared and is_plain):
        return np.full(len(of_data), np.nan)
    rank = scores(observed, shared.reduced, shared.information).rank
    return np.where(rank > 0, chdtrc(np.maximum(rank, 1), of_data), np.nan)
