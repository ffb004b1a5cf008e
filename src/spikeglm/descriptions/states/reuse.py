"""A fit of hidden states at work: states in another recording, and sessions that are drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, showing
from ...fit.progress import say
from ...glm_hmm import GLMHMM, ClassifierGLMHMM, StatesChoice
from ...glm_hmm.asking import asked
from ...glm_hmm.choosing import null_bits
from ...io.interop.timeseries import to_array
from ..description import Description
from ..opening import open_recording
from ..session import UNITS, Session, responses_of, rows_of, with_derived, with_units
from .finding import FoundStates, data_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class StatesResult:
    """What a folder of hidden states holds, read again.

    Attributes
    ----------
    folder, description :
        The folder, and what was asked.
    model, choice :
        The fit, and the numbers of states it was chosen from; None where there was one.
    """

    folder: Path
    description: Description
    model: GLMHMM
    choice: StatesChoice | None

    __repr__ = showing.of_fields

    def found(self) -> FoundStates:
        """Return the fit with its data, which are read anew.

        Raises
        ------
        OSError, ValueError, TypeError
            If the recording is no longer there, or another one.
        """
        _, data, correct = _read(self, None)
        bin_s = self.description.design.bin_s
        return FoundStates(self.model, self.choice, data, correct, bin_s)


@dataclass(frozen=True, eq=False)
class StatesPredicted:
    """States of a recording, and responses that are expected.

    Attributes
    ----------
    table :
        A row per row of the data (its time in seconds, or its trial, is the index): for each output
        the mean response, given those before it in its session (``predicted``, or a column each;
        of labels the most probable one, and ``p_left``, ... the probability of each);
        ``state_0``, ...: probabilities of states, given all responses of the session; ``likeliest``
        the most likely path. NaN where there is nothing.
    bits_per_response :
        How much better responses are predicted than by their own mean.
    """

    table: pd.DataFrame
    bits_per_response: float

    __repr__ = showing.of_fields


def predict_states(result: StatesResult, path: str | Path) -> StatesPredicted:
    """Tell states of another recording: same names of series, trials and responses.

    Raises
    ------
    OSError, ValueError, TypeError
        If the recording cannot be read, or lacks what the description names: states are told by
        responses, so these, too, must be there.
    """
    import pandas as pd

    session, data, _ = _read(result, path)
    model, given = result.model, dict(data)
    X, y = given.pop("X"), given.pop("y")
    columns = _predicted(model, session, data)
    posterior = to_array(model.smooth_proba(X, y, **given), name="probabilities")
    path_ = to_array(model.decode_state(X, y, state_format="index", **given), name="states")
    columns |= {f"state_{k}": posterior[:, k] for k in range(posterior.shape[1])}
    name, places = rows_of(session.X, session.description.design, session.recording)
    table = pd.DataFrame(columns | {"likeliest": path_}, pd.Index(places, name=name))
    read, _ = asked(model, X, y, data["session_starts"], data["transition_inputs"])
    n_seen = read.problem.emissions.n_seen
    bits = model.score(X, y, **given) / n_seen / np.log(2.0) - null_bits(read, read)
    return StatesPredicted(table, float(bits))


def _predicted(model: GLMHMM, session: Session, data: dict[str, Any]) -> dict[str, Any]:
    """Return columns of what is expected: means of outputs, or the likeliest label and all odds."""
    if not isinstance(model, ClassifierGLMHMM):
        mean = to_array(model.predict(**data), name="means").reshape(len(data["y"]), -1)
        return dict(zip(_names(session, "predicted"), mean.T, strict=True))
    share = to_array(model.predict_proba(**data), name="probabilities")
    labels = np.asarray(model.predict(**data))
    each = {f"p_{label}": p for label, p in zip(model.classes_, share.T, strict=True)}
    return {"predicted": labels, **each}


def simulate_states(
    result: StatesResult, path: str | Path | None = None, *, n_repeats: int = 1, seed: int = 0
) -> pd.DataFrame:
    """Draw states and responses on the features of a recording; None is that of the fit.

    Returns
    -------
    pandas.DataFrame
        A row per session that is drawn (``repeat``) and row of the data (``time_s``, or the column
        that counts trials): ``state``, and a column per output.

    Raises
    ------
    OSError, ValueError, TypeError
        If the recording cannot be read; if features are made of responses, which are to be drawn.
    """
    import pandas as pd

    history = [t.label for t in result.description.design.terms if hasattr(t, "spikes")]
    if history:
        raise errors.value_error(
            "Sessions cannot be drawn where features are made of the responses.",
            given=f"the term {history[0]!r}, and hidden states",
            expected="a design without the past of what is drawn",
            todo=f"fit without it: design.terms.{history[0]}=.",
        )
    session, data, _ = _read(result, path)
    name, places = rows_of(session.X, session.description.design, session.recording)
    tables = []
    given = {key: data[key] for key in ("session_starts", "transition_inputs")}
    if given["session_starts"] is None:
        given["session_starts"] = np.isin(np.arange(len(places)), session.X.grid.axis.epoch_starts)
    rng = np.random.default_rng(seed)
    for repeat in range(n_repeats):
        drawn = result.model.simulate(rng, data["X"], **given)
        y = np.asarray(drawn.y).reshape(len(places), -1)
        y = y if isinstance(result.model, ClassifierGLMHMM) else y.astype(float)
        states = to_array(drawn.states, name="states")
        columns = {"repeat": repeat, name: places, "state": states}
        columns |= dict(zip(_names(session, "response"), y.T, strict=True))
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _read(result: StatesResult, path: str | Path | None) -> tuple[Session, dict[str, Any], Any]:
    """Return the rows of a recording, with features as they were made in the fit."""
    model, asked_for = result.model, result.description
    section, states = asked_for.recording, asked_for.states
    path = asked_for.path if path is None else path
    if path is None or states is None:
        raise errors.value_error(
            "The recording is not known.",
            given="a description without recording.path",
            expected="a file",
            todo="name one, or write path below [recording] in description.toml.",
        )
    neurons = getattr(model, "neuron_columns_", None)
    if section.units == UNITS and neurons:
        section = replace(section, neurons=tuple(neurons), where={}, min_spikes=0)
    say(f"reading {path}")
    recording = with_derived(with_units(open_recording(path), section), section)
    X = model.basis_.design(recording.data(asked_for.design))  # type: ignore[attr-defined]
    session = Session(asked_for, recording, X, responses_of(X, recording, section.units))
    data, correct = data_of(session, states)
    return session, data, correct


def _names(session: Session, of_one: str) -> list[str]:
    """Return what outputs are called."""
    if np.ndim(session.y) == 1:
        return [of_one]
    names = getattr(session.y, "columns", range(np.shape(session.y)[1]))
    return [str(name) for name in names]
