"""Estimators to files and back: constructor arguments and estimates, no pickle."""

from __future__ import annotations

import dataclasses
import platform
from typing import Any

import numpy as np

from ... import errors, notices
from ...estimator import Estimator
from ...io.files import saved
from ...io.files.json_nodes import Reader, Writer
from ...observation_models.named import link_named
from ...rows.terms import Term
from ...typing import Array
from .saved_checks import check_estimates
from .saved_version_1 import upgraded
from .stored_classes import StoredClasses
from .substitutions import check_replacements, places

_NOT_SAVED = ("solver_state_", "update_state_", "update_columns_", "aux_")


_CLASSES = StoredClasses()


def save(model: Any, path: Any) -> None:
    """Write a fitted or unfitted estimator to ``path`` (``.npz``).

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError, TypeError
        If the estimator is of a class of your own, or holds something that cannot be stored.
    """
    writer = Writer(_CLASSES)
    payload = nodes_of(model, writer)
    saved.write(path, {"saved_with": installed_versions(), "model": payload}, writer.arrays)


def nodes_of(model: Any, writer: Writer) -> dict[str, Any]:
    """Return an estimator as JSON nodes, for a file that holds more than it.

    Raises
    ------
    ValueError, TypeError
        As :func:`save`.
    """
    name = _CLASSES.name_of(type(model))
    if name is None:
        raise errors.type_error(
            "Only spikeglm's own estimators can be saved.",
            given=f"{type(model).__module__}.{type(model).__qualname__}",
            expected="a GLM or one of its relatives",
            todo="save an estimator of the class it derives from, or pickle it.",
        )
    params = {key: _storable(key, value) for key, value in model.get_params(deep=False).items()}
    return {
        "class": name,
        "params": {key: writer.node(value) for key, value in params.items()},
        "fitted": _nodes_of_estimates(writer, model),
    }


def model_of(payload: dict[str, Any], reader: Reader) -> Any:
    """Return the estimator of :func:`nodes_of`; raises whatever damaged nodes run into."""
    return _built(payload, reader)


def writer() -> Writer:
    """Return what turns models and the values that they may hold into nodes."""
    return Writer(_CLASSES)


def reader(arrays: dict[str, Array]) -> Reader:
    """Return what turns the nodes of a :func:`writer` back into values."""
    return Reader(_CLASSES, arrays)


def load_model(filename: Any, mapping_dict: dict[str, Any] | None = None) -> Any:
    """Load an estimator that ``save_params`` wrote; it predicts and scores the same.

    Parameters
    ----------
    filename :
        Path of the file. It may come from anyone: nothing in it runs.
    mapping_dict :
        What a file cannot hold, by the name of the argument: functions and classes of your own,
        e.g. ``{"inverse_link_function": my_link}`` or ``{"regularizer": MyPenalty}``; ``__`` leads
        to arguments of arguments. A class is called with the arguments that were saved.

    Returns
    -------
    GLM or one of its relatives
        Arrays are NumPy arrays, of the shapes and types that were saved.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If there is no such file, or it may not be read.
    ValueError
        If the file is damaged or no saved model, needs a function that ``mapping_dict`` lacks, or
        has no place for one that it gives.

    Warns
    -----
    UserWarning
        If ``mapping_dict`` replaces what the file holds.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = nmo.GLM(regularizer="Ridge").fit(X, np.ones(100))
    >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
    >>> model.save_params(path)
    >>> loaded = nmo.load_model(path)
    >>> bool((loaded.predict(X) == model.predict(X)).all()), loaded.fit_report_.status
    (True, ('converged',))
    """
    payload, arrays = read_payload(filename)
    given = {} if mapping_dict is None else dict(mapping_dict)
    check_replacements(payload["params"], given)
    try:
        return _built(payload, Reader(_CLASSES, arrays, given))
    except Exception as error:  # whatever a header that makes no sense runs into
        raise saved.unreadable(filename, f"{type(error).__name__}: {error}") from error


def read_payload(filename: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return what a file says of its model, as JSON nodes, and the arrays.

    The nodes are ``{"class": ..., "params": {...}, "fitted": {...}, "saved_with": {...}}``.
    """
    header, arrays = saved.read(filename)
    is_old = header.get("version") == 1
    node: Any = None if is_old else saved.part_of(header, "model", filename)
    try:
        payload = upgraded(header, arrays) if is_old else node
        parts = {key: dict(payload[key]) for key in ("params", "fitted")}
        versions = dict(header.get("saved_with", {}))
        return {"class": str(payload["class"]), "saved_with": versions, **parts}, arrays
    except Exception as error:
        raise saved.unreadable(filename, f"{type(error).__name__}: {error}") from error


def estimate(node: Any, arrays: dict[str, Array]) -> Any:
    """Return the value of an estimate's node; raises whatever a damaged node runs into."""
    return Reader(_CLASSES, arrays).value(node)


def installed_versions() -> dict[str, str]:
    """Return the versions that a file notes."""
    from ... import __version__

    return {
        "spikeglm": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _storable(name: str, value: Any) -> Any:
    """Replace a function that is one of our links, e.g. ``numpy.exp``, by the link."""
    if name != "inverse_link_function" or not callable(value):
        return value
    try:
        link = link_named(value)
    except (TypeError, ValueError):
        return value
    is_plain = not dataclasses.fields(link) and _CLASSES.name_of(type(link)) is not None
    return link if is_plain else value


def _estimates(model: Any) -> dict[str, Any]:
    """Return what ``fit`` has set, or a user by hand."""
    found = {name: value for name, value in vars(model).items() if _is_estimate(type(model), name)}
    return {name: value for name, value in found.items() if name not in _NOT_SAVED}


def _is_estimate(cls: type, name: str) -> bool:
    is_name = name.isidentifier() and name.endswith("_") and not name.startswith("_")
    return is_name and not callable(getattr(cls, name, None))


def _nodes_of_estimates(writer: Writer, model: Any) -> dict[str, Any]:
    found = _estimates(model)
    if "terms_" in found:
        found["terms_"] = tuple(_with_known_meaning(term) for term in found["terms_"])
    if "basis_" in found and not _can_be_written(found["basis_"]):
        del found["basis_"]
        notices.warn(
            "The file has no basis_: functions of your own cannot be saved. What to do: keep the "
            "code that makes the basis; after load_model it computes the features again."
        )
    nodes = {name: writer.node(value) for name, value in found.items()}
    for name, node in nodes.items():
        for path, place in places({name: node}):
            if "unsaved" in place:
                raise errors.type_error(
                    f"{path} cannot be saved.",
                    given=place["unsaved"]["name"],
                    expected="arrays, numbers, text, and lists, tuples and dicts of them",
                    todo=f"delete the attribute {name} and save again.",
                )
    return nodes


def _with_known_meaning(term: Term) -> Term:
    """Return a term as a file can hold it: functions of one's own stay out, its columns do not."""
    node = {"meaning": Writer(_CLASSES).node(term.meaning)}
    is_whole = not any("unsaved" in place for _, place in places(node))
    return term if is_whole else dataclasses.replace(term, meaning=None)


def _can_be_written(basis: Any) -> bool:
    try:
        return not any("unsaved" in place for _, place in places(Writer(_CLASSES).node(basis)))
    except TypeError:
        return False


def _built(payload: dict[str, Any], reader: Reader) -> Any:
    cls = _CLASSES.class_of(payload["class"])
    if not issubclass(cls, Estimator):
        raise ValueError(f"a {payload['class']}, which is no model")
    model = cls(**reader.members(payload["params"], "", 0))
    for name, node in payload["fitted"].items():
        if not _is_estimate(cls, name):
            raise ValueError(f"an estimate named {name!r}")
        setattr(model, name, reader.value(node))
    check_estimates(model)
    if hasattr(model, "fit_report_"):
        str(model.fit_report_)  # it can be printed, or its file is refused
    return model
