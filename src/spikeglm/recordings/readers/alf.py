"""ALF folders (International Brain Laboratory): arrays whose file names say what they are.

``OBJECT.ATTRIBUTE.EXTENSION``, with a namespace before (``_ibl_``) and parts after the attribute
that play no role: ``_ibl_trials.choice.npy``, ``spikes.times.0af8....npy``. All attributes of an
object have as many rows, so times go with whatever else the object has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...typing import Array
from ..intervals import Events, Intervals
from ..series import Series
from ..units import Units
from .parts import Part
from .tables import units_of, values_of

if TYPE_CHECKING:
    import pandas as pd

_NAME = re.compile(
    r"(?:_[a-z]+_)?(?P<object>[A-Za-z]\w*)\.(?P<attribute>[A-Za-z_]\w*)(?:\..*)?\.(?P<end>npy|pqt|csv|tsv)"
)
_TIMES = ("times", "timestamps")
_DEPTH = 4  # of folders: alf/probe00/pykilosort/#2022-01-01#
_TABLE_ENDS = (("intervals_0", "intervals_1"), ("start", "end"), ("start_time", "end_time"))


def is_alf(path: Path) -> bool:
    """Tell whether a folder, or one inside of it, has files of an ALF object with times."""
    return any(
        found.group("attribute") in (*_TIMES, "intervals")
        for found in map(_NAME.fullmatch, (file.name for file in _files(path)))
        if found and found.group("end") == "npy"
    )


def read_alf(path: Path) -> Part:
    """Return what the ALF files of a folder hold; those of probes are told apart by their folders.

    Raises
    ------
    OSError
        If a file is damaged, or two attributes of an object differ in length.
    """
    objects = _objects(path)
    remarks: list[str] = []
    series: dict[str, Series] = {}
    events: dict[str, Events] = {}
    tables: dict[str, Intervals] = {}
    probes = {place: parts for (place, name), parts in objects.items() if name == "spikes"}
    clusters = {place: parts for (place, name), parts in objects.items() if name == "clusters"}
    for (_, name), attributes in objects.items():
        if name in ("spikes", "clusters"):
            continue
        loaded = _loaded(attributes, remarks)
        if name == "trials" or "intervals" in loaded:
            table = _table(name, loaded, remarks)
            if table is not None:
                tables[name] = table
            continue
        _take(name, loaded, series, events, remarks)
    trials = tables.pop("trials", None)
    units = _units(probes, clusters, remarks) if probes else None
    return Part(units, series, events, trials, tables, "ALF", tuple(remarks))


def _files(path: Path) -> list[Path]:
    found, folders = [], [path]
    for _ in range(_DEPTH):
        inside = [each for folder in folders for each in sorted(folder.iterdir())]
        found += [each for each in inside if each.is_file()]
        folders = [each for each in inside if each.is_dir() and not each.name.startswith(".")]
    return found


def _objects(path: Path) -> dict[tuple[str, str], dict[str, Path]]:
    """Return files by the folder and name of their object, and by attribute.

    Of several revisions (folders such as #2022-01-01#) the last one counts.
    """
    found: dict[tuple[str, str], dict[str, Path]] = defaultdict(dict)
    for file in sorted(_files(path), key=lambda each: each.parent.as_posix()):
        matched = _NAME.fullmatch(file.name)
        if matched is None:
            continue
        place = "/".join(
            part for part in file.parent.relative_to(path).parts
            if not part.startswith("#") and part.startswith("probe")
        )  # fmt: skip
        found[place, matched.group("object")][matched.group("attribute")] = file
    return found


def _loaded(attributes: dict[str, Path], remarks: list[str]) -> dict[str, Array]:
    """Return the arrays of an object; the columns of a table are attributes, too."""
    found: dict[str, Array] = {}
    for attribute, file in attributes.items():
        if file.suffix == ".npy":
            array = _array(file, remarks)
            if array is not None:
                found[attribute] = array
            continue
        frame = _frame(file)
        found |= {str(c): values_of(frame[c]) for c in frame}
    return found


def _array(file: Path, remarks: list[str]) -> Array | None:
    try:
        return np.load(file, allow_pickle=False)
    except ValueError as error:
        if "pickle" in str(error).lower():
            remarks.append(f"{file.name} holds objects and is left out")
            return None
        raise _damaged(file, error) from error
    except (OSError, EOFError) as error:
        raise _damaged(file, error) from error


def _frame(file: Path) -> pd.DataFrame:
    import pandas as pd

    readers: dict[str, Callable[[Path], Any]] = {
        ".pqt": pd.read_parquet,
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
    }
    try:
        return readers[file.suffix](file)
    except ImportError:
        raise errors.missing_package("pyarrow", purpose="Parquet", extra="tables") from None
    except Exception as error:
        raise _damaged(file, error) from error


def _table(name: str, loaded: dict[str, Array], remarks: list[str]) -> Intervals | None:
    if "intervals" in loaded and loaded["intervals"].ndim == 2:
        spans = loaded.pop("intervals")
        start, end = spans[:, 0], spans[:, 1]
    else:
        ends = next((pair for pair in _TABLE_ENDS if set(pair) <= set(loaded)), None)
        if ends is None:
            remarks.append(f"{name} has no intervals and is left out")
            return None
        start, end = (loaded.pop(each) for each in ends)
    columns: dict[str, Array] = {}
    for key, values in loaded.items():
        if len(values) != len(start):
            raise _of_other_length(f"{name}.{key}", len(values), f"{name}.intervals", len(start))
        flat = values.reshape(len(values), -1)
        names = [key] if values.ndim == 1 else [f"{key}_{j}" for j in range(flat.shape[1])]
        columns |= dict(zip(names, flat.T, strict=True))
    return Intervals.of(name, start, end, columns)


def _take(
    name: str,
    loaded: dict[str, Array],
    series: dict[str, Series],
    events: dict[str, Events],
    remarks: list[str],
) -> None:
    """Sort an object with times into signals and events."""
    times = next((loaded.pop(key) for key in _TIMES if key in loaded), None)
    if times is None:
        remarks.append(f"{name} has no times and is left out")
        return
    if not loaded:
        events[name] = Events(name, times.astype(np.float64).ravel())
    for key, values in loaded.items():
        whole = _spread(times, len(values))
        if len(whole) != len(values):
            n = f"{len(values)} rows and {name}.times {len(whole)}"
            remarks.append(f"{name}.{key} has {n}, and is left out")
            continue
        if values.dtype.kind not in "biuf":
            events[f"{name}.{key}"] = Events(f"{name}.{key}", whole, values.astype(str))
            continue
        columns = tuple(range(values.shape[1])) if values.ndim == 2 else ()
        series[f"{name}.{key}"] = Series(f"{name}.{key}", whole, values, columns)


def _spread(times: Array, n: int) -> Array:
    """Return (n,) times, also of pairs (sample, time) between which samples are evenly spread.

    >>> _spread(np.array([[0, 10.0], [4, 12.0]]), 5)
    array([10. , 10.5, 11. , 11.5, 12. ])
    """
    if times.ndim == 2 and times.shape[1] == 2:
        return np.interp(np.arange(n), times[:, 0], times[:, 1])
    return times.astype(np.float64).ravel()


def _units(
    probes: dict[str, dict[str, Path]], clusters: dict[str, dict[str, Path]], remarks: list[str]
) -> Units | None:
    """Return the units of all probes; of several, each is called PROBE/CLUSTER."""
    found = {}
    for place, files in probes.items():
        wanted = {key: file for key, file in files.items() if key in ("times", "clusters")}
        loaded = _loaded(wanted, remarks)
        if set(loaded) != {"times", "clusters"}:
            remarks.append(f"{place or 'spikes'} lacks spikes.times or spikes.clusters")
            continue
        times, of = loaded["times"].ravel(), loaded["clusters"].ravel()
        if len(times) != len(of):
            raise _of_other_length("spikes.clusters", len(of), "spikes.times", len(times))
        about = _metadata(clusters.get(place, {}), remarks)
        n = max((len(each) for each in about.values()), default=0)
        n = max(n, int(of.max()) + 1 if len(of) else 0) if about else 0
        units = units_of(times, of)
        names = tuple(range(n)) if n else units.names
        trains = {name: units[name] if name in units else np.empty(0) for name in names}
        found[place] = Units.of(trains, {k: v for k, v in about.items() if len(v) == len(names)})
    return together(found) if found else None


def together(probes: dict[str, Units]) -> Units:
    """Return the units of several probes as one table; of one probe, as they are.

    >>> together({"probe00": Units.of({3: [0.1]}), "probe01": Units.of({3: [0.2]})}).names
    ('probe00/3', 'probe01/3')
    """
    if len(probes) == 1:
        return next(iter(probes.values()))
    trains = {f"{p}/{name}": units[name] for p, units in probes.items() for name in units}
    shared = set.intersection(*(set(units.metadata) for units in probes.values()))
    about = {key: np.concatenate([u.metadata[key] for u in probes.values()]) for key in shared}
    about["probe"] = np.concatenate([np.full(len(u), p) for p, u in probes.items()])
    return Units.of(trains, dict(sorted(about.items())))


def _metadata(files: dict[str, Path], remarks: list[str]) -> dict[str, Array]:
    wanted = {key: file for key, file in files.items() if not key.startswith("waveform")}
    return {key: each for key, each in _loaded(wanted, remarks).items() if each.ndim == 1}


def _damaged(file: Path, error: Exception) -> OSError:
    return errors.storage_error(
        f"{file} cannot be read.",
        given=f"{type(error).__name__}: {error}",
        expected="a whole file",
        todo="copy or download it again.",
    )


def _of_other_length(name: str, n: int, other: str, m: int) -> OSError:
    return errors.storage_error(
        "Two files of an ALF object do not go together.",
        given=f"{n} rows of {name}, {m} of {other}",
        expected="as many rows in both",
        todo="download the object again; two revisions may have been mixed.",
    )
