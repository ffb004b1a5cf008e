"""What a page of hidden states is about: a fit, what its data say of it, and its origin."""

from __future__ import annotations

import platform
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from ... import errors, showing
from ...encoding.provenance import PACKAGES
from ...glm.saving.finished_parts import hash_of
from ...glm.saving.persistence import installed_versions
from ...glm_hmm import (
    GLMHMM,
    StateAccuracy,
    StatesChoice,
    StatesErrors,
    StateVisits,
    state_accuracy,
    state_visits,
)
from ...glm_hmm.asking import asked, smooth
from ...glm_hmm.reading import Data
from ...io.interop.timeseries import to_array
from ...observation_models.likelihood import Likelihood
from ...plotting.states.outputs import feature_labels
from ...typing import FloatArray

CHOICES = ("Bernoulli", "Categorical")
"""Observation models whose responses may be right or wrong."""
_NEAR = 1e-6  # of a log-likelihood, for data that are those of the fit


@dataclass(frozen=True, eq=False)
class StatesSubject:
    """What is reported.

    Attributes
    ----------
    title :
        Of the page.
    model :
        The fit.
    choice :
        How many states it has, and why; None where nobody asked.
    data :
        Those of the fit, as they were read.
    given :
        The same as they were passed: X, y, session_starts and transition_inputs.
    sure :
        Standard errors.
    visits, accuracy :
        Dwell times; how often choices are right, None for responses that are none.
    posterior :
        (n, K) probabilities of states, given all responses; NaN outside of sessions.
    warned :
        What was warned of while all this was asked.
    origin :
        Versions, settings, a hash of the data, and when it was made.
    bin_s :
        Seconds of a row, None where rows are trials.
    """

    title: str
    model: GLMHMM
    choice: StatesChoice | None
    data: Data
    given: dict[str, Any]
    sure: StatesErrors
    visits: StateVisits
    accuracy: StateAccuracy | None
    posterior: FloatArray
    warned: tuple[str, ...]
    origin: dict[str, Any]
    bin_s: float | None

    __repr__ = showing.of_fields

    @property
    def n_states(self) -> int:
        """How many there are."""
        return len(self.visits.occupancy)

    @property
    def one(self) -> Any:
        """What a response of 1 is called; None where nobody said."""
        return getattr(self.model, "one_", None)

    @property
    def rows(self) -> str:
        """What a row is called."""
        return "trials" if self.bin_s is None else "bins"

    @property
    def labels(self) -> list[str]:
        """What features are called."""
        if hasattr(self.model, "feature_names_"):
            return feature_labels(self.model)
        return [str(name) for name in self.data.inputs.rows.feature_names]

    @property
    def likelihood(self) -> Likelihood:
        """The observation model, seen through its link."""
        return self.data.problem.emissions.likelihood

    @property
    def is_of_choices(self) -> bool:
        """Whether responses are choices."""
        return self.likelihood.model.name in CHOICES

    @property
    def outputs(self) -> tuple[Any, ...]:
        """Neurons, or classes of labels; none where there is one output."""
        if self.data.shapes.n_neurons is None:
            return ()
        return self.data.inputs.neurons or tuple(range(self.data.shapes.n_neurons))


def subject_of_states(
    result: Any,
    *,
    title: str | None,
    X: Any,
    y: Any,
    session_starts: Any = None,
    transition_inputs: Any = None,
    correct: Any = None,
    bin_s: float | None = None,
) -> StatesSubject:
    """Ask a fit, with its data, what a page is to say.

    Parameters
    ----------
    result :
        A fitted model, or what :func:`spikeglm.glm_hmm.select_states` returns.
    title, X, y, session_starts, transition_inputs, correct, bin_s :
        As for :func:`spikeglm.report`.

    Raises
    ------
    ValueError, TypeError
        If data are missing, or not those of the fit.
    """
    choice = result if isinstance(result, StatesChoice) else None
    model = result if choice is None else choice.best
    _check_given(model, X, y)
    given = {"session_starts": session_starts, "transition_inputs": transition_inputs}
    data, parameters = asked(model, X, y, session_starts, transition_inputs)
    _check_data(model, X, y, given)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sure = model.standard_errors(X, y, **given)
    is_of_choices = data.problem.emissions.likelihood.model.name in CHOICES
    _check_one(model, data, is_of_choices)
    accuracy = None
    if is_of_choices or correct is not None:
        accuracy = state_accuracy(model, X, y, **given, correct=correct)
    K = parameters.n_states
    return StatesSubject(
        title or (f"{K} hidden states" if K > 1 else "One state"),
        model,
        choice,
        data,
        {"X": X, "y": y} | given,
        sure,
        state_visits(model, X, y, **given),
        accuracy,
        to_array(smooth(data, parameters), name="probabilities"),
        tuple(dict.fromkeys(" ".join(str(each.message).split()) for each in caught)),
        _origin(model, data, bin_s),
        bin_s,
    )


def _check_one(model: GLMHMM, data: Data, is_of_choices: bool) -> None:
    one = getattr(model, "one_", None)
    if one is not None and (not is_of_choices or data.inputs.classes is not None):
        raise errors.value_error(
            "Only of choices something is called one.",
            given=f"one_ = {one!r} of a {data.problem.emissions.likelihood.model.name} model",
            expected="a Bernoulli model of responses that are 0 and 1",
            todo="del model.one_",
        )


def _check_given(model: GLMHMM, X: Any, y: Any) -> None:
    if not hasattr(model, "fit_report_"):
        raise errors.not_fitted(type(model).__name__)
    if X is None or y is None:
        raise errors.value_error(
            "How sure a fit is, only its data can tell.",
            given=f"a {type(model).__name__} without X and y",
            expected="the X, y and session_starts of the fit",
            todo="call report(model, folder, X=X, y=y, session_starts=session_starts).",
        )


def _check_data(model: GLMHMM, X: Any, y: Any, given: dict[str, Any]) -> None:
    """Raise ValueError if responses are not as likely as they were in the fit."""
    then, now = model.log_likelihood_, model.score(X, y, **given)
    if abs(now - then) > _NEAR * max(abs(then), 1.0):
        raise errors.value_error(
            "These are not the data of the fit.",
            given=f"responses of log-likelihood {now:.6g}",
            expected=f"{then:.6g} nats, as in the fit",
            todo="pass the X, y, session_starts and transition_inputs that were passed to fit.",
        )


def _origin(model: GLMHMM, data: Data, bin_s: float | None) -> dict[str, Any]:
    emissions, inputs = data.problem.emissions, data.problem.inputs
    marks = data.sessions.spread(data.sessions.starts.astype(float), 0.0)
    parts = emissions.y, emissions.seen, marks, None if inputs is None else inputs.values
    return {
        "versions": installed_versions() | {name: version(name) for name in PACKAGES},
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "settings": {"model": repr(model), "bin_s": repr(bin_s)},
        "data": hash_of(data.inputs.rows, *parts),
        "rows": int(np.shape(emissions.y)[0]),
    }
