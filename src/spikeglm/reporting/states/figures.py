"""Figures of hidden states as images that stand in the page itself."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from ... import plotting
from ...glm_hmm.joined_weights import joined
from ..figures import Figure, image
from .subject import StatesSubject

_MOST_FEATURES = 30
_MOST_OUTPUTS = 4
_MOST_TRIALS = 600
_MOST_LABEL = 9  # letters of names that stand beside one another
_PX_PER_INCH = 135  # of a figure of 7 pt: on a screen its text is as large as that of captions
_WITHIN = "Sessions are divided by lines. "


def figures(subject: StatesSubject) -> Iterator[Figure]:
    """Draw what states are; nothing where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        return
    with plotting.paper_style():
        yield from _numbers(subject)
        yield from _weights(subject)
        if subject.n_states > 1:
            yield from _over_time(subject)
            yield from _chain(subject)
        yield from _responses(subject)


def _numbers(subject: StatesSubject) -> Iterator[Figure]:
    if subject.choice is not None:
        ax = plotting.plot_states_choice(subject.choice)
        caption = (
            "How many states: held-out bits per trial, with standard errors of the difference from "
            "the best; the chosen number is filled."
        )
        yield _of(ax, caption, "Held-out bits per trial over the number of states.")


def _weights(subject: StatesSubject) -> Iterator[Figure]:
    rows = subject.data.inputs.rows
    if rows.n_features > _MOST_FEATURES or not hasattr(subject.model, "feature_names_"):
        return
    for name in subject.outputs[:_MOST_OUTPUTS] or (None,):
        ax = plotting.plot_state_weights(subject.model, uncertainty=subject.sure, neuron=name)
        longest = max(len(label.get_text()) for label in ax.get_xticklabels())
        if rows.n_features > 3 or longest > _MOST_LABEL:
            for label in ax.get_xticklabels():
                label.set(rotation=30, ha="right", rotation_mode="anchor")
        of = "" if name is None else f" of {name!r}"
        caption = f"Weights{of} in each state, with 95 % intervals."
        yield _of(ax, caption, f"Points with bars: a weight{of} for each feature and state.")


def _over_time(subject: StatesSubject) -> Iterator[Figure]:
    start, stop = _stretch(subject)
    ax = plotting.plot_state_probability(subject.posterior, start=start, stop=stop)
    marks = subject.data.sessions.trials[subject.data.sessions.starts]
    for first in marks[(marks > start) & (marks < stop)]:
        ax.axvline(first, color="black", linewidth=0.6)
    ax.set_xlabel("Trial" if subject.bin_s is None else "Bin")
    caption = (
        f"Probability of each state, given all responses of the session: rows {start:,} to "
        f"{stop - 1:,}. {_WITHIN if len(marks) > 1 else ''}posterior.csv has all."
    )
    yield _of(ax, caption, "Lines: the probability of each state over trials.")


def _stretch(subject: StatesSubject) -> tuple[int, int]:
    """Return the first rows with states, up to the end of a session where one ends in time."""
    trials, starts = subject.data.sessions.trials, subject.data.sessions.starts
    first = int(trials[0])
    ends = trials[starts][1:]
    near = ends[ends <= first + _MOST_TRIALS]
    stop = int(near[-1]) if len(near) else first + _MOST_TRIALS
    return first, min(stop, int(trials[-1]) + 1)


def _chain(subject: StatesSubject) -> Iterator[Figure]:
    ax = plotting.plot_state_occupancy(subject.visits)
    yield _of(ax, "Share of the trials that each state has; above, its visits.", "Bars by state.")
    ax = plotting.plot_state_transitions(subject.model)
    yield _of(ax, "How likely a state (row) is followed by another (column).", "A matrix.")
    if subject.visits.is_ended.any():
        caption = (
            "Share of visits that last longer. Steps: visits of the most likely path (Kaplan & "
            "Meier); dashed: geometric, as the chain has it."
        )
        ax = plotting.plot_dwell_times(subject.visits)
        yield _of(ax, caption, "Steps fall beside dashed lines, for each state.")


def _responses(subject: StatesSubject) -> Iterator[Figure]:
    given = dict(subject.given)
    X, y = given.pop("X"), given.pop("y")
    if subject.data.inputs.rows.n_features:
        feature = _telling(subject)
        name = subject.outputs[0] if subject.outputs else None
        ax = plotting.plot_psychometric(subject.model, X, y, feature=feature, neuron=name, **given)
        choice = subject.outputs[0] if subject.data.inputs.classes is not None else subject.one
        what = "Responses" if choice is None else f"P(choice = {choice})"
        label = ax.get_xlabel()
        caption = (
            f"{what} over {label}, the feature that states differ most in. Points: each trial "
            "by the probability of the state, with standard errors; lines: what the weights say "
            "of the same trials."
        )
        yield _of(ax, caption, f"Points and lines over {label}, for each state.")
    if subject.accuracy is not None:
        ax = plotting.plot_state_accuracy(subject.accuracy)
        right = "Full: right; open: " if np.isfinite(subject.accuracy.correct).any() else "Open: "
        caption = f"{right}as the model expected from the trials before. Bars: standard errors."
        yield _of(ax, caption, "Shares of choices by state, and of all.")


def _telling(subject: StatesSubject) -> int:
    """Return the feature whose contribution differs most between states, of the first output."""
    per_sd = subject.data.problem.emissions.ready.survey.features.inverse_scale
    shape = len(per_sd), -1, subject.n_states
    weights = joined(subject.model.coef_).reshape(shape)[:, 0]
    size = np.ptp(weights, axis=1) if subject.n_states > 1 else np.abs(weights[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return int(np.nan_to_num(size / per_sd, posinf=0.0).argmax())


def _of(ax: Any, caption: str, alt: str) -> Figure:
    width_px = round(_PX_PER_INCH * ax.figure.get_figwidth())
    return Figure(caption, alt, image(ax.figure), width_px)
