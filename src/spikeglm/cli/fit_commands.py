"""From a recording to results: ``describe``, ``fit`` and ``report``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import errors
from ..descriptions.description import Description
from ..descriptions.opening import open_recording
from ..descriptions.result_files import write_report
from ..descriptions.result_folder import ResultFolder
from ..descriptions.results import read_result
from ..descriptions.reuse import Result
from ..descriptions.running import Run, run
from ..descriptions.states.finding import FoundStates
from ..descriptions.template import first_description
from ..encoding import Encoding
from ..recordings import Recording
from ..settings import config_context
from .failures import DONE, FailedError, told
from .of_states import check_states, of_states, text_of_states
from .options import Debug, Json, Open, Results, settings_that_begin
from .talking import answer, open_page, progress

_DESCRIPTIONS = (".toml", ".yaml", ".yml")
_PAGE = "report.html"
_NO_ANSWER = "?"


def describe(
    file: Annotated[
        str, typer.Argument(help="NWB, npz, parquet or csv; a pynapple or an ALF folder.")
    ],
    template: Annotated[
        Path | None,
        typer.Option(metavar="OUT.toml", help="Write a first description that fit can run."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Print what a recording holds, by the names that a description uses."""
    with told(as_json=json, debug=debug), progress():
        recording = open_recording(file)
        text = recording.describe()
        if template is not None:
            _write_new(template, first_description(recording, file, template))
            text += f"\n\nWrote {template}. Next: spikeglm fit {template}"
        answer(text, _described(recording, template), as_json=json)


def fit(
    description: Annotated[Path, typer.Argument(help="A description file: TOML or YAML.")],
    settings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...",
            help="Settings in place of those of the file: analysis.folds=5.",
            autocompletion=settings_that_begin,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results [the name of the description].")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Compute on the cluster of this Dask scheduler."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if any neuron has no answer.")
    ] = False,
    open: Open = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Do what a description says: what each neuron encodes, or hidden states; write a report.

    Interrupted, the same command goes on where it was. Exit code 0: done; neurons without an answer
    are told with a reason. 1: the analysis failed, or no neuron (with --strict: not every neuron)
    has an answer; with --strict also if hidden states have no optimum. 2: what was given cannot be
    used; nothing was written.
    """
    with told(as_json=json, debug=debug), progress():
        asked = Description.read(_checked(description), settings or ())
        folder = ResultFolder(asked.out if out is None else out)
        with _cluster(dask):
            done = run(asked, folder)
        if isinstance(done.encoding, FoundStates):
            facts = of_states(done, done.encoding)
            check_states(facts, strict)
            text = text_of_states(done.encoding, facts)
        else:
            facts = _done(done, done.encoding)
            _check_answers(facts, strict)
            text = _text(done, facts)
        answer(text, facts, as_json=json)
        if open:
            open_page(folder.target / _PAGE)


def report(results: Results, open: Open = False, json: Json = False, debug: Debug = False) -> None:
    """Make the page of results anew."""
    with told(as_json=json, debug=debug), progress():
        found = read_result(results)
        result = found.encoding if isinstance(found, Result) else found.found()
        write_report(result, found.folder)
        page = found.folder / _PAGE
        answer(f"Wrote {page}", {"exit_code": DONE, "report": page}, as_json=json)
        if open:
            open_page(page)


def _described(recording: Recording, template: Path | None) -> dict[str, Any]:
    entries = [
        {"name": e.name, "kind": e.kind, "what": e.what, "when": e.when, "unit": e.unit}
        for e in recording.entries
    ]
    return {
        "exit_code": DONE,
        "source": recording.source,
        "format": recording.format,
        "names": entries,
        "warnings": list(recording.warnings),
        "template": template,
    }


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet: a description that somebody has worked on is kept."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise errors.value_error(
            "There is such a description already.",
            given=str(path),
            expected="a file that is not there",
            todo="choose another name, or move it away.",
        ) from None


def _checked(path: Path) -> Path:
    if path.suffix.lower() in _DESCRIPTIONS:
        return path
    named = re.sub(r"^(\w+):/(?=[^/])", r"\1://", str(path))  # of an address
    there = [each.name for each in path.parent.glob("*") if each.suffix.lower() in _DESCRIPTIONS]
    close = [] if path.exists() else difflib.get_close_matches(path.name, there, n=1)
    todo = f"write a first one: spikeglm describe {named} --template analysis.toml."
    raise errors.value_error(
        "This is no description.",
        given=named,
        expected="a file that ends in .toml or .yaml",
        todo=f"did you mean {str(path.parent / close[0])!r}?" if close else todo,
    )


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Send the rows of fits to the workers of a Dask scheduler, if there is one."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise errors.missing_package("distributed", purpose="--dask", extra="dask") from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError, TypeError) as problem:
        raise errors.connection_error(
            "The Dask scheduler does not answer.",
            given=f"{address} ({problem})",
            expected="an address such as tcp://host:8786",
            todo="see whether it runs: dask scheduler.",
        ) from None
    with client, config_context(runner="dask"):
        yield


def _done(done: Run, found: Encoding) -> dict[str, Any]:
    """Return an analysis in numbers and names."""
    folder = done.folder
    assert folder is not None
    table = found.table()
    encoded = table[table["is_encoded"] == True]["term"].value_counts()  # noqa: E712  (None)
    held_out = found.neurons()["held_out"].median()
    page = folder / _PAGE
    return {
        "exit_code": DONE,
        "folder": folder,
        "report": page if page.is_file() else None,
        "nwb": done.description.nwb,
        "seconds": round(done.seconds, 1),
        "n_neurons": found.n_neurons,
        "n_rows": found.origin["rows"],
        "without_answer": [str(n) for n, words in found.sets.items() if words == _NO_ANSWER],
        "encoded_by": {term: int(encoded.get(term, 0)) for term in dict.fromkeys(table["term"])},
        "sets": {str(neuron): words for neuron, words in found.sets.items()},
        "measure": found.measure,
        "held_out_median": None if held_out != held_out else float(held_out),
        "warnings": list(done.remarks),
        "files": sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()),
    }


def _check_answers(facts: dict[str, Any], strict: bool) -> None:
    lost = facts["without_answer"]
    if lost and (strict or len(lost) == facts["n_neurons"]):
        raise FailedError(
            f"{len(lost)} of {facts['n_neurons']} neurons have no answer; the results are in "
            f"{facts['folder']}."
        )


def _text(done: Run, facts: dict[str, Any]) -> str:
    lines = [str(done.encoding), "", f"{len(facts['files'])} files in {facts['folder']}"]
    if facts["report"] is not None:
        lines.append(f"Read {facts['report']}")
    if facts["nwb"] is not None:
        lines.append(f"Wrote {facts['nwb']}, the recording with results")
    return "\n".join(lines)
