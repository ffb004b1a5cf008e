"""Held-out predictions: the K folds are K row weightings, so one fit serves them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from .. import showing
from ..fit.record import FitResult
from ..glm import FitReport
from ..glm.base import BaseGLM
from ..glm.reading.fit_inputs import FitInputs
from ..glm.reading.known_labels import check_rows
from ..glm.reading.read_arguments import check_model
from ..glm.weightings import WeightedFits, fit_weightings, held_out_predictor
from ..io.interop.labelled_rows import labelled
from ..io.interop.row_labels import RowLabels
from ..rows import ArrayRows
from ..rows.contract import Rows
from ..rows.table_labels import row_labels_of
from ..typing import Array, ArrayLike, FloatArray, IntArray
from .folds import Folds, read_folds, rows_to_split


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What K fits predict for the rows they have not seen; T rows, N neurons.

    Attributes
    ----------
    prediction :
        (T,) or (T, N) mean response, each row as predicted by the fit that left its fold out; of a
        classifier probabilities, with a class on a last axis. NaN where a row has no complete
        features, or is in no fold. With times, epochs and neurons as X and y name them: a pynapple
        or pandas object where they are.
    training_mean :
        The same shape: what a model without features predicts after those rows, the null model.
        That is their mean response (frequencies of classes); where there is an offset, what it and
        the best intercept beside it give.
    folds :
        (T,) number of the fold of each row, from 0; -1 where it is in none.
    classes :
        The labels of a classifier's last axis, else None.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X, y = np.ones((8, 1)), np.array([0, 1, 0, 1, 2, 3, 2, 3])
    >>> nmo.selection.cross_validated(nmo.GLM(), X, y, 2).training_mean
    array([2.5, 2.5, 2.5, 2.5, 0.5, 0.5, 0.5, 0.5])
    """

    prediction: Any
    training_mean: Any
    folds: IntArray
    classes: Array | None = None

    __repr__ = showing.of_fields


def cross_validated(
    model: BaseGLM,
    X: ArrayLike,
    y: ArrayLike,
    folds: Any,
    *,
    groups: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    terms: Any = None,
) -> HeldOut:
    """Predict each fold with a fit to all others.

    All folds (of all neurons) are columns of one fit and share every read of the rows. The model
    itself is left as it is.

    Parameters
    ----------
    model :
        A :class:`GLM`, a :class:`ClassifierGLM`, or a population of either; fitted or not.
    X, y, offset, terms :
        As for ``fit``.
    folds :
        A number K: as many runs of consecutive rows, with a gap as long as the longest kernel of a
        design (:class:`ContiguousBlocks`). Another splitter that respects time:
        :class:`InterleavedBlocks`, :class:`TrialFolds`, :class:`EpochFolds`,
        :class:`SessionFolds`. One of scikit-learn's, such as ``GroupKFold(5)`` or
        ``TimeSeriesSplit()``. (T,) integers: the fold of each row, see
        :func:`interleaved_blocks`. Pairs ``(train, test)`` of row numbers or masks; a row number
        that is there twice counts twice. Or what :func:`fixed_folds` made for several models.
    groups :
        (T,) for splitters that keep groups together: trials, sessions, animals.

    Raises
    ------
    ValueError
        If ``folds`` does not fit the rows, tests a row twice or with a fit that has seen it, or
        names fewer than two folds.

    Warns
    -----
    ConvergenceWarning
        If a neuron has no certificate in some fold; the message names both.
    NothingToFitWarning
        If the training rows of a neuron say nothing, as of silent units.
    UserWarning
        If tested rows share samples with rows that their fit has seen (kernels reach from one to
        the other), or rows of a time series were dealt singly.

    Notes
    -----
    Neighbouring bins resemble each other, so folds that deal them singly (``KFold(shuffle=True)``,
    ``StratifiedKFold``) test a model on rows whose neighbours it has seen: its scores are too good.
    Deal trials, or blocks much longer than filters. Of a plain array nobody knows whether its rows
    are neighbours in time, and what its features reach: give ``terms``, or a ``gap``.

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
    check_model(model)
    rows = rows_to_split(X, terms, y)
    check_rows(rows, y=y, folds=folds, groups=groups, offset=offset)
    split = read_folds(folds, rows.n_rows, y, groups, rows=rows)
    fits = fit_weightings(model, rows, y, split.training, offset=offset)
    inputs = fits.inputs
    _warn_of_trouble(fits.result, inputs.neurons or range(fits.n_neurons), split.labels)
    eta = held_out_predictor(rows, fits, split.tested_by)
    null = _without_features(model, fits, y, split, offset)
    prediction = _named(model._expected(eta, inputs), rows, y, inputs)
    return HeldOut(prediction, _named(null, rows, y, inputs), split.tested_by, inputs.classes)


def _named(values: FloatArray, rows: Rows, y: ArrayLike, inputs: FitInputs) -> Any:
    """Return values (T, ...) with the times or the index, and the neurons, of the data."""
    labels, axis = row_labels_of(rows) or RowLabels.of(y, called="y"), inputs.response_axis
    names = inputs.neurons if inputs.classes is None else tuple(inputs.classes.tolist())
    is_of_neurons = axis is not None and names is not None and inputs.classes is None
    return labelled(
        values,
        labels,
        columns=names if values.ndim == 2 else None,
        metadata=getattr(axis, "metadata", None) if is_of_neurons else None,
    )


def _without_features(
    model: BaseGLM, fits: WeightedFits, y: ArrayLike, split: Folds, offset: ArrayLike | None
) -> FloatArray:
    """Return what models without features predict that were fitted to the same rows."""
    inputs, is_tested = fits.inputs, split.tested_by >= 0
    if offset is None:
        by_fold = np.moveaxis(fits.by_weighting(fits.result.mean_response), 1, 0)
        null = by_fold[split.tested_by].reshape(len(is_tested), -1)
        null[~is_tested] = np.nan
        return inputs.shapes.user(null)
    plain: dict[str, Any] = {
        "regularizer": "UnRegularized",
        "regularizer_strength": None,
        "feature_mask": None,
    }
    plain |= {"solver_name": None, "solver_kwargs": None, "fit_intercept": True}
    without = type(model)(**(model.get_params(deep=False) | plain))
    rows = ArrayRows(np.empty((len(is_tested), 0)))
    training = split.training * inputs.keep[:, None]
    null_fits = fit_weightings(without, rows, y, training, offset=offset)
    eta = held_out_predictor(rows, null_fits, split.tested_by)
    return without._expected(eta, null_fits.inputs)


def _warn_of_trouble(result: FitResult, neurons: Iterable[Any], folds: Array) -> None:
    names = tuple(f"{neuron} without fold {fold}" for fold, neuron in product(folds, neurons))
    FitReport(result, names, ()).warn()
