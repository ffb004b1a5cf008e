"""The curve of a labelled term, with its band: the question to ask instead of its coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...inference import fisher
from ...inference.curve_bands import TermCurve, error_of
from ...inference.fit_on_data import mean_features
from ...io.interop.category_labels import to_labels
from ...rows.design import Design
from ...rows.terms import Term
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
    term = _term(X, label)
    points = _points(term, at, n_points)
    K = _functions(term, points)
    optimum, shapes = fitted.optimum_of(model, X, y, **more)
    fitted.tell_of_selection(model, shapes)
    mean = mean_features(optimum)
    p = len(mean)
    effects, predictors = np.zeros((len(K), p + 1)), np.empty((len(K), p + 1))
    effects[:, term.columns] = K - mean[term.columns]
    predictors[:] = np.append(mean, float(optimum.columns.has_intercept))
    predictors[:, term.columns] = K
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
        fitted.dof_of(model, optimum),
    )


def _term(X: Any, label: str) -> Term:
    if not isinstance(X, Design) or not X.terms:
        raise errors.type_error(
            "A curve belongs to a labelled term of a design.",
            given=f"X of type {type(X).__name__}",
            expected="the design that the model was fitted to",
            todo="fit to basis.design(...) instead of basis.compute_features(...).",
        )
    terms = {term.label: term for term in X.terms}
    if label not in terms:
        raise errors.unknown_name("term", label, list(terms))
    if terms[label].kind in ("lag", "other") or set(terms[label].units) != {""}:
        raise errors.value_error(
            f"{label!r} is not a function of its input at one moment.",
            given="a convolved term, or a function of your own",
            expected="a term that is evaluated, such as BSplineEval",
            todo=f"ask for model.curve({label!r}, X, y), which draws filters and maps too.",
        )
    return terms[label]


def _points(term: Term, at: Any, n_points: int) -> tuple[Array, ...]:
    """Return where to evaluate a term: as given, or over the range that its data covered."""
    if at is not None:
        given = at if isinstance(at, tuple) else (at,)
        if len(given) != term.n_variables:
            raise errors.value_error(
                "at has an array for each input of the term.",
                given=f"{len(given)} of them",
                expected=f"{term.n_variables}",
                todo="several points of one input are an array or a list: at=[2.0, 5.0].",
            )
        return tuple(np.atleast_1d(to_labels(x, name="at")) for x in given)
    if term.n_variables != 1 or len(term.shape) != 1:
        raise errors.value_error(
            "Where to evaluate a term of several inputs is not known.",
            given="at=None",
            expected="at=(x, y, ...), arrays of one length, or for a signal of S channels (W, S)",
        )
    return term.axes(n_points)


def _functions(term: Term, points: tuple[Array, ...]) -> FloatArray:
    """Return a term's functions (W, columns) at points (W,), or (W, S) of S channels."""
    shape = (len(points[0]), *term.shape[:-1])
    if any(each.shape != shape for each in points):
        raise errors.value_error(
            "at does not fit the inputs of the term.",
            given=" and ".join(str(each.shape) for each in points),
            expected=f"arrays of shape ({', '.join(['W', *map(str, term.shape[:-1])])})",
        )
    tables = [each.reshape(shape[0], term.n_channels) for each in points]
    columns = [
        term.functions(*(table[:, c] for table in tables), channel=c)
        for c in range(term.n_channels)
    ]
    return np.hstack(columns)
