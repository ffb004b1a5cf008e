"""Strengths by held-out prediction: all neurons, folds and strengths as columns of one fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

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
from .chosen_model import with_strength, with_strengths_by_term, without_strength
from .fold_fits import FoldFits, Scored, smooth_grid
from .folds import Folds, read_folds, rows_to_split
from .held_out_scores import score_name
from .paths import TOLERANCE, at_strength_one, check_path, grid_of
from .strength_choice import StrengthChoice
from .strength_search import StrengthSearch, check_rule

_N_STRENGTHS = 30
_BY = ("neuron", "term")
_MOST_SWEEPS = 5
_MOST_NAMES = 12


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
    groups: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    terms: Any = None,
) -> StrengthChoice:
    """Choose the strength of a penalty by how well held-out rows are predicted.

    All neurons, folds and strengths are columns of one fit; paths of sparse penalties are warm
    started from strong to weak. The model is left as it is.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM` with a penalty. A strength of its own that is one
        number is ignored; an array (or one by term) says how strengths differ, and multiplies.
    X, y, offset, terms :
        As for ``fit``.
    folds, groups :
        As for :func:`cross_validated`.
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
    _check_choice(model, rule, by)
    given = {} if offset is None else {"offset": offset}
    rows = rows_to_split(X, terms)
    check_rows(rows, y=y, folds=folds, groups=groups, **given)
    split = read_folds(folds, rows.n_rows, y, groups, rows=rows)
    fits = _fold_fits(model, rows, y, split, given)
    asked = _Asked(
        model if by == "neuron" else without_strength(model),
        _N_STRENGTHS if strengths is None else strengths,
        smallest,
        rule,
    )
    searches = [_common(fits, asked, ratio) for ratio in _ratios(model, ratios)]
    found = _by_term(fits, asked, searches) if by == "term" else _by_neuron(fits, asked, searches)
    neurons = fits.inputs.neurons or tuple(range(fits.n_neurons))
    _warn_of_lost_folds(found.reason, neurons)
    return StrengthChoice(
        strength=found.strength,
        ratio=found.ratio,
        score=found.score,
        score_se=found.score_se,
        reason=found.reason,
        searches=tuple(searches),
        score_name=score_name(fits.inputs.columns.likelihood),
        rule=rule,
        terms=found.terms,
        neurons=neurons,
        folds=split,
        model=found.model.fit(rows, y, **given),
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """What to try."""

    model: GLM
    strengths: Any
    smallest: float
    rule: str

    __repr__ = showing.of_fields


class _Found(NamedTuple):
    """What was chosen, as :class:`StrengthChoice` has it; the model is not fitted yet."""

    strength: FloatArray
    ratio: FloatArray | None
    score: FloatArray
    score_se: FloatArray
    reason: tuple[str, ...]
    terms: tuple[str, ...]
    model: GLM


def _fold_fits(model: GLM, rows: Rows, y: ArrayLike, split: Folds, given: Any) -> FoldFits:
    inputs = model._read_to_fit(rows, y, **given)
    check_coefficients(model, inputs)
    solver = read_solver(model.solver_name, model.solver_kwargs, model.regularizer)
    return FoldFits(inputs, split, solver, solver.tol or TOLERANCE)


def _check_choice(model: GLM, rule: str, by: str) -> None:
    check_rule(rule)
    refuse_classifiers(model)
    if by not in _BY:
        raise errors.unknown_name("choice of strengths", by, list(_BY))


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


def _common(fits: FoldFits, asked: _Asked, ratio: float | None) -> StrengthSearch:
    """Score strengths for all coefficients together."""
    one = at_strength_one(asked.model)
    if ratio is not None:
        given: Any = one.regularizer_strength
        one.regularizer_strength = (given[0] if isinstance(given, tuple) else 1.0, ratio)
    penalty = one.read_penalty(fits.inputs.shapes)
    columns = fits.inputs.columns
    check_path(asked.model, penalty, columns, np.ones(1))
    if penalty.is_smooth:
        scored = fits.smooth(penalty, _smooth_strengths(fits, asked, penalty))
    elif columns.estimates_scale:
        raise errors.value_error(
            "Paths of sparse penalties need a scale.",
            given=f"observation_model={asked.model.observation_model!r}",
            expected="a model whose scale is a number",
            todo="fit once with scale='estimate', and take that scale.",
        )
    else:
        scored = fits.sparse(penalty, grid_of(asked.strengths, asked.smallest, fits.n_neurons))
    return _search(scored, asked.rule, ratio=ratio)


def _smooth_strengths(fits: FoldFits, asked: _Asked, penalty: Penalty) -> FloatArray:
    if isinstance(asked.strengths, int | np.integer):
        n = int(asked.strengths)
        grid_of(n, asked.smallest, fits.n_neurons)  # which checks it
        return smooth_grid(fits.inputs, penalty, n)
    return grid_of(asked.strengths, asked.smallest, fits.n_neurons)(np.ones(fits.n_neurons))


def _search(
    scored: Scored, rule: str, *, term: str = "", ratio: float | None = None
) -> StrengthSearch:
    return StrengthSearch(scored.strengths, scored.scores, scored.status, rule, term, ratio)


def _by_neuron(fits: FoldFits, asked: _Asked, searches: list[StrengthSearch]) -> _Found:
    """Choose among strengths for all coefficients, and of ratios the one with the best score."""
    strengths = np.array([search.chosen_strength for search in searches])
    best = np.array([s.at_rule("min").at_chosen(s.mean) for s in searches])
    which = np.argmax(np.where(np.isfinite(best), best, -np.inf), axis=0)
    strength = np.take_along_axis(strengths, which[None], axis=0)[0]
    ratio = None
    if searches[0].ratio is not None:
        ratio = np.array([search.ratio for search in searches], dtype=float)[which]
    is_single = fits.inputs.shapes.n_neurons is None
    model = with_strength(asked.model, _usable(strength), ratio, is_single)
    return _Found(strength, ratio, *_told(searches, which), (), model)


def _by_term(fits: FoldFits, asked: _Asked, searches: list[StrengthSearch]) -> _Found:
    """Vary the strength of one entry after the other until none changes; extends the searches."""
    (common,) = searches
    penalty = fits.inputs.shapes.read_adjustable(asked.model._regularizer)
    labels = tuple(penalty.labels)
    if not labels or not all(labels):
        raise errors.value_error(
            "Strengths by term need terms with names.",
            given=f"regularizer={asked.model.regularizer!r} and an X without names for its terms",
            expected="a design with labels, or entries with names",
            todo="fit to basis.design(...), or pass terms=basis.",
        )
    strength = np.tile(_usable(common.chosen_strength), (len(labels), 1))
    for _ in range(_MOST_SWEEPS):
        before = strength.copy()
        for j, label in enumerate(labels):
            scored = fits.of_entry(penalty, strength, j, common.strength)
            search = _search(scored, asked.rule, term=label)
            strength[j] = np.where(search.chosen >= 0, search.chosen_strength, strength[j])
            searches.append(search)
        if (strength == before).all():
            break
    is_single = fits.inputs.shapes.n_neurons is None
    model = with_strengths_by_term(asked.model, labels, strength.copy(), is_single)
    strength[:, common.chosen < 0] = np.nan
    last = np.zeros(fits.n_neurons, dtype=int)
    return _Found(strength, None, *_told(searches[-1:], last), labels, model)


def _usable(strength: FloatArray) -> FloatArray:
    """Return strengths for a fit, one where none was chosen."""
    return np.where(np.isfinite(strength), strength, 1.0)


def _told(
    searches: list[StrengthSearch], which: IntArray
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return scores, their errors and reasons (N,), of neuron n those of search ``which[n]``."""
    score = np.array([search.at_chosen(search.mean) for search in searches])
    score_se = np.array([search.at_chosen(search.se) for search in searches])
    reasons = [search.reasons() for search in searches]
    each = np.arange(len(which))
    return (
        score[which, each],
        score_se[which, each],
        tuple(reasons[r][n] for n, r in enumerate(which)),
    )


def _warn_of_lost_folds(reason: tuple[str, ...], neurons: tuple[Any, ...]) -> None:
    lost = [f"{who}: {why}" for who, why in zip(neurons, reason, strict=True) if "no fit" in why]
    if lost:
        more = f"; and {len(lost) - _MOST_NAMES} more" if len(lost) > _MOST_NAMES else ""
        warn(
            f"{len(lost)} neuron(s) whose strength stands on fewer folds, or on none: "
            f"{'; '.join(lost[:_MOST_NAMES])}{more}. What to do: use folds with events of every "
            "neuron, or leave these neurons out."
        )
