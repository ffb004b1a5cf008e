"""Estimators to files and back: constructor arguments and estimates, no pickle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from ..io import saved
from ..observation_models.named import link_named, model_named
from ..regularizer import regularizer_of
from ..typing import Array

_ESTIMATES = ("coef_", "intercept_", "scale_", "dof_resid_")
_OBJECTS: dict[str, Callable[[Any], Any]] = {
    "observation_model": model_named,
    "inverse_link_function": link_named,
    "regularizer": regularizer_of,
}


def save(model: Any, path: Any) -> None:
    """Write a fitted or unfitted estimator to ``path`` (``.npz``)."""
    arrays: dict[str, Array] = {}
    params = {
        name: _written(name, value, arrays) for name, value in model.get_params(deep=False).items()
    }
    for name in _ESTIMATES:
        if hasattr(model, name):
            arrays[f"estimate.{name}"] = np.asarray(getattr(model, name), dtype=np.float64)
    header = {"class": type(model).__name__, "params": params}
    if hasattr(model, "feature_names_"):
        header["feature_names"] = list(model.feature_names_)
    names = getattr(model, "neuron_columns_", None)
    if names is not None:
        header["neuron_columns"] = np.asarray(names).tolist()
    saved.write(path, header, arrays)


def load_model(filename: Any) -> Any:
    """Load an estimator that ``save_params`` wrote; it predicts and scores the same.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or is not a saved model.

    Examples
    --------
    >>> import numpy as np, tempfile, os
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> model = nmo.GLM(regularizer="Ridge").fit(X, np.ones(100))
    >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
    >>> model.save_params(path)
    >>> bool((nmo.load_model(path).predict(X) == model.predict(X)).all())
    True
    """
    from .glm import GLM
    from .population import PopulationGLM

    header, arrays = saved.read(filename)
    classes = {"GLM": GLM, "PopulationGLM": PopulationGLM}
    if header.get("class") not in classes or not isinstance(header.get("params"), dict):
        raise errors.unknown_name("class of a saved model", header.get("class"), list(classes))
    try:
        params = {name: _read(name, value, arrays) for name, value in header["params"].items()}
        model: Any = classes[header["class"]](**params)
    except (KeyError, TypeError, AttributeError) as error:
        raise errors.value_error(
            f"{filename} does not describe a model.",
            given=f"{type(error).__name__}: {error}",
            expected="a file written by save_params",
            todo="save the model again, with this version of spikeglm.",
        ) from error
    for name in _ESTIMATES:
        if f"estimate.{name}" in arrays:
            setattr(model, name, arrays[f"estimate.{name}"])
    if "feature_names" in header:
        model.feature_names_ = tuple(header["feature_names"])
    if "neuron_columns" in header:
        model.neuron_columns_ = tuple(header["neuron_columns"])
    if hasattr(model, "coef_"):
        model.n_features_in_ = len(model.coef_)
    return model


def _written(name: str, value: Any, arrays: dict[str, Array]) -> Any:
    """Return a JSON value for a constructor argument; arrays go to ``arrays``."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if name in _OBJECTS:
        known = _OBJECTS[name](value)
        label = getattr(known, "name", type(known).__name__)
        params = known.get_params() if hasattr(known, "get_params") else {}
        return {"name": label, "params": params}
    if isinstance(value, dict):
        return {"dict": {key: _written(key, inner, arrays) for key, inner in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [_written(f"{name}.{i}", v, arrays) for i, v in enumerate(value)]}
    arrays[f"param.{name}"] = np.asarray(value)
    return {"array": f"param.{name}"}


def _read(name: str, value: Any, arrays: dict[str, Array]) -> Any:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "tuple" in value:
        return tuple(_read(name, inner, arrays) for inner in value["tuple"])
    if "dict" in value:
        return {key: _read(key, inner, arrays) for key, inner in value["dict"].items()}
    found: Any = _OBJECTS[name](value["name"])
    return found.replaced(**value["params"]) if value["params"] else found
