"""The curve of a labelled term, with its band: the question to ask instead of its coefficients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...engine.features.survey import survey_locations
from ...engine.runners.plan import plan
from ...engine.table import Table
from ...inference import fisher
from ...inference.curve_bands import TermCurve, error_of
from ...inference.degrees_of_freedom import dispersion_degrees
from ...io.interop.category_labels import to_labels
from ...rows.design import Design, Signals
from ...rows.groups import Group
from ...typing import Array, ArrayLike, FloatArray
from . import fitted

if TYPE_CHECKING:
    from ..hooks import Hooks


def term_curve(
    model: Hooks,
    label: str,
    X: Any,
    y: ArrayLike,
    *,
    at: Any,
    n_points: int,
    level: float,
    **more: Any,
) -> TermCurve:
    """Return the curve of a term of the design that a model was fitted to.

    Raises
    ------
    ValueError, TypeError
        If X is no design, has no term of this label or one that is not evaluated but convolved.
    """
    if not 0 < level < 1:
        raise errors.value_error("level must be a fraction.", given=level, expected="0 < level < 1")
    group = _group(X, label)
    points, samples = _points(group, at, n_points)
    K = _functions(group, samples)
    optimum, shapes = fitted.optimum_of(model, X, y, **more)
    mean = _mean_features(optimum)
    p = len(mean)
    effects, predictors = np.zeros((len(K), p + 1)), np.empty((len(K), p + 1))
    effects[:, group.columns] = K - mean[group.columns]
    predictors[:] = np.append(mean, float(optimum.columns.has_intercept))
    predictors[:, group.columns] = K
    parameters = np.vstack([optimum.coef, optimum.intercept])
    sure = fisher.uncertainties(optimum, keep_void=True)
    pairs = [(error_of(effects, one), error_of(predictors, one)) for one in sure]
    of_effects, of_predictors = (np.stack(part, axis=1) for part in zip(*pairs, strict=True))
    user = shapes.user
    return TermCurve(
        points,
        user(effects @ parameters),
        user(of_effects),
        user(predictors @ parameters),
        user(of_predictors),
        level,
        _dof(model, optimum),
    )


def _dof(model: Hooks, optimum: fisher.Optimum) -> FloatArray | None:
    """Return the degrees of freedom (N,) of an estimated dispersion, None of any other."""
    edf, record = getattr(model, "edf_", None), optimum.record
    if edf is None or record is None:
        return None
    has_aliased, total = len(record.aliased) > 0, record.total_weight
    return dispersion_degrees(optimum, edf, total_weight=total, has_aliased=has_aliased)


def _group(X: Any, label: str) -> Group:
    if not isinstance(X, Design) or not X.groups:
        raise errors.type_error(
            "A curve belongs to a labelled term of a design.",
            given=f"X of type {type(X).__name__}",
            expected="the design that the model was fitted to",
            todo="fit to basis.design(...) instead of basis.compute_features(...).",
        )
    groups = {group.label: group for group in X.groups}
    if label not in groups:
        raise errors.unknown_name("term", label, list(groups))
    if not hasattr(groups[label].term, "ranges"):
        raise errors.value_error(
            f"{label!r} is not a function of its input at one moment.",
            given="a convolved term, or a product",
            expected="a term that is evaluated, such as BSplineEval",
            todo="for a filter over lags use inference.filter_band with its block of covariance().",
        )
    return groups[label]


def _points(group: Group, at: Any, n_points: int) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return where to evaluate a term, as the user knows it and as samples of its inputs.

    That is what is given, or over the range that its data covered.
    """
    term: Any = group.term
    if at is not None:
        given = at if isinstance(at, tuple) else (at,)
        if len(given) != len(term.readers):
            raise errors.value_error(
                "at has an array for each input of the term.",
                given=f"{len(given)} of them",
                expected=f"{len(term.readers)}",
                todo="several points of one input are an array or a list: at=[2.0, 5.0].",
            )
        samples = [read(x, name="at") for read, x in zip(term.readers, given, strict=True)]
        shown = [to_labels(x, name="at") for x in given]
        return tuple(map(np.atleast_1d, shown)), tuple(map(np.atleast_1d, samples))
    signals = term.signals.arrays
    if len(signals) != 1 or signals[0].ndim != 1:
        raise errors.value_error(
            "Where to evaluate a term of several inputs is not known.",
            given="at=None",
            expected="at=(x, y, ...), arrays of one length, or for a signal of S channels (W, S)",
        )
    points, there = term.grid(n_points)
    return (points,), (there,)


def _functions(group: Group, points: tuple[Array, ...]) -> FloatArray:
    """Return a term's functions (W, b), with the ranges that it had in the design."""
    term: Any = group.term
    rows = term.at(Signals(points))
    out = np.empty((rows.n_rows, group.stop - group.start))
    rows.write(0, rows.n_rows, out)
    return out


def _mean_features(optimum: fisher.Optimum) -> FloatArray:
    """Return the mean features (p,) over the rows that took part, with or without an intercept."""
    columns = replace(optimum.columns, has_intercept=True)  # without one they are seen about zero
    how = plan(optimum.rows, columns.n_columns)
    table = Table.cut(optimum.rows, optimum.keep, how.block_rows)
    survey = survey_locations(table, columns, how)
    shift = survey.table.shift
    return survey.features.mean if shift is None else survey.features.mean + shift
