"""All numbers of a page of hidden states, as tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...plotting import plot_dwell_times
from .subject import StatesSubject

if TYPE_CHECKING:
    import pandas as pd

_ABOUT = {
    "states": "a row per state: share of trials, visits, dwell times, accuracy, first states",
    "weights": "a row per weight and state, with standard errors",
    "transitions": "how likely a state follows another, with standard errors",
    "transition_weights": "what inputs add to the log-odds of a move against staying",
    "posterior": "a row per trial: its session, the probability of each state, the likeliest",
    "dwell_times": "shares of visits that last longer than so many trials, seen and geometric",
    "runs": "how the run from each start ended",
    "numbers_of_states": "a row per number of states: held-out bits per trial, BIC",
    "folds": "held-out bits per trial of each number of states and fold",
    "lapses": "weights and lapse rates of a GLM without states, with standard errors",
}


def about(name: str) -> str:
    """Return what is in a table.

    Examples
    --------
    >>> about("runs")
    'how the run from each start ended'
    """
    return _ABOUT.get(name, "")


def tables(subject: StatesSubject) -> dict[str, pd.DataFrame]:
    """Return all tables, by their names."""
    found = {
        "states": of_states(subject),
        "weights": _towards(subject, subject.sure.to_frame()),
        "transitions": of_transitions(subject),
        "dwell_times": plot_dwell_times.data(subject.visits),
        "posterior": _posterior(subject),
        "runs": subject.model.fit_report_.to_frame().reset_index(),
    }
    if subject.sure.transition_coef is not None:
        found["transition_weights"] = _transition_weights(subject)
    if subject.choice is not None:
        found["numbers_of_states"] = subject.choice.to_frame().reset_index()
        found["folds"] = _folds(subject.choice)
        if subject.choice.lapses is not None:
            found["lapses"] = _towards(subject, subject.choice.lapses.fit.to_frame())
    return found


def _towards(subject: StatesSubject, weights: pd.DataFrame) -> pd.DataFrame:
    """Return weights with the choice that positive ones lead to, if it has a name."""
    if subject.one is not None:
        weights.insert(0, "choice", [subject.one] * len(weights))
    return weights


def of_states(subject: StatesSubject) -> pd.DataFrame:
    """Return a row per state, and one for all where there are accuracies."""
    found = subject.visits.to_frame()
    found["initial_prob"] = np.asarray(subject.model.initial_prob_)
    found["initial_prob_error"] = subject.sure.initial_prob
    if subject.accuracy is not None:
        found = subject.accuracy.to_frame().join(found)
        found = found[[*found.columns[5:], *found.columns[:5]]]
    return found.reset_index()


def of_transitions(subject: StatesSubject) -> pd.DataFrame:
    """Return a row per pair of states."""
    import pandas as pd

    matrix = np.asarray(subject.model.transition_prob_)
    before, after = (part.ravel() for part in np.indices(matrix.shape))
    return pd.DataFrame(
        {
            "state": before,
            "next_state": after,
            "probability": matrix.ravel(),
            "error": subject.sure.transition_prob.ravel(),
        }
    )


def _transition_weights(subject: StatesSubject) -> pd.DataFrame:
    import pandas as pd

    weight = np.asarray(subject.model.transition_coef_)
    of_input, before, after = (part.ravel() for part in np.indices(weight.shape))
    table = pd.DataFrame(
        {
            "input": of_input,
            "state": before,
            "next_state": after,
            "weight": weight.ravel(),
            "error": np.asarray(subject.sure.transition_coef).ravel(),
        }
    )
    return table[table["state"] != table["next_state"]].reset_index(drop=True)


def _posterior(subject: StatesSubject) -> pd.DataFrame:
    import pandas as pd

    sessions, states = subject.data.sessions, subject.posterior
    number = sessions.spread(np.cumsum(sessions.starts) - 1.0, np.nan)
    known = np.isfinite(states).all(axis=1)
    columns: dict[str, Any] = {"row": np.arange(len(states)), "session": number}
    columns |= {f"state_{k}": states[:, k] for k in range(states.shape[1])}
    columns["likeliest"] = np.where(known, np.nan_to_num(states).argmax(axis=1), np.nan)
    return pd.DataFrame(columns).astype({"session": "Int64", "likeliest": "Int64"})


def _folds(choice: Any) -> pd.DataFrame:
    import pandas as pd

    bits = choice.bits_per_trial
    m, fold = (part.ravel() for part in np.indices(bits.shape))
    table = pd.DataFrame(
        {"n_states": choice.n_states[m], "fold": fold, "bits_per_trial": bits.ravel()}
    )
    if choice.lapses is not None:
        table["lapses"] = choice.lapses.bits_per_trial[fold]
    return table
