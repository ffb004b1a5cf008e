"""Files of version 1 of the format, read as if they were of the current one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...observation_models.named import link_named, model_named
from ...regularizer import regularizer_of
from ...typing import Array

_OBJECTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "observation_model": ("observation_models", model_named),
    "inverse_link_function": ("observation_models.links", link_named),
    "regularizer": ("regularizer", regularizer_of),
}
_ESTIMATE = "estimate."


def upgraded(header: dict[str, Any], arrays: dict[str, Array]) -> dict[str, Any]:
    """Return the nodes that version 2 would have written; raises what a damaged header runs into.

    Version 1 named objects by their short names, and held four estimates and two lists of names.
    """
    names = [entry for entry in arrays if entry.startswith(_ESTIMATE)]
    fitted: dict[str, Any] = {name.removeprefix(_ESTIMATE): {"array": name} for name in names}
    for key in ("feature_names", "neuron_columns"):
        if key in header:
            fitted[f"{key}_"] = {"tuple": header[key]}
    if f"{_ESTIMATE}coef_" in arrays:
        fitted["n_features_in_"] = len(arrays[f"{_ESTIMATE}coef_"])
    params = {name: _upgraded_node(name, node) for name, node in header["params"].items()}
    return {"class": f"glm.{header['class']}", "params": params, "fitted": fitted}


def _upgraded_node(name: str, node: Any) -> Any:
    if not isinstance(node, dict) or "array" in node:
        return node
    if "tuple" in node:
        return {"tuple": [_upgraded_node(name, part) for part in node["tuple"]]}
    if "dict" in node:
        return {"dict": [[key, _upgraded_node(key, v)] for key, v in node["dict"].items()]}
    home, named = _OBJECTS[name]
    cls = type(named(node["name"])).__name__
    return {"object": {"class": f"{home}.{cls}", "params": node["params"]}}
