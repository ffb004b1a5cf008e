"""The curve of a labelled term at pairs of points: effect and predictor, each with its errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...io.interop.category_labels import to_labels
from ...rows.given_terms import are_labelled
from ...rows.terms import Term
from ...typing import Array, FloatArray
from ..curve_bands import TermCurve
from ..fit_on_data import FitOnData
from .combinations import Combinations, Reach, spreads
from .estimates import Estimates, check_level, term_of


def term_curve(fit: FitOnData, label: str, *, at: Any, n_points: int, level: float) -> TermCurve:
    """Return the curve of a term that is evaluated, at points (W,) of its inputs.

    Raises
    ------
    ValueError, TypeError
        If there is no term of this label, or it is not evaluated but convolved.
    """
    check_level(level)
    term = _evaluated(fit, label)
    points = _points(term, at, n_points)
    K = _functions(term, points)
    found = Estimates.of(fit)
    mean = found.known_mean(label)
    base = np.append(mean, float(found.has_intercept))
    both = [Combinations(term.columns, K - mean[term.columns]), Combinations(term.columns, K, base)]
    effect, predictor = (found.in_shape(each.of(found.parameters)) for each in both)
    error, _, dof = spreads(both, found.uncertainties(), Reach(level))
    effect_error, predictor_error = (found.in_shape(error[:, i]) for i in range(2))
    known = None if np.isinf(dof).all() else dof
    return TermCurve(points, effect, effect_error, predictor, predictor_error, level, known)


def _evaluated(fit: FitOnData, label: str) -> Term:
    if not are_labelled(fit.terms):
        raise errors.type_error(
            "A curve belongs to a labelled term of a design.",
            given="data whose columns have no names",
            expected="the design that the model was fitted to",
            todo="fit to basis.design(...) instead of basis.compute_features(...).",
        )
    term = term_of(fit.terms, label)
    if term.kind in ("lag", "other") or set(term.units) != {""}:
        raise errors.value_error(
            f"{label!r} is not a function of its input at one moment.",
            given="a convolved term, or a function of your own",
            expected="a term that is evaluated, such as BSplineEval",
            todo=f"ask for model.curve({label!r}, X, y), which draws filters and maps too.",
        )
    return term


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
