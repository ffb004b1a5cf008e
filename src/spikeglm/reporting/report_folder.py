"""From a result to a folder with a page, its tables as CSV, and its references."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors
from ..csv_tables import write_csv
from ..encoding import Encoding
from ..glm_hmm import GLMHMM, StatesChoice
from ..typing import ArrayLike
from .contents import Contents, File
from .drawings import drawings
from .figures import figures
from .methods import methods
from .of_model import subject_of_model
from .page import page
from .remarks import remarks
from .states import contents_of_states
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
    "dependence": "what residuals go with: the past, other neurons, time; p and q values",
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
    session_starts: Any = None,
    transition_inputs: ArrayLike | None = None,
    correct: ArrayLike | None = None,
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
        :class:`~spikeglm.GLM`, :class:`~spikeglm.PopulationGLM`, :class:`~spikeglm.GLMHMM` or
        :class:`~spikeglm.ClassifierGLMHMM`, or what :func:`spikeglm.glm_hmm.select_states`
        returns, with X and y. What a choice of 1 is called, ``model.one_`` says.
    folder :
        Where to write; is made if it is not there. Files are replaced when all are complete.
    X, y, offset :
        For a fitted model: the data of its fit.
    bin_s :
        For a fitted model: seconds of a bin, where the data do not say so.
    title :
        Of the page; None says what it is of.
    session_starts, transition_inputs :
        For hidden states: as they were passed to ``fit``.
    correct :
        For hidden states and choices: 1 where the animal was right, 0 where not, NaN where there is
        no right; the page then tells how often it was right in each state.

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
    if isinstance(result, str | Path) or not isinstance(folder, str | Path):
        raise errors.type_error(
            "The result comes first, then the folder of its report.",
            given=f"result={type(result).__name__}, folder={type(folder).__name__}",
            expected="report(result, 'a folder', ...)",
            todo="of a fitted model, pass X=X, y=y too, by name.",
        )
    out = Path(folder)
    data = {"X": X, "y": y, "bin_s": bin_s}
    of_states = {
        "session_starts": session_starts,
        "transition_inputs": transition_inputs,
        "correct": correct,
    }
    if isinstance(result, StatesChoice | GLMHMM):
        _refuse("Models of hidden states have no offset.", "X and y", offset=offset)
        contents = contents_of_states(result, title=title, **data, **of_states)
    else:
        if isinstance(result, Encoding):
            alone = "What neurons encode has all its numbers with it."
            _refuse(alone, "the result alone", offset=offset, **data, **of_states)
        _refuse("Only hidden states have sessions.", "X and y", **of_states)
        contents = _contents(_subject(result, title, offset=offset, **data))
    write_folder(out, _writers(contents))
    return out / PAGE


def _writers(contents: Contents) -> dict[str, Callable[[Path], object]]:
    """Return what writes each file; the page comes last."""
    names, how = _file_names(contents.tables), contents.how
    beside = [File(file, contents.about(name)) for name, file in names.items()]
    beside += [
        File(PARAGRAPH, "the paragraph of methods, with its references"),
        File(REFERENCES, "the references as BibTeX"),
    ]
    whole = contents.page(beside)
    references = "\n".join(work.reference for work in how.works)
    writers = {file: _csv(contents.tables[name]) for name, file in names.items()}
    return writers | {
        PARAGRAPH: _text(f"{how.text}\n\nReferences\n{references}\n"),
        REFERENCES: _text(how.bibtex),
        PAGE: _text(whole),
    }


def _contents(subject: Subject) -> Contents:
    """Return what there is to write of neurons."""
    said, how = remarks(subject), methods(subject)

    def whole(beside: Sequence[File]) -> str:
        return page(
            subject, said=said, how=how, drawn=drawings(subject, said),
            images=list(figures(subject)), beside=beside,
        )  # fmt: skip

    tables = {"neurons": subject.neurons, "terms": subject.terms} | subject.tables
    return Contents(tables, _about, how, whole)


def _subject(result: Any, title: str | None, **data: Any) -> Subject:
    """Return what is to be told of a result."""
    if isinstance(result, Encoding):
        return Subject.of_encoding(result, title)
    if hasattr(result, "fit_report_"):
        return subject_of_model(result, title=title, **data)
    if hasattr(result, "fit"):
        raise errors.not_fitted(type(result).__name__)
    raise errors.type_error(
        "This cannot be reported.",
        given=type(result).__name__,
        expected="what spikeglm.encode(y, design) or select_states returns, or a fitted GLM, "
        "PopulationGLM or GLMHMM",
    )


def _refuse(problem: str, expected: str, **data: Any) -> None:
    """Raise ValueError if anything is given that a result has no place for."""
    given = [name for name, value in data.items() if value is not None]
    if given:
        raise errors.value_error(
            problem, given=f"{joined(given)} beside it", expected=expected, todo="leave them out."
        )


def _file_names(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
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
