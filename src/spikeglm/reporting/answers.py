"""What was found, term by term, and how sure that is: small tables above the long one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .described import quartiles_of
from .subject import CURVE, Subject
from .words import DASH, number, p_value, percent, quartiles

_YES_NO = {1.0: "yes", 0.0: "no"}
_LEVEL = 0.05


def by_term(subject: Subject) -> tuple[list[str], list[list[str]], str]:
    """Return header, rows and caption of what is known of terms.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> header, rows, caption = by_term(Subject.of_encoding(nmo.encode(y, X), None))
    >>> header[:2], [row[0] for row in rows]
    (['term', 'encoded'], ['x0', 'x1'])
    """
    one = len(subject.names) == 1
    columns = list(_of_one(subject) if one else _of_many(subject))
    header = ["term", *(name for name, _ in columns)]
    names = enumerate(subject.term_names)
    rows = [[str(term), *(cells[j] for _, cells in columns)] for j, term in names]
    return header, rows, _caption(subject, one)


def _caption(subject: Subject, one: bool) -> str:
    if not subject.how:
        return "Tests ask whether a term adds anything beside all others."
    unit = f"Contributions in {subject.unit}"
    if one:
        return f"{unit} ± standard error over folds."
    return (
        f"{unit}: median [quartiles] over the neurons that encode the term, over all where none "
        "does."
    )


def _of_many(subject: Subject) -> Iterator[tuple[str, list[str]]]:
    encoded, edf = subject.encoded(), subject.wide("edf")
    terms = range(len(subject.term_names))
    whose = [encoded[:, j] == 1 if (encoded[:, j] == 1).any() else slice(None) for j in terms]
    if subject.has_search:
        yield "encoded by", [_share(encoded[:, j]) for j in terms]
    for how in subject.how:
        yield how, [quartiles(subject.wide(how)[whose[j], j]) for j in terms]
    for how in subject.how[:1]:
        share = subject.wide(f"{how}_share")
        name = f"share of the full gain ({how})"
        yield name, [quartiles(share[whose[j], j], as_percent=True) for j in terms]
    if "q_value" in subject.terms:
        q = subject.wide("q_value")
        said = [f"{(q[:, j] <= _LEVEL).sum()} of {np.isfinite(q[:, j]).sum()}" for j in terms]
        yield f"q ≤ {_LEVEL:g}", said
    if np.isfinite(edf).any():
        yield "effective parameters", [quartiles_of(edf[whose[j], j]) for j in terms]


def _share(encoded: np.ndarray) -> str:
    known = np.isfinite(encoded)
    if not known.any():
        return "in every model, or no answer"
    yes = int((encoded == 1).sum())
    return f"{yes} of {known.sum()} ({percent(yes / known.sum())})"


def _of_one(subject: Subject) -> Iterator[tuple[str, list[str]]]:
    encoded, edf = subject.encoded()[0], subject.wide("edf")[0]
    if subject.has_search:
        yield "encoded", [_YES_NO.get(answer, DASH) for answer in encoded]
    for how in subject.how:
        value, se = subject.wide(how)[0], subject.wide(f"{how}_se")[0]
        yield how, [f"{number(v)} ± {number(s, 2)}" for v, s in zip(value, se, strict=True)]
        yield "p", [p_value(p) for p in subject.wide(f"{how}_p")[0]]
    if "p_value" in subject.terms:
        yield "p", [p_value(p) for p in subject.wide("p_value")[0]]
    if np.isfinite(edf).any():
        yield "effective parameters", [number(value) for value in edf]


def sets(subject: Subject) -> list[list[str]]:
    """Return how many neurons encode which set of terms, the most frequent first."""
    counts = subject.neurons["set"].value_counts()
    known = counts.drop("?", errors="ignore")
    rows = [[str(name), str(n), percent(n / known.sum())] for name, n in known.items()]
    return rows + ([["no answer", str(counts["?"]), ""]] if "?" in counts else [])


def how_sure(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield what tells how far all of it can be believed, names and values."""
    counts = subject.tables["fit"]["status"].value_counts()
    yield "Fits", ", ".join(f"{n} {status}" for status, n in counts.items())
    held = subject.column("held_out")
    if np.isfinite(held).any():
        yield "Held out, all terms", f"{quartiles(held)} {subject.unit}"
        known, n = int(np.isfinite(held).sum()), int((held > 0).sum())
        yield "Predicted better than by the mean", _how_many(n, known)
    explained = subject.column("deviance_explained")
    if np.isfinite(explained).any():
        yield "Deviance explained, rows of the fit", quartiles(explained, as_percent=True)
    distance, bound = subject.column("ks_distance"), subject.column("ks_band_95")
    is_known = np.isfinite(distance) & np.isfinite(bound)
    if is_known.any():
        n = int((distance[is_known] <= bound[is_known]).sum())
        yield "Timing as the model says (KS, 95 %)", _how_many(n, int(is_known.sum()))
    dispersion = subject.tables["goodness"]["dispersion"]
    told = (
        "" if subject.likelihood.model.has_dispersion else "; 1 where the variance is the model's"
    )
    yield "Dispersion", quartiles(dispersion) + told
    table = subject.tables.get("contributions")
    if table is not None:
        for said in dict.fromkeys(table["p_of"]):
            if said:
                yield "p values", said
    if any(name.startswith(CURVE) for name in subject.tables):
        yield "Bands of curves", "pointwise, 95 %: they hold at each point, not at all at once"


def _how_many(n: int, known: int) -> str:
    return f"{n} of {known}" if known > 1 else _YES_NO[float(n)]
