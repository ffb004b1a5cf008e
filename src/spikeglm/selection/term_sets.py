"""Many sets of terms, all folds and all neurons as columns of one fit, and how well they predict.

The models of a comparison (with speed, without it, speed alone, ...) are one model under several
feature masks: they share the table of rows, what is known of its features, and every visit of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..glm import GLM
from ..typing import ArrayLike, BoolArray
from .measures import measures_of
from .set_predictions import SetPredictions
from .set_problem import SetProblem, warn_of_trouble
from .set_scores import AllRows, TermSets

__all__ = ["AllRows", "TermSets", "fit_term_sets"]


def fit_term_sets(
    model: GLM,
    X: ArrayLike,
    y: ArrayLike,
    sets: Iterable[Any],
    *,
    folds: Any = 5,
    terms: Any = None,
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    fits_all_rows: bool = False,
    keeps_predictions: bool = False,
) -> TermSets:
    """Fit a model with several sets of its terms, and score them on rows they have not seen.

    All sets, folds and neurons are columns of one fit and share each visit of the rows. The model
    itself is left as it is.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM`: what is fitted, with its penalty. Strengths (per
        neuron, per term) are the same for all sets; ``"auto"`` chooses them for each neuron and
        fold with all features, from training rows alone.
    X, y, sample_weight, offset :
        As for ``fit``; X has the features of all sets.
    sets :
        Each a list of labels of terms, names of features where X has no terms, or groups of
        ``terms``. An empty one is the model without features (an intercept).
    folds, groups :
        As for :func:`cross_validated`.
    terms :
        Names of groups of terms: ``{"position": ["x", "y"]}``, or of features, ``{"filters":
        slice(3, 8)}``. Labels of terms are known without.
    fits_all_rows :
        Whether to fit each set to all rows, too, for information criteria and coefficients.
    keeps_predictions :
        Whether to keep the fits of folds, for :meth:`TermSets.prediction`.

    Raises
    ------
    ValueError
        If there is no such term, folds cannot be used, or data do not fit each other.
    TypeError
        If the model is a classifier.

    Warns
    -----
    ConvergenceWarning
        If fits have no certificate; ``TermSets.reason`` says which and why.
    NothingToFitWarning
        Instead, if that is of data that say nothing alone, as of silent units.
    UserWarning
        If folds leak, see :func:`cross_validated`.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> speed, place = rng.uniform(0, 1, (2, 2000))
    >>> y = rng.poisson(np.exp(np.sin(6 * place) - 1))
    >>> basis = nmo.basis.BSplineEval(5, label="speed") + nmo.basis.BSplineEval(5, label="place")
    >>> sets = [["speed"], ["place"], ["speed", "place"]]
    >>> found = nmo.selection.fit_term_sets(nmo.GLM(), basis.design(speed, place), y, sets)
    >>> value, error = found.total("bits_per_spike")
    >>> [found.names[m] for m in np.argsort(value[:, 0])]
    ['speed', 'speed + place', 'place']
    """
    data = {"sample_weight": sample_weight, "offset": offset}
    problem = SetProblem.read(model, X, y, folds=folds, terms=terms, groups=groups, **data)
    wanted = problem.read_sets(sets)
    masks = problem.masks(wanted)
    scored, null = problem.score_sets(masks, keeps_fits=keeps_predictions), problem.constant
    warn_of_trouble(scored, problem)
    constant = problem.training.is_constant
    terms_of_sets = dict.fromkeys(label for labels in wanted for label in labels)
    never = {
        label: np.asarray(constant[:, problem.named[label]].all(axis=1)) for label in terms_of_sets
    }
    n_rows, n_spikes = problem.responses[:, 0]
    return TermSets(
        sets=wanted,
        features=masks,
        neurons=problem.neurons,
        folds=problem.folds,
        sums=scored.sums.each(lambda values: values[:, 0]),
        null=null.sums.each(lambda values: values[0, 0]),
        n_rows=n_rows,
        n_spikes=n_spikes,
        status=scored.status,
        null_status=null.status[0],
        constant_terms={label: where for label, where in never.items() if where.any()},
        measures=measures_of(problem.inputs.columns.likelihood.model),
        event=problem.inputs.columns.likelihood.model.event,
        all_rows=_all_rows(problem, masks) if fits_all_rows else None,
        predictions=SetPredictions.of(problem, scored) if keeps_predictions else None,
    )


def _all_rows(problem: SetProblem, masks: BoolArray) -> AllRows:
    """Fit sets to all rows, as to the training rows of a single fold that are tested, too."""
    whole = problem.on_all_rows()
    found = whole.score_sets(masks, keeps_fits=True)
    coef, intercept, scale = found.estimates
    return AllRows(
        coef=coef[:, 0],
        intercept=intercept[:, 0],
        sums=found.sums.each(lambda values: values[:, 0, 0]),
        scale=None if scale is None else scale[:, 0],
        n_rows=whole.responses[0, 0, 0],
        status=found.status[:, 0],
    )
