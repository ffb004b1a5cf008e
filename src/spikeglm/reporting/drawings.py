"""What the script of a page draws: curves and contributions of every neuron, packed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .curve_arrays import CurveArrays, curve_arrays
from .packing import as_text, packed
from .remarks import Remark
from .subject import CURVE, Subject

if TYPE_CHECKING:
    import pandas as pd

_BYTES, _BYTES_PER_NEURON, _MOST_BYTES = 2.2e6, 7e3, 8.5e6  # of all curves, before base64
_UNKNOWN_NATS = 0.5  # standard error from which a place of a map is hatched: a factor of e, 95 %
_ERRORS_PER_BAND = 2 * 1.96
_NO_ANSWER = 255
_MS = 1e3
_COEFFICIENTS = "Coefficients"
_MOST_FEATURES = 40
_ENDS = {"value": "", "se": "_se"}


def drawings(subject: Subject, said: Sequence[Remark]) -> dict[str, Any]:
    """Return what a script needs, as JSON has it.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> x, y = np.random.default_rng(0).uniform(size=600), np.arange(600) % 3
    >>> found = nmo.encode(y, nmo.basis.BSplineEval(5, label="x").design(x))
    >>> data = drawings(Subject.of_encoding(found, None), [])
    >>> data["neurons"], [curve["label"] for curve in data["curves"]]
    (['0'], ['x'])
    """
    encoded = np.nan_to_num(subject.encoded(), nan=_NO_ANSWER).astype(np.uint8)
    return {
        "neurons": [str(name) for name in subject.names],
        "terms": [str(term) for term in subject.term_names],
        "measure": subject.unit,
        "contributions": [
            {"how": how} | {name: packed(subject.wide(how + end)) for name, end in _ENDS.items()}
            for how in subject.how
        ],
        "encoded": as_text(encoded),
        "unit": subject.predictor_unit,
        "curves": [_curve(found, subject) for found in _curves(subject)],
        "remarks": [list(remark.who) for remark in said],
    }


def _curves(subject: Subject) -> list[CurveArrays]:
    """Return the curves of all terms, thinned to what a page may weigh."""
    tables = [
        (name.removeprefix(CURVE), table)
        for name, table in subject.tables.items()
        if name.startswith(CURVE)
    ]
    tables = tables or list(_coefficients(subject))
    found = [curve_arrays(label, table, subject.names) for label, table in tables]
    known = [one for one in found if one is not None]
    most = min(_BYTES + _BYTES_PER_NEURON * len(subject.names), _MOST_BYTES)
    return [one.thinned(most / len(known)) for one in known]


def _coefficients(subject: Subject) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table of coefficients as that of a curve over features, where these are few."""
    table = subject.tables.get("coefficients")
    if table is None or table["feature"].nunique() > _MOST_FEATURES:
        return
    names = {"estimate": "value", "conf_low": "low", "conf_high": "high"}
    slopes = table[table["feature"] != "intercept"].rename(columns=names)
    yield _COEFFICIENTS, slopes[["feature", "neuron", *names.values()]]


def _curve(found: CurveArrays, subject: Subject) -> dict[str, Any]:
    N, K, W = found.value.shape
    parts = {name: getattr(found, name).reshape(N * K, W) for name in ("value", "low", "high")}
    if found.is_map:
        value = _known(parts, subject.predictor_unit)
        numbers = {"value": packed(value, bits=8)}
    else:
        numbers = {name: packed(part) for name, part in parts.items()}
    is_time = ["(s)" in name for name in found.names]
    at = [a * _MS if ms else a for a, ms in zip(found.at, is_time, strict=True)]
    full = "" if found.n_points == tuple(map(len, at)) else " × ".join(map(str, found.n_points))
    return {
        "label": found.label,
        "what": "Coefficient" if found.label == _COEFFICIENTS else "Effect",
        "kind": "map" if found.is_map else "points" if found.is_text else "line",
        "names": [name.replace("(s)", "(ms)") for name in found.names],
        "at": [_short(points) for points in at],
        "channels": list(found.channels),
        "kept": as_text(found.kept.astype("<u2")),
        "n_kept": K,
        "thinned_from": full,
        **numbers,
    }


def _known(parts: dict[str, np.ndarray], unit: str) -> np.ndarray:
    """Return a map without the places of which too little is known."""
    error = (parts["high"] - parts["low"]) / _ERRORS_PER_BAND
    is_vague = error > _UNKNOWN_NATS if unit == "nats" else np.zeros(error.shape, dtype=bool)
    return np.where(is_vague, np.nan, parts["value"])


def _short(points: np.ndarray) -> list[Any]:
    if points.dtype.kind not in "biuf":
        return [str(point) for point in points]
    return [float(f"{point:.6g}") for point in points]
