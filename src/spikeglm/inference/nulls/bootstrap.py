"""The block bootstrap: fits to draws of whole stretches of the data, as columns of one fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ... import errors
from ...engine.columns import Columns, Source
from ...engine.runners.threads import one_blas_thread
from ...fit.fitting import SolverChoice, fit_prepared
from ...fit.prepared import prepare
from ...numerics import quiet
from ...settings import get_config
from ...solvers import WELL
from ...typing import Array, ArrayLike, FloatArray
from ..covariances.rows_in_time import RowsInTime
from ..fit_on_data import FitOnData, FittedModel, fit_of
from .blocks import check_blocks, moving_blocks, whole_groups
from .bootstrap_result import BlockBootstrap
from .contract import Setting, check_count
from .question import Question, Sight

_MOST_COLUMNS = 1024  # of a fit
_SHARE_FOR_WEIGHTS = 1 / 8  # of the memory budget


def block_bootstrap(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    block: Any = None,
    groups: Any = None,
    n_draws: int = 199,
    seed: int | np.random.Generator = 0,
    bin_s: float | None = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> BlockBootstrap:
    """Fit draws of whole blocks of the data: how sure estimates are if neighbouring bins are alike.

    A draw counts each row as often as it is in blocks that are drawn with replacement: the data are
    not copied, and all draws and neurons are columns of one fit.

    Parameters
    ----------
    model :
        A fitted GLM or PopulationGLM.
    X, y, sample_weight, offset :
        The data of the fit.
    block :
        How long blocks are: an int, a number of bins; or seconds, a float or a text (``"2 s"``).
        They begin anywhere in a session. Longer than what is left of the dependence, and many.
    groups :
        Draw whole trials or sessions instead: a label per row (T,), or epochs (a pynapple
        IntervalSet). With ``block`` as well, what blocks do not reach over.
    n_draws, seed :
        How many draws, and a number or NumPy Generator.
    bin_s :
        Seconds of a bin, of data that did not say so, for blocks in seconds.

    Returns
    -------
    BlockBootstrap
        Draws of the estimates; ``.standard_errors``, ``.interval()``, ``.of(function)``,
        ``.p_values(term)``, ``.to_frame()``.

    Raises
    ------
    ValueError, TypeError
        If the data are not those of the fit, or leave no blocks to draw.

    Notes
    -----
    It allows for dependence within a block, and no more: drift that is slow beside a block makes
    intervals too narrow, as HAC errors are. For drift there is
    :func:`~spikeglm.inference.null_test`. Strengths of a penalty that the data chose stay as they
    are in all draws.

    References
    ----------
    Künsch (1989), Ann Stat 17:1217-1241; Politis & Romano (1992); Davison & Hinkley (1997),
    Bootstrap Methods and their Application, section 8.2.3.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 1))
    >>> y = rng.poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> found = block_bootstrap(nmo.GLM().fit(X, y), X, y, block=50)
    >>> low, high = found.interval()
    >>> bool(low[0, 0] < 0.5 < high[0, 0])
    True
    """
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset).in_seconds(bin_s)
    fit.check_estimates()
    rng = np.random.default_rng(seed)
    setting = Setting(Question.about(fit, None), rng)
    rngs = rng.spawn(check_count(n_draws, name="n_draws", fewest=2))
    draw, what = _drawn_by(setting, block, groups)
    with one_blas_thread(), quiet():
        coef, intercept = _fits(fit, draw, rngs)
    assumption = f"{what} are alike, and independent of each other: dependence ends within one."
    return BlockBootstrap(fit, coef, intercept, assumption)


def _drawn_by(
    setting: Setting, block: Any, groups: Any
) -> tuple[Callable[[list[np.random.Generator]], Array], str]:
    """Return what draws row counts (T, D), one draw per generator, and what blocks are called."""
    if block is None:
        if groups is None:
            raise errors.type_error(
                "A block bootstrap needs blocks.",
                given="neither block nor groups",
                expected='block="2 s" (or a number of bins), or groups=trial_of_each_row',
            )
        optimum = setting.fit.optimum
        rows = RowsInTime(optimum.rows, optimum.keep, optimum.time_axis, setting.fit.bin_s)
        codes = rows.codes(groups)
        return lambda rngs: whole_groups(codes, rngs), "Groups of rows"
    starts, lengths = setting.sessions(groups)
    size = setting.bins(block, name="block")
    check_blocks(lengths, size)
    T = setting.n_rows
    return lambda rngs: moving_blocks(starts, lengths, T, size, rngs), f"Stretches of {size} bins"


def _fits(
    fit: FitOnData,
    draw: Callable[[list[np.random.Generator]], Array],
    rngs: list[np.random.Generator],
) -> tuple[FloatArray, FloatArray]:
    """Return coefficients (D, p, N) and intercepts (D, N) of fits to all draws."""
    sight = Question.about(fit, None).observed
    p, N, optimum = fit.n_features, fit.n_neurons, fit.optimum
    ready = prepare(sight.rows, sight.columns, keep=sight.keep)
    room = int(_SHARE_FOR_WEIGHTS * get_config().memory_bytes) // (8 * sight.rows.n_rows)
    at_once = max(1, min(_MOST_COLUMNS // N, room // _n_series(sight)))
    coef, intercept = np.empty((len(rngs), p, N)), np.empty((len(rngs), N))
    for first in range(0, len(rngs), at_once):
        part = slice(first, min(first + at_once, len(rngs)))
        D = part.stop - part.start
        each = np.tile(np.arange(N), D)
        result = fit_prepared(
            ready,
            _weighted(sight.columns, draw(rngs[part])),
            penalty=sight.penalty.take(each),
            solver=SolverChoice(),
            start=(optimum.coef[:, each], optimum.intercept[each]),
        )
        went_well = np.array([status in WELL for status in result.status], dtype=bool)
        coef[part] = np.where(went_well, result.coef, np.nan).reshape(p, D, N).swapaxes(0, 1)
        intercept[part] = np.where(went_well, result.intercept, np.nan).reshape(D, N)
    return coef, intercept


def _n_series(sight: Sight) -> int:
    weights = sight.columns.weights
    return 1 if weights is None else int(weights.values.shape[1])


def _weighted(columns: Columns, counts: Array) -> Columns:
    """Return N columns under D row counts (T, D), D N of them."""
    D, N, own = counts.shape[1], columns.n_columns, columns.weights
    every = columns.take(np.tile(np.arange(N), D))
    if own is None:
        weights = Source(counts, np.repeat(np.arange(D), N))
    else:
        S = own.values.shape[1]
        series = (counts[:, :, None] * np.asarray(own.values)[:, None, :]).reshape(-1, D * S)
        weights = Source(series, np.add.outer(S * np.arange(D), own.of).ravel())
    return replace(every, weights=weights)
