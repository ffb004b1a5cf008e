"""What was fitted, in words: the data, the model, its terms, and the settings of the analysis."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import listed
from .subject import Subject
from .words import DASH, duration, number, width

FAMILIES = {
    "BSpline": "B-splines",
    "CyclicBSpline": "cyclic B-splines",
    "MSpline": "M-splines",
    "ISpline": "I-splines",
    "Fourier": "Fourier functions",
    "RaisedCosineLinear": "raised cosines",
    "RaisedCosineLog": "raised cosines on a logarithmic axis",
    "OrthExponential": "orthogonal exponentials",
    "Indicators": "indicators of categories",
    "Identity": "the value itself",
    "Lags": "single lags",
}
"""What families of functions are called, by their class."""
GIVEN = "given"
"""What stands for folds that were made elsewhere."""
DEALT = " [@hardcastle2017]"
_CITED = re.compile(r" \[@\w+\]")
_INTERLEAVED = re.compile(r"InterleavedBlocks\(n_folds=(\d+), n_chunks=(\d+)")
KINDS = {
    "value": "function of its value",
    "lag": "filter over lags",
    "product": "function of several variables",
    "category": "categories",
    "other": "columns of a table",
}
TERMS = ("term", "what it is", "functions", "channels", "over", "edf, median [quartiles]")
"""Header of the table of terms."""


def setting(subject: Subject, name: str, default: Any = None) -> Any:
    """Return a setting of the analysis as a value; the text itself, if it is none."""
    said = subject.origin["settings"].get(name)
    if said is None:
        return default
    try:
        return ast.literal_eval(said)
    except (ValueError, SyntaxError):
        return said


def families_of(meaning: Any) -> Iterator[str]:
    """Yield the families that the functions of a term are of, by the names of their classes."""
    for part in (getattr(meaning, "left", None), getattr(meaning, "right", None)):
        if part is not None:
            yield from families_of(part)
    family = getattr(getattr(meaning, "formula", None), "family", None)
    if family is not None:
        yield type(family).__name__


def facts(subject: Subject) -> list[tuple[str, str]]:
    """Return what was fitted to what, as names and values.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> dict(facts(Subject.of_encoding(nmo.encode(y, X), None)))["Observation model"]
    'Poisson, link exp'
    """
    likelihood, bin_s = subject.likelihood, subject.bin_s
    rows = f"{subject.origin['rows']:,}"
    if bin_s is not None:
        rows += f" bins of {width(bin_s)}: {duration(bin_s * subject.origin['rows'])}"
    spikes = subject.column("n_spikes")
    out = [
        ("Model", type(subject.model).__name__),
        ("Observation model", f"{likelihood.model.name}, link {likelihood.link.name}"),
        ("Penalty", _penalty(subject)),
        ("Neurons", f"{len(subject.names):,}"),
        ("Rows", rows),
    ]
    if likelihood.model.gives_probabilities and np.isfinite(spikes).any():
        out.append((f"{likelihood.model.event.capitalize()}s", f"{np.nansum(spikes):,.0f}"))
    return out + [pair for pair in _asked(subject) if pair[1]]


def _penalty(subject: Subject) -> str:
    model = subject.model
    name = model.regularizer if isinstance(model.regularizer, str) else repr(model.regularizer)
    if model.regularizer is None or name == "UnRegularized":
        return "none"
    if str(model.regularizer_strength) == "auto":
        return f"{name}, strengths by marginal likelihood"
    return f"{name}, strengths {'chosen on the folds' if are_of_folds(subject) else 'given'}"


def are_of_folds(subject: Subject) -> bool:
    """Whether strengths were chosen by held-out likelihood."""
    asked = setting(subject, "strengths") is not None
    before = subject.origin["settings"].get("model", repr(subject.model))
    has_none = str(subject.model.regularizer_strength) == "auto"
    return asked or (not has_none and repr(subject.model) != before)


def folds_in_words(subject: Subject) -> tuple[str, str]:
    """Return how folds were made: as it was asked for, and in words."""
    how = str(subject.origin["settings"]["folds"])
    found = _INTERLEAVED.match(how)
    if found:
        n = int(found[1]) * int(found[2])
        return (
            how,
            f"the recording was cut into {n} blocks that were dealt to the folds in turn{DEALT}",
        )
    if how.isdigit() or how.startswith("ContiguousBlocks"):
        return how, "each fold was one run of consecutive rows"
    return how, "folds were given" if how == GIVEN else how


def _asked(subject: Subject) -> Iterator[tuple[str, str]]:
    tested = subject.origin.get("tested_rows", ())
    if tested:
        yield "Folds", f"{len(tested)}: {_CITED.sub('', folds_in_words(subject)[1])}"
    if subject.how:
        yield "Contributions", f"{', '.join(subject.how)}, in {subject.unit}"
    if subject.has_search:
        yield "Search", f"{setting(subject, 'search')}, rule {setting(subject, 'rule')}"
        yield "In every model", listed(setting(subject, "always", ()))
        yield "Null", "" if setting(subject, "null") is None else str(setting(subject, "null"))
        yield "Seed", str(setting(subject, "seed"))


def terms(subject: Subject) -> list[tuple[str, ...]]:
    """Return a row for each term of the design, see :data:`TERMS`."""
    degrees = subject.tables.get("degrees")
    out: list[tuple[str, ...]] = []
    for term in getattr(subject.model, "terms_", ()):
        names = [FAMILIES.get(name, name) for name in dict.fromkeys(families_of(term.meaning))]
        kind = KINDS.get(term.kind, term.kind) + (f": {', '.join(names)}" if names else "")
        edf = np.empty(0) if degrees is None else degrees["edf"][degrees["term"] == term.label]
        out.append(
            (term.label or "(all columns)", kind, str(term.n_functions), str(term.n_channels),
             _range(term, subject.bin_s), quartiles_of(edf))
        )  # fmt: skip
    return out


def quartiles_of(values: Any) -> str:
    """Return the middle of effective degrees over neurons."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return DASH
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75]).round(2) + 0.0
    if len(known) == 1:
        return number(middle, 3)
    return f"{number(middle, 3)} [{number(low, 3)}, {number(high, 3)}]"


def _range(term: Any, bin_s: float | None) -> str:
    lags = term.lags
    if lags is None:
        return "; ".join(term.coverage()) or DASH
    axis = term.axis()
    second = 1.0 if term.unit == "s" else bin_s
    if second is not None:
        return f"{number(1e3 * second * axis[0])} to {number(1e3 * second * axis[-1])} ms"
    return f"{number(axis[0])} to {number(axis[-1])} bins"
