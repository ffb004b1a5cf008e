"""The table of neurons: a row for each, numbers that sort, and what is encoded in bold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .fragments import tag, text
from .subject import Subject
from .words import DASH, fixed, number, percent

_MOST_TERMS = 12  # that have a column
_TINTS = 5
_WELL = "converged"


@dataclass(frozen=True, eq=False)
class Column:
    """A column of N cells.

    Attributes
    ----------
    name, about :
        Its header, and what it is in a sentence.
    cells :
        HTML, each a whole ``td``.
    is_number :
        Whether it sorts by number.
    """

    name: str
    about: str
    cells: Sequence[str]
    is_number: bool = True


def columns(subject: Subject) -> list[Column]:
    """Return what is told of each neuron, beside its name."""
    makers = (_sets, _held_out, _contributions, _deviance, _rescaling, _spikes, _status)
    return [column for make in makers for column in make(subject)]


def neuron_table(subject: Subject) -> str:
    """Return the table, best prediction first.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> subject = Subject.of_encoding(nmo.encode(y, X), None)
    >>> neuron_table(subject).count("<tr")
    2
    """
    told = columns(subject)
    order, sorted_by = _best_first(subject)
    head = "".join(
        _header(name, about, is_number, name == sorted_by)
        for name, about, is_number in (
            ("neuron", "Its name; press it to draw it.", False),
            *((column.name, column.about, column.is_number) for column in told),
        )
    )
    rows = "".join(
        tag("tr", _name(subject.names[k]) + "".join(column.cells[k] for column in told), data_k=k)
        for k in order
    )
    return f'<table id="neurons"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _best_first(subject: Subject) -> tuple[np.ndarray, str]:
    for name, header in (("held_out", "held out"), ("deviance_explained", "deviance explained")):
        values = subject.column(name)
        if np.isfinite(values).any():
            return np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable"), header
    return np.arange(len(subject.names)), ""


def _header(name: str, about: str, is_number: bool, is_sorted: bool) -> str:
    button = tag("button", text(name), type="button", title=about)
    return tag(
        "th", button, scope="col", class_="number" if is_number else None,
        aria_sort="descending" if is_sorted else "none",
    )  # fmt: skip


def _name(name: Any) -> str:
    return tag("th", tag("button", text(name), type="button", tabindex=-1), scope="row")


def _cell(said: str, value: Any, class_: str = "number") -> str:
    known = value is not None and np.isfinite(value)
    return tag("td", said, class_=class_, data_v=f"{value:.6g}" if known else "")


def _numbers(values: np.ndarray, say: Callable[[Any], str] = number) -> list[str]:
    return [_cell(text(say(value)), value) for value in values]


def _sets(subject: Subject) -> Iterator[Column]:
    if subject.has_search:
        told = {"?": "no answer"}
        cells = [tag("td", text(told.get(str(s), s))) for s in subject.neurons["set"]]
        yield Column("encodes", "The terms that the search found.", cells, is_number=False)


def _held_out(subject: Subject) -> Iterator[Column]:
    if "held_out" in subject.neurons:
        about = f"What all terms gain over the mean on held-out rows, in {subject.unit}."
        held = subject.column("held_out")
        decimals = _decimals(held)
        yield Column("held out", about, _numbers(held, lambda v: fixed(v, decimals)))


def _contributions(subject: Subject) -> Iterator[Column]:
    if not subject.how or len(subject.term_names) > _MOST_TERMS:
        return
    how = subject.how[0]
    value, encoded = subject.wide(how), subject.encoded() == 1
    most = np.nanmax(value, initial=0.0) or 1.0
    decimals = _decimals(value)
    for j, term in enumerate(subject.term_names):
        cells = [
            _contribution(value[k, j], bool(encoded[k, j]), most, decimals)
            for k in range(len(value))
        ]
        about = f"Contribution of {term} ({how}, {subject.unit}); bold where encoded."
        yield Column(str(term), about, cells)


def _decimals(values: np.ndarray) -> int:
    """Return how many decimals give the largest value three digits."""
    most = np.nanmax(values, initial=0.0) or 1.0
    return int(np.clip(2 - np.floor(np.log10(most)), 0, 6))


def _contribution(value: float, is_encoded: bool, most: float, decimals: int) -> str:
    said = text(fixed(value, decimals))
    tint = int(np.ceil(_TINTS * max(value, 0.0) / most)) if np.isfinite(value) else 0
    class_ = "number" + (f" tint{tint}" if tint and is_encoded else "")
    return _cell(tag("b", said) if is_encoded else said, value, class_)


def _deviance(subject: Subject) -> Iterator[Column]:
    for name, where in (
        ("held_out_deviance_explained", "held-out rows"),
        ("deviance_explained", "the rows of the fit"),
    ):
        if name in subject.neurons:
            about = f"Share of the deviance that the model explains, on {where}."
            yield Column("deviance explained", about, _numbers(subject.column(name), percent))
            return


def _rescaling(subject: Subject) -> Iterator[Column]:
    distance, bound = subject.column("ks_distance"), subject.column("ks_band_95")
    if not np.isfinite(distance).any():
        return
    about = (
        "Distance of rescaled intervals from what the model expects, over its 95 % bound: above 1 "
        f"the timing of {subject.event}s is not that of the model."
    )
    ratio = np.divide(distance, bound, out=np.full(len(distance), np.nan), where=bound > 0)
    cells = [_cell(text(number(r, 2)), r, "number bad" if r > 1 else "number") for r in ratio]
    yield Column("KS / bound", about, cells)


def _spikes(subject: Subject) -> Iterator[Column]:
    if not subject.likelihood.model.gives_probabilities:
        return
    spikes, rate = subject.column("n_spikes"), subject.column("rate_hz")
    said = [_cell(text(f"{n:,.0f}" if np.isfinite(n) else DASH), n) for n in spikes]
    yield Column(f"{subject.event}s", "How many there are in the rows that take part.", said)
    if np.isfinite(rate).any():
        yield Column("rate (Hz)", "Mean rate.", _numbers(rate))


def _status(subject: Subject) -> Iterator[Column]:
    neurons = subject.neurons
    if "status" not in neurons:
        return
    reasons = neurons["reason"] if "reason" in neurons else [""] * len(neurons)
    cells = []
    for status, reason in zip(neurons["status"], reasons, strict=True):
        said = "; ".join(dict.fromkeys(part for part in (str(status), str(reason or "")) if part))
        cells.append(tag("td", text(said), class_=None if said == _WELL else "bad"))
    yield Column("fit", "How the fit ended, and why numbers are missing.", cells, is_number=False)
