"""What was found, written back beside the recording: tables in ``processing`` of an NWB file."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..typing import Array

if TYPE_CHECKING:
    import pandas as pd

MODULE = "misc"
"""Best practice has a few names for modules; this one is for all else about units."""
_TABLES = ("neurons", "terms")
_ABOUT = {
    "neuron": "What the neuron is called in the analysis.",
    "unit": "The row of the table of units that the neuron is.",
    "term": "The term of the model, a variable or a group of them.",
    "set": "The terms that the neuron encodes, by the search; '?' where there is no answer.",
    "is_encoded": "Whether the search found the term encoded: 'yes', 'no', or 'no answer'.",
    "n_spikes": "How many spikes there are in the rows of the analysis.",
    "held_out": "What the model with all terms gains over the mean rate on held-out rows.",
    "held_out_deviance_explained": "The share of the deviance that is explained on held-out rows.",
    "rate_hz": "Mean firing rate, spikes per second.",
    "ks_distance": "Kolmogorov-Smirnov distance of rescaled intervals from exponential ones.",
    "ks_band_95": "The distance that 95 % of correct models stay below.",
    "ks_p_value": "Its p value.",
    "status": "How the fit ended.",
    "reason": "Why there is no answer, or what to know of it; empty for nothing.",
    "edf": "Effective degrees of freedom of the term.",
}
_WAYS = {
    "": "contribution of the term to held-out prediction",
    "_se": "standard error of the contribution over folds",
    "_share": "contribution as a share of what the model with all terms gains",
    "_p": "p value of the contribution",
    "_q": "q value of the contribution over neurons (false discovery rate)",
}
_TRUTH = {True: "yes", False: "no", None: "no answer"}


def write_results(
    encoding: Any,
    source: Any,
    target: Any = None,
    *,
    name: str = "spikeglm",
    units: Sequence[int] | None = None,
) -> Path:
    """Write what was found into an NWB file, which appears whole or not at all.

    Two tables are put into ``processing/misc``: ``NAME_neurons`` with a row per neuron (what it
    encodes, held-out gain, goodness of fit, status) and ``NAME_terms`` with a row per neuron and
    term (whether it is encoded, contributions with errors, p and q values). Rows refer to those of
    the units where it is known which unit a neuron is.

    Parameters
    ----------
    encoding :
        What :func:`spikeglm.encode` returns.
    source :
        The NWB file of the recording.
    target :
        The file to write: a copy of the recording with the tables. None puts them into ``source``
        itself, by way of a copy that takes its place when it is whole.
    name :
        What the tables are called; a second analysis of one file needs a second name.
    units :
        The id of the unit that each neuron is. None takes neurons for the units that are called as
        they are; neurons that are only numbered, 0, 1, ..., and fewer than the units, for none.

    Returns
    -------
    Path
        Of the file that was written.

    Raises
    ------
    FileNotFoundError
        If there is no such recording.
    OSError
        If it cannot be written. What was there is untouched.
    ValueError
        If tables of this name are there already, or ``units`` are none of the file.
    ImportError
        If pynwb is not installed.

    References
    ----------
    Rübel et al. (2022), eLife 11:e78362.

    Examples
    --------
    >>> nmo.recordings.write_results(found, "session.nwb", "session_encoded.nwb")  # doctest: +SKIP
    """
    source = Path(source).expanduser()
    target = source if target is None else Path(target).expanduser()
    if not source.is_file():
        raise errors.missing_file(
            "There is no such recording.", path=source, todo="check the path."
        )
    if not target.resolve().parent.is_dir():
        raise errors.missing_file(
            "There is no folder for the results.", path=target.parent, todo="make it first."
        )
    pynwb = require_pynwb()
    copy = target.resolve().with_name(f".{target.name[:200]}.{secrets.token_hex(8)}")
    try:
        shutil.copyfile(source, copy)
        with pynwb.NWBHDF5IO(str(copy), "r+", load_namespaces=True) as io:
            file = _read(io, source)
            _add_tables(file, encoding, name, units)
            io.write(file)
        shutil.copymode(target if target.exists() else source, copy)
        os.replace(copy, target.resolve())
    except PermissionError as error:
        raise errors.storage_error(
            f"{target} cannot be written.",
            given=str(error),
            expected="a folder and a file that may be written",
            todo="name another file: write_results(encoding, source, target).",
        ) from error
    finally:
        copy.unlink(missing_ok=True)
    return target


def has_results(path: Path, name: str = "spikeglm") -> bool:
    """Tell whether :func:`write_results` has put tables of this name into an NWB file.

    >>> has_results("session_encoded.nwb")  # doctest: +SKIP
    True
    """
    import h5py

    if not path.is_file() or not h5py.is_hdf5(path):
        return False
    with h5py.File(path, "r") as file:
        return any(f"processing/{MODULE}/{name}_{each}" in file for each in _TABLES)


def _read(io: Any, source: Path) -> Any:
    try:
        return io.read()
    except Exception as error:  # pynwb and hdmf have many
        raise errors.storage_error(
            f"{source} cannot be read by pynwb.",
            given=f"{type(error).__name__}: {str(error)[:200]}",
            expected="a whole NWB file of version 2",
            todo="copy it again; 'python -m pynwb.validate FILE' says more.",
        ) from error


def _add_tables(file: Any, encoding: Any, name: str, units: Sequence[int] | None) -> None:
    module = file.processing.get(MODULE)
    if module is None:
        module = file.create_processing_module(
            name=MODULE, description="What neurons encode, and other results about units."
        )
    names = [f"{name}_{each}" for each in _TABLES]
    taken = [each for each in names if each in module.data_interfaces]
    if taken:
        raise errors.value_error(
            "Results of this name are in the file already.",
            given=f"processing/{MODULE}/{taken[0]}",
            expected="a name that is free",
            todo="say name='...', or write to a copy of the recording as it was.",
        )
    origin = json.dumps(encoding.origin, default=str, sort_keys=True)
    what = f"by spikeglm.encode; contributions in {encoding.unit}. Origin: {origin}"
    neurons, terms = encoding.neurons(), encoding.table()
    terms["is_encoded"] = [_TRUTH[each] for each in terms["is_encoded"]]
    rows = _rows_of_units(file, neurons["neuron"].tolist(), units)
    for called, table, about in (
        (names[0], neurons, f"What each neuron encodes, {what}"),
        (names[1], terms, f"What each term contributes to each neuron, {what}"),
    ):
        module.add(_dynamic_table(called, about, table, file.units, rows))


def _dynamic_table(
    name: str, about: str, table: pd.DataFrame, units: Any, rows: dict[Any, int] | None
) -> Any:
    from hdmf.common import DynamicTable, DynamicTableRegion, VectorData

    columns = []
    if rows is not None:
        of_units = [rows[neuron] for neuron in table["neuron"]]
        columns.append(
            DynamicTableRegion(name="unit", data=of_units, description=_ABOUT["unit"], table=units)
        )
    columns += [
        VectorData(name=key, data=_plain(table[key]), description=_about(key))
        for key in table
        if len(table[key].dropna())  # a column of nothing tells nothing
    ]
    return DynamicTable(name=name, description=about, columns=columns)


def _about(key: str) -> str:
    if key in _ABOUT:
        return _ABOUT[key]
    how, _, end = key.rpartition("_")
    if f"_{end}" not in _WAYS:
        how, end = key, ""
    text = _WAYS[f"_{end}" if end else ""]
    return f"{text[0].upper()}{text[1:]}, {how}."


def _plain(column: pd.Series) -> Array:
    """Return numbers as such and all else as text; nothing is an empty text."""
    column = column.infer_objects()
    if column.dtype.kind in "biuf":
        return column.to_numpy()
    return np.array(["" if each is None or each != each else str(each) for each in column])


def _rows_of_units(
    file: Any, neurons: list[Any], units: Sequence[int] | None
) -> dict[Any, int] | None:
    """Return the row of the unit that each neuron is, None where that is not known."""
    ids = [] if file.units is None else [int(each) for each in file.units.id[:]]
    row_of = {each: i for i, each in enumerate(ids)}
    if units is not None:
        if len(units) != len(neurons) or not set(units) <= set(row_of):
            raise errors.value_error(
                "units= says which unit each neuron is.",
                given=f"{list(units)!r} for {len(neurons)} neurons",
                expected=f"an id of a unit for each, among {ids[:10]}{'...' * (len(ids) > 10)}",
                todo="list the ids in the order of the neurons.",
            )
        return {neuron: row_of[unit] for neuron, unit in zip(neurons, units, strict=True)}
    are_numbered = neurons == list(range(len(neurons))) and len(neurons) < len(ids)
    is_known = set(neurons) <= set(row_of) and len(row_of) == len(ids) and not are_numbered
    return {neuron: row_of[neuron] for neuron in neurons} if is_known else None


def require_pynwb() -> Any:
    """Return pynwb; ImportError if it is not installed."""
    try:
        import pynwb
    except ImportError:
        raise errors.missing_package("pynwb", purpose="Writing NWB files", extra="nwb") from None
    return pynwb
