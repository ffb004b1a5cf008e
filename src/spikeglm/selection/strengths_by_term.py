"""A strength for every term, by coordinate search: one entry varied after the other.

Each step scores all strengths of the grid for one entry, the others held, and takes the best, so
the score never falls. A neuron is done when no entry of its penalty has changed since each was
looked at. All neurons that are not are columns of one fit, which begin at the last estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .. import errors
from ..fit.problems import Parameters
from ..glm import GLM
from ..regularizer.adjustable import Adjustable
from ..typing import BoolArray, FloatArray, IntArray
from .chosen_model import with_strengths_by_term
from .fold_fits import FoldFits, Scored
from .found import Found, Told, usable
from .strength_search import StrengthSearch

_MOST_SWEEPS = 5
_MULTIPLES = np.geomspace(1e4, 1e-2, 25)  # of all strengths, where the rule of one SE chooses


def choose_by_term(
    fits: FoldFits, model: GLM, common: Scored, rule: str, searches: list[StrengthSearch]
) -> Found:
    """Choose strengths (R, N) of the R entries of a model's penalty; extends the searches.

    Parameters
    ----------
    fits :
        Data, folds and how to solve.
    model :
        Whose penalty it is, at its default strength.
    common :
        Scores of strengths for all entries together, with estimates.
    rule :
        ``"min"``, or ``"one_se"``: the strongest multiple of the best strengths that is within one
        standard error.
    searches :
        Of ``common``; every search is added.
    """
    penalty = fits.inputs.shapes.read_adjustable(model._regularizer)
    labels = _checked_labels(penalty, model)
    first = searches[0].at_rule("min")
    strength = np.tile(usable(first.chosen_strength), (len(labels), 1))
    estimates = common.at(np.maximum(first.chosen, 0))
    is_known = first.chosen >= 0
    latest = [first]
    if len(labels) > 1:  # one strength for all is that of the only entry
        found, latest = _varied(fits, penalty, labels, strength, estimates, is_known, first)
        searches += found
    last = latest[-1]
    if rule == "one_se":
        last = _strongest(fits, penalty, strength, estimates, is_known)
        strength *= usable(last.chosen_strength)
        searches.append(last)
    is_single = fits.inputs.shapes.n_neurons is None
    chosen = with_strengths_by_term(model, labels, strength.copy(), is_single)
    told = Told.of([last], np.zeros(fits.n_neurons, dtype=np.intp))
    told = told._replace(reason=_reasons(labels, latest))
    strength[:, ~is_known] = np.nan
    return Found(strength, None, told, labels, chosen)


def _varied(
    fits: FoldFits,
    penalty: Adjustable,
    labels: tuple[str, ...],
    strength: FloatArray,
    estimates: Parameters,
    is_known: BoolArray,
    common: StrengthSearch,
) -> tuple[list[StrengthSearch], list[StrengthSearch]]:
    """Vary one entry after the other; strengths (R, N) and estimates are changed in place.

    Returns all searches, and the latest of each entry.
    """
    R, searches = len(labels), list[StrengthSearch]()
    latest = [replace(common, term=label) for label in labels]
    n_still = np.where(is_known, 0, R)  # looks in a row that have changed nothing
    for turn in range(_MOST_SWEEPS * R):
        going, j = np.flatnonzero(n_still < R), turn % R
        if len(going) == 0:
            break
        by_entry = np.repeat(strength[:, None, going], len(common.strength), axis=1)
        by_entry[j] = common.strength[:, going]
        scored = fits.of_neurons(going).adjusted(
            penalty, by_entry, by_entry[j], (estimates[0][:, :, going], estimates[1][:, going])
        )
        search = StrengthSearch(scored.strengths, scored.scores, scored.status, "min", labels[j])
        better = search.chosen >= 0
        new = np.where(better, search.chosen_strength, strength[j, going])
        n_still[going] = np.where(new == strength[j, going], n_still[going] + 1, 1)
        strength[j, going] = new
        _stand(estimates, scored, going, search.chosen)
        latest[j] = _with(latest[j], search, going)
        searches.append(latest[j])
    return searches, latest


def _strongest(
    fits: FoldFits,
    penalty: Adjustable,
    strength: FloatArray,
    estimates: Parameters,
    is_known: BoolArray,
) -> StrengthSearch:
    """Score multiples of strengths (R, N)."""
    multiples = np.repeat(_MULTIPLES[:, None], strength.shape[1], axis=1)
    scored = fits.adjusted(penalty, strength[:, None] * multiples, multiples, estimates)
    scored.scores[:, :, ~is_known] = np.nan
    return StrengthSearch(
        scored.strengths, scored.scores, scored.status, "one_se", "multiple of all"
    )


def _stand(estimates: Parameters, scored: Scored, going: IntArray, chosen: IntArray) -> None:
    """Put the estimates at what was chosen in the place of the last ones."""
    some = chosen >= 0
    coef, intercept = scored.at(np.maximum(chosen, 0))
    estimates[0][:, :, going[some]] = coef[:, :, some]
    estimates[1][:, going[some]] = intercept[:, some]


def _with(whole: StrengthSearch, part: StrengthSearch, neurons: IntArray) -> StrengthSearch:
    """Return a search of all neurons with that of some in its place; of others nothing changed."""
    scores, status = whole.fold_score.copy(), whole.status.copy()
    scores[:, :, neurons], status[:, :, neurons] = part.fold_score, part.status
    return replace(whole, fold_score=scores, status=status)


def _checked_labels(penalty: Adjustable, model: GLM) -> tuple[str, ...]:
    labels = tuple(penalty.labels)
    if not labels or not all(labels):
        raise errors.value_error(
            "Strengths by term need terms with names.",
            given=f"regularizer={model.regularizer!r} and an X without names for its terms",
            expected="a design with labels, or entries with names",
            todo="fit to basis.design(...), or pass terms=basis.",
        )
    return labels


def _reasons(labels: tuple[str, ...], latest: Sequence[StrengthSearch]) -> tuple[str, ...]:
    """Return what the latest searches say of each neuron, (N,): once, where all say the same."""
    by_neuron = zip(*(search.reasons() for search in latest), strict=True)
    return tuple(
        said[0]
        if len(set(said)) == 1
        else "; ".join(f"{label}: {why}" for label, why in zip(labels, said, strict=True) if why)
        for said in by_neuron
    )
