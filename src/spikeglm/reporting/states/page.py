"""The page of hidden states: sections of HTML around a style, tables and images, in one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import page as parts
from ..contents import File
from ..figures import Figure
from ..fragments import facts, table, tag, text
from ..methods import Methods
from ..remarks import Remark
from ..words import DASH, duration, fixed, number, percent
from .subject import StatesSubject

if TYPE_CHECKING:
    import pandas as pd

_MOST_WEIGHTS = 60  # rows of the table of weights
_LEAST_ERROR = 5e-4  # of a probability that has three decimals


def page(
    subject: StatesSubject,
    found: dict[str, pd.DataFrame],
    *,
    said: Sequence[Remark],
    how: Methods,
    images: Sequence[Figure],
    beside: Sequence[File],
) -> str:
    """Return the whole page."""
    style = parts.asset("style.css")
    return Template(parts.asset("states.html")).substitute(
        title=text(subject.title),
        about=text(_about(subject)),
        style=style,
        style_hash=parts.hash_of(style),
        tiles=parts.tiles(_tiles(subject)),
        remarks=parts.remark_list(said, has_table=False),
        fitted=facts(_facts(subject)),
        report=text(str(subject.model.fit_report_)),
        found="".join(_found(subject, found)),
        figures="".join(parts.figure(one, "state") for one in images),
        methods=text(how.text),
        references=parts.references(how),
        bibtex=text(how.bibtex),
        files=parts.file_list(beside),
        origin=facts(parts.origin_facts(subject.origin)),
    )


def _about(subject: StatesSubject) -> str:
    origin, likelihood = subject.origin, subject.likelihood
    day = origin["made"].partition("T")[0]
    rows = f"{origin['rows']:,} {subject.rows}"
    if subject.bin_s is not None:
        rows += f" ({duration(subject.bin_s * origin['rows'])})"
    model = f"{likelihood.model.name} {type(subject.model).__name__}"
    return f"{model} · {rows} · {day} · spikeglm {origin['versions']['spikeglm']}"


def _tiles(subject: StatesSubject) -> Iterator[tuple[str, str]]:
    report, K = subject.model.fit_report_, subject.n_states
    yield str(K), "states" if K > 1 else "state"
    yield f"{subject.visits.n_trials:,}", subject.rows
    S = subject.data.sessions.n_sessions
    yield f"{S:,}", "sessions" if S > 1 else "session"
    if subject.choice is not None:
        bits = subject.choice.mean[subject.choice.chosen]
        yield number(bits), "bits per response above a constant rate, held out"
    if len(report.statuses) > 1:
        yield (
            f"{report.n_agreeing} of {report.n_ended}",
            "runs found this optimum, of those not given up",
        )


def _facts(subject: StatesSubject) -> Iterator[tuple[str, str]]:
    model, report = subject.model, subject.model.fit_report_
    likelihood, emissions = subject.likelihood, subject.data.problem.emissions
    if subject.data.inputs.classes is None:
        yield "Observation model", f"{likelihood.model.name}, link {likelihood.link.name}"
        if subject.one is not None:
            yield "Choices", f"1 is {subject.one!r}, 0 any other"
        outputs = len(subject.outputs)
        if outputs:
            yield "Outputs that share the states", str(outputs)
    else:
        yield "Labels", ", ".join(map(str, subject.outputs))
    yield "Responses", f"{int(emissions.n_seen):,}"
    yield "Features", str(subject.data.inputs.rows.n_features)
    yield "Parameters", str(model.n_parameters_)
    yield "Penalty on weights", f"{model.regularizer}, strength {model.regularizer_strength}"
    yield "Prior on transitions", _prior(model.dirichlet_transition_proba)
    if subject.data.n_inputs is not None:
        yield "Inputs that transitions follow", str(subject.data.n_inputs)
    yield "Log-likelihood", f"{number(model.log_likelihood_, 6)} nats"
    yield "Starts", f"{len(report.statuses)}: {report.n_agreeing} found the optimum taken"
    yield "Status of the fit", report.status


def _prior(given: Any) -> str:
    if given is None:
        return "none"
    return str(given) if isinstance(given, str | tuple) else "Dirichlet"


def _found(subject: StatesSubject, found: dict[str, pd.DataFrame]) -> Iterator[str]:
    header, rows = _states(subject, found["states"])
    unit = subject.rows
    caption = (
        f"States, the most frequent first. Dwell times in {unit}: mean (median) of visits of the "
        "most likely path (those that sessions cut off count as long as they were seen), beside "
        "the mean of the geometric distribution that the chain has."
    )
    if subject.accuracy is not None:
        caption += " Accuracies ± standard errors (binomial)."
    yield table(header, rows, caption=caption)
    yield _weights(subject, found["weights"])
    if subject.n_states > 1:
        yield _transitions(subject)
    if subject.choice is not None:
        yield tag("h3", "How many states") + _numbers(subject)


def _states(subject: StatesSubject, states: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    header = ["state", "share", "visits", "dwell time seen", "of the chain", "first in a session"]
    kinds = []
    if subject.accuracy is not None:
        kinds = [kind for kind in ("correct", "predicted") if states[kind].notna().any()]
    names = {"correct": "right", "predicted": "as the model expected"}
    header += [names[kind] for kind in kinds]
    rows = []
    for row in states.to_dict("records"):
        is_all = row["state"] == "all"
        seen = f"{number(row['mean_dwell'])} ({number(row['median_dwell'])})"
        chain = row["mean_dwell_chain"]
        cells = [
            percent(row["occupancy"]),
            f"{number(row['n_visits'])}, {number(row['n_ended'])} ended",
            seen if row["n_ended"] else DASH,
            number(chain) if subject.n_states > 1 else DASH,
            _with_error(row["initial_prob"], row["initial_prob_error"], 2),
        ]
        cells = [""] * len(cells) if is_all else cells
        cells += [_with_error(row[kind], row[f"{kind}_error"]) for kind in kinds]
        rows.append([str(row["state"]), *cells])
    return header, rows


def _weights(subject: StatesSubject, weights: pd.DataFrame) -> str:
    output = next((name for name in ("neuron", "class") if name in weights), None)
    keys = ["feature"] if output is None else [output, "feature"]
    K = subject.n_states
    header = [*reversed(keys), *(f"state {k}" for k in range(K))]
    rows = []
    labels = dict(zip(subject.data.inputs.rows.feature_names, subject.labels, strict=True))
    for names, part in weights.groupby(keys, sort=False):
        cells = [
            _with_error(one.estimate, one.error) for one in part.sort_values("state").itertuples()
        ]
        rows.append([str(labels.get(name, name)) for name in reversed(names)] + cells)
    more = f" The first {_MOST_WEIGHTS} rows; weights.csv has all." * (len(rows) > _MOST_WEIGHTS)
    unit = "log-odds" if subject.is_of_choices else "linear predictor"
    unit += "" if subject.one is None else f" of {subject.one!r}"
    caption = f"Weights ± standard errors, {unit} per unit of the feature.{more}"
    return tag("h3", "Weights") + table(header, rows[:_MOST_WEIGHTS], caption=caption)


def _transitions(subject: StatesSubject) -> str:
    matrix, error = np.asarray(subject.model.transition_prob_), subject.sure.transition_prob
    K = subject.n_states
    header = ["state", *(f"then {k}" for k in range(K))]
    rows = [
        [str(i), *(_with_error(matrix[i, j], error[i, j], 3) for j in range(K))] for i in range(K)
    ]
    driven = "" if subject.data.n_inputs is None else ", where inputs are zero"
    caption = f"Probability ± standard error that a state is followed by another{driven}."
    return tag("h3", "Transitions") + table(header, rows, caption=caption)


def _numbers(subject: StatesSubject) -> str:
    assert subject.choice is not None
    lapses = subject.choice.lapses
    header = [
        "states", "held-out bits per response", "below the best", "parameters", "BIC",
        "runs that agree", "status", "",
    ]  # fmt: skip
    rows: list[list[Any]] = [
        [
            str(n), _with_error(row["bits_per_trial"], row["error"], 4),
            _with_error(row["below_best"], row["error_of_difference"], 4),
            number(row["n_parameters"], 6), number(row["bic"], 6), percent(row["agreeing"]),
            row["status"], "chosen" if row["chosen"] else "",
        ]
        for n, row in subject.choice.to_frame().iterrows()
    ]  # fmt: skip
    caption = "Whole sessions held out; ± standard errors over folds. One state is the plain GLM."
    if lapses is not None:
        fit, bits = lapses.fit, lapses.bits_per_trial
        error = bits.std(ddof=1) / np.sqrt(len(bits))
        below = subject.choice.mean.max() - bits.mean()
        rows.append([
            "none, lapses", _with_error(bits.mean(), error, 4), fixed(below, 4),
            number(fit.n_parameters, 6), number(fit.bic, 6),
            percent(fit.n_agreeing / fit.n_starts), fit.status, "",
        ])  # fmt: skip
        caption += (
            f" Lapses: choices of {percent(fit.lapse_to_one)} of the trials are "
            f"{'one' if subject.one is None else repr(subject.one)}, and of "
            f"{percent(fit.lapse_to_zero)} {'zero' if subject.one is None else 'another'}, "
            "whatever the features are."
        )
    return table(header, rows, caption=caption)


def _with_error(value: Any, error: Any, decimals: int = 2) -> str:
    if value is None or not np.isfinite(value):
        return DASH
    said = fixed(value, decimals)
    return f"{said} ± {fixed(error, decimals)}" if np.isfinite(error) else said
