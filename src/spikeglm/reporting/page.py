"""The page itself: sections of HTML around a style, a script and packed numbers, in one file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from . import answers, described
from .contents import File
from .figures import Figure
from .fragments import data, facts, table, tag, text
from .methods import Methods
from .neuron_table import neuron_table
from .remarks import Remark
from .subject import Subject
from .words import duration, number

_SHOW = "Show in the table"
_NOT_SET = {"None": "not set", "()": "none"}


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
        style_hash=hash_of(style),
        script_hash=hash_of(script),
        tiles=tiles(_tiles(subject)),
        remarks=remark_list(said, has_table=len(subject.names) > 1),
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
        to_population=' <a href="#population">Population</a>' if len(subject.names) > 1 else "",
        methods=text(how.text),
        references=references(how),
        bibtex=text(how.bibtex),
        files=file_list(beside),
        origin=facts(origin_facts(subject.origin)),
        data=data(drawn),
    )


def asset(name: str) -> str:
    """Return a file of this package."""
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")


def hash_of(content: str) -> str:
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


def tiles(pairs: Iterable[tuple[str, str]]) -> str:
    """Return numbers that are told first, each with what it is."""
    return "".join(
        tag("div", tag("b", text(value)) + tag("span", text(what)), class_="tile")
        for value, what in pairs
    )


def remark_list(said: Sequence[Remark], *, has_table: bool) -> str:
    """Return what is to be known first; ``has_table`` if there are rows that it can show."""
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
        + "".join(map(figure, images))
        + tag("div", "", id="scatter")
        + tag("div", "", id="heat")
    )
    return tag("section", content, id="population", aria_labelledby="population-title")


def figure(drawn: Figure, kind: str = "population") -> str:
    """Return an image with its caption."""
    width = "" if drawn.width_px is None else f' width="{drawn.width_px}"'
    image = f'<img src="{drawn.source}" alt="{text(drawn.alt)}"{width}>'
    image = tag("div", image, class_="wide", tabindex=0, role="region", aria_label="Figure")
    return tag("figure", image + tag("figcaption", text(drawn.caption)), class_=kind)


def references(how: Methods) -> str:
    """Return the list of works."""
    return "".join(tag("li", text(work.reference)) for work in how.works)


def file_list(beside: Iterable[File]) -> str:
    """Return links to files, with what is in them."""
    links = ((tag("a", text(one.name), href=f"./{one.name}"), one.about) for one in beside)
    return "".join(tag("li", f"{link} {text(about)}") for link, about in links)


def origin_facts(origin: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where a result comes from, as names and values."""
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
