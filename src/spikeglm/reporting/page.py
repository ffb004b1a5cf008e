"""The page itself: sections of HTML around a style, a script and packed numbers, in one file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from . import answers, described
from .figures import Figure
from .fragments import data, facts, table, tag, text
from .methods import Methods
from .neuron_table import neuron_table
from .remarks import Remark
from .subject import Subject
from .words import duration, number

_SHOW = "Show in the table"
_NOT_SET = {"None": "not set", "()": "none"}


@dataclass(frozen=True)
class File:
    """A file beside the page.

    Attributes
    ----------
    name, about :
        What it is called, and what is in it.
    """

    name: str
    about: str


def page(
    subject: Subject,
    *,
    said: Sequence[Remark],
    how: Methods,
    drawn: dict[str, Any],
    images: Sequence[Figure],
    beside: Sequence[File],
) -> str:
    """Return the whole page.

    Parameters
    ----------
    subject :
        What it is about.
    said, how :
        What a reader must know first; what was done.
    drawn :
        What the script draws.
    images :
        Of the population.
    beside :
        The files that are written with it.
    """
    style, script = asset("style.css"), asset("script.js")
    return Template(asset("page.html")).substitute(
        title=text(subject.title),
        about=text(_about(subject)),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        tiles="".join(_tile(*pair) for pair in _tiles(subject)),
        remarks=_remarks(said, has_table=len(subject.names) > 1),
        fitted=facts(described.facts(subject)),
        terms=table(described.TERMS, described.terms(subject), caption="Terms of the design"),
        report=text(str(getattr(subject.model, "fit_report_", ""))),
        found=_found(subject),
        sure=facts(answers.how_sure(subject)),
        neurons=neuron_table(subject),
        whom="Neurons" if len(subject.names) > 1 else "Neuron",
        tools="" if len(subject.names) > 1 else " hidden",
        legend=text(_legend(subject)),
        population=_population(subject, images),
        methods=text(how.text),
        references="".join(tag("li", text(work.reference)) for work in how.works),
        bibtex=text(how.bibtex),
        files="".join(_file(one) for one in beside),
        origin=facts(_origin(subject)),
        data=data(drawn),
    )


def asset(name: str) -> str:
    """Return a file of this package."""
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """Return what a content security policy calls a style or script that may run."""
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _about(subject: Subject) -> str:
    origin, bin_s = subject.origin, subject.bin_s
    rows = f"{origin['rows']:,} rows"
    if bin_s is not None:
        rows += f" ({duration(bin_s * origin['rows'])})"
    likelihood = subject.likelihood
    model = f"{likelihood.model.name} {type(subject.model).__name__}"
    day = origin["made"].partition("T")[0]
    return f"{model} · {rows} · {day} · spikeglm {origin['versions']['spikeglm']}"


def _tiles(subject: Subject) -> Iterator[tuple[str, str]]:
    n = len(subject.names)
    yield f"{n:,}", "neurons" if n > 1 else "neuron"
    if subject.has_search:
        known = subject.neurons["set"][subject.neurons["set"] != "?"]
        if n > 1:
            yield f"{len(known):,}", "with an answer"
            yield f"{int((known != 'none').sum()):,}", "encode a term"
        else:
            yield str(subject.neurons["set"].iloc[0]), "encoded"
    held = subject.column("held_out")
    if np.isfinite(held).any():
        what = subject.unit + (", held out (median)" if n > 1 else ", held out")
        yield number(np.nanmedian(held), 2), what
    certified = int((subject.tables["fit"]["status"] == "converged").sum())
    yield f"{certified:,}", "fits with a certificate" if n > 1 else "fit with a certificate"


def _tile(value: str, what: str) -> str:
    return tag("div", tag("b", text(value)) + tag("span", text(what)), class_="tile")


def _remarks(said: Sequence[Remark], *, has_table: bool) -> str:
    if not any(remark.is_warning for remark in said):
        fine = tag("p", "Nothing to warn of: every fit has its certificate, and no check failed.")
        fine = tag("li", fine, class_="fine")
    else:
        fine = ""
    items = "".join(_remark(k, remark, has_table) for k, remark in enumerate(said))
    return f'<ul class="remarks">{fine}{items}</ul>'


def _remark(k: int, remark: Remark, has_table: bool) -> str:
    kind = "Warning" if remark.is_warning else "Note"
    title = tag("b", f"{kind}: {text(remark.title)}")
    show = tag("button", _SHOW, type="button", class_="show", data_remark=k)
    show = show if remark.who and has_table else ""
    return tag("li", tag("p", title) + tag("p", text(remark.text)) + show, class_=kind.lower())


def _found(subject: Subject) -> str:
    header, rows, caption = answers.by_term(subject)
    out = table(header, rows, caption=caption)
    if subject.has_search and len(subject.names) > 1:
        caption = "Sets of terms"
        out += table(["encoded", "neurons", "share"], answers.sets(subject), caption=caption)
    return out


def _legend(subject: Subject) -> str:
    if not subject.how:
        return "Press a name to draw that neuron; press a header to sort."
    return (
        f"Columns of terms: contribution ({subject.how[0]}, {subject.unit}), bold and "
        "tinted where the neuron encodes the term. Press a name to draw that neuron, a header to "
        "sort."
    )


def _population(subject: Subject, images: Sequence[Figure]) -> str:
    """Return the section of all neurons; of one there is none."""
    if len(subject.names) == 1:
        return ""
    title = tag("h2", "Population", id="population-title")
    content = (
        title
        + "".join(map(_image, images))
        + tag("div", "", id="scatter")
        + tag("div", "", id="heat")
    )
    return tag("section", content, id="population", aria_labelledby="population-title")


def _image(figure: Figure) -> str:
    image = f'<img src="{figure.source}" alt="{text(figure.alt)}">'
    image = tag("div", image, class_="wide", tabindex=0, role="region", aria_label="Figure")
    return tag("figure", image + tag("figcaption", text(figure.caption)), class_="population")


def _file(one: File) -> str:
    link = tag("a", text(one.name), href=f"./{one.name}")
    return tag("li", f"{link} {text(one.about)}")


def _origin(subject: Subject) -> list[tuple[str, str]]:
    origin = subject.origin
    versions = ", ".join(f"{name} {version}" for name, version in origin["versions"].items())
    out = [
        ("Made", origin["made"]),
        ("Versions", versions),
        ("Machine", origin["machine"]),
        ("Hash of the data", origin["data"]),
    ]
    tested = origin.get("tested_rows")
    if tested:
        out.append(("Rows tested in each fold", json.dumps(tested)))
    settings = origin["settings"].items()
    return out + [(f"Setting {name}", _NOT_SET.get(said, said)) for name, said in settings]
