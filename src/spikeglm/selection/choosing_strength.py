"""Strengths by held-out prediction: all neurons, folds and strengths as columns of one fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, showing
from ..glm import GLM
from ..glm.reading.known_labels import check_coefficients, check_rows
from ..glm.reading.read_arguments import read_solver, refuse_classifiers
from ..io.interop.timeseries import to_array
from ..notices import warn
from ..regularizer import regularizer_of
from ..regularizer.base import Penalty
from ..rows.contract import Rows
from ..typing import ArrayLike, FloatArray, IntArray
from .chosen_model import with_strength, without_strength
from .fold_fits import FoldFits, Scored
from .folds import read_folds, rows_to_split
from .found import Found, Told, usable
from .least_squares.ridge_scores import RidgeScores
from .paths import TOLERANCE, at_strength_one, check_path, grid_of, is_walked
from .smooth_grid import smooth_grid
from .strength_choice import StrengthChoice
from .strength_search import StrengthSearch, check_rule
from .strengths_by_term import choose_by_term
from .without_folds import WithoutFolds, check_without_folds, standardised

_N_STRENGTHS = 30
_BY = ("neuron", "term")


def select_strength(
    model: GLM,
    X: ArrayLike,
    y: ArrayLike,
    *,
    folds: Any = 5,
    strengths: ArrayLike | int | None = None,
    rule: str = "min",
    ratios: ArrayLike | None = None,
    by: str = "neuron",
    smallest: float = 0.001,
    coefficients: str = "raw",
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    terms: Any = None,
) -> StrengthChoice:
    """Choose the strength of a penalty by how well held-out rows are predicted.

    All neurons, folds and strengths are columns of one fit; paths of sparse penalties are warm
    started from strong to weak. Of Ridge with a Gaussian model the rows are read once or twice,
    for their moments, however many folds, strengths and outputs there are. The model is left as it
    is.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM` with a penalty. A strength of its own that is one
        number is ignored; an array (or one by term) says how strengths differ, and multiplies.
    X, y, sample_weight, offset, terms :
        As for ``fit``. Held-out scores are means with these weights.
    folds, groups :
        As for :func:`cross_validated`. For Ridge with a Gaussian model also ``"loo"``, every row
        left out in turn; ``"gcv"``, generalised cross-validation; ``"evidence"``, the marginal
        likelihood. The last two find the best strength between those of a grid of their own.
    strengths :
        The strengths to try, (S,) or (S, N), or how many (30). Sparse penalties: between the
        largest useful one of each neuron and ``smallest`` times that. Smooth ones: from one that
        leaves nothing of the coefficients to one that leaves them as they are.
    rule :
        ``"min"``: the best mean score. ``"one_se"``: the strongest whose mean score is within one
        standard error (over folds) of the best.
    ratios :
        Of an elastic net, those to try; None keeps the model's.
    by :
        ``"neuron"``, or ``"term"``: a strength for every term (entry) of ``Smoothness``,
        ``Quadratic`` or ``Ridge``, found by coordinate search from the best one for all. Strengths
        of the model's own are ignored then.
    smallest :
        Smallest strength of an automatic grid of a sparse penalty, relative to the largest.
    coefficients :
        What Ridge shrinks: ``"raw"`` coefficients, per unit of a feature, or ``"standardised"``
        ones, per deviation. The model then has strengths by feature.

    Returns
    -------
    StrengthChoice

    Raises
    ------
    ValueError
        If there is no penalty, folds or strengths cannot be used, or the rule is unknown.
    TypeError
        If the model is a classifier.

    Warns
    -----
    UserWarning
        If neurons have folds without a fit, or folds leak.
    ConvergenceWarning
        If a neuron has no certificate in the final fit.
    NothingToFitWarning
        If the data of a neuron say nothing, as of silent units.

    References
    ----------
    Hastie, Tibshirani & Friedman (2009), Elements of Statistical Learning, section 7.10.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 10))
    >>> y = rng.poisson(np.exp(X[:, :2] @ [0.5, -0.3] - 1))
    >>> lasso = nmo.GLM(regularizer="Lasso")
    >>> choice = nmo.selection.select_strength(lasso, X, y, rule="one_se")
    >>> np.flatnonzero(choice.model.coef_)
    array([0, 1])
    """
    _check_choice(model, rule, by, coefficients)
    check_without_folds(folds, rule, by, groups)
    beside = {"sample_weight": sample_weight, "offset": offset}
    given = {name: value for name, value in beside.items() if value is not None}
    rows = rows_to_split(X, terms, y)
    fits = _fits(model, rows, y, folds, groups, given, keeps_estimates=by == "term")
    one = model if by == "neuron" else without_strength(model)
    many = _N_STRENGTHS if strengths is None else strengths
    asked = _Asked(standardised(one, fits.inputs, coefficients), many, smallest, rule)
    found, searches, exact = _chosen(fits, asked, _ratios(model, ratios), by)
    neurons = fits.inputs.neurons or tuple(range(fits.n_neurons))
    _warn_of_lost_folds(found.told.reason, neurons)
    return StrengthChoice(
        strength=found.strength,
        ratio=found.ratio,
        score=found.told.score,
        score_se=found.told.score_se,
        reason=found.told.reason,
        searches=tuple(searches),
        score_name=fits.score_name,
        rule=rule,
        terms=found.terms,
        neurons=neurons,
        folds=fits.folds,
        model=found.model.fit(rows, y, _first(fits, exact, found), **given),
        r2=None if exact is None or exact.r2 is None else searches[0].at_chosen(exact.r2),
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """What to try."""

    model: GLM
    strengths: Any
    smallest: float
    rule: str

    __repr__ = showing.of_fields


def _chosen(
    fits: FoldFits | WithoutFolds, asked: _Asked, ratios: list[float | None], by: str
) -> tuple[Found, list[StrengthSearch], RidgeScores | None]:
    """Return what was chosen, all scores, and where moments were enough what they gave."""
    scored = [_common(fits, asked, ratio) for ratio in ratios]
    searches = [
        StrengthSearch(s.strengths, s.scores, s.status, asked.rule, ratio=ratio)
        for s, ratio in zip(scored, ratios, strict=True)
    ]
    if by == "term" and isinstance(fits, FoldFits):
        found = choose_by_term(fits, asked.model, scored[0], asked.rule, searches)
        return found, searches, None
    return _by_neuron(fits, asked, searches, scored), searches, scored[0].exact


def _fits(
    model: GLM,
    rows: Rows,
    y: ArrayLike,
    folds: Any,
    groups: ArrayLike | None,
    given: Any,
    *,
    keeps_estimates: bool,
) -> FoldFits | WithoutFolds:
    is_split = not isinstance(folds, str)
    check_rows(rows, y=y, folds=folds if is_split else None, groups=groups, **given)
    split = read_folds(folds, rows.n_rows, y, groups, rows=rows) if is_split else None
    inputs = model._read_to_fit(rows, y, **given)
    check_coefficients(model, inputs)
    if split is None:
        return WithoutFolds(inputs, folds)
    solver = read_solver(model.solver_name, model.solver_kwargs, model.regularizer)
    tolerance = solver.tol or TOLERANCE
    return FoldFits(inputs, split, solver, tolerance, keeps_estimates=keeps_estimates)


def _check_choice(model: GLM, rule: str, by: str, coefficients: str) -> None:
    check_rule(rule)
    refuse_classifiers(model)
    if by not in _BY:
        raise errors.unknown_name("choice of strengths", by, list(_BY))
    if by == "term" and coefficients != "raw":
        raise errors.value_error(
            "Standardised coefficients have one strength.",
            given=f"coefficients={coefficients!r} with by='term'",
            expected="by='neuron', or coefficients='raw'",
        )


def _ratios(model: GLM, ratios: ArrayLike | None) -> list[float | None]:
    has_ratio = isinstance(regularizer_of(model.regularizer).default_strength, tuple)
    if ratios is None:
        return [None]
    if not has_ratio:
        raise errors.value_error(
            "ratios are for the elastic net.",
            given=f"ratios={ratios!r} with regularizer={model.regularizer!r}",
            expected="regularizer='ElasticNet', or no ratios",
        )
    return [float(ratio) for ratio in np.atleast_1d(to_array(ratios, name="ratios"))]


def _common(fits: FoldFits | WithoutFolds, asked: _Asked, ratio: float | None) -> Scored:
    """Score strengths for all coefficients together."""
    one = at_strength_one(asked.model)
    if ratio is not None:
        given: Any = one.regularizer_strength
        one.regularizer_strength = (given[0] if isinstance(given, tuple) else 1.0, ratio)
    penalty = one.read_penalty(fits.inputs.shapes)
    columns = fits.inputs.columns
    check_path(asked.model, penalty, columns, np.ones(1))
    if isinstance(fits, WithoutFolds):
        is_own = isinstance(asked.strengths, int | np.integer)
        return fits.smooth(penalty, _smooth_strengths(fits, asked, penalty), refine=is_own)
    if not is_walked(penalty):
        return fits.smooth(penalty, _smooth_strengths(fits, asked, penalty))
    return fits.sparse(penalty, grid_of(asked.strengths, asked.smallest, fits.n_neurons))


def _first(fits: FoldFits | WithoutFolds, exact: RidgeScores | None, found: Found) -> Any:
    """Return parameters that the final fit begins with, where some are known, or has to certify."""
    first = found.first if exact is None else exact.solution(usable(found.strength))
    if first is None or not fits.inputs.columns.has_intercept:
        return None
    coef, intercept = first
    shapes = fits.inputs.shapes
    return shapes.user_coef(coef), shapes.user_intercept(intercept)


def _near_all_rows(
    scored: Sequence[Scored], which: IntArray, chosen: IntArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return estimates of neuron n from scores ``which[n]`` at strength ``chosen[n]``."""
    known = [s.middle for s in scored if s.middle is not None]
    if len(known) < len(scored):
        return None
    coef, intercept = (np.array(part) for part in zip(*known, strict=True))
    each = np.arange(len(which))
    return coef[which, chosen, :, each].T, intercept[which, chosen, each]


def _smooth_strengths(fits: FoldFits | WithoutFolds, asked: _Asked, penalty: Penalty) -> FloatArray:
    if isinstance(asked.strengths, int | np.integer):
        n = int(asked.strengths)
        grid_of(n, asked.smallest, fits.n_neurons)  # which checks it
        return smooth_grid(fits.inputs, penalty, n)
    return grid_of(asked.strengths, asked.smallest, fits.n_neurons)(np.ones(fits.n_neurons))


def _by_neuron(
    fits: FoldFits | WithoutFolds,
    asked: _Asked,
    searches: list[StrengthSearch],
    scored: list[Scored],
) -> Found:
    """Choose among strengths for all coefficients, and of ratios the one with the best score."""
    strengths = np.array([search.chosen_strength for search in searches])
    best = np.array([s.at_rule("min").at_chosen(s.mean) for s in searches])
    which = np.argmax(np.where(np.isfinite(best), best, -np.inf), axis=0)
    strength = np.take_along_axis(strengths, which[None], axis=0)[0]
    ratio = None
    if searches[0].ratio is not None:
        ratio = np.array([search.ratio for search in searches], dtype=float)[which]
    is_single = fits.inputs.shapes.n_neurons is None
    model = with_strength(asked.model, usable(strength), ratio, is_single)
    chosen = np.array([search.chosen for search in searches])[which, np.arange(len(which))]
    first = _near_all_rows(scored, which, np.maximum(chosen, 0))
    return Found(strength, ratio, Told.of(searches, which), (), model, first)


def _warn_of_lost_folds(reason: tuple[str, ...], neurons: tuple[Any, ...]) -> None:
    lost = [f"{who}: {why}" for who, why in zip(neurons, reason, strict=True) if "no fit" in why]
    if lost:
        told = errors.listed(lost, between="; ")
        warn(
            f"{len(lost)} neuron(s) whose strength stands on fewer folds, or on none: "
            f"{told}. What to do: use folds with events of every "
            "neuron, or leave these neurons out."
        )
