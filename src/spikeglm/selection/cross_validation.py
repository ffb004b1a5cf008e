"""Held-out predictions: the K folds are K row weightings, so one fit serves them all."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from .. import errors
from ..glm import GLM, FitReport
from ..glm.inputs import read_offset, read_rows
from ..glm.labels import check_rows
from ..glm.weightings import fit_weightings, held_out_predictor
from ..inference.record import FitResult
from ..io.timeseries import to_array
from ..typing import Array, ArrayLike, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What K fits predict for the rows they have not seen; T rows, N neurons.

    Attributes
    ----------
    prediction :
        (T,) or (T, N) mean response, each row as predicted by the fit that left its fold out; NaN
        where a row has no complete features.
    training_mean :
        The same shape: mean response of the rows that this fit was trained on, the null model.
    folds :
        (T,) the fold of each row.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X, y = np.ones((8, 1)), np.array([0, 1, 0, 1, 2, 3, 2, 3])
    >>> folds = np.repeat([0, 1], 4)
    >>> nmo.selection.cross_validated(nmo.GLM(), X, y, folds).training_mean
    array([2.5, 2.5, 2.5, 2.5, 0.5, 0.5, 0.5, 0.5])
    """

    prediction: FloatArray
    training_mean: FloatArray
    folds: IntArray


def cross_validated(
    model: GLM, X: ArrayLike, y: ArrayLike, folds: ArrayLike, *, offset: ArrayLike | None = None
) -> HeldOut:
    """Predict each fold with a fit to all others.

    All folds (of all neurons) are columns of one fit and share every read of the rows. The model
    itself is left as it is.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM`; fitted or not.
    X, y, offset :
        As for ``fit``.
    folds :
        (T,) integers, the fold of each row; see :func:`interleaved_blocks`.

    Raises
    ------
    ValueError
        If ``folds`` does not fit the rows, or names fewer than two folds.

    Warns
    -----
    ConvergenceWarning
        If a neuron has no certificate in some fold; the message names both.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 2))
    >>> y = rng.poisson(np.exp(X[:, 0] - 1))
    >>> folds = nmo.selection.interleaved_blocks(1000, 5, block_rows=50)
    >>> held_out = nmo.selection.cross_validated(nmo.GLM(), X, y, folds)
    >>> held_out.prediction.shape
    (1000,)
    """
    rows, numbers = read_rows(X), to_array(folds, name="folds")
    check_rows(rows, y=y, folds=folds, offset=offset)
    labels, fold = np.unique(numbers, return_inverse=True)
    if numbers.ndim != 1 or len(labels) < 2 or len(numbers) != rows.n_rows:
        raise errors.value_error(
            "folds cannot be used.",
            given=f"shape {numbers.shape} with {len(labels)} distinct fold(s); {rows.n_rows} rows",
            expected="(n_samples,) integers with at least two distinct values",
            todo="make them with selection.interleaved_blocks.",
        )
    training = fold[:, None] != np.arange(len(labels))
    result, inputs = fit_weightings(model, rows, y, training, offset=offset)
    n_neurons = inputs.columns.n_columns
    _warn_of_trouble(result, inputs.neurons or range(n_neurons), labels)
    eta = held_out_predictor(rows, result, fold, n_neurons)
    eta += read_offset(offset, rows, n_neurons)
    shape = to_array(y, name="y").shape
    return HeldOut(
        inputs.columns.likelihood.mean(eta).reshape(shape),
        result.mean_response.reshape(len(labels), n_neurons)[fold].reshape(shape),
        fold,
    )


def _warn_of_trouble(result: FitResult, neurons: Iterable[Any], folds: Array) -> None:
    names = tuple(f"{neuron} without fold {fold}" for fold, neuron in product(folds, neurons))
    report = FitReport(result, names, ())
    if not report.is_well:
        warnings.warn(report.problems(), errors.ConvergenceWarning, stacklevel=3)
