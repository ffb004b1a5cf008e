"""From a description to what neurons encode, in memory or in a folder."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import showing
from ..encoding import Encoding, encode
from ..fit.progress import say
from .description import Description
from .nwb_copy import check_copy, write_copy
from .result_files import write_result
from .result_folder import ResultFolder
from .session import Session, read_session
from .states.finding import FoundStates, find_states


@dataclass(frozen=True, eq=False)
class Run:
    """An analysis that is done.

    Attributes
    ----------
    encoding :
        What neurons encode; of hidden states, the fit with its data.
    description :
        What was asked.
    remarks :
        What was warned of, each once.
    seconds :
        How long it took.
    folder :
        Where everything is; None if it was kept in memory.
    """

    encoding: Encoding | FoundStates
    description: Description
    remarks: tuple[str, ...]
    seconds: float
    folder: Path | None = None

    __repr__ = showing.of_fields


def run_description(
    source: str | Path | Description,
    overrides: Iterable[str] = (),
    *,
    recording: Any = None,
    out: str | Path | None = None,
) -> Any:
    """Do the analysis that a description file describes: what ``spikeglm fit`` does.

    Parameters
    ----------
    source :
        A path (.toml, .yaml), the text itself, or a :class:`Description`.
    overrides :
        Settings that replace those of the file: ``["analysis.folds=5"]``.
    recording :
        A :class:`spikeglm.recordings.Recording`, instead of the path in the file.
    out :
        A folder for the results, the tables and the report, beside which ``output.nwb`` is
        written, too; None keeps all in memory.

    Returns
    -------
    Encoding, GLMHMM, StatesChoice
        As :func:`spikeglm.encode`; with ``[states]`` a fitted :class:`spikeglm.GLMHMM`, or, of
        several numbers of states, what :func:`spikeglm.glm_hmm.select_states` returns.

    Raises
    ------
    OSError
        If a file is not there.
    ValueError, TypeError
        If the description or the recording cannot be used: what, and what to do.

    Warns
    -----
    UserWarning
        What reading and fitting warn of.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> from spikeglm.recordings import Recording, Series, Units
    >>> text = '''
    ... [recording]
    ... bin_s = 0.05
    ... [[design.terms]]
    ... kind = "tuning"
    ... label = "position"
    ... signals = ["series/x"]
    ... basis = 5
    ... '''
    >>> rng = np.random.default_rng(0)
    >>> t = np.arange(4000) * 0.05
    >>> position = np.sin(t / 3)
    >>> spikes = {"a": t[rng.random(4000) < 0.2 * np.exp(position)] + 0.02}
    >>> recording = Recording(units=Units.of(spikes), series={"x": Series("x", t, position)})
    >>> nmo.run_description(text, recording=recording).sets
    {'a': 'position'}
    """
    found = source if isinstance(source, Description) else Description.read(source, overrides)
    folder = None if out is None else ResultFolder(Path(out))
    result = run(found, folder, recording=recording).encoding
    return result.result if isinstance(result, FoundStates) else result


def run(description: Description, folder: ResultFolder | None, *, recording: Any = None) -> Run:
    """Do an analysis; write everything into a folder, if there is one, when all is done.

    Raises
    ------
    OSError, ValueError, TypeError
        As :func:`run_description`; nothing is left behind then, but for finished parts of an
        analysis that was interrupted.
    """
    began = time.monotonic()
    with _noted() as remarks, _begun(folder):
        session = read_session(description, recording)
        if folder is not None:
            check_copy(session.description, session.recording)
        encoding = _found(session, None if folder is None else folder.parts)
        found = Run(
            encoding,
            session.description,
            tuple(remarks()),
            time.monotonic() - began,
            None if folder is None else folder.target,
        )
        if folder is not None:
            say(f"writing {folder.target}")
            folder.finish(lambda place: write_result(found, place))
            if isinstance(encoding, Encoding):
                write_copy(session.description, session.recording, encoding)
    return found


def _found(session: Session, parts: Path | None) -> Encoding | FoundStates:
    """Return what the neurons of a session encode, or its hidden states."""
    if session.description.states is not None:
        return find_states(session, parts)
    X, asked = session.X, session.description.analysis
    return encode(
        session.y, X, bin_s=session.description.design.bin_s, folder=parts,
        **asked.arguments(feature_mask=X.feature_mask),
    )  # fmt: skip


@contextmanager
def _begun(folder: ResultFolder | None) -> Iterator[None]:
    """Look whether results can be written; take away what was begun if nothing came of it."""
    if folder is None:
        yield
        return
    made = folder.begin()
    try:
        yield
    finally:
        folder.clear(made)


@contextmanager
def _noted() -> Iterator[Any]:
    """Keep what is warned of, and warn of it all the same, each once."""
    kept: list[str] = []
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def note(message: Any, *others: Any, **more: Any) -> None:
            text = " ".join(str(message).split())
            if text not in kept:
                kept.append(text)
                shown(message, *others, **more)

        warnings.showwarning = note
        yield lambda: kept
