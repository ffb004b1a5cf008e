"""What a reader must know before believing a number: warnings first, each with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..encoding.missing import TABLE as DEPENDENCE
from ..encoding.missing import missing
from ..errors import listed
from ..solvers import WELL
from .described import GIVEN
from .past import feeds_of
from .subject import CURVE, Subject
from .words import capital, joined

if TYPE_CHECKING:
    import pandas as pd

_LEVEL = 0.05
_MOST_DISPERSION = 1.5  # errors are then a fifth too small
_FEWEST_SPIKES = 10  # per parameter that a fit uses up
_MOST_LOST = 0.05  # of the rows, where the fit does not say why
_TOLD = re.compile(r"^\d+ of \d+ rows took part; not: ")  # what the page says in its own words
_OF_ROWS = re.compile(r"\d+ of \d+ rows ")  # how a fit begins to tell of them
_MOST_REASONS = 3
_WELL = tuple(map(str, WELL))
_NO_ANSWER = "?"


@dataclass(frozen=True)
class Remark:
    """Something to know.

    Attributes
    ----------
    title, text :
        What it is; why it matters and what to do.
    who :
        Rows of the table of neurons that it is about; () for all.
    is_warning :
        Whether a number may be wrong because of it.
    """

    title: str
    text: str
    who: tuple[int, ...] = ()
    is_warning: bool = True


def remarks(subject: Subject) -> list[Remark]:
    """Return what there is to know of a result, warnings first.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> subject = Subject.of_encoding(nmo.encode(y, X), None)
    >>> [remark.is_warning for remark in remarks(subject)]
    [True, True]
    """
    asked = (
        _fits, _answers, _missing, _rescaling, _variance, _predictions, _shared, _by_chance, _few,
        _rows, _folds, _reasons, _not_drawn, _warned,
    )  # fmt: skip
    found = [remark for ask in asked for remark in ask(subject)]
    return sorted(found, key=lambda remark: not remark.is_warning)


def _fits(subject: Subject) -> Iterable[Remark]:
    fits = subject.tables["fit"]
    for status, part in fits.groupby("status", sort=False):
        if status in _WELL:
            continue
        who = _rows_of(subject, part["neuron"])
        advice = str(part["what_to_do"].iloc[0])
        title = f"No fit to believe ({status})" + _of(who, subject)
        yield Remark(title, f"{_sentence(advice)} {_named(who, subject)}", who)


def _answers(subject: Subject) -> Iterable[Remark]:
    """Neurons that were fitted and have no answer all the same."""
    if not subject.has_search:
        return
    neurons = subject.neurons
    is_open = (neurons["set"] == _NO_ANSWER) & neurons["status"].isin(_WELL)
    who = _where(is_open.to_numpy())
    if who:
        why = _most_frequent(neurons["reason"][is_open])
        text = f"What they encode is not known: {why} {_named(who, subject)}"
        yield Remark("No answer" + _of(who, subject), text, who)


def _missing(subject: Subject) -> Iterable[Remark]:
    """What residuals say is not in the model."""
    table = subject.tables.get(DEPENDENCE)
    if table is not None:
        table = table.set_index("neuron").reindex(subject.names)
    for one in missing(table, subject.event):
        who = _where(one.who)
        text = (
            "Searches then add terms that a neuron does not encode, or miss terms that it does, "
            f"and error bars are too small. What to do: {one.todo}."
        )
        yield Remark(_sentence(one.what)[:-1] + _of(who, subject), text, who)


def _rescaling(subject: Subject) -> Iterable[Remark]:
    who = _where(subject.column("ks_distance") > subject.column("ks_band_95"))
    if who:
        text = (
            f"{subject.event.capitalize()}s do not come when the model says (time rescaling, "
            "distance beyond the "
            "95 % bound): something that drives them is not in the model, and error bars are too "
            f"small. {_about_history(subject)}"
        )
        yield Remark(f"The timing of {subject.event}s is missed" + _of(who, subject), text, who)


def _about_history(subject: Subject) -> str:
    """Return what to do where timing is missed, by what the model has of the past already."""
    own, others = feeds_of(subject.model)
    event = subject.event
    if not own and not others:
        return f"What to do: put {event} history and coupling, or a slow drift, into the model."
    has = " and ".join([f"{event} history"] * own + ["coupling"] * others)
    lacks = [] if own else [f"{event} history"]
    lacks += ["coupling"] if not others and len(subject.names) > 1 else []
    lacks += ["a slow drift", "what else drives them"]
    return (
        f"The model has {has} already. What to do: a longer window of it, or more functions at "
        f"short lags; then {joined(lacks, 'or')}."
    )


def _variance(subject: Subject) -> Iterable[Remark]:
    if subject.likelihood.model.has_dispersion:
        return
    good = subject.tables["goodness"].set_index("neuron").reindex(subject.names)
    dispersion = good["dispersion"].to_numpy(dtype=float)
    who = _where(dispersion > _MOST_DISPERSION)
    if who:
        largest = float(dispersion[list(who)].max())
        text = (
            f"Pearson's dispersion is above {_MOST_DISPERSION:g} (up to {largest:.2g}), so errors "
            f"are too small by up to a factor of {np.sqrt(largest):.2g}. What to do: a negative "
            'binomial or quasi-Poisson model, or robust errors (cov_type="HAC").'
        )
        yield Remark("More variance than the model has" + _of(who, subject), text, who)


def _predictions(subject: Subject) -> Iterable[Remark]:
    who = _where(subject.column("held_out") < 0)
    if who:
        text = (
            "On rows that were held out the full model predicts worse than the mean: it has "
            "more functions than the data pay for, or the session drifts. What to do: fewer "
            "functions, strengths chosen by the data, or a drift in every model."
        )
        yield Remark("Predicted worse than by the mean" + _of(who, subject), text, who)


def _shared(subject: Subject) -> Iterable[Remark]:
    if not subject.has_search or "unique_p" not in subject.terms:
        return
    is_shared = (subject.encoded() == 1) & (subject.wide("unique_p") > _LEVEL)
    for j, term in enumerate(subject.term_names):
        who = _where(is_shared[:, j])
        if who:
            text = (
                f"The search took {term}, but leaving it out of the full model is not shown to "
                f"cost anything (p > {_LEVEL:g}): other terms tell the same. Encoded, perhaps, but "
                "not shown to be encoded beside the others."
            )
            title = f"{term} is encoded, not shown to add to other terms" + _of(who, subject)
            yield Remark(title, text, who, is_warning=False)


def _by_chance(subject: Subject) -> Iterable[Remark]:
    """Terms that some of many neurons encode by chance: the search asks each neuron by itself."""
    if not subject.has_search or "unique_q" not in subject.terms:
        return
    is_weak = (subject.wide("unique_p") <= _LEVEL) & (subject.wide("unique_q") > _LEVEL)
    is_weak &= subject.encoded() == 1
    for j, term in enumerate(subject.term_names):
        who = _where(is_weak[:, j])
        if who:
            text = (
                f"The search asks each neuron by itself, and of many neurons some encode {term} by "
                f"chance. Corrected over neurons these do not (unique q > {_LEVEL:g})."
            )
            title = f"{term} is encoded, not when corrected over neurons" + _of(who, subject)
            yield Remark(title, text, who, is_warning=False)


def _few(subject: Subject) -> Iterable[Remark]:
    spikes = subject.column("n_spikes")
    used = (
        subject.tables["degrees"].groupby("neuron", sort=False)["edf"].sum().reindex(subject.names)
    )
    who = _where(spikes < _FEWEST_SPIKES * used.to_numpy(dtype=float))
    if who and np.isfinite(subject.tables["goodness"]["n_spikes"]).any():
        text = (
            f"Fewer than {_FEWEST_SPIKES} {subject.event}s for each effective parameter: curves "
            "and errors are rough, and what is weak is missed."
        )
        yield Remark(f"Few {subject.event}s" + _of(who, subject), text, who, is_warning=False)


def _rows(subject: Subject) -> Iterable[Remark]:
    there, used = subject.origin["rows"], subject.tables["fit"]["n_rows"].to_numpy(dtype=float)
    lost = 1.0 - used.max(initial=0.0) / max(there, 1)
    if lost > 0:
        why = [line for line in _told_by_fit(subject) if _OF_ROWS.match(line)]
        is_many = any("took no part" in line for line in why) if why else lost > _MOST_LOST
        text = (
            f"{int(used.max(initial=0)):,} of {there:,} rows took part in any fit. Rows with a "
            "value that is missing, or whose window leaves its epoch, are left out, and so is what "
            f"happened in them. {' '.join(_sentence(_TOLD.sub('Not: ', line)) for line in why)}"
        ).strip()
        share = f"{100 * lost:.2g} %" if lost > 1e-3 else f"{there - int(used.max(initial=0)):,}"
        yield Remark(f"{share} of the rows took no part", text, is_warning=is_many)


def _folds(subject: Subject) -> Iterable[Remark]:
    """Folds that were made elsewhere: no table says how far apart their rows are."""
    if subject.origin["settings"].get("folds") == GIVEN and subject.gap:
        text = (
            f"Rows see up to {subject.gap} bins around them. If fewer lie between what is trained "
            "and tested on, they share samples, and scores are too good; the analysis warns of it "
            "when it is made."
        )
        yield Remark("Folds were given", text, is_warning=False)


def _reasons(subject: Subject) -> Iterable[Remark]:
    """What there is to know of single contributions."""
    table = subject.tables.get("contributions")
    if table is None:
        return
    told = table[(table["reason"] != "") & table["neuron"].isin(_fitted(subject))]
    who = _rows_of(subject, told["neuron"])
    if who:
        terms = listed(dict.fromkeys(told["term"]))
        text = f"Of {terms}: {_most_frequent(told['reason'])} contributions.csv has all of them."
        title = "Contributions to read with care" + _of(who, subject)
        yield Remark(title, text, who, is_warning=False)


def _not_drawn(subject: Subject) -> Iterable[Remark]:
    labels = [term.label for term in getattr(subject.model, "terms_", ()) if term.label]
    missing = [label for label in labels if f"{CURVE}{label}" not in subject.tables]
    if missing:
        text = (
            f"{', '.join(missing)}: of so many points, or of functions that are not known, that "
            "model.curve(label, X, y) has to be asked for them."
        )
        yield Remark("Terms whose curves are not here", text, is_warning=False)


def _warned(subject: Subject) -> Iterable[Remark]:
    """What was warned of while an analysis was made: by then nobody may have looked."""
    for text in () if subject.encoding is None else subject.encoding.warnings:
        yield Remark("Raised while it was computed", _sentence(text))


def _told_by_fit(subject: Subject) -> tuple[str, ...]:
    """Return what the report of the fit to all rows says beside its status."""
    told: tuple[str, ...] = subject.model.fit_report_.result.remarks
    return told


def _fitted(subject: Subject) -> list[Any]:
    fits = subject.tables["fit"]
    return fits["neuron"][fits["status"].isin(_WELL)].tolist()


def _where(is_meant: np.ndarray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.flatnonzero(is_meant))


def _rows_of(subject: Subject, names: Iterable[Any]) -> tuple[int, ...]:
    place = {name: k for k, name in enumerate(subject.names)}
    return tuple(dict.fromkeys(place[name] for name in names))


def _of(who: tuple[int, ...], subject: Subject) -> str:
    """Return how many of the neurons a title is about; nothing where there is only one."""
    N = len(subject.names)
    return f": {len(who)} of {N} neurons" if N > 1 else ""


def _named(who: tuple[int, ...], subject: Subject) -> str:
    if len(subject.names) == 1:
        return ""
    return f"({listed(subject.names[k] for k in who)})"


def _most_frequent(reasons: pd.Series) -> str:
    """Return the reasons that are given most often, and how many others there are."""
    counts = reasons.replace("", "no reason was given").value_counts()
    said = "; ".join(map(str, counts.index[:_MOST_REASONS]))
    more = len(counts) - _MOST_REASONS
    return _sentence(f"{said}{f'; and {more} other reasons' if more > 0 else ''}")


def _sentence(text: str) -> str:
    """Begin with a capital letter, and end with a full stop."""
    text = text.strip()
    return capital(text) + ("" if text.endswith((".", "!", "?")) else ".")
