"""The kinds of values in a saved model that JSON lacks: how each is written and read.

The order of :data:`KINDS` counts: the first kind that a value matches writes it.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...typing import Array
from ..interop.trees import is_mapping
from .saved import ARRAY_KINDS

if TYPE_CHECKING:
    from .json_nodes import Reader, Writer

_SCALAR = re.compile(r"[<>|=]?[biuf][1248]")
_TIMES = {"datetime": datetime.datetime, "date": datetime.date}


@dataclass(frozen=True)
class Kind:
    """One kind of value: how to know it, how to write it, how to read it."""

    matches: Callable[[Writer, Any], bool]
    write: Callable[[Writer, Any, int], Any]
    read: Callable[[Reader, Any, str, int], Any]


def members_of(value: Any) -> dict[str, Any]:
    """Return an object's constructor arguments, by ``get_params`` or as fields of a dataclass."""
    if hasattr(value, "get_params"):
        return dict(value.get_params(deep=False))
    if dataclasses.is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
    return {}


def _read_float(reader: Reader, payload: Any, path: str, level: int) -> float:
    if payload not in ("nan", "inf", "-inf"):
        raise ValueError(f"{payload!r} as a number that is not finite")
    return float(payload)


def _write_parts(writer: Writer, value: Any, level: int) -> list[Any]:
    return [writer.node(part, level) for part in value]


def _read_tuple(reader: Reader, payload: Any, path: str, level: int) -> tuple[Any, ...]:
    return tuple(reader.value(part, f"{path}__{i}", level) for i, part in enumerate(payload))


def _write_slice(writer: Writer, value: slice, level: int) -> list[Any]:
    return [writer.node(part, level) for part in (value.start, value.stop, value.step)]


def _read_slice(reader: Reader, payload: Any, path: str, level: int) -> slice:
    start, stop, step = (reader.value(part, level=level) for part in payload)
    return slice(start, stop, step)


def _write_dict(writer: Writer, value: Any, level: int) -> list[Any]:
    return [[writer.node(key, level), writer.node(value[key], level)] for key in value.keys()]  # noqa: SIM118 (not every mapping iterates)


def _read_dict(reader: Reader, payload: Any, path: str, level: int) -> dict[Any, Any]:
    pairs = [(reader.value(key, level=level), node) for key, node in payload]
    return {key: reader.value(node, f"{path}__{key}", level) for key, node in pairs}


def _is_array(writer: Writer, value: Any) -> bool:
    is_masked = isinstance(value, np.ma.MaskedArray)
    return hasattr(value, "dtype") and hasattr(value, "__array__") and not is_masked


def _write_array(writer: Writer, value: Any, level: int) -> Any:
    array = np.asarray(value)
    if array.dtype.kind == "T":  # NumPy's strings of any length
        array = array.astype(object)
    if array.dtype == object:
        parts = [writer.node(part, level) for part in array.ravel().tolist()]
        return {"shape": list(array.shape), "values": parts}
    if array.dtype.kind not in ARRAY_KINDS:
        raise not_stored(value, "arrays of numbers, text or dates")
    return writer.entry(array)


def _read_array(reader: Reader, payload: Any, path: str, level: int) -> Array:
    if isinstance(payload, str):
        return reader.array(payload)
    values = np.empty(len(payload["values"]), dtype=object)
    values[:] = [reader.value(part, level=level) for part in payload["values"]]
    return values.reshape(payload["shape"])


def _write_scalar(writer: Writer, value: Any, level: int) -> Any:
    if value.dtype.kind == "U" or _SCALAR.fullmatch(value.dtype.str):
        return [value.dtype.str if value.dtype.kind != "U" else "U", writer.node(value.item())]
    return writer.entry(np.asarray(value))


def _read_scalar(reader: Reader, payload: Any, path: str, level: int) -> Any:
    if isinstance(payload, str):
        return reader.array(payload)[()]
    dtype, node = payload
    if dtype != "U" and not _SCALAR.fullmatch(dtype):
        raise ValueError(f"a number of type {dtype!r}")
    return np.asarray(reader.value(node, level=level), dtype=dtype)[()]


def _write_enum(writer: Writer, value: Any, level: int) -> list[Any]:
    return [writer.registry.name_of(type(value)), writer.node(value.value, level)]


def _read_enum(reader: Reader, payload: Any, path: str, level: int) -> Any:
    name, node = payload
    return reader.registry.class_of(name)(reader.value(node, level=level))


def _is_known_enum(writer: Writer, value: Any) -> bool:
    return isinstance(value, enum.Enum) and _is_known_object(writer, value)


def _is_frame(writer: Writer, value: Any) -> bool:
    return type(value).__module__.startswith("pandas") and hasattr(value, "columns")


def _write_frame(writer: Writer, value: Any, level: int) -> dict[str, Any]:
    columns = [[name, value[name].to_numpy()] for name in value.columns]
    return {
        "columns": writer.node(columns, level),
        "index": writer.node(value.index.to_numpy(), level),
    }


def _read_frame(reader: Reader, payload: Any, path: str, level: int) -> Any:
    import pandas as pd

    columns = reader.value(payload["columns"], level=level)
    return pd.DataFrame(dict(columns), index=reader.value(payload["index"], level=level))


def _is_time(writer: Writer, value: Any) -> bool:
    is_of_pandas = type(value).__module__.startswith("pandas")
    return type(value) in _TIMES.values() or (is_of_pandas and type(value).__name__ == "Timestamp")


def _write_time(writer: Writer, value: Any, level: int) -> list[str]:
    return [type(value).__name__, value.isoformat()]


def _read_time(reader: Reader, payload: Any, path: str, level: int) -> Any:
    name, text = payload
    if not isinstance(text, str):
        raise ValueError(f"{text!r} as a time")
    if name in _TIMES:
        return _TIMES[name].fromisoformat(text)
    if name != "Timestamp":
        raise ValueError(f"a time of type {name!r}")
    import pandas as pd

    return pd.Timestamp(text)


def _is_known_object(writer: Writer, value: Any) -> bool:
    return writer.registry.name_of(type(value)) is not None


def _write_object(writer: Writer, value: Any, level: int) -> dict[str, Any]:
    members = {name: writer.node(part, level) for name, part in members_of(value).items()}
    return {"class": writer.registry.name_of(type(value)), "params": members}


def _read_object(reader: Reader, payload: Any, path: str, level: int) -> Any:
    cls = reader.registry.class_of(payload["class"])
    return cls(**reader.members(payload["params"], path, level))


def _write_unsaved(writer: Writer, value: Any, level: int) -> dict[str, Any]:
    named = value if hasattr(value, "__qualname__") else type(value)
    name = f"{named.__module__}.{named.__qualname__}"
    members = {} if named is value else members_of(value)
    return {"name": name, "params": {key: writer.node(v, level) for key, v in members.items()}}


def _read_unsaved(reader: Reader, payload: Any, path: str, level: int) -> Any:
    raise ValueError(f"{payload['name']}, which is not in the file")


def _has_record(writer: Writer, value: Any) -> bool:
    return hasattr(type(value), "_stored")


def _write_record(writer: Writer, value: Any, level: int) -> Any:
    return writer.node(value._stored(), level)


def _read_record(reader: Reader, payload: Any, path: str, level: int) -> Any:
    return reader.value(payload, path, level).restored()


KINDS: dict[str, Kind] = {
    "float": Kind(lambda _, v: type(v) is float, lambda _, v, __: repr(v), _read_float),
    "restored": Kind(_has_record, _write_record, _read_record),
    "enum": Kind(_is_known_enum, _write_enum, _read_enum),
    "scalar": Kind(lambda _, v: isinstance(v, np.generic), _write_scalar, _read_scalar),
    "frame": Kind(_is_frame, _write_frame, _read_frame),
    "time": Kind(_is_time, _write_time, _read_time),
    "array": Kind(_is_array, _write_array, _read_array),
    "tuple": Kind(lambda _, v: isinstance(v, tuple), _write_parts, _read_tuple),
    "slice": Kind(lambda _, v: type(v) is slice, _write_slice, _read_slice),
    "dict": Kind(lambda _, v: is_mapping(v), _write_dict, _read_dict),
    "object": Kind(_is_known_object, _write_object, _read_object),
    "unsaved": Kind(lambda *_: True, _write_unsaved, _read_unsaved),
}
"""In the order in which they are tried when writing; the last takes what no other does."""


def not_stored(value: Any, expected: str) -> ValueError:
    """Build the error for a value that no kind can hold."""
    return errors.value_error("This cannot be saved.", given=repr(value)[:200], expected=expected)
