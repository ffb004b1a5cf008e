"""A methods paragraph of a fit of hidden states, with the works it stands on and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..methods import LINKS, MODELS, PENALTIES, Methods, paragraph, software
from ..words import joined, number, width
from .subject import StatesSubject

_CHOICES = "the log-odds of a choice"
_RULES = {
    "one_se": "the smallest number within one standard error, over folds, of the difference from "
    "the best was taken [@hastie2009]",
    "max": "the number with the highest mean was taken",
}


def methods(subject: StatesSubject) -> Methods:
    """Return what was done, sentence by sentence."""
    steps = (_data, _chain, _priors, _fit, _number, _errors, _reading, software)
    return paragraph((line for step in steps for line in step(subject)), subject.origin)


def _data(subject: StatesSubject) -> Iterator[str]:
    data, K = subject.data, subject.n_states
    what = "choices" if subject.is_of_choices else "responses"
    whose = f" of {len(subject.outputs)} neurons" if subject.outputs and not _classes(data) else ""
    bins = "" if subject.bin_s is None else f" of {width(subject.bin_s)}"
    yield (
        f"{what}{whose} in {subject.visits.n_trials:,} {subject.rows}{bins} of "
        f"{_many(data.sessions.n_sessions, 'session')} were modelled with a generalized linear "
        f"model whose weights depend on a hidden state, one of {K} (GLM-HMM) "
        "[@escola2011, @ashwood2022]"
    )
    if _classes(data):
        names = joined([str(name) for name in subject.outputs])
        yield (
            f"in each state the log-odds of the classes {names} were a baseline and a weighted sum "
            "of features (multinomial logistic regression) [@mccullagh1989]"
        )
        return
    model, link = subject.likelihood.model.name, subject.likelihood.link.name
    said = MODELS.get(model, f"responses followed the observation model {model}")
    if model == "Bernoulli":
        said = "choices were taken to be Bernoulli [@mccullagh1989]"
    odds = _CHOICES if subject.one is None else f"the log-odds of the choice {subject.one!r}"
    of = odds if link == "logistic" else LINKS.get(link, f"the response, seen through {link},")
    yield f"{said}, and in each state {of} was a baseline and a weighted sum of features"
    shared = getattr(subject.model, "shared_features", None)
    if shared is not None:
        names = joined([str(name) for name in np.atleast_1d(np.asarray(shared, dtype=object))])
        yield f"some weights were the same in all states ({names})"
    frozen = getattr(subject.model, "frozen_weights", None)
    if frozen:
        yield f"some weights were given, and not learned ({joined([str(name) for name in frozen])})"
    if subject.model.feature_mask is not None:
        yield "some weights were kept at zero"


def _many(n: int, what: str) -> str:
    return f"one {what}" if n == 1 else f"{n:,} {what}s"


def _classes(data: Any) -> bool:
    return data.inputs.classes is not None


def _chain(subject: StatesSubject) -> Iterator[str]:
    if subject.n_states == 1:
        return
    n = subject.data.n_inputs
    inputs = "" if n is None else f", by a multinomial logit of {_many(n, 'input')}"
    yield (
        f"the state depended on the one before it in the session{inputs} (a Markov chain), and "
        "sessions were independent"
    )


def _priors(subject: StatesSubject) -> Iterator[str]:
    model = subject.model
    given = model.regularizer
    name = given if isinstance(given, str) else type(given).__name__
    strength = 1.0 if model.regularizer_strength is None else model.regularizer_strength
    if name == "Ridge" and np.ndim(strength) == 0 and not isinstance(strength, dict):
        variance = number(1.0 / float(strength)) if float(strength) else "no bound"
        yield f"weights had independent normal priors of variance {variance} (ridge) [@hoerl1970]"
    elif given is not None and name != "UnRegularized":
        yield PENALTIES.get(name, f"weights had the penalty {given!r}")
    moves = model.dirichlet_transition_proba
    if moves is not None:
        said = moves if isinstance(moves, (str, tuple)) else np.asarray(moves).tolist()
        yield f"rows of transition probabilities had Dirichlet priors ({said})"
    if model.dirichlet_initial_proba is not None:
        yield "the probabilities of first states had a Dirichlet prior"


def _fit(subject: StatesSubject) -> Iterator[str]:
    report = subject.model.fit_report_
    n = len(report.statuses)
    starts = f"{n} starts" if n > 1 else "one start"
    yield (
        "parameters were found by expectation maximisation [@dempster1977], accelerated by "
        f"squared extrapolation [@varadhan2008], from {starts}"
    )
    agree = (
        f"; {report.n_agreeing} of the {report.n_ended} runs that were not given up found the "
        "optimum that was taken"
    )
    ended = (
        f"it ended when less than {number(subject.model.tol)} nats per response were to be gained"
        if report.is_well
        else f"the run that was taken ended without an optimum ({report.status})"
    )
    yield ended + (agree if n > 1 else "")


def _number(subject: StatesSubject) -> Iterator[str]:
    choice = subject.choice
    if choice is None:
        return
    numbers, F = [str(n) for n in choice.n_states], choice.bits_per_trial.shape[1]
    yield (
        f"models of {joined(numbers)} hidden states were compared on whole sessions that were held "
        f"out ({F} folds), each response being predicted from those before it in its session, in "
        "bits per response above a constant rate of the training sessions"
    )
    yield _RULES.get(choice.rule, choice.rule)
    if choice.lapses is not None:
        yield (
            "on the same sessions they were compared with logistic regression with two lapse rates "
            "that depend on nothing [@wichmann2001]"
        )


def _errors(subject: StatesSubject) -> Iterator[str]:
    if np.isfinite(subject.sure.intercept).any():
        yield (
            "standard errors come from the curvature of the logarithm of the posterior at the "
            "optimum, states summed out [@louis1982]"
        )


def _reading(subject: StatesSubject) -> Iterator[str]:
    if subject.n_states == 1:
        return
    yield (
        "probabilities of states given all responses of a session are those of the "
        "forward-backward algorithm, and dwell times are those of the most likely path, where "
        "visits that the end of a session cuts off count as long as they were seen "
        "[@rabiner1989]"
    )
    if subject.accuracy is not None:
        yield "accuracies within a state count each trial by the probability of the state"
