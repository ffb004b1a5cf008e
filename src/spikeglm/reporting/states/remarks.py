"""What to know before believing in states: warnings first, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...glm_hmm import StatesChoice
from ..remarks import Remark
from ..words import capital, joined, number, percent
from .subject import StatesSubject

_FEW_TRIALS = 10  # per weight of a state
_SURE = 0.8  # of the likeliest state, on average
_SHORT = 3.0  # trials that a state lasts
_FEWEST_VISITS, _MOST_ERRORS, _MOST_TIMES = 10, 3.0, 1.5
_LONG_SESSION = 1000
_MOST_LOST = 0.05


def remarks(subject: StatesSubject) -> list[Remark]:
    """Return what there is to know of a fit, warnings first."""
    asked = (
        _fit, _optimum, _numbers, _warned, _shortness, _dwells, _doubt, _rarity, _sessions, _missing
    )  # fmt: skip
    found = [remark for ask in asked for remark in ask(subject)]
    return sorted(found, key=lambda remark: not remark.is_warning)


def _fit(subject: StatesSubject) -> Iterator[Remark]:
    report = subject.model.fit_report_
    if not report.is_well:
        yield Remark(f"No fit to believe ({report.status})", capital(report.problems()))


def _optimum(subject: StatesSubject) -> Iterator[Remark]:
    report = subject.model.fit_report_
    n = len(report.statuses)
    if subject.n_states > 1 and n == 1:
        text = (
            "The likelihood of states has many optima, and one start finds one of them. What to "
            "do: n_restarts=10 or more, unless the start was an optimum that is known."
        )
        yield Remark("There was one start", text)
    elif subject.n_states > 1 and report.n_agreeing == 1:
        text = (
            f"Of {n} starts, {report.n_ended} of which were not given up, no other led to this "
            "optimum, so there may be a better one. What to do: more restarts, or fewer states."
        )
        yield Remark("One start alone found this optimum", text)


def _numbers(subject: StatesSubject) -> Iterator[Remark]:
    choice = subject.choice
    if choice is None:
        return
    lost = [str(m.n_states) for m in choice.models if not m.fit_report_.is_well]
    if lost:
        text = (
            "Their scores may be too low. What to do: more restarts, a larger maxiter, or a prior."
        )
        yield Remark(f"Fits of {joined(lost)} states that have not converged", text)
    largest = choice.n_states.argmax()
    if len(choice.n_states) > 1 and choice.chosen == largest:
        text = (
            f"{choice.n_states[largest]} states predict best, and more were not tried. The score "
            "of behaviour often goes on rising slowly, as more states describe drifts. What to do: "
            "try more; report the curve; take the number after which it hardly rises."
        )
        yield Remark("The largest number of states was chosen", text)
    yield from _lapses(choice, subject.one)
    if choice.mean[choice.chosen] < 0:
        text = "On sessions that were held out it predicts worse than a constant rate does."
        yield Remark("Predicted worse than by the mean", text)


def _lapses(choice: StatesChoice, one: Any) -> Iterator[Remark]:
    if choice.lapses is None or choice.best.n_states == 1:
        return
    row = choice.to_frame().iloc[choice.chosen]
    above, error = row["above_lapses"], row["error_above_lapses"]
    if above < 2.0 * error:
        fit = choice.lapses.fit
        sides = ("one side", "the other") if one is None else (repr(one), "others")
        text = (
            f"Held out, {choice.best.n_states} states are {number(above)} ± {number(error)} bits "
            "per trial above logistic regression with lapses, which has no states "
            f"({percent(fit.lapse_to_one)} to {sides[0]}, {percent(fit.lapse_to_zero)} to "
            f"{sides[1]}). What to do: do not speak of states, or find out what tells them from "
            "lapses: how long they last, and what else differs between them."
        )
        yield Remark("Lapses would do as well", text)


def _warned(subject: StatesSubject) -> Iterator[Remark]:
    for text in subject.warned:
        yield Remark("Raised while errors were computed", text)


def _shortness(subject: StatesSubject) -> Iterator[Remark]:
    lasts = 1.0 / np.maximum(1.0 - subject.visits.stay_prob, 1e-12)
    short = np.flatnonzero(lasts < _SHORT)
    if subject.n_states > 1 and len(short):
        text = (
            f"{_named(short)} last for less than {_SHORT:g} {subject.rows} on average: a mixture "
            "within the session rather than states that come and stay. Nothing in the likelihood "
            'forbids it. What to do: dirichlet_transition_proba="sticky", and say so; or fewer '
            "states."
        )
        yield Remark("States that do not stay", text)


def _dwells(subject: StatesSubject) -> Iterator[Remark]:
    """Visits whose mean is not that of a geometric distribution, by a margin that matters."""
    table = subject.visits.to_frame()
    n, mean, chain = (table[c].to_numpy() for c in ("n_ended", "mean_dwell", "mean_dwell_chain"))
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.abs(mean - chain) > _MOST_ERRORS * chain / np.sqrt(n)
        off &= np.maximum(mean / chain, chain / mean) > _MOST_TIMES
    states = np.flatnonzero(off & (n >= _FEWEST_VISITS))
    if subject.n_states > 1 and len(states):
        said = [f"{number(mean[k])} against {number(chain[k])}" for k in states]
        text = (
            f"{_named(states)}: visits of the most likely path last {joined(said)} "
            f"{subject.rows} on average, seen and by the chain. Either short visits are not seen, "
            "which makes the seen ones longer, or states do not end at a constant rate; then a "
            "hidden Markov chain is a summary, not a mechanism."
        )
        yield Remark("Dwell times are not geometric", text, is_warning=False)


def _doubt(subject: StatesSubject) -> Iterator[Remark]:
    surest = np.nanmax(np.where(np.isnan(subject.posterior), -np.inf, subject.posterior), axis=1)
    sure = float(surest[np.isfinite(surest)].mean())
    if subject.n_states > 1 and sure < _SURE:
        text = (
            f"The likeliest state of a row of the data has a probability of {percent(sure)} on "
            "average. Paths and dwell times are rough then; weights have larger errors, which the "
            "table has. What to do: fewer states, or ask only trials that are sure."
        )
        yield Remark("States are hard to tell apart", text)


def _rarity(subject: StatesSubject) -> Iterator[Remark]:
    trials = subject.visits.occupancy * subject.visits.n_trials
    least = _FEW_TRIALS * (subject.data.inputs.rows.n_features + 1)
    rare = np.flatnonzero(trials < least)
    if len(rare):
        text = (
            f"{_named(rare)}: fewer than {_FEW_TRIALS} {subject.rows} for each weight. Weights and "
            "errors are rough."
        )
        yield Remark("Rare states", text, is_warning=False)


def _sessions(subject: StatesSubject) -> Iterator[Remark]:
    if subject.data.sessions.n_sessions == 1 and subject.visits.n_trials >= _LONG_SESSION:
        text = (
            "If they are of several days, the last one of a day is taken to lead to the first one "
            "of the next. What to do: session_starts=glm_hmm.session_starts(day)."
        )
        yield Remark(f"All {subject.rows} were taken as one session", text, is_warning=False)


def _missing(subject: StatesSubject) -> Iterator[Remark]:
    emissions, there = subject.data.problem.emissions, subject.origin["rows"]
    used = int(emissions.keep[subject.data.sessions.trials].sum())
    if 1.0 - used / max(there, 1) > _MOST_LOST:
        text = (
            f"{used:,} of {there:,} have features and a response. The others say nothing of the "
            "state; between those that do it moves on unseen."
        )
        yield Remark(f"{percent(1.0 - used / there)} of the {subject.rows} are missing", text)


def _named(states: np.ndarray) -> str:
    return ("States " if len(states) > 1 else "State ") + joined([str(k) for k in states])
