"""p values of contributions: paired over folds, or against draws that are as slow as the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import errors
from ...glm import GLM
from ...inference.nulls.testing import null_test
from ...typing import ArrayLike, BoolArray, FloatArray, IntArray
from ..paired_tests import signed_rank

UNIQUE = "unique"


class Significance(NamedTuple):
    """p values (H, J, N), and what they are, (H,)."""

    p_value: FloatArray
    p_of: tuple[str, ...]


def over_folds(gains: FloatArray, counts: BoolArray, how: Sequence[str]) -> Significance:
    """Test gains (H, J, K, N) by signed ranks over the folds that count for a neuron, (K, N).

    >>> gains = np.arange(1.0, 6.0).reshape(1, 1, 5, 1)
    >>> over_folds(gains, np.ones((5, 1), dtype=bool), ["unique"]).p_value.ravel()
    array([0.03125])
    """
    K = gains.shape[2]
    by_fold = np.moveaxis(np.where(counts, gains, np.nan), 2, 0)
    p = signed_rank(by_fold.reshape(K, -1), "greater").p_value.reshape(by_fold.shape[1:])
    p = np.where((np.isnan(gains) & counts).any(axis=2), np.nan, p)
    text = (
        f"signed rank over {K} folds, one-sided: {2.0**-K:.2g} at best; folds share training rows "
        "and slow drift, so it is a rough one (null='linear_shift' is not)"
    )
    return Significance(p, (text,) * len(how))


def against_null(
    model: GLM,
    X: Any,
    y: ArrayLike,
    players: dict[Any, IntArray],
    how: Sequence[str],
    null: Any,
    *,
    seed: int,
    feature_names: Sequence[str],
    **data: Any,
) -> Significance:
    """Test what each term tells beyond the others, by a null of :mod:`spikeglm.inference`.

    The fit to all rows is compared with draws of the null; other ways to ask have no p value.

    Raises
    ------
    ValueError
        If nobody asks about ``"unique"``, whose question it is, or the null cannot be had.
    """
    if UNIQUE not in how:
        raise errors.value_error(
            "A null asks what a term tells beyond all others.",
            given=f"null={null!r} with how={', '.join(map(repr, how))}",
            expected="how='unique', which asks the same",
            todo="add 'unique' to how.",
        )
    fitted = type(model)(**model.get_params(deep=False)).fit(X, y, **data)
    optimum = fitted.on(X, y, **data).optimum
    statistic = "score" if optimum.penalty.is_smooth else "deviance"
    tests = [
        null_test(
            fitted,
            X,
            y,
            term=[feature_names[j] for j in features],
            null=null,
            statistic=statistic,
            seed=seed,
            **data,
        )
        for features in players.values()
    ]
    p = np.full((len(how), len(tests), len(tests[0].p_value)), np.nan)
    p[how.index(UNIQUE)] = [test.p_value for test in tests]
    text = (
        f"{tests[0].null}, {statistic}, {tests[0].n_draws} draws: {tests[0].smallest_p:.2g} at best"
    )
    return Significance(p, tuple(text if name == UNIQUE else "" for name in how))
