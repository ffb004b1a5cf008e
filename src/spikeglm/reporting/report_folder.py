"""From a result to a folder with a page, its tables as CSV, and its references."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors
from ..csv_tables import write_csv
from ..encoding import Encoding
from ..typing import ArrayLike
from .drawings import drawings
from .figures import figures
from .methods import methods
from .of_model import subject_of_model
from .page import File, page
from .remarks import remarks
from .subject import CURVE, Subject
from .words import joined
from .writing import write_folder

if TYPE_CHECKING:
    import pandas as pd

PAGE, REFERENCES, PARAGRAPH = "report.html", "references.bib", "methods.txt"
_ABOUT = {
    "neurons": "a row per neuron: what it encodes and how good the model is",
    "terms": "a row per neuron and term: encoded or not, contributions with errors, p and q",
    "fit": "how the fit of each neuron ended, and what to do",
    "degrees": "effective degrees of freedom of each term",
    "contributions": "a row per neuron, term and way to ask, in every unit",
    "search": "a row per neuron and term: what the search decided, and when",
    "steps": "every set of terms that was tried, with its scores",
    "goodness": "likelihoods, deviances, dispersion, time rescaling",
    "coefficients": "estimates with errors, tests and intervals",
    "tests": "a row per neuron and term: does it add anything beside the others?",
}
_ODD = re.compile(r"[^\w.-]+")


def report(
    result: Any,
    folder: Any,
    *,
    X: Any = None,
    y: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    bin_s: float | None = None,
    title: str | None = None,
) -> Path:
    """Write a page that says what was found, how sure it is and how it was done.

    One HTML file that needs no network: what to know before believing it, what was fitted, what was
    found, a table of neurons that sorts and filters, figures of each, a paragraph of methods
    with references, and where all of it comes from. Beside it every table as CSV, the paragraph and
    the references as BibTeX.

    Parameters
    ----------
    result :
        What :func:`spikeglm.encode` returns, or :func:`spikeglm.load_encoding`; or a fitted
        :class:`~spikeglm.GLM` or :class:`~spikeglm.PopulationGLM`, with X and y.
    folder :
        Where to write; is made if it is not there. Files are replaced when all are complete.
    X, y, offset :
        For a fitted model: the data of its fit.
    bin_s :
        For a fitted model: seconds of a bin, where the data do not say so.
    title :
        Of the page; None says what it is of.

    Returns
    -------
    pathlib.Path
        Of the page, ``folder/report.html``.

    Raises
    ------
    TypeError
        If nothing is known of how to report it; classifiers, for example.
    ValueError
        If the folder cannot be written to, or data are missing or not those of the fit.

    Examples
    --------
    >>> import numpy as np, tempfile, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> place, speed = rng.uniform(0, 1, (2, 3000))
    >>> y = rng.poisson(np.exp(np.outer(np.sin(6 * place), [1, 0]) - 1))
    >>> basis = nmo.basis.BSplineEval(6, label="place") + nmo.basis.BSplineEval(5, label="speed")
    >>> found = nmo.encode(y, basis.design(place, speed))
    >>> path = nmo.report(found, tempfile.mkdtemp())
    >>> path.name, (path.parent / "neurons.csv").exists()
    ('report.html', True)
    """
    subject, out = _subject(result, title, X=X, y=y, offset=offset, bin_s=bin_s), Path(folder)
    tables = {"neurons": subject.neurons, "terms": subject.terms} | subject.tables
    names = _file_names(tables)
    said, how = remarks(subject), methods(subject)
    beside = [File(file, _about(name)) for name, file in names.items()]
    beside += [
        File(PARAGRAPH, "the paragraph of methods, with its references"),
        File(REFERENCES, "the references as BibTeX"),
    ]
    whole = page(
        subject, said=said, how=how, drawn=drawings(subject, said),
        images=list(figures(subject)), beside=beside,
    )  # fmt: skip
    references = "\n".join(work.reference for work in how.works)
    writers = {file: _csv(tables[name]) for name, file in names.items()}
    writers |= {
        PARAGRAPH: _text(f"{how.text}\n\nReferences\n{references}\n"),
        REFERENCES: _text(how.bibtex),
        PAGE: _text(whole),
    }
    write_folder(out, writers)
    return out / PAGE


def _subject(result: Any, title: str | None, **data: Any) -> Subject:
    """Return what is to be told of a result."""
    given = [name for name, value in data.items() if value is not None]
    if isinstance(result, Encoding):
        if given:
            raise errors.value_error(
                "What neurons encode has all its numbers with it.",
                given=f"{joined(given)} beside it",
                expected="the result alone",
                todo="leave them out.",
            )
        return Subject.of_encoding(result, title)
    if hasattr(result, "fit_report_"):
        return subject_of_model(result, title=title, **data)
    if hasattr(result, "fit"):
        raise errors.not_fitted(type(result).__name__)
    raise errors.type_error(
        "This cannot be reported.",
        given=type(result).__name__,
        expected="what spikeglm.encode(y, design) returns, or a fitted GLM or PopulationGLM",
    )


def _file_names(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Return a name of a file for each table, whatever its term is called."""
    out: dict[str, str] = {}
    for name in tables:
        stem = _ODD.sub("_", name).strip("._") or "table"
        taken = {file.lower() for file in out.values()}
        numbered = (f"{stem}{'' if k == 1 else f'_{k}'}.csv" for k in range(1, len(tables) + 2))
        out[name] = next(file for file in numbered if file.lower() not in taken)
    return out


def _about(name: str) -> str:
    if name.startswith(CURVE):
        return f"values and bands of {name.removeprefix(CURVE)}"
    return _ABOUT.get(name, "")


def _csv(table: pd.DataFrame) -> Callable[[Path], object]:
    return lambda path: write_csv(table, path)


def _text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content, encoding="utf-8", newline="\n")
