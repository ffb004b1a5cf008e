"""Compare models by how well they predict the same held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import errors
from ...glm.weightings import fit_read_weightings
from ...notices import warn
from ...solvers import WELL
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from ..folds import Folds
from .comparison import Comparison
from .contenders import Contender, common_rows, read_contenders
from .fold_scores import fold_scores
from .measures import Measure, measure_named

_MOST_NAMES = 6  # that a warning tells, with their reasons


def compare(
    models: Mapping[str, Any],
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    folds: Any = 5,
    measure: str = "log_likelihood",
    reference: str | None = None,
    groups: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Comparison:
    """Compare models by how well they predict held-out rows, the same for all.

    Models may differ in everything: features, link, observation model, penalty. Each is fitted once
    for all neurons and folds together. Folds are made once, with a gap as long as the longest
    kernel of any design; rows that some model cannot use (edges of windows, gaps in its features)
    are left out of all, and the result tells how many.

    Parameters
    ----------
    models :
        Names with a model, or a pair ``(model, X)``. Models are left as they are.
    X :
        Features of the models that have none of their own.
    y, offset :
        As for ``fit``, the same for all.
    folds, groups :
        As for :func:`cross_validated`.
    measure :
        ``"log_likelihood"``: nats per bin, with the dispersion of the training rows; models of
        counts and classifiers, or models of densities, not both. ``"bits_per_spike"``: what the
        predicted mean gains over the mean of the training rows, as of a Poisson process;
        ``"variance_explained"``: the share of the squared distances from that mean which the
        prediction explains. The last two compare means, of any models.
    reference :
        The model that others are compared with; None is the first.

    Raises
    ------
    ValueError
        If there are fewer than two models, their rows differ, the folds cannot be used, or models
        cannot be compared by this measure.

    Warns
    -----
    UserWarning
        If neurons have folds without a score (no certificate, no spikes), or folds leak.

    Notes
    -----
    Per neuron the tests are over folds. The signed rank takes these for independent; the corrected
    t allows for the rows that they share. ``over_neurons()`` takes neurons for the sample.

    References
    ----------
    Nadeau & Bengio (2003), Machine Learning 52:239-81; Wilcoxon (1945), Biometrics Bulletin 1:80-3.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 2))
    >>> y = rng.poisson(np.log1p(np.exp(X[:, 0])))
    >>> models = {
    ...     "exp": nmo.GLM(),
    ...     "softplus": nmo.GLM(inverse_link_function="softplus"),
    ...     "speed only": (nmo.GLM(), X[:, 1:]),
    ... }
    >>> found = nmo.selection.compare(models, X, y, folds=10)
    >>> found.best, found.difference.mean[:, 0].round(3)
    (array(['softplus'], dtype=object), array([ 0.   ,  0.003, -0.156]))
    """
    if y is None:
        raise errors.value_error(
            "There is nothing to predict.", given="y=None", expected="the response, y=counts"
        )
    asked = measure_named(measure)
    contenders, split = read_contenders(models, X, y, folds=folds, groups=groups, offset=offset)
    asked.check([(each.name, _observations(each)) for each in contenders])
    keep = common_rows(contenders)
    found = [_scored(each, split, keep, asked) for each in contenders]
    names = tuple(each.name for each in contenders)
    inputs = contenders[0].inputs
    comparison = Comparison(
        models=names,
        neurons=inputs.neurons or tuple(range(inputs.shapes.n_neurons or 1)),
        reference=names[0],
        measure=measure,
        score_name=asked.words,
        fold_score=np.array([score for score, _ in found]),
        status=np.array([status for _, status in found], dtype=object),
        folds=split,
        ratio=_ratio(split, keep),
        n_left_out=np.array([int((each.inputs.keep & ~keep).sum()) for each in contenders]),
    )
    _warn_of_lost_folds(comparison)
    return comparison if reference is None else comparison.against(reference)


def _observations(contender: Contender) -> Any:
    """Return the observation model, None of a classifier."""
    if contender.inputs.classes is not None:
        return None
    return contender.inputs.columns.likelihood.model


def _scored(
    contender: Contender, split: Folds, keep: BoolArray, measure: Measure
) -> tuple[FloatArray, Array]:
    """Return scores and words (K, N) of the fits of one model."""
    training = split.training * keep[:, None]
    fits = fit_read_weightings(contender.model, contender.inputs, training)
    tested_by = np.where(keep, split.tested_by, -1)
    score = fold_scores(contender.model, fits, tested_by, measure)
    words = np.array([str(word) for word in fits.result.status], dtype=object)
    status = words[: score.size].reshape(score.shape)
    is_well = np.isin(status.astype(str), [str(word) for word in WELL])
    return np.where(is_well, score, np.nan), status


def _ratio(split: Folds, keep: BoolArray) -> float:
    """Return tested over trained rows, on average over folds."""
    n_train = (split.training * keep[:, None]).sum(axis=0)
    n_test = np.array([(keep & (split.tested_by == k)).sum() for k in range(len(split.labels))])
    return float(np.mean(n_test / np.maximum(n_train, 1)))


def _warn_of_lost_folds(found: Comparison) -> None:
    lost = [
        f"{model}, neuron {neuron}: {why}"
        for model, row in zip(found.models, found.reasons(), strict=True)
        for neuron, why in zip(found.neurons, row, strict=True)
        if why
    ]
    if lost:
        told = errors.listed(lost, _MOST_NAMES, between="; ")
        warn(
            f"{len(lost)} scores stand on fewer folds, or on none: "
            f"{told}. What to do: use folds with events of every "
            "neuron; give a model that separates or runs out of passes a penalty."
        )
