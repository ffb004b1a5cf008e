"""A first description of a recording: it runs as it is, and says what to change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .. import errors
from ..recordings import Recording
from .first_terms import SPEED, derives_speed, first_terms
from .session import ALL_TIME
from .toml_sections import toml_of

_BIN_S, _BIN_OF_HISTORY_S = 0.05, 0.02
_HEAD = """# What the neurons of {name} encode. Run it: spikeglm fit {file}
# Every name is one that `spikeglm describe {name}` prints.
"""
_NOTES = {
    "[recording]": '# neurons = [1, 2] takes some units; so do where = { quality = "good" } '
    "and min_spikes = 200.",
    "[[design.terms]]": "# A term each: events (a kernel), boxcar (while an interval lasts), "
    "signal (in proportion), tuning (any function), history.",
    "[analysis]": "# Arguments of nmo.encode: search, how, null, folds, model, ...; always: "
    "in all models that are compared.\n# How smooth each curve is, the data choose. Quicker, "
    'and coarser: model = { regularizer = "Ridge" } and strengths = "auto".',
    "[output]": '# folder = "results" is where to; tables also as "parquet".',
}


def first_description(recording: Recording, path: str | Path, file: str | Path) -> str:
    """Return the text of a description that runs as it is.

    Parameters
    ----------
    recording :
        What was read.
    path :
        Of the recording.
    file :
        Of the description: it is written how the recording is found from there.

    Raises
    ------
    ValueError
        If there are no units, or nothing that could explain their spikes.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.recordings import Recording, Series, Units
    >>> track = Series("position", np.arange(9.0), np.arange(9.0))
    >>> recording = Recording(units=Units.of({0: [0.1, 2.0]}), series={"position": track})
    >>> print(*first_description(recording, "a.nwb", "a.toml").splitlines()[3:7], sep="\\n")
    [recording]
    # neurons = [1, 2] takes some units; so do where = { quality = "good" } and min_spikes = 200.
    path = "a.nwb"
    bin_s = 0.02
    """
    if recording.units is None or not len(recording.units):
        raise errors.value_error(
            "There are no units in this recording.",
            given=", ".join(recording.names) or "nothing",
            expected="spike times",
            todo='describe it by hand: units = "series/..." takes a signal, bins by design.rows.',
        )
    name = str(path) if "://" in str(path) else Path(path).name
    return _with_notes(toml_of(_words(recording, path, file)), name, Path(file).name)


def _words(recording: Recording, path: str | Path, file: str | Path) -> dict[str, Any]:
    terms = first_terms(recording)
    kinds = {term["kind"] for term in terms}
    rows = {"path": _from(path, file), "bin_s": _BIN_OF_HISTORY_S if "history" in kinds else _BIN_S}
    if "tuning" in kinds or recording.trials is None:
        rows["epochs"] = ALL_TIME
    source = derives_speed(recording)
    if source:
        rows["derived"] = {SPEED: {"of": source, "how": "speed"}}
    design: dict[str, Any] = {} if recording.trials is None else {"trials": "trials"}
    design["terms"] = terms
    analysis: dict[str, Any] = {"seed": 0}
    if len(terms) > 1 and "history" in kinds:
        analysis["always"] = ["history"]
    return {
        "recording": rows,
        "design": design,
        "analysis": analysis,
        "output": {"tables": ["csv"]},
    }


def _from(path: str | Path, file: str | Path) -> str:
    """Return the path of a recording as it is seen from the folder of a file."""
    folder = Path(file).absolute().parent
    if "://" in str(path):
        return str(path)
    try:
        return Path(os.path.relpath(Path(path).absolute(), folder)).as_posix()
    except ValueError:  # on another drive
        return Path(path).absolute().as_posix()


def _with_notes(text: str, name: str, file: str) -> str:
    lines = [_HEAD.format(name=name, file=file)]
    notes = dict(_NOTES)
    for line in text.splitlines():
        note = notes.pop(line, None)
        lines += [note, line] if line[:2] == "[[" and note else [line] + ([note] if note else [])
    return "\n".join(lines) + "\n"
