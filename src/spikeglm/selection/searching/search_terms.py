"""Search for the terms that each neuron encodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ... import errors
from ...glm import GLM
from ...notices import warn
from ...typing import ArrayLike, BoolArray, FloatArray
from ..folds import Folds
from ..measures import measures_of, read_measure
from ..paired_tests import smallest_p
from ..set_problem import SetProblem
from .criteria import CriterionScores
from .held_out import HeldOutScores
from .known_sets import KnownSets
from .ladders import LADDERS, Climb, is_whole, smallest_as_good
from .questions import Question
from .result import TermSearch
from .rules import Rule, fewest_folds, rule_named

_MOST_TERMS = 12  # of an exhaustive search: 4095 sets


def search_terms(
    model: GLM,
    X: ArrayLike,
    y: ArrayLike,
    *,
    folds: Any = 10,
    how: str = "forward",
    rule: str = "hardcastle",
    terms: Any = None,
    always: Iterable[Any] = (),
    alpha: float = 0.05,
    measure: str | None = None,
    groups: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> TermSearch:
    """Find which terms each neuron encodes: the smallest set that predicts held-out rows as well.

    All neurons are searched at once: in each step the sets that some neuron asks for are fitted
    together, each neuron to its own, for all folds.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM` with its penalty; it is left as it is.
    X, y, offset :
        As for ``fit``; X has the features of all terms.
    folds, groups :
        As for :func:`cross_validated`. ``InterleavedBlocks(10, n_chunks=5)`` are those of
        Hardcastle et al. Rules ``"aic"`` and ``"bic"`` need none.
    how :
        ``"forward"``: add the term that helps most; ``"backward"``: leave out the one that helps
        least; ``"all"``: score all sets, and compare the best of each size.
    rule :
        When a term helps. ``"hardcastle"``: a one-sided signed rank test over folds has p <
        ``alpha``; what is selected in the end must also be better than no term, by the same test,
        or the answer is none. ``"score"``: the mean over folds is larger. ``"one_se"``: the
        smallest set on the way within one standard error of the best one. ``"aic"``, ``"bic"``: of
        fits to all rows.
    terms :
        Labels of terms, or a dict of named groups of them; None is all, but for ``always``.
    always :
        Labels of terms that all models have, also the one without any term: history, drift.
    alpha :
        Level of the test.
    measure :
        The unit of gains, as of :func:`fit_term_sets`; None is bits per spike for counts, as in the
        paper.

    Raises
    ------
    ValueError
        If there is no such term, rule or way; a feature belongs to no term; or there are so few
        folds that no p value can be less than alpha (five at least for .05).
    TypeError
        If the model is a classifier.

    Warns
    -----
    UserWarning
        If all folds must agree for p < alpha; if neurons get no answer; if folds leak.

    Notes
    -----
    Differences of K folds have a smallest p value of 2^-K: ten allow .001, five .03, and four never
    reach .05. The test takes folds for independent. Neighbouring folds are not where the session
    drifts, and all share training rows; how often it errs is in the calibration tables.

    References
    ----------
    Hardcastle, Maheswaranathan, Ganguli & Giocomo (2017), Neuron 94:375-87, methods.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(1)
    >>> position, speed = rng.uniform(0, 1, (2, 5000))
    >>> rate = np.exp(np.sin(6 * position) - 1)[:, None] * [1.0, 0.0] + [0.0, 0.4]
    >>> basis = nmo.basis.BSplineEval(5, label="position") + nmo.basis.BSplineEval(5, label="speed")
    >>> X, counts = basis.design(position, speed), rng.poisson(rate)
    >>> found = nmo.selection.search_terms(nmo.PopulationGLM(), X, counts)
    >>> found.sets
    ('position', 'none')
    """
    asked = rule_named(rule, alpha)
    split = folds if asked.is_of_folds else _no_folds(len(y))
    problem = SetProblem.read(model, X, y, folds=split, terms=terms, groups=groups, offset=offset)
    return searched(problem, how, asked, always, measure)


def searched(
    problem: SetProblem,
    how: str,
    asked: Rule,
    always: Iterable[Any] = (),
    measure: str | None = None,
) -> TermSearch:
    """Search in a problem that has been read; it may know fits of other studies.

    Raises
    ------
    ValueError
        If there is no such search, or too many terms or too few folds for it.
    """
    if how not in LADDERS:
        raise errors.unknown_name("search", how, list(LADDERS))
    always = (always,) if isinstance(always, str) else tuple(always)
    question = Question.of(problem, always)
    _check_number(question.n_terms, how)
    _check_folds(asked, problem.n_folds)
    scorer, score_name = _scorer(problem, asked, question, measure)
    known = KnownSets(scorer.fit, scorer.n_folds, problem.n_neurons)
    found = TermSearch(
        **_searched(known, asked, how, question, problem.n_neurons),
        neurons=problem.neurons,
        how=how,
        rule=asked,
        always=always,
        score_name=score_name,
        folds=problem.folds if asked.is_of_folds else None,
        n_fits=known.n_fits,
    )
    _warn_of_no_answer(found)
    return found


def _searched(
    known: KnownSets, rule: Rule, how: str, question: Question, n_neurons: int
) -> dict[str, Any]:
    """Climb, and return what a result has of it, terms in the order in which they were given."""
    base, reasons = _base(known, rule, question.n_terms, n_neurons)
    walks = np.array([not reason for reason in reasons])
    climb = LADDERS[how](known, rule, base, walks, question.n_terms)
    climb = smallest_as_good(climb, base) if rule.goes_on else climb
    judged = rule.better(climb.score, base)
    is_known = walks & ~_lost(climb, base)
    selected = climb.selected & judged.is_better & is_known
    return {
        "terms": tuple(question.labels[j] for j in question.as_given),
        "selected": question.in_given_order(selected),
        "reason": _told(reasons, base, known, is_known),
        "is_known": is_known,
        "base_score": base,
        "score": np.where(selected.any(axis=0), climb.score, base),
        "p_value": np.where(is_known, judged.p_value, np.nan),
        "steps": _as_given(climb, question),
    }


def _scorer(
    problem: SetProblem, rule: Rule, question: Question, measure: str | None
) -> tuple[HeldOutScores | CriterionScores, str]:
    """Return what scores sets, and what scores are in words."""
    likelihood = problem.inputs.columns.likelihood
    if not rule.is_of_folds:
        _check_likelihood(likelihood.model, rule)
        whole = problem.on_all_rows()
        scorer = CriterionScores(whole, question.terms, question.always, rule.name)
        return scorer, f"{rule.name.upper()}, its sign changed"
    unit = read_measure(measure, measures_of(likelihood.model))
    held_out = HeldOutScores(problem, question.terms, question.always, unit)
    return held_out, f"held-out gain, {unit.label.replace('spike', likelihood.model.event)}"


def _no_folds(n_rows: int) -> Folds:
    """Return folds that test nothing."""
    return Folds(np.array(["all rows"]), np.ones((n_rows, 1), dtype=bool), np.full(n_rows, -1))


def _lost(climb: Climb, base: FloatArray) -> BoolArray:
    """Return neurons (N,) of which some candidate has no fit: it might have been the best."""
    lost = np.zeros(base.shape[1], dtype=bool)
    for step in climb.steps:  # none where no neuron was searched
        lost |= (step.is_candidate & ~is_whole(step.score, base)).any(axis=0)
    return lost


def _base(
    known: KnownSets, rule: Rule, n_terms: int, n_neurons: int
) -> tuple[FloatArray, list[str]]:
    """Return the scores (K, N) without any term, and why a neuron is not searched, "" if it is."""
    empty = np.zeros((1, n_terms), dtype=bool)
    base = known.scores(empty, np.ones((1, n_neurons), dtype=bool))[0]
    n, K = (~np.isnan(base)).sum(axis=0), len(base)
    reasons = []
    for neuron in range(n_neurons):
        if n[neuron] >= rule.fewest_folds:
            reasons.append("")
            continue
        words = ", ".join(sorted(known.words(neuron))) or "nothing counted"
        smallest = f": the smallest p is {float(smallest_p(n[neuron])):.3g}" if n[neuron] else ""
        reasons.append(f"{n[neuron]} of {K} folds count ({words}){smallest}")
    return base, reasons


def _told(
    reasons: list[str], base: FloatArray, known: KnownSets, is_known: BoolArray
) -> tuple[str, ...]:
    """Return what there is to know of each neuron, (N,)."""
    out, K = [], len(base)
    n = (~np.isnan(base)).sum(axis=0)
    for neuron, reason in enumerate(reasons):
        parts = [reason] if reason else []
        if not reason and n[neuron] < K:
            parts.append(f"{n[neuron]} of {K} folds count")
        words = known.words(neuron)
        if not is_known[neuron] and words and not reason:
            parts.append(f"sets of terms without a fit ({', '.join(sorted(words))})")
        out.append("; ".join(parts))
    return tuple(out)


def _as_given(climb: Climb, question: Question) -> tuple[Any, ...]:
    """Return the steps with terms in the order in which they were given."""
    return tuple(
        replace(
            step,
            sets=question.in_given_order(step.sets, axis=1),
            before=question.in_given_order(step.before),
        )
        for step in climb.steps
    )


def _check_likelihood(model: Any, rule: Rule) -> None:
    if not model.has_likelihood:
        raise errors.value_error(
            "A quasi-likelihood has no information criterion.",
            given=f"rule={rule.name!r} for a {model.name} model",
            expected="a distribution, or another rule",
            todo="use rule='hardcastle' or 'one_se', or observation_model='NegativeBinomial'.",
        )


def _check_number(n_terms: int, how: str) -> None:
    if how == "all" and n_terms > _MOST_TERMS:
        raise errors.value_error(
            "There are too many sets of terms to score all.",
            given=f"{n_terms} terms, which make {2**n_terms} sets",
            expected=f"at most {_MOST_TERMS} terms",
            todo="use how='forward' or 'backward', or group terms.",
        )


def _check_folds(rule: Rule, n_folds: int) -> None:
    """Say what a test over so many folds can tell."""
    if rule.alpha is None:
        return
    smallest, fewest = float(smallest_p(n_folds)), fewest_folds(rule.alpha)
    if n_folds < fewest:
        raise errors.value_error(
            f"So few folds never show that a term helps: the smallest p value is {smallest:.3g}.",
            given=f"{n_folds} folds, alpha={rule.alpha:g}",
            expected=f"at least {fewest} folds (2^-{fewest} = {2.0**-fewest:.3g}); ten are usual",
            todo="use folds=10, or rule='one_se', 'score', 'aic' or 'bic', which have no test.",
        )
    if 2 * smallest >= rule.alpha:
        warn(
            f"With {n_folds} folds a term is only found if it helps in every single one: then "
            f"p = {smallest:.3g}, and with one exception {2 * smallest:.3g} or more, which is not "
            f"below {rule.alpha:g}. What to do: use folds=10."
        )


def _warn_of_no_answer(found: TermSearch) -> None:
    lost = [
        f"{neuron}: {reason}"
        for neuron, reason, known in zip(found.neurons, found.reason, found.is_known, strict=True)
        if not known
    ]
    if lost:
        told, s = errors.listed(lost, between="; "), "" if len(lost) == 1 else "s"
        warn(
            f"{len(lost)} neuron{s} without an answer: {told}. What to do: a silent neuron has "
            "none; else use folds with events of every neuron (InterleavedBlocks), and give a "
            "model whose fits are separated a penalty."
        )
