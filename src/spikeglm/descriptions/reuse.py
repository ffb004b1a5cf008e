"""A folder of results at work: what it predicts for another recording, and what it simulates."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import xlog1py, xlogy

from .. import errors, showing
from ..csv_tables import write_csv
from ..encoding import Encoding, load_encoding
from ..inference.bits_per_spike import bits_per_spike
from ..recordings import Recording
from ..recordings.wanted import texts_in
from ..typing import FloatArray
from .description import Description
from .opening import open_recording
from .result_folder import DESCRIPTION, RESULT
from .session import TIMES, UNITS, rows_of, with_derived, with_units

if TYPE_CHECKING:
    import pandas as pd

_FORMS = (".csv", ".parquet")


@dataclass(frozen=True, eq=False)
class Result:
    """What a folder of results holds, read again.

    Attributes
    ----------
    folder :
        The folder.
    encoding :
        What neurons encode; ``encoding.model`` predicts.
    description :
        What was asked.
    """

    folder: Path
    encoding: Encoding
    description: Description

    __repr__ = showing.of_fields

    @classmethod
    def read(cls, folder: str | Path) -> Result:
        """Read a folder that an analysis has written.

        Raises
        ------
        ValueError
            If it is none.
        OSError
            If it cannot be read.
        """
        folder = Path(folder)
        missing = [name for name in (RESULT, DESCRIPTION) if not (folder / name).is_file()]
        if missing:
            raise errors.value_error(
                "This is no folder of results.",
                given=f"{folder}, without {' and '.join(missing)}",
                expected="a folder that spikeglm fit has written",
                todo="run: spikeglm fit DESCRIPTION --out DIR.",
            )
        encoding = load_encoding(folder / RESULT)
        return cls(folder, encoding, Description.read(folder / DESCRIPTION))

    @property
    def neurons(self) -> tuple[Any, ...]:
        """What the neurons are called."""
        return tuple(self.encoding.sets)

    @property
    def bin_s(self) -> float:
        """Seconds of a bin."""
        found: float | None = self.description.design.bin_s or self.encoding.model.bin_s_
        if found is None:
            raise errors.value_error(
                "The length of a bin is not known.",
                given="a design whose rows have no times",
                expected="bins in seconds",
                todo="fit from a description with bin_s, or with rows that have times.",
            )
        return found

    def recording(self, path: str | Path | None) -> Recording:
        """Return a recording with the series that the design names; None is that of the fit."""
        path = self.description.path if path is None else path
        if path is None:
            raise errors.value_error(
                "The recording is not known.",
                given="a description without recording.path",
                expected="a file",
                todo="name one: --file FILE.",
            )
        return with_derived(open_recording(path), self.description.recording)


@dataclass(frozen=True, eq=False)
class Predicted:
    """Rates that a fit expects in a recording.

    Attributes
    ----------
    rate_hz :
        A table with a row per bin (its centre in seconds, ``time_s``, is the index) and a column
        per neuron; NaN where the recording does not say what the model has to know. Where rows are
        trials, their numbers are the index, and means are per trial.
    bits_per_spike :
        (N,) how much better the recorded spikes are predicted than by the mean rates of the fit;
        None where the recording has not the same units, or responses are no counts. Of choices
        bits per event, by their own likelihood.
    """

    rate_hz: pd.DataFrame
    bits_per_spike: FloatArray | None

    __repr__ = showing.of_fields


def predict(result: Result, path: str | Path) -> Predicted:
    """Predict the rates of another recording: same names of series, trials and units.

    Raises
    ------
    OSError, ValueError, TypeError
        If the recording cannot be read, or lacks what the design names.
    """
    import pandas as pd

    model, section = result.encoding.model, result.description.recording
    recording, has_units = _with_units_of(result, result.recording(path))
    X = model.basis_.design(recording.data(result.description.design))
    mean = _table(model.predict(X))
    bits = None
    if has_units and result.encoding.is_count:
        y = _table(X.counts(recording[section.units]))
        null, is_choice = model.fit_report_.result.mean_response, result.encoding.event != "spike"
        more = {"log_likelihood": _of_choices} if is_choice else {}
        bits = np.atleast_1d(bits_per_spike(y, mean, null_mean=null, **more))
    name, places = rows_of(X, result.description.design, recording)
    rate = mean / result.bin_s if name == TIMES else mean
    index = pd.Index(places, name=name)
    return Predicted(pd.DataFrame(rate, index, columns=list(result.neurons)), bits)


def simulate(
    result: Result, path: str | Path | None = None, *, n_repeats: int = 1, seed: int = 0
) -> pd.DataFrame:
    """Draw sessions from a fit: each neuron sees the spikes that were drawn for its past.

    Parameters
    ----------
    result :
        What was fitted.
    path :
        Of a recording with the signals and trials that neurons see; None is that of the fit.
    n_repeats :
        Sessions to draw.
    seed :
        The same gives the same.

    Returns
    -------
    pandas.DataFrame
        Counts: a row per session (``repeat``) and bin (``time_s``; of trials the name of the column
        that counts them), a column per neuron.

    Raises
    ------
    OSError, ValueError, TypeError
        As :func:`predict`; also if the activity runs away.
    """
    import pandas as pd

    recording = result.recording(path)
    model, description = result.encoding.model, result.description
    names = [text for text, _ in texts_in(description.design.description) if text in recording]
    inputs = recording.data([name for name in names if name != description.recording.units])
    name, places = rows_of(model.basis_.unseen(inputs), description.design, recording)
    drawn, _ = model.simulate(seed, inputs=inputs, n_repeats=n_repeats)
    tables = []
    for repeat, counts in enumerate(drawn):
        table = pd.DataFrame(_table(counts), columns=list(result.neurons))
        table.insert(0, name, places)
        table.insert(0, "repeat", repeat)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet, by its name; it is there when all of it is.

    Raises
    ------
    ValueError
        If the name ends in something else.
    OSError
        If it cannot be written.
    ImportError
        If it is Parquet and pyarrow is not installed.
    """
    check_form(path)
    partial = path.with_name(path.name + ".partial")
    try:
        if path.suffix == ".csv":
            write_csv(table, partial, with_index=table.index.name is not None)
        else:
            table.rename(columns=str).to_parquet(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def check_form(path: Path) -> None:
    """Raise ValueError if the name of a table says no form that it can be written in."""
    if path.suffix not in _FORMS:
        raise errors.value_error(
            "The name of the table does not say in which form to write it.",
            given=str(path),
            expected="a name that ends in " + " or ".join(_FORMS),
            todo=f"call it {path.name}{_FORMS[0]}, for example."
            if not path.suffix
            else f"call it {path.with_suffix(_FORMS[0]).name}, for example.",
        )


def _with_units_of(result: Result, recording: Recording) -> tuple[Recording, bool]:
    """Return a recording with the neurons of the fit, in their order, if they are all there."""
    section = result.description.recording
    if section.units != UNITS:
        return recording, section.units in recording
    units = recording.units
    known = set() if units is None else {str(name) for name in units.names}
    if not {str(name) for name in result.neurons} <= known:
        return recording, False
    asked = replace(section, neurons=result.neurons, where={}, min_spikes=0)
    return with_units(recording, asked), True


def _of_choices(y: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the log-likelihood of zeros and ones, element by element."""
    return np.asarray(xlogy(y, mean) + xlog1py(1 - y, -mean))


def _table(values: Any) -> FloatArray:
    """Return (T, N) numbers of what a model or a design returns."""
    found = np.asarray(values, dtype=float)
    return found.reshape(len(found), -1)
