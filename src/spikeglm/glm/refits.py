"""The same model fitted to many responses, such as those that it simulates: columns of one fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..engine.columns import Source
from ..io.timeseries import to_array
from ..typing import ArrayLike, FloatArray
from .inputs import read_offset
from .prediction import linear_predictor

if TYPE_CHECKING:
    from .glm import GLM


def predict_refitted(model: GLM, X: ArrayLike, responses: ArrayLike, **more: Any) -> FloatArray:
    """Return the means (T, B) of fits of a model of one neuron to B responses (T, B).

    Raises
    ------
    ValueError, TypeError
        If the data cannot be used, or the model is of a population.
    """
    values = to_array(responses, name="responses")
    if model._response_ndim != 1 or values.ndim != 2:
        raise errors.value_error(
            "Refits are of one neuron.",
            given=f"{type(model).__name__} and responses of shape {values.shape}",
            expected="a GLM and (n_samples, n_refits)",
            todo="fit a GLM to the neuron.",
        )
    inputs = model.read_inputs(X, values[:, 0], **more)
    each = np.zeros(values.shape[1], dtype=np.intp)
    columns = replace(inputs.columns.take(each), responses=Source.one_per_column(values))
    penalty = model.read_penalty(inputs.shapes).take(each)
    result = model._minimise(replace(inputs, columns=columns), penalty, model._solver())
    offset = read_offset(more.get("offset"), inputs.rows, 1)
    eta = linear_predictor(inputs.rows, result.coef, result.intercept, offset)
    return columns.likelihood.mean(eta)
