"""What a file of a saved model says, printed without building the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...io.files import saved
from ...rows.given_terms import told
from ...typing import Array
from .persistence import estimate, installed_versions, read_payload

_MOST_NUMBERS = 10
_MOST_CHARACTERS = 300


def inspect_npz(file_path: Any) -> None:
    """Print what a saved model is: versions, class, constructor arguments and estimates.

    No model is built, so that a file can be looked at that needs functions of its maker.

    Parameters
    ----------
    file_path :
        A file that ``save_params`` wrote.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If there is no such file, or it may not be read.
    ValueError
        If it is no saved model.

    Examples
    --------
    >>> import os, tempfile
    >>> import spikeglm as nmo
    >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
    >>> nmo.GLM("Gamma", regularizer=nmo.regularizer.Ridge()).save_params(path)
    >>> nmo.inspect_npz(path)                                           # doctest: +ELLIPSIS
    Metadata
    --------
    spikeglm: saved with ..., installed ...
    numpy: saved with ..., installed ...
    python: saved with ..., installed ...
    <BLANKLINE>
    Model class
    -----------
    GLM
    <BLANKLINE>
    Model parameters
    ----------------
    observation_model: 'Gamma'
    inverse_link_function: None
    regularizer: Ridge()
    regularizer_strength: None
    solver_name: None
    solver_kwargs: None
    feature_mask: None
    fit_intercept: True
    <BLANKLINE>
    Model fit parameters
    --------------------
    (not fitted)
    """
    payload, arrays = read_payload(file_path)
    try:
        blocks = {
            "Metadata": _versions(payload["saved_with"]),
            "Model class": [_short(payload["class"])],
            "Model parameters": _members(payload["params"], arrays),
            "Model fit parameters": _members(payload["fitted"], arrays) or ["(not fitted)"],
        }
    except Exception as error:  # whatever a header that makes no sense runs into
        raise saved.unreadable(file_path, f"{type(error).__name__}: {error}") from error
    print("\n\n".join("\n".join([name, "-" * len(name), *rows]) for name, rows in blocks.items()))


def _versions(saved_with: dict[str, Any]) -> list[str]:
    return [
        f"{package}: saved with {str(saved_with.get(package, 'an unknown version'))[:40]}, "
        f"installed {version}"
        for package, version in installed_versions().items()
    ]


def _members(nodes: dict[str, Any], arrays: dict[str, Array]) -> list[str]:
    known = {"fit_report_": _report, "terms_": _terms, "basis_": _basis}
    texts = {name: known.get(name, _described)(node, arrays) for name, node in nodes.items()}
    return [
        f"{name}: {text if len(text) < _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + ' ...'}"
        for name, text in texts.items()
    ]


def _report(node: Any, arrays: dict[str, Array]) -> str:
    """Return how many neurons converged, and the worst certificate."""
    return "; ".join(str(estimate(node, arrays)).splitlines()[:2])


def _terms(node: Any, arrays: dict[str, Array]) -> str:
    """Return what the columns are, term by term."""
    return told(estimate(node, arrays))


def _basis(node: Any, arrays: dict[str, Array]) -> str:
    """Return how a basis is written, as of the file."""
    return " ".join(repr(estimate(node, arrays)).split())


def _described(node: Any, arrays: dict[str, Array]) -> str:
    """Return the node as Python would show it, long arrays by their shape."""
    if isinstance(node, list):
        return f"[{_listed(node, arrays)}]"
    if not isinstance(node, dict):
        return repr(node)
    ((kind, payload),) = node.items()
    if kind == "array" and isinstance(payload, str):
        return _described_array(arrays[payload])
    if kind == "tuple":
        return f"({_listed(payload, arrays)})"
    if kind == "dict":
        pairs = (f"{_described(k, arrays)}: {_described(v, arrays)}" for k, v in payload)
        return f"{{{', '.join(pairs)}}}"
    if kind in ("enum", "scalar"):
        return payload if isinstance(payload, str) else _described(payload[1], arrays)
    if kind in ("object", "unsaved"):
        return _described_object(kind, payload, arrays)
    return f"<{kind}>" if isinstance(payload, dict) else str(payload)


def _described_object(kind: str, payload: dict[str, Any], arrays: dict[str, Array]) -> str:
    params = (f"{k}={_described(v, arrays)}" for k, v in payload["params"].items())
    if kind == "object":
        return f"{_short(payload['class'])}({', '.join(params)})"
    return f"<{payload['name']}, not in the file>"


def _described_array(array: Array) -> str:
    if array.size <= _MOST_NUMBERS:
        return np.array2string(array, precision=4, separator=", ").replace("\n", "")
    return f"array of shape {array.shape}, {array.dtype}"


def _listed(nodes: list[Any], arrays: dict[str, Array]) -> str:
    return ", ".join(_described(node, arrays) for node in nodes)


def _short(name: str) -> str:
    return name.rpartition(".")[2]
