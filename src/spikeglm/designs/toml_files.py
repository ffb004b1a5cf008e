"""Descriptions as text: TOML in and out, YAML in where PyYAML is installed."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import errors

_YAML = (".yaml", ".yml")
_PLACE, _WORD = re.compile(r"at line (\d+)"), re.compile(r"[A-Za-z_./]")


def read_description(source: str | Path) -> dict[str, Any]:
    """Return what a text, or the file of a path, describes.

    A text of one line that ends in .toml, .yaml or .yml is a path.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If the text is no TOML, or no YAML of a mapping.
    ImportError
        If it is YAML and PyYAML is not installed.

    Examples
    --------
    >>> read_description("bin_s = 0.01")
    {'bin_s': 0.01}
    """
    name = str(source)
    is_path = isinstance(source, Path) or (
        "\n" not in name and Path(name).suffix.lower() in (".toml", *_YAML)
    )
    text = Path(name).read_text(encoding="utf-8") if is_path else name
    if is_path and Path(name).suffix.lower() in _YAML:
        return _of_yaml(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, todo = _looked_at(text, str(error))
        raise errors.value_error(
            "This description is no TOML.",
            given=f"{name if is_path else name[:80]!r}: {error}{line}",
            expected='lines such as bin_s = 0.01 or how = "unique", below [sections]',
            todo=todo,
        ) from None


def _looked_at(text: str, problem: str) -> tuple[str, str]:
    """Return the line of a text that is no TOML, and what is mostly wrong with such a line.

    >>> _looked_at("search = backward", "Invalid value (at line 1, column 10)")
    (': search = backward', 'put text in quotes: search = "backward".')
    """
    place = _PLACE.search(problem)
    lines = text.splitlines()
    if place is None or not 0 < int(place[1]) <= len(lines):
        return "", ""
    line = lines[int(place[1]) - 1].strip()
    key, is_setting, value = (part.strip() for part in line.partition("="))
    if value in ("True", "False"):
        todo = f"true and false are written small: {key} = {value.lower()}."
    elif "\\" in value:
        todo = "write paths with / for \\, or in single quotes."
    elif is_setting and "twice" not in problem and "overwrite" not in problem:
        todo = f'put text in quotes: {key} = "{value}".' if _WORD.match(value) else ""
    else:
        todo = "say it once; of a list, such as terms, two brackets begin each: [[design.terms]]."
    return f": {line}", todo


def write_description(description: Mapping[str, Any], path: str | Path | None = None) -> str:
    """Return a description as TOML that reads back as exactly the same; write it to a path.

    A path that ends in .yaml or .yml makes it YAML, by PyYAML.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> print(write_description({"bin_s": 0.01, "terms": [{"kind": "events", "basis": 8}]}))
    bin_s = 0.01
    <BLANKLINE>
    [[terms]]
    kind = "events"
    basis = 8
    <BLANKLINE>
    """
    lines = [toml_line(key, value) for key, value in description.items() if key != "terms"]
    for term in description.get("terms", ()):
        lines += ["", "[[terms]]", *(toml_line(key, value) for key, value in term.items())]
    text = "\n".join(lines).lstrip("\n") + "\n"
    if path is not None and Path(path).suffix.lower() in _YAML:
        text = _yaml().safe_dump(dict(description), sort_keys=False, allow_unicode=True)
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


def toml_line(key: str, value: Any) -> str:
    """Return a setting as a line of TOML.

    >>> toml_line("window", (0.0, 1.0))
    'window = [0.0, 1.0]'
    """
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    is_bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if is_bare else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)  # nan, inf, -inf
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(map(_value, value)) + "]"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise errors.missing_package("PyYAML", purpose="YAML", extra="yaml") from None
    return yaml


def _of_yaml(text: str) -> dict[str, Any]:
    yaml = _yaml()
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise errors.value_error(
            "This description is no YAML.", given=str(error), expected="a mapping"
        ) from None
    if not isinstance(found, dict):
        raise errors.value_error(
            "This description is no YAML of a design.",
            given=type(found).__name__,
            expected="a mapping",
        )
    return found
