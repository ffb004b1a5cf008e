"""From a session to hidden states: the data as ``fit`` takes them, and the fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ... import errors, showing
from ...fit.progress import say
from ...glm.classification.labels import read_labels
from ...glm_hmm import GLMHMM, StatesChoice, select_states, session_starts
from ...recordings import Intervals, Recording
from ..session import UNITS, Session
from .section import ONE, StatesSection


@dataclass(frozen=True, eq=False)
class FoundStates:
    """A fit of hidden states with its data.

    Attributes
    ----------
    model :
        The fit; of several numbers of states that of the chosen one.
    choice :
        Several numbers of states compared; None for one.
    data :
        As :meth:`spikeglm.GLMHMM.fit` takes them: X, y, session_starts and transition_inputs.
    correct :
        (T,) 1 where the animal was right; None where nobody said.
    bin_s :
        Seconds of a row; None where rows are no bins.
    """

    model: GLMHMM
    choice: StatesChoice | None
    data: dict[str, Any]
    correct: Any = None
    bin_s: float | None = None

    __repr__ = showing.of_fields

    @property
    def result(self) -> Any:
        """What a report is of."""
        return self.model if self.choice is None else self.choice

    @property
    def for_report(self) -> dict[str, Any]:
        """What :func:`spikeglm.report` takes beside it."""
        return {**self.data, "correct": self.correct, "bin_s": self.bin_s}


def find_states(session: Session, folder: Path | None = None) -> FoundStates:
    """Fit what ``[states]`` says to the rows of a session; a comparison keeps finished fits.

    Raises
    ------
    ValueError, TypeError
        If the recording has not what it names, or data cannot be used.
    """
    section = session.description.states
    assert section is not None
    data, correct = data_of(session, section)
    estimator, arguments = section.estimator(of_labels=_are_labels(data["y"]))
    if estimator is GLMHMM and "observation_model" not in arguments:
        arguments["observation_model"] = _usual_model(session, data["y"])
    mask = session.X.feature_mask
    if mask is not None and section.is_choice:
        raise errors.value_error(
            "A design in which neurons see different features is fitted with one number of states.",
            given=f"n_states = {list(section.numbers)}",
            expected="a number, such as n_states = 2",
            todo="choose one of them, or give all neurons the same terms.",
        )
    say(f"{', '.join(map(str, section.numbers))} state(s), {len(data['y']):,} rows")
    bin_s, one = session.description.design.bin_s, section.words.get(ONE)
    if section.is_choice:
        X, y = data["X"], data["y"]
        given = {key: data[key] for key in ("session_starts", "transition_inputs")}
        compared = select_states(
            X,
            y,
            n_states=section.numbers,
            estimator=estimator,
            folder=folder,
            **given,
            **section.of_choice,
            **arguments,
        )
        for model in compared.models:
            _say_what_is_one(model, one)
        return FoundStates(compared.best, compared, data, correct, bin_s)
    (n_states,) = section.numbers
    if mask is not None:
        arguments["feature_mask"] = _for_states(mask, n_states)
    model = estimator(n_states, **arguments).fit(**data)
    _say_what_is_one(model, one)
    return FoundStates(model, None, data, correct, bin_s)


def _say_what_is_one(model: GLMHMM, one: Any) -> None:
    """Let figures of a model call it by name, also those that are drawn of its file."""
    if one is not None:
        model.one_ = one


def data_of(session: Session, section: StatesSection) -> tuple[dict[str, Any], Any]:
    """Return what ``fit`` takes, and where choices were right.

    Raises
    ------
    ValueError, TypeError
        If the recording has not what the section names, or not for each row.
    """
    recording, n_rows = session.recording, len(session.y)
    inputs = [_per_row(recording, name, n_rows) for name in section.inputs]
    correct = section.words.get("correct")
    data = {
        "X": session.X,
        "y": _choices(session.y, section.words.get(ONE)),
        "session_starts": _starts(recording, section.words.get("sessions"), n_rows),
        "transition_inputs": np.column_stack(inputs) if inputs else None,
    }
    return data, None if correct is None else _per_row(recording, correct, n_rows)


def _starts(recording: Recording, name: str | None, n_rows: int) -> Any:
    """Return where sessions begin: None where epochs of the rows do."""
    if name is None:
        return None
    found = recording[name]
    if isinstance(found, Intervals):
        return found.to_pynapple()
    return session_starts(_of_rows(found, name, n_rows))


def _per_row(recording: Recording, name: str, n_rows: int) -> Any:
    values = _of_rows(recording[name], name, n_rows)
    try:
        return np.asarray(values, dtype=float)
    except ValueError:
        raise errors.type_error(
            f"{name} is of another kind.",
            given="labels",
            expected="numbers, one for each row",
            todo="name a column of numbers; labels are for sessions.",
        ) from None


def _of_rows(found: Any, name: str, n_rows: int) -> Any:
    values = np.asarray(found) if isinstance(found, np.ndarray | list) else None
    if values is None or values.shape != (n_rows,):
        shape = type(found).__name__ if values is None else f"shape {values.shape}"
        raise errors.value_error(
            f"{name} does not fit the rows.",
            given=f"{shape} for {n_rows} rows",
            expected="a column of the table whose rows are analysed, such as trials/day, or, for "
            "bins, the name of epochs as sessions",
            todo="name one that has an entry for each row.",
        )
    return values


def _are_labels(y: Any) -> bool:
    """Return whether responses are text."""
    return isinstance(y, np.ndarray) and y.dtype.kind == "O"


def _choices(y: Any, one: Any) -> Any:
    """Return responses as they are, or, if a label stands for 1, numbers; NaN where one is missing.

    Raises
    ------
    ValueError
        If there is no such label.

    Examples
    --------
    >>> _choices(np.array(["right", None, "left"], dtype=object), "right")
    array([ 1., nan,  0.])
    """
    if one is None:
        return y
    labels, missing = read_labels(y)
    known = np.unique(labels[~missing]).tolist()
    if one not in known:
        raise errors.unknown_name("label", one, known)
    return np.where(missing, np.nan, labels == one)


def _usual_model(session: Session, y: Any) -> str:
    """Return what responses are by their values: spikes are counted, zeros and ones are choices.

    Raises
    ------
    ValueError
        If they are neither.
    """
    if session.description.recording.units == UNITS:
        return "Poisson"
    values = np.asarray(y, dtype=float)
    known = values[np.isfinite(values)]
    if np.isin(known, (0.0, 1.0)).all():
        return "Bernoulli"
    raise errors.value_error(
        "It is not said what responses are.",
        given=f"numbers such as {known[:4].tolist()}",
        expected='observation_model = "Poisson", "Gaussian" or another one below [states]',
        todo='write it; where numbers are labels, observation_model = "Categorical".',
    )


def _for_states(mask: Any, n_states: int) -> Any:
    """Return (p, N, K), or (p, K), which features may be used."""
    return np.repeat(np.asarray(mask)[..., None], n_states, axis=-1)
